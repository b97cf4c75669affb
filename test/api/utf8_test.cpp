#include "core/utf8.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <string>

using bandwidth::webrtc::detail::count_code_points;
using bandwidth::webrtc::detail::read_utf8;

TEST_CASE("code points are counted, and malformed text has no count") {
    CHECK(count_code_points("") == 0);
    CHECK(count_code_points("abc") == 3);
    CHECK(count_code_points("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == 3);
    CHECK(count_code_points("a\x80") == std::nullopt);
    CHECK(count_code_points("\xF0\x9F\x98") == std::nullopt);
}

TEST_CASE("every pair of bytes is judged as by Boost.JSON") {
    for (unsigned first = 0x80; first < 0x100; ++first) {
        for (unsigned second = 0x20; second < 0x100; ++second) {
            if (second == '"' || second == '\\')
                continue;
            // Padded, so that sequences of three and four bytes are complete.
            for (const char* tail : {"", "\x80", "\x80\x80", "\xBF\xBF"}) {
                const std::string text{static_cast<char>(first), static_cast<char>(second)};
                boost::system::error_code error;
                boost::json::parse('"' + text + tail + '"', error);
                if (count_code_points(text + tail).has_value() == error.failed())
                    FAIL_CHECK("they differ about ", first, " ", second, " and ", std::string(tail).size());
            }
        }
    }
}

TEST_CASE("a code point is read with its length") {
    const std::string euro = "\xE2\x82\xAC";
    CHECK(read_utf8(euro.data(), euro.data() + 3).code == 0x20AC);
    CHECK(read_utf8(euro.data(), euro.data() + 3).length == 3);
    CHECK(read_utf8(euro.data(), euro.data() + 2).length == 0);
    const std::string face = "\xF0\x9F\x98\x80";
    CHECK(read_utf8(face.data(), face.data() + 4).code == 0x1F600);
}
