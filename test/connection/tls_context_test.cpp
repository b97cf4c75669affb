#include <doctest/doctest.h>

#include "connection/tls_peer.hpp"

using namespace test;

namespace {

// The message with which the settings are refused; empty: they are not.
std::string refusal(const detail::tls_settings& settings) {
    try {
        const detail::tls_context context(settings, 1);
        return {};
    } catch (const bandwidth::webrtc::api_error& error) {
        CHECK(error.code() == errc::invalid_options);
        CHECK(ERR_peek_error() == 0);
        return error.failure().message();
    }
}

} // namespace

TEST_CASE("authorities in PEM are taken, one or more, with text around them") {
    const auto& pem = authority().pem();
    CHECK(refusal({pem, ""}).empty());
    CHECK(refusal({pem + pem, ""}).empty());
    CHECK(
        refusal({"# a comment\n" + pem + "\n# another\n" + testing::certificate_authority().pem() + "\n", ""})
            .empty());
    CHECK(refusal({localhost_certificate().private_key_pem() + pem, ""}).empty());
}

TEST_CASE("the system's authorities are the default") { CHECK(refusal({"", ""}).empty()); }

TEST_CASE("texts that hold no authority are refused, the option named") {
    const auto& pem = authority().pem();
    auto damaged = pem;
    damaged[pem.size() / 2] = '!';
    for (const std::string& text :
         {std::string("hello"), std::string("\n"), localhost_certificate().private_key_pem(), damaged,
          pem.substr(0, pem.size() / 2), pem + pem.substr(0, pem.size() / 2), pem + damaged,
          std::string("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")}) {
        CAPTURE(text);
        CHECK(refusal({text, ""}).starts_with("ca_pem"));
    }
}

TEST_CASE("a file that cannot be read is refused, the option named") {
    CHECK(refusal({"", "/nonexistent/ca.pem"}).starts_with("ca_file"));
    CHECK(refusal({"", "/dev/null"}).starts_with("ca_file"));
    CHECK(refusal({authority().pem(), "/nonexistent/ca.pem"}).starts_with("ca_file"));
}

TEST_CASE("nobody else is trusted beside the given authorities") {
    detail::tls_context context({testing::certificate_authority().pem(), ""}, 1);
    const tls_server server(localhost_certificate());
    tls_pair pair(context, server);
    CHECK(pair.handshake() == status::failed);
    CHECK(pair.client.code() == errc::tls_untrusted);
}
