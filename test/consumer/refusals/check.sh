#!/bin/sh
# check.sh CMAKE COMPILER PREFIX FOLDER: what CMake says where it refuses: a compiler that is too old, a component that is
# not installed or does not exist, and a kind of library that is not installed. The static libraries are installed below
# PREFIX; FOLDER is for what is made.
set -eu
cmake=$1 compiler=$2 prefix=$3 folder=$4
here=$(dirname "$0")

# says TEXT COMMAND...: the command fails, and says this, wherever the lines break.
says() {
    text=$1
    shift
    if "$@" > "$folder/out" 2>&1; then
        echo "FAILED: not refused: $*" >&2
        exit 1
    fi
    if ! tr -s ' \n' ' ' < "$folder/out" | grep -qF "$text"; then
        cat "$folder/out" >&2
        echo "FAILED: the message lacks: $text" >&2
        exit 1
    fi
}

rm -rf "$folder"
mkdir -p "$folder"

cp -rl "$prefix" "$folder/prefix"
configure() { "$cmake" -S "$1" -B "$folder/build" "-DCMAKE_CXX_COMPILER=$compiler" "-DCMAKE_PREFIX_PATH=$folder/prefix"; }
mkdir "$folder/project"
project() {
    printf '%s\n' 'cmake_minimum_required(VERSION 3.25)' 'project(refused LANGUAGES CXX)' "$1" > "$folder/project/CMakeLists.txt"
    rm -rf "$folder/build"
    configure "$folder/project"
}
with_compiler() {
    project "set(CMAKE_CXX_COMPILER_ID $1)
set(CMAKE_CXX_COMPILER_VERSION $2)
$3"
}
for way in 'find_package(bandwidth_webrtc REQUIRED)' "add_subdirectory($(realpath "$here/../../..") library)"; do
    says "needs g++ 12 or clang++ 14, or a newer one, and the compiler is GNU 11.4.0" with_compiler GNU 11.4.0 "$way"
    says "needs g++ 12 or clang++ 14, or a newer one, and the compiler is Clang 13.0.1" with_compiler Clang 13.0.1 "$way"
done
with_compiler GNU 12.1.0 'find_package(bandwidth_webrtc REQUIRED)'
with_compiler Clang 14.0.0 'find_package(bandwidth_webrtc REQUIRED)'

find "$folder/prefix" -name 'bandwidth_webrtc-testing*' -exec rm {} +
rm -rf "$folder/build"
says 'its component "testing" is not installed (Debian package: libbandwidth-webrtc-testing-dev)' configure "$here/../find_package"

says 'it has no component "telephony"; the only one is "testing"' project 'find_package(bandwidth_webrtc REQUIRED COMPONENTS telephony)'
says 'no shared library is installed' project 'set(bandwidth_webrtc_USE_STATIC_LIBS OFF)
find_package(bandwidth_webrtc REQUIRED)'
# Nor is a component refused that need not be there.
project 'find_package(bandwidth_webrtc REQUIRED OPTIONAL_COMPONENTS testing)
if(NOT TARGET bandwidth::webrtc OR bandwidth_webrtc_testing_FOUND OR TARGET bandwidth::webrtc_testing)
    message(FATAL_ERROR "an optional component that is missing")
endif()'
