#!/bin/bash
# guide.sh GUIDE README PROGRAM LOOPBACK_PROGRAM: runs every command of the guide, doc/bulk.md, and those of the README,
# in an empty folder. Those with --real call a bandwidth-webrtc-loopback too. What takes minutes there takes seconds here.
set -euo pipefail

guide=$(realpath "$1") readme=$(realpath "$2") program=$(realpath "$3") server=$(realpath "$4")
folder=$(mktemp -d)
service=
finish() {
    status=$?
    [ -z "$service" ] || kill "$service"
    [ $status = 0 ] || tail -n 40 "$folder/output.txt" >&2
    rm -rf "$folder"
}
trap finish EXIT
mkdir "$folder/bin" "$folder/work"
ln -s "$program" "$folder/bin/bandwidth-webrtc-bulk"
ln -s "$server" "$folder/bin/bandwidth-webrtc-loopback"
export PATH=$folder/bin:$PATH

# What --real calls: not Bandwidth, whatever the environment says.
"$server" --port 0 --write-ca "$folder/ca.pem" > "$folder/server.txt" &
service=$!
until grep -qs '^Ctrl-C' "$folder/server.txt"; do
    kill -0 "$service"
    sleep 0.1
done
unset BW_CLIENT_ID BW_CLIENT_SECRET BANDWIDTH_TOKEN_URL BANDWIDTH_BRTC_URL
export BW_ACCOUNT_ID=9900000 BW_USERNAME=user BW_PASSWORD=secret SSL_CERT_FILE=$folder/ca.pem
BANDWIDTH_WEBRTC_CALL_CONTROL_URL=$(sed -n 's/^base URL *//p' "$folder/server.txt")
export BANDWIDTH_WEBRTC_CALL_CONTROL_URL

# Below the ports that the system hands out.
port=$((20000 + $$ % 12000))
{
    echo 'set -euo pipefail; trap "jobs -p | xargs -r kill" EXIT; set -v'
    # shellcheck disable=SC2016 # the grave accents are the fences of the page
    { sed -n '/^```sh$/,/^```$/p' "$guide" && grep '^bandwidth-webrtc-bulk ' "$readme"; } | sed -e 's/^```sh$//' \
        -e "s/:8443/:$port/g; s/--port 8443/--port $port/" \
        -e 's/--duration [0-9]*[sm]/--duration 2s/; s/--sessions \(1\|10\|100\)k/--sessions 300/' \
        -e 's/--ramp 30s/--ramp 500ms/; s/--warm-up 1m/--warm-up 1s/; s/--think [0-9ms]*-[0-9ms]*/--think 10ms-30ms/' \
        -e '/^bandwidth-webrtc-loopback .*&$/a until grep -qs "^Ctrl-C" server.txt; do kill -0 $!; sleep 0.1; done' -e 's/^```$//'
} > "$folder/commands.sh"
[ "$(grep -c '^bandwidth-webrtc-bulk ' "$folder/commands.sh")" -ge 18 ] || { echo "$guide has no commands" >&2; exit 1; }
cd "$folder/work"
bash "$folder/commands.sh" > "$folder/output.txt" 2>&1

# What these commands promise.
for file in run.html run.json run.csv seconds.csv run-get_session.hgrm all.json all.html compared.html; do
    [ -s "$file" ] || { echo "FAILED: $file was not written" >&2; exit 1; }
done
grep -q '^killed$' "$folder/output.txt" || { echo "FAILED: no run was killed" >&2; exit 1; }
[ "$(grep -c "^Nothing is left of run" "$folder/output.txt")" = 2 ] || { echo "FAILED: something was left to be deleted" >&2; exit 1; }
