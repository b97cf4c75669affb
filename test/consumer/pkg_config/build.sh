#!/bin/sh
# build.sh COMPILER PREFIX PROGRAM [--static]: builds the consumer against what is installed below PREFIX, with pkg-config alone, and
# runs it.
set -eu
compiler=$1 prefix=$2 program=$3 mode=${4:-}

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name bandwidth-webrtc.pc)")
export PKG_CONFIG_PATH
flags=$(pkg-config --cflags --libs $mode bandwidth-webrtc-testing)
set -x
# The flags are words of their own: no quotes.
$compiler -std=c++20 "$(dirname "$0")/../main.cpp" -o "$program" $flags
LD_LIBRARY_PATH=$(pkg-config --variable=libdir bandwidth-webrtc) "$program"
