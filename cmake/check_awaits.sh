#!/bin/sh
# Finds the co_await forms that g++ 12 compiles to broken code, and that no warning tells of:
#   - an await in the parentheses of if, while, for or switch (wrong frame layout: SIGILL, SIGSEGV or a hang), and for one rule in
#     all the project also in those of doctest's CHECK and REQUIRE;
#   - an await in an arm of `? :` (a value with a destructor is destroyed twice; for one rule, any value);
#   - a lambda with captures by value in the same expression as an await (the captures are destroyed twice).
#
#   check_awaits.sh FILE-OR-FOLDER...    prints each finding, exits 1 when there is one
#   check_awaits.sh --self-test          proves that it finds what it must, and nothing else
set -eu

scan() {
    awk '
    # The file as one text, with comments, strings and character literals blanked out; the line breaks stay.
    function blank(text,    out, i, c, two, n, tail, closing, at, piece) {
        out = ""; n = length(text); i = 1
        while (i <= n) {
            # Everything up to the next character that may open something goes over in one piece.
            tail = substr(text, i)
            if (!match(tail, /["\047\/]/)) { out = out tail; break }
            out = out substr(tail, 1, RSTART - 1); i += RSTART - 1
            tail = substr(text, i); c = substr(tail, 1, 1); two = substr(tail, 1, 2)
            if (two == "//") { at = index(tail, "\n"); closing = at ? at - 1 : length(tail) }
            else if (two == "/*") { at = index(substr(tail, 3), "*/"); closing = at ? at + 3 : length(tail) }
            else if (c == "\"" && substr(out, length(out)) == "R" && match(tail, /^"[^ ()\\]*\(/)) {
                piece = ")" substr(tail, 2, RLENGTH - 2) "\""
                at = index(tail, piece); closing = at ? at + length(piece) - 1 : length(tail)
            }
            else if (c == "\"" && match(tail, /^"([^"\\]|\\.)*"/)) closing = RLENGTH
            else if (c == "\047" && substr(out, length(out)) !~ /[0-9a-fA-F]/ && match(tail, /^\047([^\047\\]|\\.)[^\047]*\047/)) closing = RLENGTH
            else { out = out c; i++; continue }   # a division, or the separator of 10\0470000
            piece = substr(tail, 1, closing); gsub(/[^\n]/, " ", piece)
            out = out piece; i += closing
        }
        return out
    }
    # The text from its opening parenthesis to the matching one, without what stands in braces (a lambda body is code of its own).
    function parenthesised(text,    out, depth, braces, c) {
        out = ""; depth = 0; braces = 0
        while (match(text, /[(){}]/)) {
            if (!braces) out = out substr(text, 1, RSTART - 1)
            c = substr(text, RSTART, 1); text = substr(text, RSTART + 1)
            if (c == "{") braces++
            else if (c == "}") braces--
            else if (!braces) {
                depth += c == "(" ? 1 : -1
                out = out c
                if (depth == 0) return out
            }
        }
        return out text
    }
    # The captures by value of the first lambda in the text that has any.
    function captures_by_value(text,    list, names, count, k, before) {
        before = ""
        while (match(text, /\[[^][]*\]/)) {
            before = before substr(text, 1, RSTART - 1); list = substr(text, RSTART + 1, RLENGTH - 2)
            text = substr(text, RSTART + RLENGTH)
            # After a name, a bracket or a parenthesis it is a subscript; [[ opens an attribute.
            if (before !~ /[A-Za-z0-9_)\]>][ \n]*$/ && before !~ /\[$/) {
                count = split(list, names, ",")
                for (k = 1; k <= count; k++) {
                    gsub(/^[ \n]+|[ \n]+$/, "", names[k])
                    if (names[k] != "" && names[k] !~ /^(&|this$)/) return list
                }
            }
            before = before " x"
        }
        return ""
    }
    function report(file, text, what,    line) {
        line = 1 + gsub(/\n/, "\n", text)
        printf "%s:%d: %s\n", file, line, what
        found = 1
    }
    function check(file, text,    code, rest, offset, start, word, inside, statement, list) {
        code = blank(text)
        if (code !~ /co_await/) return
        offset = 0; rest = code
        while (match(rest, /(^|[^A-Za-z0-9_])(if|while|for|switch|CHECK[A-Z_]*|REQUIRE[A-Z_]*)[ \n]*(constexpr[ \n]*)?\(/)) {
            start = offset + RSTART
            word = substr(rest, RSTART, RLENGTH); gsub(/[^A-Za-z_]/, "", word)
            offset += RSTART + RLENGTH - 1; rest = substr(code, offset + 1)
            inside = parenthesised("(" rest)
            if (inside ~ /(^|[^A-Za-z0-9_])co_await([^A-Za-z0-9_]|$)/)
                report(file, substr(code, 1, start), "co_await inside " word "(...): await into a variable on a line of its own first")
        }
        offset = 0; rest = code
        while (match(rest, /\?[^;{}]*[^A-Za-z0-9_]co_await[^A-Za-z0-9_]/)) {
            report(file, substr(code, 1, offset + RSTART), "co_await behind ? in one statement: use if and else")
            offset += RSTART + RLENGTH - 1; rest = substr(code, offset + 1)
        }
        offset = 0; rest = code
        while (match(rest, /(^|[^A-Za-z0-9_])co_await[^A-Za-z0-9_]/)) {
            start = offset + RSTART
            offset += RSTART + RLENGTH - 1; rest = substr(code, offset + 1)
            statement = rest
            if (match(statement, /[;{]/)) statement = substr(statement, 1, RSTART - 1)
            list = captures_by_value("(" statement)
            if (list != "")
                report(file, substr(code, 1, start), "lambda with captures [" list "] in a co_await expression: name the lambda first")
        }
    }
    FNR == 1 { if (file != "") check(file, text); file = FILENAME; text = "" }
    { text = text $0 "\n" }
    END { if (file != "") check(file, text); exit found }
    ' "$@"
}

self_test() {
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    failures=0
    # expect bad|good NAME, the code from standard input
    expect() {
        cat > "$folder/$2.cpp"
        if scan "$folder/$2.cpp" > "$folder/out"; then verdict=good; else verdict=bad; fi
        if [ "$verdict" != "$1" ]; then
            echo "self-test $2: judged $verdict instead of $1"
            cat "$folder/out"
            failures=1
        fi
    }
    expect bad if <<'EOF'
if (co_await f()) g();
EOF
    expect bad nested_over_lines <<'EOF'
} else if (x &&
           h(1, (co_await f())) == 2) {
EOF
    expect bad while_loop <<'EOF'
do { } while (co_await f());
EOF
    expect bad for_loop <<'EOF'
for (int i = 0; i < co_await f(); ++i) {}
EOF
    expect bad switch <<'EOF'
switch (co_await f()) {}
EOF
    expect bad check_macro <<'EOF'
CHECK_EQ(co_await f(), "a)b");
EOF
    expect bad require_macro <<'EOF'
auto s = R"x(it's "( here)x"; REQUIRE(co_await f());
EOF
    expect bad after_digit_separator <<'EOF'
int n = 10'000; if (co_await f()) {}
EOF
    expect bad capture_by_value <<'EOF'
co_await asio::co_spawn(executor, [text]() -> asio::awaitable<void> { co_return; }, asio::use_awaitable);
EOF
    expect bad init_capture_over_lines <<'EOF'
auto x = co_await run(executor,
                      [&a, b = std::move(b)] { return b; });
EOF
    expect bad conditional_operator <<'EOF'
const std::string text = known ? kept
                               : co_await f();
EOF
    expect good plain <<'EOF'
auto x = co_await f();
if (x) g(); // if (co_await f())
/* while (co_await f()) */ const char* s = "if (co_await f())"; char c = '"'; char d = '\''; int n = 1'000;
const char* raw = R"(if (co_await f()) ")"; const char* e = "\\"; CHECK(x == 1);
EOF
    expect good body_of_lambda_in_check <<'EOF'
CHECK_THROWS(run([&]() -> asio::awaitable<void> { auto x = co_await f(); g(x); }));
EOF
    expect good harmless_brackets <<'EOF'
auto a = co_await f(ids[i], table[ids[0]]);
auto b = co_await run([&] { return 1; });
auto c = co_await run([&a, &b, this] { return 1; });
auto d = [a] { return a; };
EOF
    expect good conditional_operator_elsewhere <<'EOF'
auto a = b ? c : d;
auto e = co_await f(b ? c : d); // is it ready? co_await g();
EOF
    expect good braces_follow <<'EOF'
if (x) { auto y = co_await f(); }
for (auto& z : list) co_await f(z);
while (running()) { co_await f(); }
EOF
    return $failures
}

if [ "${1:-}" = --self-test ]; then
    self_test
    exit
fi
if [ $# -eq 0 ]; then
    echo "usage: $0 FILE-OR-FOLDER... | --self-test" >&2
    exit 2
fi
# Paths of this project have no white space.
files=$(find "$@" -type f \( -name '*.cpp' -o -name '*.hpp' \))
if [ -z "$files" ]; then
    echo "$0: no sources in $*" >&2
    exit 2
fi
scan $files
