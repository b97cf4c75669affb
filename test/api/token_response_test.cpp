#include "api/common/token_response.hpp"

#include <doctest/doctest.h>

#include <bandwidth/webrtc/result.hpp>
#include <string>
#include <vector>

using namespace bandwidth::webrtc;
using namespace std::chrono_literals;
using detail::is_bearer_token;
using detail::token_request_body;
using detail::token_response;

namespace {

token_response read_response(int status, std::string_view body, std::string_view retry_after = {}) {
    return detail::read_token_response({status, body, "application/json", retry_after, {}},
                                       {"the-secret", "aWQ6dGhlLXNlY3JldA=="});
}

} // namespace

TEST_CASE("token response: a token and its life (RFC 6749, 5.1)") {
    const auto granted = read_response(
        200, R"({"access_token":"abc.def-_~+/==","token_type":"Bearer","expires_in":3600,"scope":"x"})");
    CHECK(granted.token == "abc.def-_~+/==");
    CHECK(granted.life == 3600s);
    // What others send.
    CHECK(read_response(200, R"({"access_token":"t","token_type":"bearer","expires_in":"60"})").life == 60s);
    CHECK(read_response(201, R"({"access_token":"t","expires_in":59.9})").life == 59s);
    CHECK(read_response(200, R"({"access_token":"t","expires_in":99999999999999})").life > 24h * 365);
}

TEST_CASE("token response: a success that is none says why, with an error of its own") {
    struct row {
        const char* body;
        const char* text;
    };
    const row rows[] = {
        {"", "not JSON at byte 0"},
        {"<html>maintenance</html>", "not JSON"},
        {"[]", "not an object"},
        {"{}", "no access_token"},
        {R"({"access_token":null,"expires_in":60})", "no access_token"},
        {R"({"access_token":"a b","expires_in":60})", "has a character that none has"},
        {R"({"access_token":"a\r\nX: 1","expires_in":60})", "has a character that none has"},
        {R"({"access_token":"t","token_type":"mac","expires_in":60})", "token_type is not Bearer"},
        {R"({"access_token":"t","token_type":"Bearer"})", "no expires_in"},
        {R"({"access_token":"t","expires_in":"soon"})", "expires_in is not a number"},
        {R"({"access_token":"t","expires_in":0})", "expires_in is not a number of seconds over 0"},
        {R"({"access_token":"t","expires_in":-5})", "expires_in is not a number of seconds over 0"},
        {R"({"access_token":"t","expires_in":1e3})", "expires_in is not a number"},
    };
    for (const auto& [body, text] : rows) {
        CAPTURE(body);
        const auto response = read_response(200, body);
        CHECK(response.token.empty());
        CHECK(response.why.code() == errc::token_failed);
        CHECK(response.final);
        CHECK_FALSE(response.wrong_secret);
        CAPTURE(response.why.message());
        CHECK(response.why.message().starts_with("token endpoint: HTTP 200: "));
        CHECK(response.why.message().find(text) != std::string::npos);
    }
}

TEST_CASE("token response: the errors of RFC 6749, 5.2, are refusals with their code") {
    for (const std::string code : {"invalid_request", "invalid_client", "invalid_grant",
                                   "unauthorized_client", "unsupported_grant_type", "invalid_scope"}) {
        CAPTURE(code);
        const auto response = read_response(
            400, R"({"error":")" + code + R"(","error_description":"It is so","error_uri":"u"})");
        CHECK(response.why.code() == errc::token_refused);
        CHECK(response.why.code() == condition::unauthorized);
        CHECK(response.why.service_code() == code);
        CHECK(response.why.message() == "token endpoint: HTTP 400: " + code + ": It is so");
        CHECK(response.final);
        CHECK(response.wrong_secret == (code == "invalid_client"));
    }
    const auto bare = read_response(401, "");
    CHECK(bare.why.code() == errc::token_refused);
    CHECK(bare.wrong_secret);
    CHECK(bare.why.message() == "token endpoint: HTTP 401: no error code of OAuth");
    CHECK(read_response(403, "<html>").why.code() == errc::token_refused);
    CHECK(read_response(403, "<html>").wrong_secret);
    CHECK(read_response(302, "").why.message() ==
          "token endpoint: HTTP 302: a redirect, which is not followed");
}

TEST_CASE("token response: 408, 429 and 5xx may end otherwise the next time") {
    for (const int status : {408, 429, 500, 502, 503, 504}) {
        CAPTURE(status);
        const auto response = read_response(status, "<html>", "7");
        CHECK(response.why.code() == errc::token_failed);
        CHECK(response.why.code() == condition::retryable);
        CHECK_FALSE(response.final);
        CHECK(response.retry_after == 7s);
    }
    CHECK_FALSE(read_response(503, "", "soon").retry_after.has_value());
}

TEST_CASE("token response: no text repeats a secret or a token") {
    const std::string echo = R"(the-secret aWQ6dGhlLXNlY3JldA== Basic abcdefgh)";
    const auto response = read_response(400, R"({"error":"the-secret","error_description":")" + echo + "\"}");
    CHECK(response.why.describe().find("the-secret") == std::string::npos);
    CHECK(response.why.describe().find("aWQ6") == std::string::npos);
    CHECK(response.why.describe().find("abcdefgh") == std::string::npos);
    const auto broken = read_response(200, R"({"access_token":"hidden-t0ken","expires_in":)");
    CHECK(broken.why.describe().find("hidden") == std::string::npos);
}

TEST_CASE("token response: what can be a bearer token (RFC 6750, 2.1)") {
    for (const char* const good : {"a", "A-z0._~+/9", "abc==", "a.b.c"})
        CHECK(is_bearer_token(good));
    for (const char* const bad : {"", "=", "==", "a b", "a=b", "\"a\"", "a\n", "\xC3\xA4", "a,b", "a;b"})
        CHECK_FALSE(is_bearer_token(bad));
}

TEST_CASE("token request: its body is a form (RFC 6749, 4.4.2)") {
    CHECK(token_request_body({}) == "grant_type=client_credentials");
    CHECK(token_request_body("voice.webrtc a&b=c") ==
          "grant_type=client_credentials&scope=voice.webrtc%20a%26b%3Dc");
}
