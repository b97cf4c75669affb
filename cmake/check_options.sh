#!/bin/sh
# Checks that a page has a table row for each option of a class: "| `max_connections` | ..." below the heading "## `client_options`".
#
#   check_options.sh PAGE HEADER...    prints each public setter of the headers' classes that has no row in its class's section, and
#                                      each row of such a section without a setter; exits 1 when there is one
#   check_options.sh --self-test       proves that it finds what it must, and nothing else
set -eu

scan() (
    page=$1
    shift
    # A setter returns its own class, or `Options`, which is the class that derives from its own.
    awk '
    FILENAME ~ /\.hpp$/ {
        if ($1 == "class" && /^class/) { class = $2; public = 0 }
        if (/^public:/) public = 1
        if (/^(private|protected):/) public = 0
        if (public && /^    [A-Za-z_]+& [a-z_]+\(/ && ($1 == "Options&" || $1 == class "&")) {
            name = $2
            sub(/\(.*/, "", name)
            setters[class, name] = classes[class] = 1
        }
        next
    }
    /^## / {
        section = ""
        if (match($0, /`[a-z_]+`/)) section = substr($0, RSTART + 1, RLENGTH - 2)
        if (!(section in classes)) section = ""
    }
    section && match($0, /^\| `[a-z_]+` \|/) {
        name = substr($0, 4, RLENGTH - 6)
        rows[section, name] = 1
        if (!((section, name) in setters)) { print FILENAME ":" FNR ": " section " has no option " name; found = 1 }
    }
    END {
        for (each in setters)
            if (!(each in rows)) { split(each, part, SUBSEP); print FILENAME ": no row for " part[1] "::" part[2]; found = 1 }
        exit found
    }' "$@" "$page"
)

self_test() (
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cat > "$folder/options.hpp" <<'END'
template <class Options>
class basic_options {
public:
    Options& size(int value) {
        size_ = value;
        return self();
    }
    [[nodiscard]] int size() const noexcept { return size_; }

private:
    Options& self() noexcept;
};
class options : public basic_options<options> {
public:
    options& name(std::string_view value);
    options& operator=(const options& other);
    other& thing();
};
END
    printf '%s\n' '# Page' '| `elsewhere` | 1 |' '## Of all: `basic_options`' '| `size` | 3 |' '### More' '## `options`' '| `name` | none |' \
        '## `loopback`' '| `free` | x |' > "$folder/good.md"
    scan "$folder/good.md" "$folder/options.hpp" || { echo "found what is right"; exit 1; }
    printf '%s\n' '## `basic_options`' '| `name` | none |' '## `options`' '| `name` | none |' > "$folder/bad.md"
    if scan "$folder/bad.md" "$folder/options.hpp" > "$folder/told"; then echo "nothing is found"; exit 1; fi
    for told in "bad.md:2: basic_options has no option name" "bad.md: no row for basic_options::size"; do
        grep -qxF "$folder/$told" "$folder/told" || { echo "not found: $told"; cat "$folder/told"; exit 1; }
    done
    [ "$(wc -l < "$folder/told")" = 2 ] || { echo "found too much:"; cat "$folder/told"; exit 1; }
)

case ${1:-} in
--self-test) self_test ;;
*) scan "$@" ;;
esac
