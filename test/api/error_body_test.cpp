#include "api/common/error_body.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "core/clean_text.hpp"
#include "core/utf8.hpp"

using bandwidth::webrtc::service_error;
using bandwidth::webrtc::detail::clean_text;
using bandwidth::webrtc::detail::count_code_points;
using bandwidth::webrtc::detail::error_body;
using bandwidth::webrtc::detail::parse_error_body;

namespace {
constexpr std::string_view json = "application/json";

std::string message(std::string_view body, std::string_view content_type = json) {
    return parse_error_body(body, content_type).message;
}
} // namespace

TEST_CASE("the documented error bodies are read") {
    // OpenAPI 2.0.0: requestError
    const error_body request = parse_error_body(
        R"({"error":"Internal error","requestId":"12af78d1-5f88-4917-925d-17c1ac8fda7a"})", json);
    CHECK(request.message == "Internal error");
    CHECK(request.request_id == "12af78d1-5f88-4917-925d-17c1ac8fda7a");
    // OpenAPI 2.0.0: unauthorizedRequest, forbiddenRequest
    CHECK(message(R"({"message":"Unauthorized"})") == "Unauthorized");
    CHECK(message(R"({"message":"Missing Authentication Token"})") == "Missing Authentication Token");
    // OpenAPI 0.3 to 1.0: code is an integer by its type and a string by its examples
    for (const char* body : {R"({"code":500,"message":"Oops"})", R"({"message":"Oops","code":"500"})"})
        CHECK(message(body) == "Oops");
    CHECK(parse_error_body(R"({"code":500,"message":"Oops"})", json).code == "500");
    CHECK(parse_error_body(R"({"code":"unknown_error","message":"Oops"})", json).code == "unknown_error");
    // What API Gateway says where it fails itself
    CHECK(message(R"({"Message":"User is not authorized"})") == "User is not authorized");
    // Bandwidth's Voice API, 429
    CHECK(message(R"({"description":"Too many requests","id":"","type":"error"})") == "Too many requests");
    // Bandwidth's Endpoints API
    const error_body list = parse_error_body(
        R"({"links":[],"data":null,"errors":[{"id":"1","type":"t","description":"Bad tag","code":"E7"}]})",
        json);
    CHECK(list.message == "Bad tag");
    CHECK(list.code == "E7");
}

TEST_CASE("the errors of a body are told one by one, of whatever shape it is") {
    const auto errors = [](std::string_view body) { return parse_error_body(body, json).errors; };
    const auto list = errors(
        R"({"errors":[{"id":"1","type":"t","description":"d","code":7,"source":{"parameter":"p","field":"f",)"
        R"("header":"h","reference":"r","other":"o"}},{"description":"second"},{},"third",null]})");
    REQUIRE(list.size() == 3);
    CHECK(list[0] == service_error()
                         .id("1")
                         .type("t")
                         .description("d")
                         .code("7")
                         .parameter("p")
                         .field("f")
                         .header("h")
                         .reference("r"));
    CHECK(list[1] == service_error().description("second"));
    CHECK(list[2] == service_error().description("third"));
    // Those of before BRTC tell of one.
    CHECK(errors(R"({"error":"Internal error","requestId":"12af"})") ==
          std::vector{service_error().description("Internal error")});
    CHECK(errors(R"({"message":"Unauthorized"})") ==
          std::vector{service_error().description("Unauthorized")});
    CHECK(errors(R"({"code":500,"message":"Oops"})") ==
          std::vector{service_error().description("Oops").code("500")});
    CHECK(errors(R"({"description":"Too many requests","id":"","type":"error"})") ==
          std::vector{service_error().description("Too many requests").type("error")});
    CHECK(errors(R"({"errors":[]})").empty());
    CHECK(errors("<html>").empty());
    CHECK(errors("plain text") == std::vector{service_error().description("plain text")});
    CHECK_FALSE(parse_error_body(R"({"message":"m"})", json).has_list);
    CHECK(parse_error_body(R"({"errors":[{"message":"m"}]})", json).has_list);
}

TEST_CASE("what a body says of all its errors is its message, else the first one is") {
    const auto both = parse_error_body(R"({"errors":[{"description":"d","code":"1"}],"message":"m"})", json);
    CHECK(both.message == "m");
    CHECK(both.code == "1");
    const auto second = parse_error_body(R"({"errors":[{"type":"t"},{"description":"d"}]})", json);
    CHECK(second.message == "d");
    CHECK(parse_error_body(R"({"errors":[{"errors":[{"message":"deep"}]},{"requestId":"r"}]})", json)
              .request_id == "r");
}

TEST_CASE("the errors that are kept are bounded") {
    std::string many = R"({"errors":[)";
    for (int i = 0; i < 100; ++i)
        many += R"({"description":")" + std::string(400, 'x') + R"(","type":")" + std::string(400, 't') +
                R"("},)";
    const auto kept = parse_error_body(many + "{}]}", json).errors;
    CHECK(kept.size() == 16);
    CHECK(kept[15].description().size() == 256);
    CHECK(kept[15].type().size() == 64);
    // Of more nothing is kept while they are read either, so none of them is told, whatever was in the first
    // ones.
    const auto behind = [](int count) {
        std::string body = R"({"errors":[)";
        for (int i = 0; i < count; ++i)
            body += "{},";
        return parse_error_body(body + R"({"description":"last","code":"7","requestId":"r"}]})", json);
    };
    CHECK(behind(15).message == "last");
    CHECK(behind(15).has_list);
    for (const int count : {16, 17, 5000}) {
        CHECK(behind(count).message.empty());
        CHECK(behind(count).request_id.empty());
        CHECK(behind(count).errors.empty());
    }
    // Nor of the errors of an error.
    const auto nested =
        parse_error_body(R"({"errors":[{"errors":[{"message":"deep"},"x"],"type":"t"},"second"]})", json);
    CHECK(nested.errors == std::vector{service_error().type("t"), service_error().description("second")});
}

TEST_CASE("shapes that nobody documented give what they hold") {
    CHECK(message(R"({"code":7,"error":"both"})") == "both");
    CHECK(message(R"({"error":{"message":"inside","code":9}})") == "inside");
    CHECK(message(R"({"description":"third","message":"second","error":"first"})") == "first");
    CHECK(message(R"({"error":"","message":"second"})") == "second");
    CHECK(message(R"({"error":null,"message":"second"})") == "second");
    CHECK(message(R"({"error":true,"message":"second"})") == "second");
    CHECK(message(R"({"message":["a","b"]})") == "a");
    CHECK(message(R"(["first","second"])") == "first");
    CHECK(message(R"([{"message":"in a list"}])") == "in a list");
    CHECK(message(R"("a bare string")") == "a bare string");
    CHECK(message(R"({"error":"x","request_id":"r"})") == "x");
    CHECK(parse_error_body(R"({"error":"x","request_id":"r"})", json).request_id == "r");
    CHECK(parse_error_body(R"({"requestId":12})", json).request_id == "12");
    CHECK(message(R"({"message":7})") == "7");
}

TEST_CASE("J08: bodies with nothing usable give nothing, and never fail") {
    for (const char* body : {"",
                             " \r\n",
                             "{}",
                             "[]",
                             "null",
                             "{\"x\":1}",
                             "{\"message\":{}}",
                             "{\"message\":[]}",
                             "{",
                             "[",
                             "\"",
                             "{\"error\":",
                             "{\"error\":\"cut sho",
                             "\"cut sho",
                             "<",
                             "<html>",
                             "<title>",
                             "<title",
                             "\xFF\xFE\x00",
                             "\x1F\x8B\x08 gzip",
                             "\xEF\xBB\xBF"}) {
        CAPTURE(body);
        const error_body empty = parse_error_body(body, json);
        CHECK(empty.message.empty());
        CHECK(empty.request_id.empty());
    }
    CHECK(message(std::string_view("bin\0ary", 7), "application/octet-stream").empty());
}

TEST_CASE("a body that is cut off gives what stood before the cut") {
    const std::string body = R"({"error":"Internal error","requestId":"12af78d1","x":[{"y":1}]})";
    for (std::size_t length = 0; length <= body.size(); ++length) {
        const error_body cut = parse_error_body(std::string_view(body).substr(0, length), json);
        CHECK(cut.message == (length >= body.find(",\"req") ? "Internal error" : ""));
        CHECK(cut.request_id == (length >= body.find(",\"x") ? "12af78d1" : ""));
    }
    CHECK(message("{\"error\":\"kept\",\"x\":\"\xFF\"}") == "kept");
    CHECK(message("\xEF\xBB\xBF{\"error\":\"behind a BOM\"}") == "behind a BOM");
}

TEST_CASE("HTML and XML give no message") {
    CHECK(
        message("<html>\r\n<head><title>502 Bad Gateway</title></head><body>nginx</body></html>", "text/html")
            .empty());
    CHECK(message("<?xml version=\"1.0\"?><Error/>", "application/xml").empty());
    CHECK(message("text without a tag", "TEXT/HTML").empty());
}

TEST_CASE("the first line of plain text is the message") {
    CHECK(message("upstream connect error\r\ndetails", "text/plain") == "upstream connect error");
    CHECK(message("Service Unavailable", "") == "Service Unavailable");
    CHECK(message("Service Unavailable", json) == "Service Unavailable"); // it only says that it is JSON
}

TEST_CASE("J04: deep nesting and size do not matter") {
    CHECK(message(std::string(1'000'000, '[')).empty());
    std::string deep;
    for (int i = 0; i < 100'000; ++i)
        deep += R"({"error":)";
    CHECK(message(deep).empty());
    CHECK(message(R"({"message":"before",)" + deep.substr(1)) == "before");
    CHECK(message(R"({"message":"before","x":")" + std::string(5'000'000, 'x') + "\"}") == "before");
    CHECK(message('"' + std::string(5'000, 'x') + '"') == std::string(256, 'x'));
    CHECK(message(std::string(5'000'000, 'y'), "text/plain") == std::string(256, 'y'));
}

TEST_CASE("what is kept is bounded and fit for one line of a log") {
    CHECK(message(R"({"error":"a\r\nSet-Cookie: x\u0000\u001b[31m\tb"})") == "a Set-Cookie: x [31m b");
    CHECK(message(R"({"error":"\u0085\u2028\u202e\u2066\ufeffx\u009b"})") == "x");
    const error_body long_fields =
        parse_error_body(R"({"error":"e","requestId":")" + std::string(500, 'r') + "\"}", json);
    CHECK(long_fields.request_id.size() == 128);
    std::string euros;
    for (int i = 0; i < 200; ++i)
        euros += "\xE2\x82\xAC";
    const std::string cut = message('"' + euros + '"');
    CHECK(cut.size() == 255); // 85 characters of three bytes
    CHECK(count_code_points(cut) == 85);
}

TEST_CASE("cleaning text keeps what is harmless") {
    CHECK(clean_text("plain text, (all) of it.", 100) == "plain text, (all) of it.");
    CHECK(clean_text("  a  \n\n b  ", 100) == "a b");
    CHECK(clean_text("a\xFF"
                     "b",
                     100) ==
          "a\xEF\xBF\xBD"
          "b");
    CHECK(clean_text("abcdef", 3) == "abc");
    CHECK(clean_text("ab cd", 3) == "ab");
    CHECK(clean_text("", 3).empty());
    CHECK(clean_text("\xC3\xA9", 1).empty());
}
