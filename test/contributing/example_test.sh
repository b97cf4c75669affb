#!/bin/sh
# The example of an operation in CONTRIBUTING.md is a patch, in blocks of the kind diff.
#
#   example_test.sh SOURCE_FOLDER            applies it to a copy of the files that it changes; exits 1 when it does not fit any more
#   example_test.sh --print SOURCE_FOLDER    prints it
#
# Where a change of the sources has made it unfit: apply the change to the blocks, too. Where the lines around have changed and nothing
# else, it is enough to copy them.
set -eu

print() { awk '/^```diff$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$1/CONTRIBUTING.md"; }

if [ "$1" = --print ]; then
    print "$2"
    exit 0
fi
command -v git > /dev/null || { echo "skipped: there is no git to apply a patch with"; exit 77; }
source=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
print "$source" > "$folder/patch"
files=$(sed -n 's|^+++ b/||p' "$folder/patch")
[ -n "$files" ] || { echo "CONTRIBUTING.md has no example"; exit 1; }
for file in $files; do
    mkdir -p "$folder/copy/$(dirname "$file")"
    cp "$source/$file" "$folder/copy/$file"
done
cd "$folder/copy"
GIT_CEILING_DIRECTORIES=$folder git apply ../patch || { echo "The example in CONTRIBUTING.md does not fit the sources any more: see $0"; exit 1; }
grep -q list_participant_sessions include/bandwidth/webrtc/client.hpp || { echo "The patch has changed nothing"; exit 1; }
