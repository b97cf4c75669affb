#!/bin/bash
# check.sh CMAKE SOURCES VERSION: as far as can be told without vcpkg and Conan, whether their recipes are in order: the
# files can be read, name this version, build what exists, and ask for no option that is not there.
set -euo pipefail
cmake=$1 source=$2 version=$3
vcpkg=$source/cmake/packaging/vcpkg conan=$source/cmake/packaging/conan
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# ---- vcpkg ----
python3 - "$vcpkg/vcpkg.json" "$version" << 'end'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    port = json.load(file)
assert port["version-semver"] == sys.argv[2], port
for dependency in port["dependencies"]:
    assert isinstance(dependency, str) or dependency["name"], dependency
assert set(port["features"]) == {"testing", "tools"}, port["features"]
end
# vcpkg's own functions, which here tell what they are called with.
cat > "$folder/run.cmake" << 'end'
cmake_minimum_required(VERSION 3.25)
foreach(name check_features cmake_configure cmake_install cmake_config_fixup fixup_pkgconfig copy_tools install_copyright)
    cmake_language(EVAL CODE "function(vcpkg_${name})
        file(APPEND \"\${LOG}\" \"${name} \${ARGN}\\n\")
    endfunction()")
endforeach()
set(CURRENT_PACKAGES_DIR ${FOLDER}/package)
set(PORT bandwidth-webrtc)
set(FEATURES core testing tools)
include(${PORTFILE})
end
"$cmake" -D "LOG=$folder/calls.txt" -D "FOLDER=$folder" -D "PORTFILE=$vcpkg/portfile.cmake" -P "$folder/run.cmake" > /dev/null
for call in cmake_configure cmake_install cmake_config_fixup fixup_pkgconfig copy_tools install_copyright; do
    grep -q "^$call" "$folder/calls.txt" || fail "the port does not call vcpkg_$call"
done
grep -qF "cmake_configure SOURCE_PATH;$source;" "$folder/calls.txt" || fail "the port builds other sources"
[ -s "$folder/package/share/bandwidth-webrtc/usage" ] || fail "the port installs no usage"

# ---- Conan ----
for file in "$conan/conanfile.py" "$conan/test_package/conanfile.py"; do
    python3 -c 'import sys; compile(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1], "exec")' "$file"
done
grep -qF "    version = \"$version\"" "$conan/conanfile.py" || fail "the recipe for Conan is of another version"

# ---- options ----
for option in $(cat "$vcpkg/portfile.cmake" "$conan/conanfile.py" | grep -o 'BANDWIDTH_WEBRTC_[A-Z_]*' | grep -v '_$' | sort -u); do
    grep -q "^option($option " "$source/CMakeLists.txt" || fail "$option is no option"
done
