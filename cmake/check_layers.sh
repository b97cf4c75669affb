#!/bin/sh
# Checks that includes point down the layers only.
#
#   check_layers.sh FOLDER         the folder that has src/ and include/; prints each include that is not allowed,
#                                  exits 1 when there is one
#   check_layers.sh --self-test    proves that it finds what it must, and nothing else
set -eu

# The order of the layers. A file belongs to the layer with the longest folder that its path begins with. What a file
# may include is its own layer, the public headers, and what stands behind the colon.
layers='
include                             :
include/bandwidth/webrtc/testing    :
src/core                            :
src/policy                          : src/core
src/observer                        : src/core
src/transport                       : src/core
src/http1                           : src/core
src/pool                            : src/core src/policy src/transport src/http1
src/manager                         : src/core src/http1 src/policy src/transport src/pool
src/api/common                      : src/core src/http1 src/policy src/transport src/pool src/manager
src/api/webrtc                      : src/core src/http1 src/policy src/transport src/pool src/manager src/api/common
src/api/brtc                        : src/core src/http1 src/policy src/transport src/pool src/manager src/api/common
src/program                         :
src/loopback                        : include/bandwidth/webrtc/testing src/core
src/loopback/program                : include/bandwidth/webrtc/testing src/loopback src/program
src/bulk/figures                    :
src/bulk/job                        : src/bulk/figures
src/bulk/journal                    : src/bulk/job
src/bulk/report                     : src/bulk/figures src/bulk/job
src/bulk/run                        : src/bulk/figures src/bulk/job src/bulk/journal src/bulk/report
src/bulk/program                    : include/bandwidth/webrtc/testing src/program src/bulk/figures src/bulk/job src/bulk/journal src/bulk/report src/bulk/run
'

# Includes that break this order, and are still to be mended: the file, and what it includes. One that is there no
# more fails the check, too: its line has to go.
exceptions='
'

# scan FOLDER LAYERS EXCEPTIONS
scan() (
    cd "$1"
    # Paths of this project have no white space.
    files=$(find include src -type f \( -name '*.cpp' -o -name '*.hpp' -o -name '*.in' \) | sort)
    LAYERS=$2 EXCEPTIONS=$3 awk '
    function report(what) { print what; found = 1 }
    function layer_of(path,    folder) {
        for (folder = path; sub(/\/[^\/]*$/, "", folder);)
            if (folder in layer) return folder
        return ""
    }
    BEGIN {
        count = split(ENVIRON["LAYERS"], lines, "\n")
        for (i = 1; i <= count; i++) {
            words = split(lines[i], word, " ")
            if (words == 0) continue
            layer[word[1]] = 1
            allowed[word[1], word[1]] = allowed[word[1], "include"] = 1
            for (k = 3; k <= words; k++) allowed[word[1], word[k]] = 1
        }
        count = split(ENVIRON["EXCEPTIONS"], lines, "\n")
        for (i = 1; i <= count; i++)
            if (split(lines[i], word, " ") == 2) excepted[word[1], word[2]] = word[1] " includes " word[2]
    }
    FNR == 1 {
        from = layer_of(FILENAME)
        if (from == "") report(FILENAME ": its folder belongs to no layer")
    }
    from != "" && match($0, /^[ \t]*#[ \t]*include[ \t]*["<][^">]*/) {
        included = substr($0, RSTART, RLENGTH)
        quoted = included ~ /"/
        sub(/.*["<]/, "", included)
        to = layer_of((included ~ /^bandwidth\// ? "include/" : "src/") included)
        if (to == "" && quoted) report(FILENAME ":" FNR ": " included " belongs to no layer")
        if (to == "" || (from, to) in allowed) next
        if ((FILENAME, included) in excepted) {
            print "still to be mended: " excepted[FILENAME, included]
            delete excepted[FILENAME, included]
            next
        }
        report(FILENAME ":" FNR ": " from " may not include " to " (" included ")")
    }
    END {
        for (key in excepted) report("an exception that nothing needs: " excepted[key])
        exit found
    }
    ' $files
)

self_test() {
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    failures=0
    order='
include :
include/bandwidth/webrtc/testing :
src/core :
src/pool : src/core
src/loopback : include/bandwidth/webrtc/testing
'
    # expect bad|good NAME FILE EXCEPTIONS, the text of the file from standard input
    expect() {
        rm -rf "$folder/src" "$folder/include"
        mkdir -p "$folder/src" "$folder/include" "$(dirname "$folder/$3")"
        cat > "$folder/$3"
        if scan "$folder" "$order" "$4" > "$folder/out"; then verdict=good; else verdict=bad; fi
        if [ "$verdict" != "$1" ]; then
            echo "self-test $2: judged $verdict instead of $1"
            cat "$folder/out"
            failures=1
        fi
    }
    expect good downwards src/pool/a.cpp '' <<'EOF'
#include "pool/a.hpp"
#include "core/b.hpp"
#include <bandwidth/webrtc/client.hpp>
#include <boost/pool/pool.hpp>
#include <vector>
// #include "loopback/c.hpp"
EOF
    expect bad upwards src/core/a.hpp '' <<'EOF'
#  include "pool/a.hpp"
EOF
    expect bad upwards_in_angle_brackets src/core/a.hpp '' <<'EOF'
#include <pool/a.hpp>
EOF
    expect bad sideways src/loopback/a.cpp '' <<'EOF'
#include "core/a.hpp"
EOF
    expect good folder_below_a_layer src/pool/deep/er/a.cpp '' <<'EOF'
#include "pool/other/a.hpp"
#include "core/deep/a.hpp"
EOF
    expect bad from_a_folder_below_a_layer src/core/deep/a.hpp '' <<'EOF'
#include "pool/a.hpp"
EOF
    expect bad client_of_its_tests src/pool/a.cpp '' <<'EOF'
#include <bandwidth/webrtc/testing/fault.hpp>
EOF
    expect good tests_of_the_client src/loopback/a.cpp '' <<'EOF'
#include <bandwidth/webrtc/testing/fault.hpp>
#include <bandwidth/webrtc/client_options.hpp>
EOF
    expect bad public_header_of_the_inside include/bandwidth/webrtc/a.hpp '' <<'EOF'
#include "core/a.hpp"
EOF
    expect bad public_header_of_the_tests include/bandwidth/webrtc/a.hpp '' <<'EOF'
#include <bandwidth/webrtc/testing/fault.hpp>
EOF
    expect bad generated_header include/bandwidth/webrtc/a.hpp.in '' <<'EOF'
#include "pool/a.hpp"
EOF
    expect bad folder_without_a_layer src/new/a.cpp '' <<'EOF'
#include <vector>
EOF
    expect bad file_without_a_layer src/a.cpp '' <<'EOF'
#include <vector>
EOF
    expect bad include_without_a_layer src/pool/a.cpp '' <<'EOF'
#include "new/a.hpp"
EOF
    expect bad include_without_a_folder src/pool/a.cpp '' <<'EOF'
#include "a.hpp"
EOF
    expect good exception src/core/a.hpp 'src/core/a.hpp pool/a.hpp' <<'EOF'
#include "pool/a.hpp"
EOF
    expect bad exception_of_another_include src/core/a.hpp 'src/core/a.hpp pool/a.hpp' <<'EOF'
#include "pool/a.hpp"
#include "pool/b.hpp"
EOF
    expect bad exception_that_nothing_needs src/core/a.hpp 'src/core/a.hpp pool/a.hpp' <<'EOF'
#include "core/b.hpp"
EOF
    return $failures
}

if [ "${1:-}" = --self-test ]; then
    self_test
    exit
fi
if [ $# -ne 1 ] || [ ! -d "$1/src" ] || [ ! -d "$1/include" ]; then
    echo "usage: $0 FOLDER | --self-test" >&2
    exit 2
fi
scan "$1" "$layers" "$exceptions"
