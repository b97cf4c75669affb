// Pinned keys, on top of the usual verification (RFC 7469, section 2.6).
#include <doctest/doctest.h>

#include "transport/public_key_pin.hpp"
#include "transport/tls_peer.hpp"

using namespace test;
using testing::certificate_options;
using testing::public_key_pin;

namespace {

detail::tls_settings pinning(const std::vector<std::string>& pins) {
    auto settings = trusting();
    for (const auto& pin : pins)
        settings.pins.push_back(detail::parse_public_key_pin(pin).value());
    return settings;
}

std::string key_of_nobody() { return public_key_pin(testing::certificate_authority().pem()); }

} // namespace

TEST_CASE("a pin is the base64 of 32 bytes, and nothing else is") {
    const std::string good = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; // SHA-256 of nothing
    const auto hash = detail::parse_public_key_pin(good);
    REQUIRE(hash);
    CHECK((*hash)[0] == 0xe3);
    CHECK((*hash)[31] == 0x55);
    for (const std::string& bad :
         {std::string(), good.substr(0, 43), good + "=", "sha256/" + good,
          good.substr(0, 42) + "==", good.substr(0, 42) + "V=", // bits behind the last byte
          "-_" + good.substr(2), " " + good.substr(1), good.substr(0, 43) + "\n", good.substr(0, 43) + "A",
          std::string(44, '='), std::string(44, '\0'), std::string(44, '\xff')}) {
        CAPTURE(bad);
        CHECK_FALSE(detail::parse_public_key_pin(bad));
    }
}

TEST_CASE("a server is trusted with the key of its certificate pinned, or its authority's, or one of many") {
    const auto& shown = localhost_certificate();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        for (const auto& pins : {std::vector{public_key_pin(shown.chain_pem())},
                                 {public_key_pin(authority().pem())},
                                 {key_of_nobody(), public_key_pin(shown.chain_pem()), key_of_nobody()}}) {
            detail::tls_context context(pinning(pins), 4);
            const tls_server server(shown, version);
            tls_pair pair(context, server);
            CHECK(pair.handshake() == status::ok);
        }
    }
}

TEST_CASE("a server without a pinned key is not trusted, and is told before it sees our certificate") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        auto settings = pinning({key_of_nobody()});
        const auto ours = authority().issue(certificate_options{});
        settings.certificate_pem = ours.chain_pem();
        settings.private_key_pem = ours.private_key_pem();
        detail::tls_context context(settings, 4);
        tls_server server(localhost_certificate(), version);
        server.demand_certificate(X509_V_OK);
        tls_pair pair(context, server);
        CHECK(pair.handshake() == status::failed);
        CHECK(pair.client.code() == errc::tls_untrusted);
        CHECK(pair.client.text() == "no certificate of the chain has a pinned public key");
        CHECK_FALSE(SSL_get0_peer_certificate(pair.server()));
        CHECK_FALSE(context.take_session());
    }
}

TEST_CASE("a pin is no trust: everything else is verified as ever") {
    const testing::certificate_authority other;
    const auto check = [](const testing::certificate& shown, errc code) {
        detail::tls_context context(pinning({public_key_pin(shown.chain_pem())}), 4);
        const tls_server server(shown);
        tls_pair pair(context, server);
        CHECK(pair.handshake() == status::failed);
        CHECK(pair.client.code() == code);
    };
    check(other.issue(certificate_options{}.dns_name("localhost")), errc::tls_untrusted);
    check(authority().issue(certificate_options{}.dns_name("b.example")), errc::tls_host_mismatch);
}

TEST_CASE("a certificate that is sent but leads nowhere is no part of the chain") {
    // The pinned certificate comes along, as anybody may send it; the verified chain is another.
    const testing::certificate_authority pinned;
    detail::tls_context context(pinning({public_key_pin(pinned.pem())}), 4);
    const tls_server server(localhost_certificate());
    const detail::openssl_ptr<BIO> text(BIO_new_mem_buf(pinned.pem().data(), -1));
    X509* const extra = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr);
    REQUIRE(SSL_CTX_add0_chain_cert(server.native(), extra) == 1);
    tls_pair pair(context, server);
    CHECK(pair.handshake() == status::failed);
    CHECK(pair.client.code() == errc::tls_untrusted);
}
