#include "bulk/figures/units.hpp"

#include <doctest/doctest.h>
#include <stdexcept>

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;

TEST_CASE("units: counts") {
    CHECK(parse_count("0") == 0);
    CHECK(parse_count("5000") == 5'000);
    CHECK(parse_count("10k") == 10'000);
    CHECK(parse_count("10K") == 10'000);
    CHECK(parse_count("2M") == 2'000'000);
    CHECK(parse_count("18446744073709551615") == 18446744073709551615u);
    for (const char* text : {"", "k", "-1", "+1", " 1", "1 ", "1m", "1kk", "1.5k", "0x10", "1e3",
                             "18446744073709551616", "18446744073709551615k"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(parse_count(text), std::invalid_argument);
    }
    CHECK_THROWS_WITH(parse_count("many"), "'many' is no count, such as 5000, 10k or 2M");
}

TEST_CASE("units: durations") {
    CHECK(parse_duration("0s") == 0s);
    CHECK(parse_duration("250us") == 250us);
    CHECK(parse_duration("500ms") == 500ms);
    CHECK(parse_duration("1.5s") == 1500ms);
    CHECK(parse_duration("3m") == 180s);
    CHECK(parse_duration("2h") == 7200s);
    for (const char* text :
         {"", "s", "10", "-1s", "+1s", " 1s", "1 s", "1S", "inf", "nans", "1e3s", "1d", "99999999h", "1s2"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(parse_duration(text), std::invalid_argument);
    }
}

TEST_CASE("units: counts and bytes for people") {
    CHECK(format_count(0) == "0");
    CHECK(format_count(999) == "999");
    CHECK(format_count(1'000) == "1,000");
    CHECK(format_count(1'234'567) == "1,234,567");
    CHECK(format_bytes(0) == "0 B");
    CHECK(format_bytes(999) == "999 B");
    CHECK(format_bytes(1'000) == "1.00 kB");
    CHECK(format_bytes(12'345'678) == "12.3 MB");
    CHECK(format_bytes(999'600) == "1.00 MB");
    CHECK(format_bytes(9'000'000'000'000'000) == "9000 TB");
}

TEST_CASE("units: durations for people have three digits, and never show a thousand of a unit") {
    CHECK(format_duration(0ns) == "0.00 us");
    CHECK(format_duration(842us) == "842 us");
    CHECK(format_duration(9'994ns) == "9.99 us");
    CHECK(format_duration(9'996ns) == "10.0 us");
    CHECK(format_duration(99'960ns) == "100 us");
    CHECK(format_duration(999'400ns) == "999 us");
    CHECK(format_duration(999'600ns) == "1.00 ms");
    CHECK(format_duration(1'840us) == "1.84 ms");
    CHECK(format_duration(999'600us) == "1.00 s");
    CHECK(format_duration(12'400ms) == "12.4 s");
    CHECK(format_duration(59'960ms) == "1 m 0 s");
    CHECK(format_duration(125s) == "2 m 5 s");
}

TEST_CASE("units: no control character of a service reaches the terminal") {
    CHECK(printable("a\x1b[31mb\r\n\x7f") == "a?[31mb???");
    CHECK(printable("plain, and gr\xc3\xbc\xc3\x9f") == "plain, and gr\xc3\xbc\xc3\x9f");
}
