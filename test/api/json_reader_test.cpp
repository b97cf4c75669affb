#include "api/common/json_reader.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "api/decoding.hpp"

using namespace bandwidth::webrtc;
using detail::json_field;
using detail::json_form;
using detail::json_shape;
using detail::read_json;

namespace {

constexpr json_shape shape_without_fields;

// A text of whatever form, which is read and forgotten.
constexpr json_field whole_text = {"text",
                                   json_form::anything,
                                   nullptr,
                                   [](void*, std::string_view) { return true; },
                                   [](void* model) { return model; },
                                   &shape_without_fields};

bool accepts(std::string_view text) { return !read_json(text, whole_text, nullptr); }

bool boost_accepts(std::string_view text) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(text, error);
    return !error;
}

std::string reason(std::string_view text) { return read_json(text, whole_text, nullptr).value_or(""); }

// The value in an object after a field that is known; `value` may be no JSON.
std::string in_object(const std::string& value) { return R"({"id":"s","x":)" + value + "}"; }

// What `extra()` holds of it: the value as it is written, without the white space around it.
std::string kept(const std::string& value) {
    const auto begin = value.find_first_not_of(" \t\r\n");
    return R"({"x":)" + value.substr(begin, value.find_last_not_of(" \t\r\n") + 1 - begin) + "}";
}

// Whether a value is accepted or refused as by Boost.JSON, and kept as it is written.
void check_as_boost(const std::string& value) {
    const bool accepted = accepts(value);
    session read;
    const bool member_accepted = !detail::codec::decode(in_object(value), read);
    if (accepted != boost_accepts(value) || member_accepted != boost_accepts(in_object(value)))
        FAIL_CHECK("they differ about: ", value);
    if (accepted && read.extra() != kept(value))
        FAIL_CHECK("not kept as it is written: ", value);
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
    // Boost.JSON makes an infinity of the first and refuses the others; here a number is only a text.
    CHECK(accepts("1e400"));
    CHECK(accepts("1e99999999999"));
    CHECK(accepts("[-0.1E-99999999999,\"\\\"e99999999999\",true]"));
    CHECK_FALSE(accepts("1e99999999999x"));
    CHECK_FALSE(accepts("1e+-99999999999"));
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
        CHECK(accepts(arrays) == (depth <= 32));
        CHECK(accepts(arrays) == boost_accepts(arrays));
    }
    std::string objects;
    for (int i = 0; i < 10'000; ++i)
        objects += "{\"a\":";
    CHECK(reason(objects) == "text: not JSON at byte 160: too deep");
}

TEST_CASE("what the reader reads is what Boost.JSON reads, and what it keeps is as it is written") {
    for (const std::string& text : samples())
        check_as_boost(text);
    // A string of each length, so that sixteen bytes at a time end everywhere, and a buffer for escapes too.
    std::vector<std::size_t> lengths = {1000, 4090, 4091, 4092, 4093, 4094, 4095, 4096, 4097, 10'000};
    for (std::size_t length = 0; length < 40; ++length)
        lengths.push_back(length);
    for (const std::size_t length : lengths) {
        for (const char* special : {"", "\\n", "\xC3\xA9", "\\\"", "\\u00e9", "\\ud83d\\ude00", "\\\\"}) {
            const std::string text = '"' + std::string(length, 'x') + special + "yz\"";
            CAPTURE(text);
            check_as_boost(text);
            const auto expected = boost::json::parse(text);
            CHECK(decoded<session>(R"({"id":)" + text + "}").id().value() == expected.as_string().c_str());
            // As a name, too: of a field, and of one that is not known.
            CHECK(decoded<session>("{" + text + R"(:[{}, "]}"] ,"id":"s"})").extra() ==
                  "{" + text + R"(:[{}, "]}"]})");
        }
    }
    CHECK(decoded<session>(R"({"\u0069\u0064":"s"})").id() == session_id("s"));
}

TEST_CASE("unknown fields of every kind are kept as they are written, one after another") {
    std::string text = R"({ "id" : "s")";
    std::string expected = "{";
    for (const std::string value : {"null", "true", "false", "0", "-1.50E+2", R"("")", R"("a\/\"}]\u0041")",
                                    "[ ]", "{ }", R"([null , [true,{"id":"x" }], "]" ])",
                                    R"({"a":[1, 2] , "id" : {"b\"":false } })", "1e99999999999"}) {
        text += " , \"k\\\"\\u0041\" \n: \t" + value;
        expected += (expected.size() == 1 ? "" : ",") + ("\"k\\\"\\u0041\":" + value);
    }
    CHECK(decoded<session>(text + " \r\n } ").extra() == expected + "}");
    CHECK(decoded<session>(text + R"(,"tag":"t"})").tag() == "t");
}

TEST_CASE("a known field in a form that the model has no place for is kept as unknown ones are") {
    struct model {
        std::string text;
        model* object = nullptr;
        std::string extra;
    };
    static constexpr auto of = [](void* place) { return static_cast<model*>(place); };
    // Takes "yes" and 1.
    static constexpr auto picky = [](void* place, std::string_view text) {
        of(place)->text = text == "yes" || text == "1" ? text : "";
        return !of(place)->text.empty();
    };
    static constexpr json_field fields[] = {
        {"picky", json_form::scalar, nullptr, picky},
        {"object", json_form::object, nullptr, nullptr,
         [](void* place) -> void* { return of(place)->object = of(place); }, &shape_without_fields, true,
         true},
        {"strict", json_form::text, nullptr, picky},
    };
    static constexpr json_shape shape = {fields,
                                         [](void* place) -> std::string& { return of(place)->extra; }};
    const auto kept_of = [](const std::string& text) {
        model read;
        const auto problem = read_json(text, detail::json_root<model>("text", &shape), &read);
        return problem ? *problem : read.text + read.extra;
    };

    CHECK(kept_of(R"({"picky":"yes"})") == "yes");
    CHECK(kept_of(R"({"picky":1})") == "1");
    CHECK(kept_of(R"({"picky":null,"object":null})").empty());
    for (const std::string value :
         {R"("no")", R"("n\u006f")", R"("")", "2", "-1.50e+2", "1e99999999999", "true", "false", "[]",
          "[1,[2]]", R"({"picky":"yes"})", R"([{"a":true}])"}) {
        CHECK(kept_of(R"({"a":1, "picky" : )" + value + R"( ,"b":true})") ==
              R"({"a":1,"picky":)" + value + R"(,"b":true})");
        if (value.front() != '{')
            CHECK(kept_of("{\"object\":\t" + value + "\n}") == R"({"object":)" + value + "}");
        if (value.front() == '"')
            CHECK(kept_of(R"({"strict":)" + value + "}") == R"({"strict":)" + value + "}");
        else
            CHECK(kept_of(R"({"strict":)" + value + "}") == "text: strict is not a string");
    }
    CHECK(kept_of(R"({"object":{"x":1},"picky":"no","picky":"yes"})") == R"(yes{"picky":"no"})");
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
                check_as_boost(changed);
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
        for (std::size_t rest = length(random); rest != 0; --rest)
            text += alphabet[letter(random)];
        check_as_boost(text);
        accepted += accepts(text) ? 1 : 0;
    }
    CHECK(accepted > 100);
}

TEST_CASE("a failure tells where and why") {
    CHECK(reason("") == "text: not JSON at byte 0: incomplete JSON");
    CHECK(reason("[1,x]") == "text: not JSON at byte 3: syntax error");
    CHECK(reason("\"a\\q\"") == "text: not JSON at byte 3: syntax error");
    CHECK(reason("\"\xFF\"") == "text: not JSON at byte 1: syntax error");
    CHECK(reason("\"\n\"") == "text: not JSON at byte 1: syntax error");
    CHECK(reason("{} {}") == "text: not JSON at byte 3: extra data");
    CHECK(reason("[1e99999999999,x]") == "text: not JSON at byte 15: syntax error");
}
