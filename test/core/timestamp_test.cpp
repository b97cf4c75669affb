#include "core/timestamp.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "support/random_numbers.hpp"

using bandwidth::webrtc::detail::parse_iso8601;
using bandwidth::webrtc::detail::parse_timestamp;
using bandwidth::webrtc::detail::timestamp;

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// A time of so many milliseconds since 1970.
constexpr timestamp at(long long count) { return timestamp(milliseconds(count)); }

// date -d 2021-01-01T00:00:00Z +%s
constexpr timestamp new_year_2021 = at(1'609'459'200'000);

} // namespace

TEST_CASE("the documented timestamps are read") {
    CHECK(parse_iso8601("2021-01-01T00:00:00Z") == new_year_2021);
    CHECK(parse_iso8601("2021-01-02T00:00:00Z") == new_year_2021 + std::chrono::days(1));
    CHECK(parse_timestamp("2021-01-01T00:00:00Z") == new_year_2021);
    CHECK(parse_timestamp("1628786234676") == at(1'628'786'234'676));
    CHECK(parse_timestamp("1771537419412") == at(1'771'537'419'412));
}

TEST_CASE("a fraction is read to the millisecond, and cut off below") {
    CHECK(parse_iso8601("2021-01-01T00:00:00.1Z") == new_year_2021 + milliseconds(100));
    CHECK(parse_iso8601("2021-01-01T00:00:00.12Z") == new_year_2021 + milliseconds(120));
    CHECK(parse_iso8601("2021-01-01T00:00:00.123Z") == new_year_2021 + milliseconds(123));
    CHECK(parse_iso8601("2021-01-01T00:00:00,123Z") == new_year_2021 + milliseconds(123));
    CHECK(parse_iso8601("2021-01-01T00:00:00.000999999Z") == new_year_2021);
    CHECK(parse_iso8601("2021-01-01T00:00:00.123999999999999999999999Z") ==
          new_year_2021 + milliseconds(123));
    CHECK(parse_iso8601("1969-12-31T23:59:59.9999Z") == at(-1));
    CHECK(parse_iso8601("2021-01-01T00:00:00." + std::string(100'000, '9')) ==
          new_year_2021 + milliseconds(999));
}

TEST_CASE("an offset is taken off") {
    CHECK(parse_iso8601("2021-01-01T01:00:00+01:00") == new_year_2021);
    CHECK(parse_iso8601("2020-12-31T19:00:00-05:00") == new_year_2021);
    CHECK(parse_iso8601("2021-01-01T05:45:00.5+05:45") == new_year_2021 + milliseconds(500));
    CHECK(parse_iso8601("2021-01-01T01:00:00+0100") == new_year_2021);
    CHECK(parse_iso8601("2021-01-01T01:00:00+01") == new_year_2021);
    CHECK(parse_iso8601("2021-01-01T00:00:00-00:00") == new_year_2021);
    CHECK(parse_iso8601("2021-01-01T23:59:00+23:59") == new_year_2021);
}

TEST_CASE("what services write besides RFC 3339 is read") {
    CHECK(parse_iso8601("2021-01-01t00:00:00z") == new_year_2021);
    CHECK(parse_iso8601("2021-01-01 00:00:00Z") == new_year_2021);
    CHECK(parse_iso8601("2021-01-01T00:00Z") == new_year_2021);
    CHECK(parse_iso8601("2021-01-01T01:00+01:00") == new_year_2021);
    CHECK(parse_iso8601("2021-01-01T00:00:00") == new_year_2021);
    CHECK(parse_iso8601("2021-01-01T00:00") == new_year_2021);
    CHECK(parse_timestamp("1628786234676.9") == at(1'628'786'234'676));
    CHECK(parse_timestamp("0") == at(0));
    CHECK(parse_timestamp("-1") == at(-1));
}

TEST_CASE("leap days are in their years only") {
    CHECK(parse_iso8601("2024-02-29T00:00:00Z") == at(1'709'164'800'000)); // date -d 2024-02-29T00:00:00Z +%s
    CHECK(parse_iso8601("2000-02-29T00:00:00Z"));
    for (const char* year : {"2021", "2023", "1900", "2100"})
        CHECK_FALSE(parse_iso8601(std::string(year) + "-02-29T00:00:00Z"));
    CHECK_FALSE(parse_iso8601("2024-02-30T00:00:00Z"));
}

TEST_CASE("a leap second counts as the one before it") {
    CHECK(parse_iso8601("2016-12-31T23:59:60Z") == at(1'483'228'799'000));
    CHECK(parse_iso8601("2016-12-31T23:59:60.5Z") == at(1'483'228'799'500));
    CHECK_FALSE(parse_iso8601("2016-12-31T23:59:61Z"));
}

TEST_CASE("what is no timestamp is nothing") {
    for (const char* text : {"",
                             " ",
                             "-",
                             "+",
                             "Z",
                             "T",
                             ".",
                             "x",
                             "null",
                             "now",
                             "2021-01-01",
                             "2021-01-01T",
                             "2021-01-01Z",
                             "2021-01-01T00",
                             "2021-01-01T00Z",
                             "2021-01-01T00:",
                             "2021-01-01T00:0",
                             "2021-01-01T00:00:",
                             "2021-01-01T00:00:0Z",
                             "2021-01-01T00:00:00.",
                             "2021-01-01T00:00:00.Z",
                             "2021-01-01T00:00:00.x",
                             "2021-01-01T00:00.5Z",
                             "2021-01-01T00:00:00ZZ",
                             "2021-01-01T00:00:00Z ",
                             " 2021-01-01T00:00:00Z",
                             "2021-01-01  00:00:00Z",
                             "2021-01-01T 0:00:00Z",
                             "2021-01-01T+1:00:00Z",
                             "2021-01-01T00:00:00+",
                             "2021-01-01T00:00:00+1",
                             "2021-01-01T00:00:00+1:00",
                             "2021-01-01T00:00:00+01:",
                             "2021-01-01T00:00:00+01:0",
                             "2021-01-01T00:00:00+01:000",
                             "2021-01-01T00:00:00+24:00",
                             "2021-01-01T00:00:00+00:60",
                             "2021-01-01T00:00:00 +01:00",
                             "2021-01-01T00:00:00+01:00Z",
                             "2021-01-01T24:00:00Z",
                             "2021-01-01T25:00:00Z",
                             "2021-01-01T00:60:00Z",
                             "2021-00-01T00:00:00Z",
                             "2021-13-01T00:00:00Z",
                             "2021-01-00T00:00:00Z",
                             "2021-01-32T00:00:00Z",
                             "2021-04-31T00:00:00Z",
                             "20210101T000000Z",
                             "21-01-01T00:00:00Z",
                             "02021-01-01T00:00:00Z",
                             "+2021-01-01T00:00:00Z",
                             "-2021-01-01T00:00:00Z",
                             "2021-W01-1T00:00:00Z",
                             "2021-001T00:00:00Z",
                             "2021/01/01T00:00:00Z",
                             "2021-1-1T00:00:00Z",
                             "Fri, 01 Jan 2021 00:00:00 GMT",
                             "2021-01-01T00:00:00[Europe/Berlin]",
                             "2021-01-01T00:00:00 UTC",
                             "1.6e12",
                             "1E12",
                             "+1628786234676",
                             "--1",
                             "1628786234676.",
                             ".5",
                             "1628786234676.5.5",
                             "1628786234676Z",
                             " 1628786234676",
                             "1628786234676 ",
                             "0x17",
                             "1'628",
                             "Infinity",
                             "NaN",
                             "99999999999999999999",
                             "-99999999999999999999"}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(parse_iso8601(text));
        CHECK_FALSE(parse_timestamp(text));
    }
    CHECK_FALSE(parse_iso8601("2021")); // as a number it is one of milliseconds
    CHECK_FALSE(parse_iso8601("1628786234676"));
    CHECK_FALSE(parse_iso8601(std::string_view("2021-01-01T00:00:00Z\0", 21)));
    CHECK_FALSE(parse_timestamp(std::string(100'000, '9')));
}

TEST_CASE("times that the system's clock could not be compared with are nothing") {
    CHECK(parse_iso8601("1678-01-01T00:00:00Z"));
    CHECK_FALSE(parse_iso8601("1677-12-31T23:59:59.999Z"));
    CHECK_FALSE(parse_iso8601("1678-01-01T00:00:00+00:01"));
    CHECK(parse_iso8601("2261-12-31T23:59:59.999Z"));
    CHECK_FALSE(parse_iso8601("2262-01-01T00:00:00Z"));
    CHECK_FALSE(parse_iso8601("2261-12-31T23:59:00-00:01"));
    CHECK_FALSE(parse_iso8601("0000-01-01T00:00:00Z"));
    CHECK_FALSE(parse_iso8601("9999-12-31T23:59:59Z"));
    CHECK_FALSE(parse_timestamp("9223372036854775807"));
    CHECK_FALSE(parse_timestamp("-9223372036854775807"));
    CHECK(std::chrono::system_clock::now() < *parse_timestamp("9214646399999")); // the last one
    CHECK_FALSE(parse_timestamp("9214646400000"));
}

TEST_CASE("any time that is written is read again, with every offset") {
    support::random_numbers random(20'210'101);
    for (int round = 0; round < 20'000; ++round) {
        const auto time = bandwidth::webrtc::detail::earliest_timestamp + std::chrono::days(1) +
                          milliseconds(random.pick(1'000'000'000)) * 18'400 + milliseconds(random.pick(1000));
        const int offset = static_cast<int>(random.pick(2 * 1440 - 1)) - 1439;
        const auto local = time + minutes(offset);
        const auto day = std::chrono::floor<std::chrono::days>(local);
        const std::chrono::year_month_day date(day);
        const std::chrono::hh_mm_ss clock(local - day);
        char text[64];
        std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03d%c%02d:%02d",
                      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                      static_cast<int>(clock.subseconds().count()), offset < 0 ? '-' : '+',
                      std::abs(offset) / 60, std::abs(offset) % 60);
        CAPTURE(text);
        CHECK(parse_iso8601(text) == time);
        CHECK(parse_timestamp(std::to_string(time.time_since_epoch().count())) == time);
    }
}
