#include "loopback/program/option_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>

namespace loopback_program {

namespace {

using bandwidth::webrtc::testing::fault;
using std::chrono::nanoseconds;

constexpr nanoseconds longest = std::chrono::hours(24);

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

[[noreturn]] void refuse(std::string_view text, const std::string& expected) {
    throw std::invalid_argument(quoted(text) + " is not " + expected);
}

/// Digits at the start; takes them off the text.
std::uint64_t take_digits(std::string_view& text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc())
        refuse(text, "a number");
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

std::size_t parse_count(std::string_view text) {
    auto rest = text;
    const auto count = take_digits(rest);
    if (!rest.empty())
        refuse(text, "a number");
    return static_cast<std::size_t>(count);
}

nanoseconds unit_of(std::string_view name, std::string_view text) {
    if (name == "us")
        return std::chrono::microseconds(1);
    if (name == "ms")
        return std::chrono::milliseconds(1);
    if (name == "s")
        return std::chrono::seconds(1);
    if (name == "m")
        return std::chrono::minutes(1);
    if (name == "h")
        return std::chrono::hours(1);
    refuse(text, "a duration such as 500ms, 10s or 3m");
}

nanoseconds read_duration(std::string_view text, std::string_view unit_when_none) {
    auto rest = text;
    const auto count = take_digits(rest);
    const auto unit = unit_of(rest.empty() ? unit_when_none : rest, text);
    if (count > static_cast<std::uint64_t>(longest / unit))
        refuse(text, "at most 24 hours");
    return static_cast<nanoseconds::rep>(count) * unit;
}

/// Sets what is there of a part without a value; false when there is no such part.
bool set_flag(std::string_view name, fault& made, bool& acts) {
    if (name == "always") {
        made.always();
        return true;
    }
    acts = true;
    if (name == "reset")
        made.reset();
    else if (name == "close-before")
        made.close_before_response();
    else if (name == "close-after")
        made.close_after_response();
    else
        return false;
    return true;
}

/// What meets which requests; false when there is no such part.
bool set_match(std::string_view name, std::string_view value, std::string& method, std::string& target,
               fault& made) {
    if (name == "method")
        method = value;
    else if (name == "target")
        target = value;
    else if (name == "after")
        made.after(parse_count(value));
    else if (name == "times")
        made.times(parse_count(value));
    else
        return false;
    return true;
}

void set_header(std::string_view value, fault& made) {
    const auto colon = value.find(':');
    if (colon == 0 || colon == std::string_view::npos)
        refuse(value, "a header such as X-Name:value");
    made.header(std::string(value.substr(0, colon)), std::string(value.substr(colon + 1)));
}

/// What happens to a request; false when there is no such part.
bool set_action(std::string_view name, std::string_view value, fault& made) {
    if (name == "status")
        made.respond(static_cast<int>(std::min<std::size_t>(parse_count(value), 1000)));
    else if (name == "throttle")
        made.throttle(std::chrono::ceil<std::chrono::seconds>(parse_duration(value)));
    else if (name == "delay")
        made.delay(parse_duration(value));
    else if (name == "header")
        set_header(value, made);
    else if (name == "truncate")
        made.truncate_at(parse_count(value));
    else if (name == "garbage")
        made.garbage(std::string(value));
    else
        return false;
    return true;
}

} // namespace

nanoseconds parse_duration(std::string_view text) { return read_duration(text, "none"); }

nanoseconds parse_delay(std::string_view text) { return read_duration(text, "ms"); }

rate parse_rate(std::string_view text) {
    rate read;
    const auto slash = text.find('/');
    read.requests = parse_count(text.substr(0, slash));
    if (slash != std::string_view::npos)
        read.period = parse_duration(text.substr(slash + 1));
    if (read.requests == 0 || read.period.count() == 0)
        refuse(text, "a rate such as 100 or 100/10s");
    return read;
}

fault parse_fault(std::string_view text) {
    fault made;
    std::string method;
    std::string target;
    bool acts = false;
    for (auto rest = text;;) {
        const auto comma = rest.find(',');
        const auto part = rest.substr(0, comma);
        const auto equals = part.find('=');
        const auto name = part.substr(0, equals);
        bool known = false;
        if (equals == std::string_view::npos) {
            known = set_flag(name, made, acts);
        } else {
            const auto value = part.substr(equals + 1);
            known = set_match(name, value, method, target, made);
            if (!known)
                known = acts = set_action(name, value, made);
        }
        if (!known)
            refuse(part, "a part of a fault");
        if (comma == std::string_view::npos)
            break;
        rest.remove_prefix(comma + 1);
    }
    if (!acts)
        throw std::invalid_argument(quoted(text) + " says which requests, but not what happens to them");
    return made.on(method, target);
}

const char* const fault_help =
    R"(A fault is made of parts with commas between them, so no TEXT can hold a comma.
Which requests it meets, by default the next one:
  method=GET        of this method alone
  target=TEXT       whose path holds this text
  after=N           lets N of these pass first
  times=N, always   so many of them, or all
What happens, where status and throttle keep the request from the service, and the others do not:
  status=503        this status, as it is documented
  throttle=2s       429 with Retry-After
  delay=200ms       the response comes later
  header=NAME:TEXT  a header more
  truncate=N        the first N bytes of the response, then the end of the connection
  garbage=TEXT      this text in place of the response
  reset             a TCP reset in place of the response
  close-before      the end of the connection in place of the response
  close-after       Connection: close, and the end behind the response
Durations take us, ms, s, m and h.)";

} // namespace loopback_program
