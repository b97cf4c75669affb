#!/bin/sh
# run.sh CMAKE CHECKOUT PREFIX OPTION...: takes a copy of example/quickstart, outside of the checkout, through the commands of
# its README, with the library that is installed below PREFIX and these options of CMake. With the checkout itself, which
# consumer/add_subdirectory builds, it is configured only.
set -eu
cmake=$1 checkout=$2 prefix=$3
shift 3
ctest=$(dirname "$cmake")/ctest
# Not at Bandwidth's service, whoever runs the tests.
unset BW_ACCOUNT_ID

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Its name is another one each time; ccache leaves it out of what it compares.
export CCACHE_BASEDIR="$folder" CCACHE_NOHASHDIR=1
cp -R "$checkout/example/quickstart" "$folder/my_project"
cd "$folder/my_project"
set -x
"$cmake" -B build "$@" "-DCMAKE_PREFIX_PATH=$prefix"
"$cmake" --build build
"$ctest" --test-dir build --output-on-failure --no-tests=error
./build/quickstart carol > told
grep -q 'carol connects with a token of' told

"$cmake" -B checkout "$@" "-DBANDWIDTH_WEBRTC_CHECKOUT=$checkout"

# Without either it says what to do. One in /usr/local is not to be found here.
if "$cmake" -B neither "$@" -DCMAKE_DISABLE_FIND_PACKAGE_bandwidth_webrtc=ON 2> told; then exit 1; fi
grep -q BANDWIDTH_WEBRTC_CHECKOUT told
