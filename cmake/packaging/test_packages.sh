#!/bin/bash
# test_packages.sh [FOLDER]: makes all packages and tries them as a user does:
#   - builds the libraries and programs in FOLDER (build/packages by default), Release unless it is there already, where
#     what it has is used again. Afterwards it is a folder for other builds again.
#   - makes the Debian packages, the archive of the installed tree and that of the sources, into FOLDER/packages
#   - looks at the Debian packages with lintian, which must have nothing to say
#   - installs them into a clean Debian root, with no more than they depend on, and there runs both programs, and builds
#     and runs README's program: with the shared library, with the static one, and with pkg-config
#   - compares the source archive with the repository, and configures it
# Needs root, for the clean root (mmdebstrap and chroot), and Debian's mirror, as apt is set up here. Where no clean root
# can be made, the exit status is 77, and all before that has passed. Says how long each step took. Packages: those of
# cmake/setup.sh's groups "build" and "packages".
set -euo pipefail

source=$(realpath "$(dirname "$0")/../..")
mkdir -p "${1:-$source/build/packages}"
folder=$(realpath "${1:-$source/build/packages}")
work=$folder/packages_test
root=$work/root
out=$folder/packages
export LC_ALL=C

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
# step NAME COMMAND...: its output stands in a file, and is shown when it fails
step() {
    local name=$1 started=$SECONDS
    shift
    if ! "$@" > "$work/log.txt" 2>&1; then
        tail -n 60 "$work/log.txt" >&2
        fail "$name"
    fi
    printf '%4d s  %s\n' $((SECONDS - started)) "$name"
}
finish() {
    status=$?
    [ -z "$lintian" ] || kill "$lintian" 2> /dev/null || true
    [ -z "$debootstrap" ] || kill -KILL "$debootstrap" 2> /dev/null || true # unshare lets nothing less through, and takes all below it along
    wait || true
    rm -rf --one-file-system "$work"
    [ ! -e "$folder/CMakeCache.txt" ] || cmake -B "$folder" -DBANDWIDTH_WEBRTC_DEBIAN_PACKAGES=OFF > /dev/null
    exit $status
}
# lintian, of the packages without their static libraries: it would read the symbols in there for minutes.
look_at_packages() {
    mkdir "$work/lintian"
    for package in "$out"/*.deb; do
        dpkg-deb --raw-extract "$package" "$work/lintian/package"
        find "$work/lintian/package" -name '*.a' -delete
        sed -i '/\.a$/d' "$work/lintian/package/DEBIAN/md5sums"
        dpkg-deb -Zgzip --build "$work/lintian/package" "$work/lintian/$(basename "$package")" > "$work/lintian/log.txt"
        rm -r "$work/lintian/package"
    done
    exec lintian --allow-root --fail-on error,warning "$work"/lintian/*.deb
}
wait_for_lintian() {
    local status=0
    wait "$lintian" || status=$?
    lintian=
    if [ $status -ne 0 ] || grep -q '^[EW]:' "$work/lintian.txt"; then
        cat "$work/lintian.txt" >&2
        fail "lintian"
    fi
}
lintian="" debootstrap=""
for program in lintian dpkg-shlibdeps file; do
    command -v $program > /dev/null || fail "$program is missing: sh cmake/setup.sh packages"
done
exec 9> "$folder/packages_test.lock"
flock --nonblock 9 || fail "the packages of $folder are being tested already"
rm -rf --one-file-system "$work" "$out"
mkdir -p "$work"
trap finish EXIT

# ---- what runs beside the rest: the clean root, with a compiler, but nothing that the packages themselves ask for ----
# What mmdebstrap mounts in there nobody else sees, and it is gone when mmdebstrap is, however it ends.
sources=()
for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    [ ! -s "$file" ] || { sources=("$file"); break; }
done
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
clean_root() {
    [ "$(id -u)" = 0 ] || { echo "to make a clean root takes root"; return 1; }
    exec unshare --mount --pid --fork --kill-child mmdebstrap --quiet --mode=root --variant=apt --include=g++,cmake,ninja-build,pkg-config,ca-certificates \
        --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --aptopt='APT::Install-Recommends "false"' --skip=cleanup/apt/lists \
        "$codename" "$root" "${sources[@]}"
}
clean_root > "$work/mmdebstrap.txt" 2>&1 9>&- &
debootstrap=$!

# ---- packages ----
[ -e "$folder/CMakeCache.txt" ] || set -- -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER=g++ \
    -DBANDWIDTH_WEBRTC_UNITY_BUILD=ON -DBANDWIDTH_WEBRTC_BUILD_TESTS=OFF -DBANDWIDTH_WEBRTC_BUILD_BENCH=OFF \
    -DBANDWIDTH_WEBRTC_BUILD_EXAMPLES=OFF
[ -e "$folder/CMakeCache.txt" ] && set --
step "configured" cmake -S "$source" -B "$folder" "$@" -DBANDWIDTH_WEBRTC_DEBIAN_PACKAGES=ON
step "built" cmake --build "$folder" -j "$(nproc)" --target bandwidth_webrtc bandwidth_webrtc_testing \
    bandwidth_webrtc_shared bandwidth_webrtc_testing_shared bandwidth-webrtc-loopback bandwidth-webrtc-bulk
cd "$folder"
step "Debian packages made" cpack -G DEB -B "$out"
look_at_packages > "$work/lintian.txt" 2>&1 9>&- &
lintian=$!
step "archive of the installed tree made" cpack -G TGZ -B "$out"
step "archive of the sources made" cpack --config CPackSourceConfig.cmake -B "$out"
rm -rf "$out/_CPack_Packages"
cd "$source"

# ---- the archives ----
mkdir "$work/sources" "$work/tree"
version=$(sed -n 's/^project(bandwidth_webrtc VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
tar -xzf "$out/bandwidth-webrtc-$version.tar.gz" -C "$work/sources" --strip-components=1
if [ -e .git ]; then
    diff <(git ls-files --cached --others --exclude-standard | sort) \
        <(cd "$work/sources" && find . -type f -o -type l | sed 's#^\./##' | sort) > "$work/diff.txt" || {
        head -n 20 "$work/diff.txt" >&2
        fail "the archive of the sources has other files (<: in the repository, >: in the archive)"
    }
fi
step "the sources can be configured" cmake -G Ninja -S "$work/sources" -B "$work/sources_build" -DCMAKE_CXX_COMPILER=g++
tar -xzf "$out"/bandwidth-webrtc-*-Linux-*.tar.gz -C "$work/tree" --strip-components=1
step "the programs run from the archive" sh -c "
    '$work/tree/bin/bandwidth-webrtc-loopback' --version && '$work/tree/bin/bandwidth-webrtc-bulk' --sessions 20 --quiet"

# ---- the clean root ----
not_tried() {
    debootstrap=
    wait_for_lintian
    cat "$work/mmdebstrap.txt" >&2
    echo "NOT TRIED: there is no clean root, see above. It takes root, the right to mount, and Debian's mirror." >&2
    exit 77
}
wait "$debootstrap" || not_tried
debootstrap=
printf '%4d s  since the start, and the clean root is there\n' $SECONDS
started=$SECONDS
mkdir "$root/packages" "$root/program"
echo "127.0.0.1 localhost" > "$root/etc/hosts" # as every machine has it
cp "$out"/*.deb "$root/packages"
# What stands in the README: the first program, its CMakeLists.txt, and how it is built without CMake.
block() { awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } on && /^```$/ { exit } on' "${2:-README.md}"; }
block "cpp program" > "$root/program/main.cpp"
block "cmake find_package" > "$root/program/CMakeLists.txt"
block "sh pkg_config" doc/install.md > "$root/program/build.sh"
for file in main.cpp CMakeLists.txt build.sh; do
    [ -s "$root/program/$file" ] || fail "README.md or doc/install.md has no $file"
done
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive HOME=/root sh -ec "$*"; }

inside "apt-get update -qq -o APT::Update::Error-Mode=any" >> "$work/mmdebstrap.txt" 2>&1 || not_tried
step "the programs are installed, alone" inside "apt-get install -y -qq --no-install-recommends /packages/bandwidth-webrtc-tools_*.deb"
step "both programs run" inside '
    bandwidth-webrtc-loopback --version
    bandwidth-webrtc-bulk --version
    bandwidth-webrtc-bulk --sessions 100'
step "all packages are installed" inside "apt-get install -y -qq --no-install-recommends /packages/*.deb"
step "README's program, with the shared library" inside '
    cd /program
    cmake -G Ninja -B shared > shared.log && cmake --build shared && shared/my_program
    ldd shared/my_program | grep "/libbandwidth_webrtc\.so\.[0-9.]* "'
step "README's program, with the static library" inside '
    cd /program
    cmake -G Ninja -B static -Dbandwidth_webrtc_USE_STATIC_LIBS=ON && cmake --build static && static/my_program
    ! ldd static/my_program | grep libbandwidth_webrtc'
step "README's program, with pkg-config" inside 'cd /program && sh -e build.sh && ./my_program'
step "a missing component is named" inside '
    dpkg --remove libbandwidth-webrtc-testing-dev
    cd /program && rm -rf shared && ! cmake -G Ninja -B shared > log.txt 2>&1
    tr -s " \n" " " < log.txt | grep "component \"testing\" is not installed (Debian package: libbandwidth-webrtc-testing-dev)"'
step "nothing is left when they are removed" inside '
    apt-get purge -y -qq ".*bandwidth-webrtc.*"
    ! find /usr /etc /var/lib/dpkg/info -name "*bandwidth*webrtc*" | grep .'
printf '%4d s  for all of that in the clean root\n' $((SECONDS - started))

wait_for_lintian
printf '%4d s  in all. The packages, which lintian has nothing to say of:\n' $SECONDS
(cd "$out" && ls -sh --block-size=KB -- *.deb *.tar.gz)
