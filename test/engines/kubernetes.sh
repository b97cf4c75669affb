#!/bin/bash
# kubernetes.sh PROGRAM LOOPBACK_SERVER: the manifests of the example are what the schemas of Kubernetes' API allow;
# then the shell line of the Job's container runs with the environment that an Indexed Job gives to each of its pods,
# and one of them is stopped and replaced. KUBERNETES_NPM_FOLDER keeps the npm packages with the schemas.
# shellcheck source=test/engines/common.sh
. "$(dirname "$0")/common.sh"
need node nodejs
need npm npm
npm=${KUBERNETES_NPM_FOLDER:-$folder/npm}
packages=(kubernetes-models@4.5.1 yaml@2.8.1)
if [ "$(cat "$npm/installed" 2> /dev/null)" != "${packages[*]}" ]; then
    mkdir -p "$npm"
    timeout 200 npm install --prefix "$npm" --before=2026-11-01 --ignore-scripts --no-package-lock --no-audit --no-fund \
        --fetch-timeout=60000 --fetch-retries=1 "${packages[@]}" > "$folder/npm.log" 2>&1 ||
        skip "npm cannot install ${packages[*]}"
    echo "${packages[*]}" > "$npm/installed"
fi
schema=$here/kubernetes_schema.mjs
job=$examples/kubernetes_job.yml

# ---- the manifests ----
node "$schema" "$npm" "$job" "$examples/kubernetes_merge.yml" || fail "a manifest is not valid"

# must_refuse EXPRESSION FAULT: the Job's manifest, changed by sed's expression, has this fault.
must_refuse() {
    sed "$1" "$job" > "$folder/changed.yml"
    cmp -s "$job" "$folder/changed.yml" && fail "$1 changes nothing"
    if node "$schema" "$npm" "$folder/changed.yml" > "$folder/faults"; then fail "accepted: $1"; fi
    grep -qF -- "$2" "$folder/faults" || fail "$1: expected '$2', but: $(cat "$folder/faults")"
}
must_refuse 's/completions: 4/completions: four/' '/spec/completions'
must_refuse 's/Indexed/Index/' '/spec/completionMode'
must_refuse 's/^      restartPolicy:/      restartPolice:/' '/spec/template/spec/restartPolice is unknown'
must_refuse 's/ - name: RUN/ - names: RUN/' '"missingProperty":"name"'
must_refuse 's/batch\/v1/batch\/v3/' 'there is no Job of batch/v3'
must_refuse 's/restartPolicy: Never/restartPolicy: OnFailure/' 'restartPolicy is Never'
must_refuse 's/completions: 4/completions: 5/' '--shard is not auto/5'
must_refuse 's/containerName: bulk/containerName: other/' 'there is no container other'
must_refuse 's/PeriodSeconds: 30/PeriodSeconds: 5/' 'terminationGracePeriodSeconds'

# ---- the container's shell line ----
start_service
node "$schema" "$npm" --command "$job" > "$folder/command"
# In place of the program in the image: what the manifest says of the real service is left away.
rm "$folder/bin/bandwidth-webrtc-bulk"
cat > "$folder/bin/bandwidth-webrtc-bulk" << END
#!/bin/bash
if [ "\$1" = merge ]; then exec "$program" "\$@"; fi
words=()
for word in "\$@"; do
    if [ "\$word" = --real ]; then break; fi
    words+=("\$word")
done
exec "$program" "\${words[@]}" ${options[*]@Q}
END
chmod +x "$folder/bin/bandwidth-webrtc-bulk"
pods=()
start_pod() { # start_pod INDEX
    (cd .. && JOB_COMPLETION_INDEX=$1 RUN=run-1 exec sh -c "$(cat "$folder/command")") > "$folder/pod-$1.log" 2>&1 &
    pods[$1]=$!
}
for index in 0 1 2 3; do start_pod $index; done
wait_until_created shard-2.journal
kill "${pods[2]}"
status=0
wait "${pods[2]}" || status=$?
[ $status = 143 ] || fail "the stopped pod ended with $status"
expect_stopped shard-2.*.json
sleep 1 # the second report's name has another second
start_pod 2
for index in 0 1 2 3; do wait "${pods[index]}" || fail "pod $index ended with $?"; done
expect_reports 5
expect_merged $sessions $((sessions + sessions / 4))
