#!/bin/sh
# setup.sh [--yes] GROUP...: installs the Debian packages of these groups that are missing, and says so. Root installs at once. Another
# user is shown the command, which takes sudo, and asked whether to run it; with --yes it runs without a question. Where nobody can be
# asked, because standard input is no terminal, the command is printed and the exit status is 1. Groups:
#   build    compiler, CMake and libraries: all that every build needs
#   test     what the tests start, and what else they compile with; of Node.js and npm any that are there will do
#   engines  a browser, and what runs a program on many machines: half a gigabyte, without which their tests are skipped
#   compare  what the side by side benchmark runs beside this library, and what it counts with
#   clang    the second compiler
#   coverage what makes a report of the tests' coverage (of clang's version)
#   lint     the formatter and the static analyser
#   docs     what makes the reference out of the public headers
#   packages what checks .deb packages, and makes the empty system that they are tried in
set -eu

sure=no
packages=
optional= # the tests that want them are skipped without
for group; do
    case $group in
    --yes) sure=yes ;;
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
    clang) packages="$packages clang libclang-rt-14-dev llvm" ;; # the sanitizers find names by llvm's program
    coverage) packages="$packages llvm-14" ;;
    lint) packages="$packages clang-format clang-tidy" ;;
    docs) packages="$packages doxygen" ;;
    packages) packages="$packages lintian dpkg-dev mmdebstrap file" ;;
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

# Only one version of Boost's headers can be installed. One transaction gets ours in whole; --no-remove keeps another one, and says
# so, rather than taking it from somebody who needs it.
install_command="apt-get install -y --no-install-recommends --no-remove"

# command_for PREFIX: the one line that installs everything, each command behind PREFIX.
command_for() {
    printf '%sapt-get update' "$1"
    [ -z "$missing" ] || printf ' && %s%s%s' "$1" "$install_command" "$missing"
    [ -z "$optional" ] || printf ' && %s%s%s' "$1" "$install_command" "$optional"
}

as_root=
if [ "$(id -u)" -ne 0 ]; then
    ! command -v sudo > /dev/null || as_root=sudo
    line=$(command_for "${as_root:+sudo }")
    if [ -z "$missing" ] && { [ -z "$as_root" ] || [ $sure = no ]; }; then
        # Nobody is asked each time for what can be done without.
        printf '%s\n    %s\n' "== Not installed, and can be done without. It takes root to install it:" "$line"
        exit 0
    fi
    if [ -z "$as_root" ]; then
        printf '%s\n    %s\n' "Debian packages are missing, and installing them takes root or sudo. As root, run:" "$line" >&2
        exit 1
    fi
    if [ $sure = no ]; then
        printf '%s\n    %s\n' "Debian packages are missing. This command installs them:" "$line" >&2
        if ! [ -t 0 ] || ! [ -t 2 ]; then
            echo "Run it, or start this again on a terminal or with --yes." >&2
            exit 1
        fi
        printf 'Run it now? (y/n) ' >&2
        read -r answer || answer=no
        case $answer in
        y | Y | yes) ;;
        *) echo "Nothing was installed." >&2; exit 1 ;;
        esac
    fi
fi

with_root() { $as_root env DEBIAN_FRONTEND=noninteractive "$@"; }
install() { with_root $install_command -qq -o Dpkg::Use-Pty=0 "$@"; }
can_do_without() { echo "== Not installed, and can be done without:$optional"; }
echo "== Installing Debian packages:$missing$optional"
if [ -z "$missing" ]; then
    { with_root apt-get update -qq && install $optional; } || can_do_without
    exit 0
fi
with_root apt-get update -qq
install $missing
[ -z "$optional" ] || install $optional || can_do_without
