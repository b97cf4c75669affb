#include "policy/retry_after.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace {

using bandwidth::webrtc::detail::longest_retry_after;
using bandwidth::webrtc::detail::parse_http_date;
using bandwidth::webrtc::detail::parse_retry_after;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using namespace std::chrono_literals;

/// Sun, 06 Nov 1994 08:49:37 GMT, as RFC 9110 has it.
const sys_seconds example(seconds(784'111'777));
const sys_seconds now = sys_days(2026y / 6 / 15) + 12h;

} // namespace

TEST_CASE("O01: Retry-After in seconds") {
    CHECK(parse_retry_after("0", now) == seconds(0));
    CHECK(parse_retry_after("1", now) == seconds(1));
    CHECK(parse_retry_after("120", now) == seconds(120));
    CHECK(parse_retry_after("007", now) == seconds(7));
    CHECK(parse_retry_after("86400", now) == seconds(86400));
}

TEST_CASE("O01: a wait without reason is cut, and no sum of it overflows") {
    CHECK(parse_retry_after("99999999999", now) == longest_retry_after);
    CHECK(parse_retry_after("9223372036854775807", now) == longest_retry_after);
    CHECK(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now) == longest_retry_after);
    CHECK(std::chrono::steady_clock::now() + std::chrono::nanoseconds(longest_retry_after) >
          std::chrono::steady_clock::now());
}

TEST_CASE("O01: what is neither a number nor a date is nothing") {
    using namespace std::string_view_literals;
    for (const auto text :
         {""sv, " "sv, "-1"sv, "-0"sv, "+1"sv, "1.5"sv, "1s"sv, " 1"sv, "1 "sv, "1,2"sv, "0x10"sv, "1e3"sv,
          "soon"sv, "9223372036854775808"sv, "99999999999999999999"sv, "1\0"sv, "\0"sv, "\xD9\xA3"sv}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(parse_retry_after(text, now).has_value());
    }
}

TEST_CASE("a date in each of its forms (RFC 9110, section 5.6.7)") {
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", now) == example);
    CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now) == example);
    CHECK(parse_http_date("Sun Nov  6 08:49:37 1994", now) == example);
    CHECK(parse_http_date("Sun Nov 06 08:49:37 1994", now) == example);
    CHECK(parse_http_date("Wed Nov 16 08:49:37 1994", now) == example + 240h);
    CHECK(parse_http_date("Thu, 29 Feb 2024 00:00:00 GMT", now) == sys_days(2024y / 2 / 29));
    CHECK(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT", now) == sys_seconds());
    CHECK(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", now) == sys_days(2017y / 1 / 1) - 1s);
}

TEST_CASE("a date is the wait until it comes") {
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", example - 10s) == seconds(10));
    CHECK(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", example - 10s) == seconds(10));
    CHECK(parse_retry_after("Sun Nov  6 08:49:37 1994", example - 10s) == seconds(10));
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", example) == seconds(0));
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", example + 1s) == seconds(0));
    CHECK(parse_retry_after("Thu, 01 Jan 0001 00:00:00 GMT", now) == seconds(0));
}

TEST_CASE("the century of a year with two digits is the one that is not over 50 years ahead") {
    CHECK(parse_http_date("Monday, 15-Jun-26 12:00:00 GMT", now) == now);
    CHECK(parse_http_date("Monday, 15-Jun-75 12:00:00 GMT", now) == sys_days(2075y / 6 / 15) + 12h);
    CHECK(parse_http_date("Monday, 15-Jun-77 12:00:00 GMT", now) == sys_days(1977y / 6 / 15) + 12h);
    CHECK(parse_http_date("Friday, 31-Dec-99 23:59:59 GMT", now) == sys_days(2000y / 1 / 1) - 1s);
    // A leap day that only one of the centuries has.
    CHECK(parse_http_date("Tuesday, 29-Feb-00 00:00:00 GMT", now) == sys_days(2000y / 2 / 29));
}

TEST_CASE("what only resembles a date is none") {
    using namespace std::string_view_literals;
    for (const auto text : {"Sun, 06 Nov 1994 08:49:37"sv,
                            "Sun, 06 Nov 1994 08:49:37 UTC"sv,
                            "Sun, 06 Nov 1994 08:49:37 GMT "sv,
                            " Sun, 06 Nov 1994 08:49:37 GMT"sv,
                            "Sun, 6 Nov 1994 08:49:37 GMT"sv,
                            "Sun, 06 nov 1994 08:49:37 GMT"sv,
                            "Sun,06 Nov 1994 08:49:37 GMT"sv,
                            "Xyz, 06 Nov 1994 08:49:37 GMT"sv,
                            "Sun, 00 Nov 1994 08:49:37 GMT"sv,
                            "Sun, 31 Nov 1994 08:49:37 GMT"sv,
                            "Sun, 29 Feb 2023 08:49:37 GMT"sv,
                            "Sun, 06 Nov 1994 24:00:00 GMT"sv,
                            "Sun, 06 Nov 1994 08:60:37 GMT"sv,
                            "Sun, 06 Nov 1994 08:49:61 GMT"sv,
                            "Sun, 06 Nov 1994 -8:49:37 GMT"sv,
                            "Sun, 06 Nov 94 08:49:37 GMT"sv,
                            "Sun, 06 Nov 19940 08:49:37 GMT"sv,
                            "Sun, 06-Nov-94 08:49:37 GMT"sv,
                            "Sunday, 06-Nov-1994 08:49:37 GMT"sv,
                            "Sunday, 06 Nov 94 08:49:37 GMT"sv,
                            "Sunday, 29-Feb-23 08:49:37 GMT"sv,
                            "Sun Nov   6 08:49:37 1994"sv,
                            "Sun Nov 6 08:49:37 1994"sv,
                            "Sun Nov    08:49:37 1994"sv,
                            "Sun Nov  6 08:49:37 1994 GMT"sv,
                            "1994-11-06T08:49:37Z"sv,
                            "Sun, 06 Nov 1994 08:49:37 GMT\0"sv,
                            "Sun"sv,
                            "Sun, "sv}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(parse_http_date(text, now).has_value());
        CHECK_FALSE(parse_retry_after(text, now).has_value());
    }
    const std::string whole = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (std::size_t length = 0; length < whole.size(); ++length)
        CHECK_FALSE(parse_http_date(whole.substr(0, length), now).has_value());
}
