#!/bin/sh
# install.sh FOLDER: installs into FOLDER what package.json beside this script names. What these packages need is of the versions
# that there were on one day, so that the same is installed each time. Exits with 77 where that cannot be done.
set -eu
wanted=$(dirname "$0")/package.json
cmp -s "$wanted" "$1/installed.json" && exit 0
mkdir -p "$1"
rm -f "$1/installed.json"
cp "$wanted" "$1/package.json"
if command -v npm > /dev/null && command -v node > /dev/null && timeout 300 npm install --prefix "$1" --before=2026-11-01 \
    --ignore-scripts --no-package-lock --no-audit --no-fund --fetch-timeout=60000 --fetch-retries=1; then
    cp "$wanted" "$1/installed.json"
else
    echo "*** SKIPPED: npm is missing or cannot install, so nothing is tried against Prism and Bandwidth's own SDKs."
    exit 77
fi
