#include <doctest/doctest.h>

#include <bandwidth/webrtc/device_token.hpp>
#include <chrono>
#include <string>

#include "core/base64.hpp"

using namespace bandwidth::webrtc;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

// The claims of a token that one of Bandwidth's samples logged, with another participant and signature.
const std::string sample =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJhIjoiOTkwMTA3OCIsInAiOiJkNjg5MzdjNC04ZTViLTRiMGYtYTdhMy0zZjJmNmQwYTJjMTEiLCJ2IjoiVjMiLCJleHAiOjE2MjUw"
    "NTg2"
    "ODAsInRpZCI6IisyNjk5Nzc0NzE1MDgzMjAifQ."
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

std::string base64url(const std::string& bytes) { return detail::encode_base64(bytes, detail::base64::url); }

std::string token_with(const std::string& payload) {
    return base64url(R"({"alg":"HS256"})") + '.' + base64url(payload) + '.' + base64url("signature");
}

device_token_claims claims_of(const std::string& payload) {
    const auto claims = decode_device_token(token_with(payload));
    REQUIRE(claims);
    return *claims;
}

} // namespace

TEST_CASE("the claims of a device token are read") {
    const auto claims = decode_device_token(sample);
    REQUIRE(claims);
    CHECK(claims->account() == "9901078");
    CHECK(claims->participant_id() == participant_id("d68937c4-8e5b-4b0f-a7a3-3f2f6d0a2c11"));
    CHECK(claims->version() == device_api_version(device_api_version::v3));
    CHECK(claims->expires_at() == sys_seconds(seconds(1'625'058'680)));

    const auto same = decode_device_token(participant_token(sample));
    REQUIRE(same);
    CHECK(same->account() == "9901078");
}

TEST_CASE("every claim is optional") {
    // The example in OpenAPI 2.0.0 is the sample of jwt.io: none of these claims.
    const auto claims = decode_device_token(
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwiaWF0IjoxNTE2MjM5MDIyfQ."
        "L8i6g3PfcHlioHCCPURC9pmXT7gdJpx3kOoyAfNUwCc");
    REQUIRE(claims);
    CHECK(claims->account() == std::nullopt);
    CHECK(claims->participant_id() == std::nullopt);
    CHECK(claims->version() == std::nullopt);
    CHECK(claims->expires_at() == std::nullopt);
}

TEST_CASE("claims of another type than expected are read or left out") {
    CHECK(claims_of(R"({"a":9901078})").account() == "9901078");
    CHECK(claims_of(R"({"v":"v2"})").version() == device_api_version(device_api_version::v2));
    CHECK(claims_of(R"({"a":null,"p":["x"],"v":{"w":[]},"exp":true})").account() == std::nullopt);
    CHECK(claims_of(R"({"p":["x"]})").participant_id() == std::nullopt);
    CHECK(claims_of(R"({"a":"\u0031","\u0070":"x"})").participant_id() == participant_id("x"));
}

TEST_CASE("the expiry may be a number or a string") {
    CHECK(claims_of(R"({"exp":0})").expires_at() == sys_seconds(seconds(0)));
    CHECK(claims_of(R"({"exp":"1625058680"})").expires_at() == sys_seconds(seconds(1'625'058'680)));
    CHECK(claims_of(R"({"exp":1625058680.75})").expires_at() == sys_seconds(seconds(1'625'058'680)));
    CHECK(claims_of(R"({"exp":9214560000})").expires_at() == sys_seconds(seconds(9'214'560'000)));
    for (const char* exp : {"-1", "1e9", "9214560001", "9223372036854775808", "1e400", "\"\"", "\"soon\"",
                            "\"12x\"", "\" 12\"", "null"}) {
        CAPTURE(exp);
        CHECK(claims_of(std::string(R"({"exp":)") + exp + '}').expires_at() == std::nullopt);
    }
    // The latest expiry that is given can still be compared with the clock.
    CHECK(*claims_of(R"({"exp":9214560000})").expires_at() > std::chrono::system_clock::now());
}

TEST_CASE("a text that is no token gives nothing") {
    const std::string header = base64url("{}");
    for (const std::string& text :
         {std::string(), std::string("."), std::string(".."), std::string("..."), header,
          header + '.' + header, header + '.' + header + '.', '.' + header + '.' + header,
          header + ".." + header, header + '.' + header + '.' + header + '.' + header,
          header + '.' + header + "=." + header, header + "." + header + ".a+b/", header + ".a." + header,
          header + ". ." + header, std::string("[redacted]")}) {
        CAPTURE(text);
        CHECK(decode_device_token(text) == std::nullopt);
    }
    for (const char* payload : {"", "[]", "7", "\"x\"", "{", "{}x", "{\"a\":\"\xFF\"}", "{\"a\":1,}"}) {
        CAPTURE(payload);
        CHECK(decode_device_token(token_with(payload)) == std::nullopt);
    }
    CHECK(decode_device_token(token_with(R"({"a":")" + std::string(20'000, 'x') + "\"}")) == std::nullopt);
    CHECK(decode_device_token(participant_token()) == std::nullopt);
}

TEST_CASE("a token cut short or damaged is read or refused, and never crashes") {
    for (std::size_t length = 0; length < sample.rfind('.') + 2; ++length)
        CHECK(decode_device_token(sample.substr(0, length)) == std::nullopt);
    int read = 0;
    for (std::size_t at = 0; at < sample.size(); ++at) {
        for (const char c : {'.', 'A', '-', '!', '\0'}) {
            std::string damaged = sample;
            damaged[at] = c;
            read += decode_device_token(damaged) ? 1 : 0;
        }
    }
    CHECK(read > 0);
}
