#include "core/redact.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using bandwidth::webrtc::detail::append_secrets_of_headers;
using bandwidth::webrtc::detail::redact_tokens;
using bandwidth::webrtc::detail::redact_values;

namespace {
const std::string jwt = "eyJhbGciOiJIUzI1NiJ9.eyJhIjoiMSJ9.L8i6g3Pfc_HlioHCCPURC9pmXT7gdJpx3kOoyAf-Uwc";
}

TEST_CASE("J12: a participant token in a kept body reads as redacted") {
    CHECK(redact_tokens(R"({"participant":{"id":"p"},"token":")" + jwt + R"("})") ==
          R"({"participant":{"id":"p"},"token":"[redacted]"})");
    CHECK(redact_tokens(R"({"token" : "not a JWT \" at all","x":1})") == R"({"token" : "[redacted]","x":1})");
    CHECK(redact_tokens("Bearer " + jwt + ", and " + jwt) == "Bearer [redacted], and [redacted]");
    CHECK(redact_tokens(R"({"error":"token )" + jwt + R"( has expired"})") ==
          R"({"error":"token [redacted] has expired"})");
}

TEST_CASE("J12: a token that is cut off is redacted too") {
    const std::string body = R"({"token":")" + jwt;
    const std::size_t start = body.find("eyJ");
    for (std::size_t length = start; length <= body.size(); ++length)
        CHECK(redact_tokens(body.substr(0, length)) == R"({"token":"[redacted])");
    CHECK(redact_tokens(R"({"token":"ends in a backslash\)") == R"({"token":"[redacted])");
}

TEST_CASE("J12: other bodies stay as they are") {
    for (const char* body :
         {"", "{}", R"({"id":"s","tag":"session1"})", R"({"token":null})", R"({"token":7})",
          R"({"tokens":["a"]})", R"("token")", R"({"message":"Missing Authentication Token"})",
          "<html></html>", R"({"token")", R"({"token":)"}) {
        CAPTURE(body);
        CHECK(redact_tokens(body) == body);
    }
}

TEST_CASE("J12: credentials that a service echoes are redacted, prose about them is not") {
    CHECK(redact_tokens("Authorization: Basic dXNlcjpzZWNyZXQ= was refused") ==
          "Authorization: Basic [redacted] was refused");
    CHECK(redact_tokens("bearer abc.def-ghi~+/==\"") == "bearer [redacted]\"");
    CHECK(redact_tokens("use Basic or Bearer, a basic rule") == "use Basic or Bearer, a basic rule");
    CHECK(redact_tokens("Basic ") == "Basic ");
}

TEST_CASE("J12: fields and parameters are redacted by their names") {
    CHECK(redact_tokens(R"({"participantToken" : "abc","x":1})") ==
          R"({"participantToken" : "[redacted]","x":1})");
    CHECK(redact_tokens(R"({"client_secret":"a\"b"})") == R"({"client_secret":"[redacted]"})");
    CHECK(redact_tokens(R"({"m":"{\"PassWord\":\"abc\", \"x\":\"y\"}"})") ==
          R"({"m":"{\"PassWord\":\"[redacted]\", \"x\":\"y\"}"})");
    CHECK(redact_tokens("?a=b&token=abc&c=d") == "?a=b&token=[redacted]&c=d");
    CHECK(redact_tokens("api-key='a b', x=y") == "api-key='[redacted]', x=y");
    CHECK(redact_tokens("password=\"abc") == "password=\"[redacted]");
    CHECK(redact_tokens("token=") == "token=[redacted]");
    CHECK(redact_tokens("tokens=3 passwords=4") == "tokens=3 passwords=4");
}

TEST_CASE("J12: the user information of a URL is redacted, and nothing else of it") {
    CHECK(redact_tokens("see https://user:abc@example.com/a@b") == "see https://[redacted]@example.com/a@b");
    CHECK(redact_tokens("https://user@example.com") == "https://[redacted]@example.com");
    CHECK(redact_tokens("https://example.com/a@b") == "https://example.com/a@b");
    CHECK(redact_tokens("https://example.com") == "https://example.com");
}

namespace {

std::vector<std::string> secrets_of_authorization(std::string_view value) {
    std::vector<std::string> secrets;
    bandwidth::webrtc::detail::append_secrets_of_authorization(value, secrets);
    return secrets;
}

} // namespace

TEST_CASE("J12: what is secret of credentials") {
    CHECK(secrets_of_authorization("Basic dXNlcjpzZWNyZXQ=") ==
          std::vector<std::string>{"user:secret", "secret", "dXNlcjpzZWNyZXQ="});
    CHECK(secrets_of_authorization("basic dXNlcjpzOmU=") ==
          std::vector<std::string>{"user:s:e", "s:e", "dXNlcjpzOmU="});
    CHECK(secrets_of_authorization("Bearer abc") == std::vector<std::string>{"abc"});
    CHECK(secrets_of_authorization("abc") == std::vector<std::string>{"abc"});
    CHECK(secrets_of_authorization("Basic !") == std::vector<std::string>{"!"});
    std::vector<std::string> secrets;
    append_secrets_of_headers("X-Trace: 1\r\nX-Api-Key: abcd\r\nx-AUTH-token: e: f\r\n", secrets);
    CHECK(secrets == std::vector<std::string>{"abcd", "e: f"});
    secrets.clear();
    append_secrets_of_headers("authorization: Bearer abc\r\nCOOKIE: a=b; c=d=e; f\r\n", secrets);
    CHECK(secrets == std::vector<std::string>{"abc", "a=b; c=d=e; f", "b", "d=e"});
}

TEST_CASE("J12: values that are known to be secret are redacted as they are, and as JSON writes them") {
    CHECK(redact_values("a secret, two secrets", {"secret"}) == "a [redacted], two [redacted]s");
    CHECK(redact_values(R"(a"b\c a\"b\\c)", {R"(a"b\c)"}) == "[redacted] [redacted]");
    CHECK(redact_values("abc", {"abc", ""}) == "abc"); // too short to be told from words
    CHECK(redact_values("redacted", {"redacted"}) == "[redacted]");
    CHECK(redact_values("", {"abcd"}).empty());
}
