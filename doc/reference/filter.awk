# What Doxygen reads of a header (INPUT_FILTER). Lines keep their numbers.
#   - A function that is `= default` or `= delete`, and has no comment, is left out: C++ says what it does.
#   - In the groups "What was set" and "For mocks" the first comment is that of each function without one.
#   - A line that begins with "Cancellation:" or the like begins a line of the page too.
#   - Attributes and friends are left out, which tell users nothing.
# Members stand four columns in, and what follows of a declaration further in: clang-format sees to that.
{
    line = $0
    commented = before ~ /^ *\/\/\//
    continued = before ~ /^ *\/\/\/ /
    before = $0
}
/ = (default|delete);/ && !/operator==/ && !commented { line = "" }
/^ *friend (class|struct) / { line = "" }
/^    \/\/\/ @[}]/ { group = 0 }
group && /^    \/\/\/ [^@\\]/ && common == "" { common = substr($0, 9) }
group && /^    [^ }\/]/ && !commented { line = "    /** " common " */" substr(line, 4) }
/^    \/\/\/ @[{]/ && named ~ /^    \/\/\/ \\name (What was set|For mocks)$/ { group = 1; common = "" }
/^    \/\/\/ \\name / { named = $0 }
match(line, /^ *\/\/\/ (Cancellation|Completion|Errors|Lifetime|Order|Requests|Responses|Retries|Threads|Thread safety|Time|fork): /) {
    label = substr(line, 1, RLENGTH - 1)
    sub(/\/\/\/ /, continued ? "/// <br>**" : "/// **", label)
    line = label "**" substr(line, RLENGTH)
}
{
    gsub(/\[\[(gnu::always_inline|noreturn)\]\] /, "", line)
    print line
}
