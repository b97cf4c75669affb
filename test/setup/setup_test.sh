#!/bin/sh
# setup_test.sh SOURCE_FOLDER: what ./bench/run and ./test/run install, for whom, and after which question. Every program that would install,
# build or measure something is a stand-in that writes down how it was called. Needs script of util-linux, which makes a terminal.
set -eu

command -v script > /dev/null || { echo "skipped: there is no script(1) to make a terminal with"; exit 77; }
source=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
calls=$folder/calls

# ---- a copy of the scripts, beside programs that are built already ----
mkdir -p "$folder/bench" "$folder/test" "$folder/cmake" "$folder/build/release" "$folder/bin"
cp "$source/bench/run" "$folder/bench/"
cp "$source/test/run" "$folder/test/"
cp "$source/cmake/setup.sh" "$folder/cmake/"

# stand_in FILE LINE...: a program that writes its name and its arguments down, and then does what the lines say.
stand_in() {
    stand_in_file=$1
    stand_in_name=$(basename "$1")
    shift
    {
        echo '#!/bin/sh'
        printf 'echo "%s${*:+ }$*" >> "%s"\n' "$stand_in_name" "$calls"
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } > "$stand_in_file"
    chmod +x "$stand_in_file"
}
stand_in "$folder/build/release/bandwidth-webrtc-bulk"
# The only programs that are found: those that the scripts use as they are, and stand-ins.
for program in sh env dirname grep; do ln -s "$(command -v $program)" "$folder/bin/$program"; done
stand_in "$folder/bin/cmake"
stand_in "$folder/bin/ctest"
stand_in "$folder/bin/nproc" 'echo 1'
# shellcheck disable=SC2016 # for the stand-ins to expand
{
    stand_in "$folder/bin/apt-get" 'case $* in *"$REFUSED"*) exit 100 ;; esac'
    printf '#!/bin/sh\necho "$USER_ID"\n' > "$folder/bin/id"
    printf '#!/bin/sh\nfor package; do :; done\necho "$package" | grep -q "$MISSING" || echo installed\n' > "$folder/bin/dpkg-query"
    printf '#!/bin/sh\necho sudo >> "%s"\nexec "$@"\n' "$calls" > "$folder/bin/sudo"
}
chmod +x "$folder/bin/id" "$folder/bin/dpkg-query" "$folder/bin/sudo"
export MISSING=. REFUSED=nothing # what is not installed, and what cannot be: as regular expression and text

# ---- running them, and what is expected of that ----
case_name=
fail() {
    echo "$case_name: $1"
    echo "---- printed:"; cat "$folder/printed"
    echo "---- called:"; cat "$calls"
    exit 1
}
# run USER_ID COMMAND: without a terminal; what it prints and its exit status are kept.
run() {
    case_name="$2 as user $1, no terminal"
    : > "$calls"
    status=0
    (cd "$folder" && PATH=$folder/bin USER_ID=$1 sh -c "$2") < /dev/null > "$folder/printed" 2>&1 || status=$?
}
# answer TEXT USER_ID COMMAND: the same on a terminal, at which somebody types the text.
answer() {
    case_name="$3 as user $2, answered $1"
    : > "$calls"
    status=0
    printf '%s\n' "$1" |
        (cd "$folder" && SHELL=/bin/sh script -qec "PATH=$folder/bin USER_ID=$2 sh -c '$3'" /dev/null) > "$folder/printed" 2>&1 || status=$?
}
ends_with() { [ "$status" -eq "$1" ] || fail "exit status $status, and not $1"; }
prints() { grep -q -- "$1" "$folder/printed" || fail "does not print '$1'"; }
prints_no() { ! grep -q -- "$1" "$folder/printed" || fail "prints '$1'"; }
called() { grep -q -- "$1" "$calls" || fail "did not call '$1'"; }
called_no() { ! grep -q -- "$1" "$calls" || fail "called '$1'"; }

install='apt-get install -y --no-install-recommends --no-remove'

# Root: at once, without a question.
run 0 './bench/run --sessions 5'
ends_with 0
prints_no 'y/n'
called_no '^sudo'
called '^apt-get update'
called "^$install .* g++ cmake ninja-build"
called '^bandwidth-webrtc-bulk --sessions 5$'

run 0 './test/run'
called "^$install .* nginx-light .*jq$"
called "^$install .* tinyproxy-bin" # by itself, since the tests can do without it
run 0 './test/run --preset tsan'
called "^$install .* clang libclang-rt-14-dev llvm$"

# Another user without a terminal: the one command, and nothing happens.
for command in './bench/run' './bench/run --compare' './test/run'; do
    run 1000 "$command"
    ends_with 1
    prints "^    sudo apt-get update && sudo $install g++ cmake"
    prints_no 'y/n'
    called_no .
done

# On a terminal: the same command and a question.
for yes in y Y yes; do
    answer $yes 1000 './bench/run --sessions 5'
    ends_with 0
    prints "^    sudo apt-get update && sudo $install g++ cmake"
    prints 'Run it now? (y/n)'
    called '^sudo'
    called "^$install .* g++ cmake"
    called '^bandwidth-webrtc-bulk --sessions 5$'
done
for no in n '' whatever; do
    answer "$no" 1000 './bench/run --sessions 5'
    ends_with 1
    prints 'Nothing was installed'
    called_no .
done

# --yes: no question, wherever it stands, and the program that runs does not get it.
for command in './bench/run --yes --sessions 5' './bench/run --sessions 5 --yes'; do
    run 1000 "$command"
    ends_with 0
    prints_no 'y/n'
    called '^sudo'
    called "^$install .* g++ cmake"
    called '^bandwidth-webrtc-bulk --sessions 5$'
done
run 1000 './bench/run --yes --sessions "a  b"'
called '^bandwidth-webrtc-bulk --sessions a  b$'
answer n 1000 './test/run --filter ^pool/ --yes'
ends_with 0
prints_no 'y/n'
called "^$install .* nginx-light"
called '^ctest --preset dev -j [0-9]* -R ^pool/$'

# Whoever has no sudo is told what root has to run, also on a terminal.
mv "$folder/bin/sudo" "$folder/sudo"
answer y 1000 './bench/run --yes'
ends_with 1
prints 'As root, run:'
prints "^    apt-get update && $install g++ cmake"
called_no .
mv "$folder/sudo" "$folder/bin/sudo"

# What the tests can do without does not stop them: not installed where it would take a question, and where it cannot be.
export MISSING='tinyproxy-bin'
answer n 1000 './test/run'
ends_with 0
prints 'can be done without'
prints "^    sudo apt-get update && sudo $install .*tinyproxy-bin"
called_no '^sudo'
called '^ctest --preset dev -j [0-9]*$'
run 1000 './test/run --yes'
ends_with 0
called "^$install .*tinyproxy-bin"
export REFUSED=tinyproxy-bin
run 0 './test/run'
ends_with 0
prints 'Not installed, and can be done without: .*tinyproxy-bin'
called '^ctest --preset dev -j [0-9]*$'

# Where what is needed cannot be installed, nothing is built.
export MISSING=. REFUSED=ninja-build
run 0 './bench/run'
[ "$status" -ne 0 ] || fail "goes on without its packages"
called_no '^cmake'

# All there: nobody is asked, and nothing is installed.
export MISSING='^$' REFUSED=nothing
run 1000 './test/run --preset clang'
ends_with 0
prints 'All Debian packages are there'
called_no '^apt-get'
called '^cmake --build --preset clang'

# Not Debian: the packages are named, and it is left to the build to find out what is missing.
rm "$folder/bin/apt-get"
run 1000 './bench/run'
ends_with 0
prints 'Not a Debian system'
called '^bandwidth-webrtc-bulk$'

# Each group is known, and no other.
for group in build test engines compare clang coverage lint docs packages; do
    run 1000 "sh cmake/setup.sh $group"
    ends_with 0
done
run 1000 'sh cmake/setup.sh documents'
ends_with 2
