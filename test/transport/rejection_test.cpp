// T17: a server that wants a client certificate. In TLS 1.3 the server's verdict comes when the client may
// already have sent a request.
#include <doctest/doctest.h>

#include "transport/tls_peer.hpp"

using namespace test;
using bandwidth::webrtc::condition;
using testing::certificate_options;

namespace {

const testing::certificate& ours() {
    static const auto made = authority().issue(certificate_options{}.common_name("client"));
    return made;
}

detail::tls_settings with_certificate() {
    auto settings = trusting();
    settings.certificate_pem = ours().chain_pem();
    settings.private_key_pem = ours().private_key_pem();
    return settings;
}

// Everything up to the server's verdict: the handshake, a request, and the first read behind it.
status first_read(tls_pair& pair) {
    auto last = pair.handshake();
    if (last != status::ok)
        return last;
    CHECK(pair.client.write("GET") == status::ok);
    pair.server_read();
    std::string received;
    last = pair.receive(received);
    CHECK(received.empty());
    return last;
}

} // namespace

TEST_CASE("T17: the certificate is shown to a server that asks for it, and taken") {
    for (const int version : both_versions) {
        CAPTURE(version);
        detail::tls_context context(with_certificate(), 4);
        tls_server server(localhost_certificate(), version);
        server.demand_certificate(X509_V_OK);
        tls_pair pair(context, server);
        REQUIRE(pair.handshake() == status::ok);
        CHECK(pair.client.write("GET") == status::ok);
        CHECK(pair.server_read() == "GET");
        REQUIRE(SSL_get0_peer_certificate(pair.server()));
        CHECK_FALSE(pair.client.rejected());
    }
}

TEST_CASE("T17: a server that asks for no certificate gets none") {
    detail::tls_context context(with_certificate(), 4);
    const tls_server server(localhost_certificate());
    tls_pair pair(context, server);
    REQUIRE(pair.handshake() == status::ok);
    pair.server_read();
    CHECK_FALSE(SSL_get0_peer_certificate(pair.server()));
}

TEST_CASE(
    "T17: no certificate where one is required: the same error in TLS 1.2 and 1.3, the alert in its text") {
    for (const int version : both_versions) {
        CAPTURE(version);
        detail::tls_context context(trusting(), 4);
        tls_server server(localhost_certificate(), version);
        server.demand_certificate(X509_V_OK);
        tls_pair pair(context, server);
        CHECK(first_read(pair) == status::failed);
        CHECK(pair.client.code() == errc::tls_rejected);
        CHECK(pair.client.code() == condition::tls_error);
        CHECK_FALSE(pair.client.code() == condition::retryable);
        CHECK(pair.client.text().find(version == TLS1_3_VERSION
                                          ? "alert certificate required"
                                          : "alert handshake failure") != std::string::npos);
        CHECK(pair.client.rejected() ==
              (version == TLS1_3_VERSION)); // in TLS 1.2 there was no connection yet
    }
}

TEST_CASE("T17: what the server says of a wrong certificate") {
    struct row {
        int verdict;
        errc code;
        const char* text;
    };
    for (const auto& expected :
         {row{X509_V_ERR_CERT_HAS_EXPIRED, errc::tls_rejected, "certificate expired"},
          row{X509_V_ERR_CERT_REVOKED, errc::tls_rejected, "certificate revoked"},
          row{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, errc::tls_rejected, "unknown ca"},
          row{X509_V_ERR_CERT_REJECTED, errc::tls_rejected, "bad certificate"},
          row{X509_V_ERR_CERT_SIGNATURE_FAILURE, errc::handshake_failed, "decrypt error"},
          row{X509_V_ERR_CA_MD_TOO_WEAK, errc::tls_rejected, "bad certificate"}}) {
        CAPTURE(expected.text);
        detail::tls_context context(with_certificate(), 4);
        tls_server server(localhost_certificate(), TLS1_3_VERSION);
        server.demand_certificate(expected.verdict);
        tls_pair pair(context, server);
        CHECK(first_read(pair) == status::failed);
        CHECK(pair.client.rejected());
        CHECK(pair.client.code() == expected.code);
        CHECK(pair.client.text().find(expected.text) != std::string::npos);
    }
}

TEST_CASE("T17: an alert that may come at any time says nothing of the handshake") {
    detail::tls_context context(with_certificate(), 4);
    tls_server server(localhost_certificate(), TLS1_3_VERSION);
    server.demand_certificate(X509_V_ERR_UNSPECIFIED); // internal_error
    tls_pair pair(context, server);
    CHECK(first_read(pair) == status::failed);
    CHECK(pair.client.code() == errc::tls_failed);
    CHECK_FALSE(pair.client.rejected());
}

TEST_CASE("T17: once data has come the server responds, so a late alert is a lost connection") {
    detail::tls_context context(trusting(), 4);
    tls_server server(localhost_certificate(), TLS1_3_VERSION);
    server.demand_certificate(X509_V_OK);
    tls_pair pair(context, server);
    CHECK(pair.client.handshake() == status::want_input);
    pair.to_server();
    // A server may send before it knows the client (RFC 8446, section 4.4.4).
    char buffer[10];
    std::size_t size = 0;
    REQUIRE(SSL_read_early_data(pair.server(), buffer, sizeof buffer, &size) == SSL_READ_EARLY_DATA_FINISH);
    REQUIRE(SSL_write_early_data(pair.server(), "hello", 5, &size) == 1);
    REQUIRE(pair.handshake() == status::ok);
    pair.server_read();
    std::string received;
    CHECK(pair.receive(received) == status::failed);
    CHECK(pair.client.text().find("certificate required") != std::string::npos);
    CHECK(pair.client.code() == errc::tls_failed);
    CHECK_FALSE(pair.client.rejected());
}
