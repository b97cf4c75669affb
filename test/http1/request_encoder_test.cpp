#include "http1/request_encoder.hpp"

#include <doctest/doctest.h>

#include <string>

#include "core/http_grammar.hpp"

namespace {

using bandwidth::webrtc::detail::request;
using bandwidth::webrtc::detail::request_class;
using bandwidth::webrtc::detail::request_encoder;
using bandwidth::webrtc::detail::valid_field_name;
using bandwidth::webrtc::detail::valid_field_value;

std::string encode(const request_encoder& encoder, const request& value) {
    std::string out;
    encoder.append(value, out);
    return out;
}

request make(const char* method, bool has_content, std::string body = {}) {
    request made;
    made.method = method;
    made.target = "/v1/accounts/1/sessions";
    made.has_content = has_content;
    made.content_type = "application/json; charset=utf-8";
    made.rare().body = std::move(body);
    return made;
}

const std::string constant_lines = "Host: api.example:8443\r\nUser-Agent: test/1\r\n";

} // namespace

TEST_CASE("a request without content has no content fields") {
    const request_encoder encoder(constant_lines);
    CHECK(encode(encoder, make("GET", false)) ==
          "GET /v1/accounts/1/sessions HTTP/1.1\r\n" + constant_lines + "\r\n");
    CHECK(encode(encoder, make("DELETE", false)) ==
          "DELETE /v1/accounts/1/sessions HTTP/1.1\r\n" + constant_lines + "\r\n");
}

TEST_CASE("a POST without a body says that its length is 0 (RFC 9110, section 8.6)") {
    const request_encoder encoder(constant_lines);
    CHECK(encode(encoder, make("POST", true)) ==
          "POST /v1/accounts/1/sessions HTTP/1.1\r\n" + constant_lines + "Content-Length: 0\r\n\r\n");
}

TEST_CASE("a body is preceded by its type and its length in bytes") {
    const request_encoder encoder(constant_lines);
    const std::string body = "{\"tag\":\"\xC3\xA9\"}";
    CHECK(encode(encoder, make("POST", true, body)) ==
          "POST /v1/accounts/1/sessions HTTP/1.1\r\n" + constant_lines +
              "Content-Type: application/json; charset=utf-8\r\nContent-Length: 12\r\n\r\n" + body);
    const std::string large(1'234'567, 'x');
    const auto encoded = encode(encoder, make("PUT", true, large));
    CHECK(encoded.find("\r\nContent-Length: 1234567\r\n\r\n") != std::string::npos);
    CHECK(encoded.ends_with("\r\n\r\n" + large));
}

TEST_CASE("header lines of a call stand between the constant ones and the content's") {
    const request_encoder encoder(constant_lines);
    auto value = make("POST", true);
    value.rare().header_lines = "X-Trace: 7\r\nX-Other: 8\r\n";
    CHECK(encode(encoder, value) == "POST /v1/accounts/1/sessions HTTP/1.1\r\n" + constant_lines +
                                        "X-Trace: 7\r\nX-Other: 8\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("requests are appended one behind the other") {
    const request_encoder encoder(constant_lines);
    std::string out = "before";
    encoder.append(make("GET", false), out);
    encoder.append(make("POST", true), out);
    CHECK(out == "before" + encode(encoder, make("GET", false)) + encode(encoder, make("POST", true)));
}

TEST_CASE("without a content type none is written") {
    const request_encoder encoder(constant_lines);
    auto value = make("POST", true, "x");
    value.content_type = nullptr;
    CHECK(encode(encoder, value) ==
          "POST /v1/accounts/1/sessions HTTP/1.1\r\n" + constant_lines + "Content-Length: 1\r\n\r\nx");
}

namespace {

/// Credentials that change, and that may fail.
class changing_source final : public bandwidth::webrtc::credential_source {
public:
    std::string authorization() const override {
        ++asked;
        if (fails)
            throw 1; // whatever it is
        return value;
    }
    unsigned long long generation() const noexcept override { return number; }

    std::string value = "Basic YTpi";
    unsigned long long number = 0;
    bool fails = false;
    mutable int asked = 0;
};

} // namespace

TEST_CASE("credentials may change between two requests") {
    const auto source = std::make_shared<changing_source>();
    request_encoder encoder(constant_lines, source);
    const auto line_with = [](const std::string& value) {
        return "GET /v1/accounts/1/sessions HTTP/1.1\r\n" + constant_lines + value + "\r\n";
    };
    CHECK(encode(encoder, make("GET", false)) == line_with("Authorization: Basic YTpi\r\n"));
    source->value = "Bearer t";
    encoder.refresh_credentials({});
    CHECK(source->asked == 1); // nothing says that there is another value
    source->number = 1;
    encoder.refresh_credentials({});
    CHECK(encode(encoder, make("GET", false)) == line_with("Authorization: Bearer t\r\n"));
    CHECK(*encoder.authorization() == "Bearer t");
    source->value.clear();
    source->number = 2;
    encoder.refresh_credentials({});
    CHECK(encode(encoder, make("GET", false)) == line_with(""));
}

TEST_CASE("a source that fails is asked again after 100 ms, and the old value stays in use") {
    using namespace std::chrono_literals;
    const auto source = std::make_shared<changing_source>();
    request_encoder encoder(constant_lines, source);
    const bandwidth::webrtc::detail::time_point start(1h);
    source->number = 1;
    source->fails = true;
    encoder.refresh_credentials(start);
    encoder.refresh_credentials(start + 99ms);
    CHECK(source->asked == 2);
    CHECK(*encoder.authorization() == "Basic YTpi");
    source->fails = false;
    source->value = "Bearer\nt"; // it would end the line
    encoder.refresh_credentials(start + 100ms);
    CHECK(source->asked == 3);
    CHECK(*encoder.authorization() == "Basic YTpi");
    source->value = "Bearer t";
    encoder.refresh_credentials(start + 200ms);
    CHECK(*encoder.authorization() == "Bearer t");
}

TEST_CASE("J10: a field value may hold no byte that ends a line") {
    for (int byte = 0; byte < 256; ++byte) {
        CAPTURE(byte);
        const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
        CHECK(valid_field_value(std::string("a") + static_cast<char>(byte) + "b") == !control);
    }
    CHECK(valid_field_value(""));
}

TEST_CASE("J10: a field name is a token (RFC 9110, section 5.6.2)") {
    const std::string token = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (int byte = 0; byte < 256; ++byte) {
        CAPTURE(byte);
        const bool in_token = token.find(static_cast<char>(byte)) != std::string::npos;
        CHECK(valid_field_name(std::string("X") + static_cast<char>(byte)) == in_token);
    }
    CHECK_FALSE(valid_field_name(""));
}
