#!/bin/sh
# build.sh COMPILER PREFIX FOLDER: links the static library that is installed below PREFIX into a shared object, the consumer with it, and runs
# that from a program which knows nothing of the library. FOLDER is for what is built.
set -eu
compiler=$1 prefix=$2 folder=$3
here=$(dirname "$0")

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name bandwidth-webrtc.pc)")
export PKG_CONFIG_PATH
flags=$(pkg-config --cflags --libs --static bandwidth-webrtc-testing)
mkdir -p "$folder"
set -x
# The flags are words of their own: no quotes.
$compiler -std=c++20 -fPIC -shared -Wl,-z,defs -Dmain=use_the_library "$here/../main.cpp" -o "$folder/libplugin.so" $flags
$compiler -std=c++20 "$here/host.cpp" -o "$folder/host" -L"$folder" -lplugin -Wl,-rpath,"$folder"
"$folder/host"
