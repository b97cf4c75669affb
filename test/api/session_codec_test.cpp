#include <bandwidth/webrtc/session.hpp>

#include <boost/json.hpp>

#include "api/decoding.hpp"

using namespace bandwidth::webrtc;

namespace {
constexpr std::string_view documented_session =
    R"({"id":"75c21163-e110-41bc-bd76-1bb428ec85d5","tag":"session1"})"; // OpenAPI: session
}

TEST_CASE("the documented session is read") {
    const auto read = decoded<session>(documented_session);
    CHECK(read.id() == session_id("75c21163-e110-41bc-bd76-1bb428ec85d5"));
    CHECK(read.tag() == "session1");
    CHECK(read.extra().empty());
    CHECK(read == decoded<session>(" \t\r\n{ \"tag\" : \"session1\" ,\n\"id\"\t:"
                                   "\"75c21163-e110-41bc-bd76-1bb428ec85d5\" } "));
}

TEST_CASE("an absent tag and a null tag are the same") {
    CHECK(decoded<session>(R"({"id":"s"})").tag() == std::nullopt);
    CHECK(decoded<session>(R"({"id":"s","tag":null})").tag() == std::nullopt);
    CHECK(decoded<session>(R"({"id":"s","tag":""})").tag() == "");
}

TEST_CASE("a session's unknown fields are kept and readable") {
    // participant_ids: seen in a test of Bandwidth's; participants: in documents of 2020.
    const auto read = decoded<session>(
        R"({"participant_ids":["p1"],"id":"s","participants":[{"id":"p1"}],"n":18446744073709551616,"k\"":1e400})");
    CHECK(read.id() == session_id("s"));
    CHECK(read.extra() ==
          R"({"participant_ids":["p1"],"participants":[{"id":"p1"}],"n":18446744073709551616,"k\"":1e400})");
    const boost::json::value fields = boost::json::parse(read.extra());
    CHECK(fields.at("participant_ids").at(0) == "p1");
    CHECK(fields.as_object().contains("k\""));
}

TEST_CASE("strings of a session are unescaped") {
    const auto read =
        decoded<session>(R"({"\u0069d":"a\u002d\"\\\/b","tag":"\u00e9\ud83d\ude00\n\t\b\f\r"})");
    CHECK(read.id() == session_id("a-\"\\/b"));
    CHECK(read.tag() == "\xC3\xA9\xF0\x9F\x98\x80\n\t\b\f\r");
    CHECK(read.extra().empty());
}

TEST_CASE("J05: of a repeated field the last one wins") {
    const auto read = decoded<session>(R"({"id":"a","tag":"x","id":"b","tag":null})");
    CHECK(read.id() == session_id("b"));
    CHECK(read.tag() == std::nullopt);
}

TEST_CASE("a response that is no session is an error that names what is wrong") {
    CHECK(decode_problem<session>("") == "session: not JSON at byte 0: incomplete JSON");
    CHECK(decode_problem<session>("{}") == "session: no id");
    CHECK(decode_problem<session>(R"({"tag":"x"})") == "session: no id");
    CHECK(decode_problem<session>(R"({"id":null})") == "session: no id");
    CHECK(decode_problem<session>(R"({"id":""})") == "session: no id");
    CHECK(decode_problem<session>(R"({"id":7})") == "session: id is not a string");
    CHECK(decode_problem<session>(R"({"id":"s","tag":["x"]})") == "session: tag is not a string");
    CHECK(decode_problem<session>(R"({"id":"s","tag":true})") == "session: tag is not a string");
    CHECK(decode_problem<session>("[]") == "session: not an object");
    CHECK(decode_problem<session>("null") == "session: not an object");
    CHECK(decode_problem<session>("\"s\"") == "session: not an object");
}

TEST_CASE("J01: HTML instead of JSON is an error") {
    CHECK(decode_problem<session>("<html><body>Log in</body></html>") ==
          "session: not JSON at byte 0: syntax error");
}

TEST_CASE("J02: a session cut short anywhere is an error") {
    check_every_truncation<session>(documented_session);
    check_every_truncation<session>(R"({"id":"a\u00e9\ud83d\ude00","x":[1.5e+3,{"y":[true,false,null]}]})");
}

TEST_CASE("J04: deep nesting is an error, not an overflow of the stack") {
    const std::string deep = R"({"id":"s","x":)" + std::string(10'000, '[');
    CHECK(decode_problem<session>(deep).find("too deep") != std::string::npos);
    const std::string closed =
        R"({"id":"s","x":)" + std::string(10'000, '[') + std::string(10'000, ']') + '}';
    CHECK(decode_problem<session>(closed).find("too deep") != std::string::npos);
}

TEST_CASE(
    "J06: numbers that no type holds are kept digit by digit where they are not asked for, refused where "
    "they are") {
    for (const std::string number :
         {"18446744073709551616", "-9223372036854775809", "1e400", "-1e400", "-0", "-0.0", "1e-400",
          "123456789012345678901234567890.5", "1E+99999999999"}) {
        CAPTURE(number);
        const auto read = decoded<session>(R"({"id":"s","x":)" + number + "}");
        CHECK(read.extra() == R"({"x":)" + number + "}");
        CHECK(decode_problem<session>(R"({"id":)" + number + "}") == "session: id is not a string");
        CHECK(decode_problem<session>(R"({"id":"s","tag":)" + number + "}") ==
              "session: tag is not a string");
    }
    for (const char* const number :
         {"NaN", "Infinity", "-Infinity", "01", "1.", ".1", "+1", "0x1", "1e", "--1"}) {
        CAPTURE(number);
        CHECK_FALSE(decode_problem<session>(std::string(R"({"id":"s","x":)") + number + "}").empty());
    }
}

TEST_CASE("J07: text that is not strictly JSON is an error") {
    CHECK(decode_problem<session>("{\"id\":\"\xFF\"}") == "session: not JSON at byte 7: syntax error");
    for (const char* const text : {R"(\ud800)", R"(\udc00)", R"(\ud800\ud800)", R"(\ud83dx)"}) {
        CAPTURE(text);
        const auto json = std::string(R"({"id":")") + text + "\"}";
        CHECK(decode_problem<session>(json).find("not JSON") != std::string::npos);
        CHECK(decode_problem<session>(R"({"id":"s","x":")" + std::string(text) + "\"}").find("not JSON") !=
              std::string::npos);
    }
    for (const char* const bytes : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"}) {
        CHECK(decode_problem<session>(std::string("{\"id\":\"s\",\"x\":\"") + bytes + "\"}")
                  .find("syntax error") != std::string::npos);
    }
    CHECK(decode_problem<session>("\xEF\xBB\xBF{\"id\":\"s\"}").find("syntax error") != std::string::npos);
    CHECK(decode_problem<session>(R"({"id":"s"} x)") == "session: not JSON at byte 11: extra data");
    CHECK(decode_problem<session>(R"({"id":"s"}{"id":"t"})").find("extra data") != std::string::npos);
    CHECK(decode_problem<session>(R"({"id":"s",})").find("syntax error") != std::string::npos);
}

TEST_CASE("J12: an error text never holds what the response said") {
    for (const char* json : {R"({"id":"secret")", R"({"id":12345})", R"({"secret":secret})"}) {
        CAPTURE(json);
        CHECK(decode_problem<session>(json).find("secret") == std::string::npos);
        CHECK(decode_problem<session>(json).find("12345") == std::string::npos);
    }
}

TEST_CASE("a session request is written with its tag, or empty") {
    CHECK(encoded(session_request()) == "{}");
    CHECK(encoded(session_request().tag("session1")) == R"({"tag":"session1"})");
    CHECK(encoded(session_request().tag("")) == R"({"tag":""})");
}

TEST_CASE("any text in a tag arrives as it was") {
    std::string controls;
    for (char c = 0; c < 0x20; ++c)
        controls += c;
    for (const std::string& tag :
         {controls, std::string("\"\\/\x7F"), std::string("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")}) {
        const boost::json::value parsed = boost::json::parse(encoded(session_request().tag(tag)));
        CHECK(parsed.at("tag").as_string() == boost::json::string_view(tag));
    }
    CHECK(encoded(session_request().tag("a\nb\x01")) == R"({"tag":"a\nb\u0001"})");
}

TEST_CASE("a tag that the service would refuse is refused here, by name") {
    CHECK(encode_problem(session_request().tag("\xFF")) == "tag is not valid UTF-8");
    CHECK(encode_problem(session_request().tag("\xC3")) == "tag is not valid UTF-8");
    CHECK(encode_problem(session_request().tag("\xED\xA0\x80")) == "tag is not valid UTF-8"); // a surrogate
    CHECK(encode_problem(session_request().tag("\xC0\x80")) == "tag is not valid UTF-8");     // overlong
    CHECK(encode_problem(session_request().tag(std::string(50, 'x'))).empty());
    CHECK(encode_problem(session_request().tag(std::string(51, 'x'))) == "tag is longer than 50 characters");

    std::string euros; // the limit counts characters, not bytes
    for (int i = 0; i < 50; ++i)
        euros += "\xE2\x82\xAC";
    CHECK(encode_problem(session_request().tag(euros)).empty());
    CHECK(encode_problem(session_request().tag(euros + "x")) == "tag is longer than 50 characters");
}
