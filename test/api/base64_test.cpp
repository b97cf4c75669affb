#include "core/base64.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

using namespace bandwidth::webrtc::detail;

TEST_CASE("base64: the vectors of RFC 4648, section 10") {
    const std::pair<std::string_view, std::string_view> vectors[] = {
        {"", ""},
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg==", "foob"},
        {"Zm9vYmE=", "fooba"},
        {"Zm9vYmFy", "foobar"},
    };
    for (const auto& [text, plain] : vectors) {
        CHECK(encode_base64(plain) == text);
        CHECK(encode_base64(plain, base64::url) == text.substr(0, text.find('=')));
        auto rest = text;
        CHECK(decode_base64(rest, base64::standard) == plain);
        CHECK(rest.find_first_not_of('=') == std::string_view::npos);
    }
}

TEST_CASE("base64: each alphabet has two characters of its own, and decoding stops at what is in none") {
    std::string_view text = "+/+/-_-_";
    CHECK(decode_base64(text, base64::standard) == "\xfb\xff\xbf");
    CHECK(text == "-_-_");
    CHECK(decode_base64(text, base64::url) == "\xfb\xff\xbf");
    CHECK(text.empty());
    CHECK(encode_base64("\xfb\xff\xbf") == "+/+/");
    CHECK(encode_base64("\xfb\xff\xbf", base64::url) == "-_-_");
    text = "Zm9v\nZm9v";
    CHECK(decode_base64(text, base64::url) == "foo");
    CHECK(text == "\nZm9v");
    text = "Z"; // half a byte is none
    CHECK(decode_base64(text, base64::url).empty());
    CHECK(text.empty());
}
