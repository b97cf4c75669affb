#include "api/redact.hpp"

#include <doctest/doctest.h>

#include <string>

using bandwidth::webrtc::detail::redact_tokens;

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
    for (std::size_t length = start; length <= body.size(); ++length) {
        CHECK(redact_tokens(body.substr(0, length)) == R"({"token":"[redacted])");
    }
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
