#include "api/common/json_reader.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using bandwidth::webrtc::detail::json_kind;
using bandwidth::webrtc::detail::json_reader;

namespace {

bool accepts(std::string_view text) {
    json_reader reader(text);
    return reader.skip() && reader.finish();
}

bool boost_accepts(std::string_view text) {
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse(text, error);
    return !error;
}

std::string reason(std::string_view text) {
    json_reader reader(text);
    CHECK_FALSE((reader.skip() && reader.finish()));
    return reader.describe();
}

// Walks through any value in the way that models are read, and gives back its text without white space.
void copy(json_reader& reader, std::string& out) {
    std::string text;
    std::string_view raw;
    std::string_view key;
    char separator = 0;
    switch (reader.peek()) {
    case json_kind::object:
        separator = '{';
        reader.enter_object();
        while (reader.next_member(key)) {
            out += separator;
            out += boost::json::serialize(boost::json::string_view(key));
            out += ':';
            copy(reader, out);
            separator = ',';
        }
        out += separator == '{' ? "{}" : "}";
        break;
    case json_kind::array:
        separator = '[';
        reader.enter_array();
        while (reader.next_element()) {
            out += separator;
            copy(reader, out);
            separator = ',';
        }
        out += separator == '[' ? "[]" : "]";
        break;
    case json_kind::string:
        if (reader.read_string(text)) {
            out += boost::json::serialize(boost::json::string_view(text));
        }
        break;
    default:
        if (reader.read_raw(raw)) {
            out += raw;
        }
    }
}

std::string copied(std::string_view text) {
    json_reader reader(text);
    std::string out;
    copy(reader, out);
    CHECK(reader.finish());
    return out;
}

const std::vector<std::string>& samples() {
    static const std::vector<std::string> all{
        R"({"id":"75c21163-e110-41bc-bd76-1bb428ec85d5","tag":"session1"})",
        R"([{"a":[1,-0.5,2e+10,3E-2,0],"b":{"c":null,"d":[true,false]}},[],{},"x\"\\\/\b\f\n\r\t"])",
        R"({"u":"\u00e9\ud83d\ude00\u0000","long plain text without any escape at all":""})",
        "{\"utf8\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 and some more text behind it\"}",
        " \t\r\n[ 1 , \"two\" , { \"three\" : 3 } ] \n",
    };
    return all;
}

} // namespace

TEST_CASE("the reader accepts what JSON is") {
    for (const char* text : {"0",
                             "-0",
                             "-1.5e-7",
                             "1E+2",
                             "0e1",
                             "0.0",
                             "true",
                             "false",
                             "null",
                             "\"\"",
                             "[]",
                             "{}",
                             "[[]]",
                             "[1,2]",
                             "{\"a\":1,\"a\":2}",
                             " [ ] ",
                             "{ }",
                             "\"\\u0000\"",
                             "\"\\ud83d\\ude00\"",
                             "\"\x7F\"",
                             "18446744073709551616",
                             "-9223372036854775809",
                             "0.1234567890123456789012345678901234567890"}) {
        CAPTURE(text);
        CHECK(accepts(text));
        CHECK(boost_accepts(text));
    }
    // Boost.JSON makes an infinity of the first and refuses the second; here a number is only a text.
    CHECK(accepts("1e400"));
    CHECK(accepts("1e99999999999"));
}

TEST_CASE("J07: the reader refuses what JSON is not") {
    for (const char* text : {"",
                             " ",
                             "nul",
                             "nulL",
                             "True",
                             "tru",
                             "falsey",
                             "+1",
                             "-",
                             "--1",
                             "01",
                             "-01",
                             "1.",
                             ".5",
                             "1.e1",
                             "1e",
                             "1e+",
                             "0x1",
                             "1 2",
                             "NaN",
                             "Infinity",
                             "[",
                             "]",
                             "[1",
                             "[1,",
                             "[1,]",
                             "[,1]",
                             "[1 2]",
                             "[1}",
                             "{",
                             "}",
                             "{1:2}",
                             "{\"a\"}",
                             "{\"a\":}",
                             "{\"a\":1,}",
                             "{,}",
                             "{\"a\":1 \"b\":2}",
                             "{\"a\" 1}",
                             "{a:1}",
                             "{'a':1}",
                             "\"",
                             "\"abc",
                             "\"\\\"",
                             "\"\\x\"",
                             "\"\\u12\"",
                             "\"\\u123g\"",
                             "\"\\ud800\"",
                             "\"\\ud800x\"",
                             "\"\\ud800\\n\"",
                             "\"\\ud800\\u0041\"",
                             "\"\\ud800\\ud800\"",
                             "\"\\udc00\"",
                             "\"a\nb\"",
                             "\"\t\"",
                             "\"\x1F\"",
                             "\"\x80\"",
                             "\"\xC0\x80\"",
                             "\"\xC3\"",
                             "\"\xC3(\"",
                             "\"\xE0\x80\x80\"",
                             "\"\xED\xA0\x80\"",
                             "\"\xF0\x80\x80\x80\"",
                             "\"\xF4\x90\x80\x80\"",
                             "\"\xF5\x80\x80\x80\"",
                             "\"\xFE\"",
                             "\xEF\xBB\xBF{}",
                             "{}x",
                             "[]]",
                             "/**/1",
                             "//\n1",
                             "\xC2\xA0"
                             "1",
                             "\v1",
                             "\f1"}) {
        CAPTURE(text);
        CHECK_FALSE(accepts(text));
        CHECK_FALSE(boost_accepts(text));
    }
    CHECK_FALSE(accepts(std::string_view("\0", 1)));
    CHECK_FALSE(accepts(std::string_view("[\0]", 3)));
    CHECK_FALSE(accepts(std::string_view("1\0", 2)));
    CHECK_FALSE(accepts(std::string_view("\"\0\"", 3)));
}

TEST_CASE("J04: the reader stops at the same depth as Boost.JSON") {
    for (const unsigned depth : {31U, 32U, 33U, 10'000U}) {
        const std::string arrays = std::string(depth, '[') + std::string(depth, ']');
        CAPTURE(depth);
        CHECK(accepts(arrays) == (depth <= json_reader::max_depth));
        CHECK(accepts(arrays) == boost_accepts(arrays));
    }
    std::string objects;
    for (int i = 0; i < 10'000; ++i) {
        objects += "{\"a\":";
    }
    CHECK(reason(objects) == "not JSON at byte 160: nested too deeply");
}

TEST_CASE("what the reader reads is what Boost.JSON reads") {
    for (const std::string& text : samples()) {
        CAPTURE(text);
        CHECK(boost::json::parse(copied(text)) == boost::json::parse(text));
    }
    // A string of each length, so that the eight bytes at a time end everywhere.
    for (std::size_t length = 0; length < 40; ++length) {
        const std::string plain = '"' + std::string(length, 'x') + '"';
        CHECK(copied(plain) == plain);
        for (const char* special : {"\\n", "\xC3\xA9", "\\\"", "\\u00e9"}) {
            const std::string text = '"' + std::string(length, 'x') + special + "yz\"";
            CAPTURE(text);
            CHECK(boost::json::parse(copied(text)) == boost::json::parse(text));
        }
    }
}

TEST_CASE("J02: every text cut short is refused") {
    for (const std::string& text : samples()) {
        const std::size_t end = text.find_last_not_of(" \n") + 1;
        for (std::size_t length = 0; length < end; ++length) {
            CAPTURE(text.substr(0, length));
            CHECK_FALSE(accepts(std::string_view(text).substr(0, length)));
        }
    }
}

TEST_CASE("every text with one byte changed is accepted or refused as by Boost.JSON") {
    for (const std::string& text : samples()) {
        for (std::size_t at = 0; at < text.size(); ++at) {
            for (unsigned byte = 0; byte < 256; ++byte) {
                std::string changed = text;
                changed[at] = static_cast<char>(byte);
                if (accepts(changed) != boost_accepts(changed)) {
                    FAIL_CHECK("they differ about: ", changed);
                }
            }
        }
    }
}

TEST_CASE("random texts of JSON's characters are accepted or refused as by Boost.JSON") {
    constexpr std::string_view alphabet = "{}[]\",:\\ue01-+.tfn \xC3\xA9 d8";
    std::mt19937 random(20'231);
    std::uniform_int_distribution<std::size_t> length(0, 12);
    std::uniform_int_distribution<std::size_t> letter(0, alphabet.size() - 1);
    int accepted = 0;
    for (int round = 0; round < 100'000; ++round) {
        std::string text;
        for (std::size_t rest = length(random); rest != 0; --rest) {
            text += alphabet[letter(random)];
        }
        const bool verdict = accepts(text);
        accepted += verdict ? 1 : 0;
        if (verdict != boost_accepts(text)) {
            FAIL_CHECK("they differ about: ", text);
        }
    }
    CHECK(accepted > 100);
}

TEST_CASE("a failure tells where and why, and stays") {
    CHECK(reason("") == "not JSON at byte 0: unexpected end");
    CHECK(reason("[1,x]") == "not JSON at byte 3: unexpected character");
    CHECK(reason("\"a\\q\"") == "not JSON at byte 3: invalid escape");
    CHECK(reason("\"\xFF\"") == "not JSON at byte 1: invalid UTF-8");
    CHECK(reason("\"\n\"") == "not JSON at byte 1: control character in a string");
    CHECK(reason("{} {}") == "not JSON at byte 3: text after the value");

    json_reader reader("[1, 2]");
    CHECK(reader.describe().empty());
    reader.enter_array();
    CHECK(reader.next_element());
    CHECK_FALSE(reader.fail("tag", "is not a string"));
    CHECK_FALSE(reader.ok());
    CHECK(reader.peek() == json_kind::none);
    CHECK_FALSE(reader.next_element());
    CHECK_FALSE(reader.skip());
    CHECK_FALSE(reader.finish());
    CHECK_FALSE(reader.fail("id", "is something else"));
    CHECK(reader.describe() == "tag is not a string");

    json_reader failed_inside("[1]");
    failed_inside.enter_array();
    failed_inside.fail("", "no");
    CHECK_FALSE(failed_inside.next_element());
}

TEST_CASE("a value of another kind than asked for is an error") {
    std::string text;
    json_reader number("7");
    CHECK_FALSE(number.read_string(text));
    json_reader array("[]");
    CHECK_FALSE(array.enter_object());
    CHECK(array.describe() == "not an object");
    json_reader object("{}");
    CHECK_FALSE(object.enter_array());
    CHECK(object.describe() == "not an array");
}

TEST_CASE("the kind of a value is known before it is read") {
    CHECK(json_reader(" null").peek() == json_kind::null);
    CHECK(json_reader("true").peek() == json_kind::boolean);
    CHECK(json_reader("false").peek() == json_kind::boolean);
    CHECK(json_reader("-1").peek() == json_kind::number);
    CHECK(json_reader("9").peek() == json_kind::number);
    CHECK(json_reader("\"").peek() == json_kind::string);
    CHECK(json_reader("[").peek() == json_kind::array);
    CHECK(json_reader("{").peek() == json_kind::object);
    CHECK(json_reader("}").peek() == json_kind::none);
    CHECK(json_reader("").peek() == json_kind::none);
}
