#!/bin/sh
# setup.sh GROUP...: installs the Debian packages of these groups that are missing, and says so. Groups:
#   build    compiler, CMake and libraries: all that every build needs
#   test     what the tests start, and what else they compile with; of Node.js and npm any that are there will do
#   engines  a browser, and what runs a program on many machines: half a gigabyte, without which their tests are skipped
#   compare  what the side by side benchmark runs beside this library, and what it counts with
#   clang    the second compiler
#   coverage what makes a report of the tests' coverage (of clang's version)
#   lint     the formatter and the static analyser
set -eu

packages=
optional= # the tests that want them are skipped without
for group; do
    case $group in
    build) packages="$packages g++ cmake ninja-build ccache libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev
                     doctest-dev libcli11-dev pkg-config ca-certificates" ;;
    test)
        packages="$packages nginx-light haproxy libfmt-dev libspdlog-dev prometheus-cpp-dev python3-jsonschema jq"
        # Those that do not come from Debian have npm in another package, and the two exclude each other.
        command -v npm > /dev/null || optional="$optional nodejs npm"
        optional="$optional tinyproxy-bin dante-server microsocks"
        ;;
    engines) optional="$optional chromium chromium-driver slurm-wlm munge openmpi-bin parallel mandoc zsh fish" ;;
    compare) packages="$packages nginx-light openssl curl nghttp2-client wrk libcurl4-openssl-dev valgrind linux-perf" ;;
    clang) packages="$packages clang libclang-rt-14-dev" ;;
    coverage) packages="$packages llvm-14" ;;
    lint) packages="$packages clang-format clang-tidy" ;;
    *) echo "setup.sh: no group of packages is called '$group'" >&2; exit 2 ;;
    esac
done

if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
    echo "== Not a Debian system: nothing is installed. Needed, by their names in Debian 12:" $packages
    exit 0
fi

# those_missing PACKAGE...
those_missing() {
    for package; do
        status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2> /dev/null) || status=unknown
        [ "$status" = installed ] || printf ' %s' "$package"
    done
}
missing=$(those_missing $packages)
optional=$(those_missing $optional)
if [ -z "$missing$optional" ]; then
    echo "== All Debian packages are there"
    exit 0
fi

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo > /dev/null; then
    as_root=sudo
elif [ -z "$missing" ]; then
    echo "== Without root or sudo, what is not installed and can be done without: $optional"
    exit 0
else
    {
        echo "Debian packages are missing, and to install them takes root or sudo. As root, run:"
        echo "    apt-get update && apt-get install -y --no-install-recommends$missing"
    } >&2
    exit 1
fi
install() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-remove -o Dpkg::Use-Pty=0 "$@"
}
echo "== Installing Debian packages:$missing $optional"
if [ -n "$optional" ] && [ -z "$missing" ]; then
    { $as_root apt-get update -qq && install $optional; } || echo "== Not installed, and can be done without: $optional"
    exit 0
fi
$as_root apt-get update -qq
# Only one version of Boost's headers can be installed. One transaction gets ours in whole; --no-remove keeps another one, and says
# so, rather than taking it from somebody who needs it.
install $missing
[ -z "$optional" ] || install $optional || echo "== Not installed, and can be done without: $optional"
