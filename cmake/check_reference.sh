#!/bin/sh
# Makes the reference of the public headers with Doxygen, and fails on every warning, such as a public member without a comment.
#
#   check_reference.sh FOLDER         writes the pages there (in the project's folder, where that is no absolute path), the first is
#                                     index.html; prints each warning, exits 1 when there is one
#   check_reference.sh --self-test    proves that it finds what it must, and nothing else
set -eu
cd "$(dirname "$0")/.."

# run FOLDER, with settings from standard input that replace those of the Doxyfile. Doxygen's newer than 1.9.4 warn of enumerators
# without a comment by themselves; here its XML tells.
run() {
    [ ! -f "$1/doxygen.css" ] || rm -r "$1" # pages of classes that are no more
    mkdir -p "$1"
    failed=0
    {
        cat doc/reference/Doxyfile -
        echo "OUTPUT_DIRECTORY = \"$1\""
        echo "XML_OUTPUT = \"$folder/xml\""
    } | doxygen - || failed=1
    cat "$folder"/xml/*.xml | awk '
    /<enumvalue .*prot="public"/ { waiting = 1 }
    waiting && /<name>/ { name = $0; gsub(/ *<\/?name>/, "", name) }
    /<para>/ { waiting = 0 }
    /<\/enumvalue>/ { if (waiting) { print "the enumerator " name " is not documented"; found = 1 } waiting = 0 }
    END { exit found }' || failed=1
    rm -r "$folder/xml"
    return $failed
}

reference() {
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    # version.hpp as the build writes it.
    version=$(sed -n 's/^project(.* VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
    mkdir -p "$folder/bandwidth/webrtc"
    echo "$version" | {
        IFS=. read -r major minor patch
        sed "s/@PROJECT_VERSION@/$version/; s/@PROJECT_VERSION_MAJOR@/$major/; s/@PROJECT_VERSION_MINOR@/$minor/
             s/@PROJECT_VERSION_PATCH@/$patch/" include/bandwidth/webrtc/version.hpp.in
    } > "$folder/bandwidth/webrtc/version.hpp"
    run "$1" <<END
PROJECT_NUMBER = $version
INPUT += $folder/bandwidth/webrtc/version.hpp
STRIP_FROM_PATH += $folder
STRIP_FROM_INC_PATH += $folder
END
}

self_test() {
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    failures=0
    # expect bad|good NAME, the members of a class from standard input
    expect() {
        { printf '/// Words.\nnamespace words {\n/// A word.\nclass word {\npublic:\n'; cat; printf '};\n}\n'; } > "$folder/$2.hpp"
        if run "$folder/pages" > "$folder/out" 2>&1 <<END
INPUT = $folder/$2.hpp
USE_MDFILE_AS_MAINPAGE =
END
        then verdict=good; else verdict=bad; fi
        if [ "$verdict" != "$1" ]; then
            echo "self-test $2: judged $verdict instead of $1"
            cat "$folder/out"
            failures=1
        fi
    }
    expect good documented <<'EOT'
    word(const word&) = delete;
    word& operator=(const word&) = default;
    /// How often it was said.
    [[nodiscard]] int count() const;
    /// Says it with any completion token for `void(int)`.
    template <class Token>
    auto say(Token&& token) && -> decltype(detail::start<detail::as<int>>(detail::value<word>(), token));

private:
    int hidden() const;
EOT
    expect good group_with_one_comment <<'EOT'
    /// \name What was set
    /// @{

    /// What was set, or the default.
    int count() const;
    int length() const;
    /// @}
EOT
    expect bad another_group_with_one_comment <<'EOT'
    /// \name Sizes
    /// @{

    /// How often it was said.
    int count() const;
    int length() const;
    /// @}
EOT
    expect bad member_without_a_comment <<'EOT'
    int count() const;
EOT
    expect bad field_without_a_comment <<'EOT'
    int count = 0; // how often it was said
EOT
    expect bad enumerator_without_a_comment <<'EOT'
    /// Its kind.
    enum class kind {
        noun, ///< a name
        verb
    };
EOT
    expect bad comparison_without_a_comment <<'EOT'
    friend bool operator==(const word&, const word&) = default;
EOT
    expect bad parameter_left_out <<'EOT'
    /// Says it.
    /// \param loud whether it is shouted
    void say(bool loud, int times);
EOT
    expect bad parameter_that_is_not_there <<'EOT'
    /// Says it.
    /// \param loudly whether it is shouted
    void say(bool loud);
EOT
    return $failures
}

if ! command -v doxygen > /dev/null; then
    echo "$0: Doxygen is not installed (sh cmake/setup.sh docs)" >&2
    exit 2
elif [ "${1:-}" = --self-test ]; then
    self_test
elif [ $# -eq 1 ]; then
    reference "$1"
else
    echo "usage: $0 FOLDER | --self-test" >&2
    exit 2
fi
