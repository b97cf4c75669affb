#include <chrono>
#include <functional>
#include <string>

#include <doctest/doctest.h>

#include <bandwidth/webrtc/testing/loopback_server.hpp>

#include "loopback/http_fixture.hpp"
#include "loopback/openssl.hpp"
#include "support/raw_tls_client.hpp"

using namespace bandwidth::webrtc::testing;
using loopback_test::eventually;
using loopback_test::request;
using support::connection_end;
using support::raw_tls_client;
using support::raw_tls_options;

namespace {

struct session_deleter {
    void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using session_ptr = std::unique_ptr<SSL_SESSION, session_deleter>;

std::string alpn_of(raw_tls_client& client) {
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client.native_handle(), &chosen, &size);
    return size == 0 ? std::string() : std::string(reinterpret_cast<const char*>(chosen), size);
}

/// A session that can be resumed: with TLS 1.3 the ticket comes behind the handshake, so something is read
/// first.
session_ptr session_of(const loopback_server& server, int version) {
    raw_tls_options options;
    options.max_version = version;
    raw_tls_client client(server.port(), server.ca_pem(), options);
    CHECK(client.exchange(request("POST", "/sessions")).result_int() == 200);
    CHECK(SSL_session_reused(client.native_handle()) == 0);
    session_ptr session(SSL_get1_session(client.native_handle()));
    CHECK_FALSE(client.shutdown());
    return session;
}

} // namespace

TEST_CASE("TLS 1.2 and 1.3 are spoken, and the newest can be capped") {
    const loopback_server server;
    raw_tls_client newest(server.port(), server.ca_pem());
    CHECK(SSL_version(newest.native_handle()) == TLS1_3_VERSION);
    raw_tls_options older;
    older.max_version = TLS1_2_VERSION;
    raw_tls_client old(server.port(), server.ca_pem(), older);
    CHECK(SSL_version(old.native_handle()) == TLS1_2_VERSION);
    CHECK(old.exchange(request("POST", "/sessions")).result_int() == 200);

    const loopback_server capped(loopback_options{}.max_tls_version(tls_version::tls_1_2));
    raw_tls_client any(capped.port(), capped.ca_pem());
    CHECK(SSL_version(any.native_handle()) == TLS1_2_VERSION);
    CHECK(any.exchange(request("POST", "/sessions")).result_int() == 200);
}

TEST_CASE("TLS 1.1 is refused") {
    const loopback_server server;
    raw_tls_options options;
    options.max_version = TLS1_1_VERSION;
    CHECK_THROWS_AS(raw_tls_client(server.port(), server.ca_pem(), options), boost::system::system_error);
    CHECK(server.stats().handshakes_full == 0);
}

TEST_CASE("ALPN selects http/1.1 where it is offered") {
    const loopback_server server;
    raw_tls_options options;
    options.alpn = "\x02h2\x08http/1.1";
    raw_tls_client offering(server.port(), server.ca_pem(), options);
    CHECK(alpn_of(offering) == "http/1.1");
    options.alpn = "\x02h2";
    raw_tls_client other(server.port(), server.ca_pem(), options);
    CHECK(alpn_of(other).empty());
    raw_tls_client silent(server.port(), server.ca_pem());
    CHECK(alpn_of(silent).empty());
}

TEST_CASE("the certificate holds for localhost and both loopback addresses") {
    const loopback_server server;
    for (const auto* host : {"localhost", "127.0.0.1", "::1"}) {
        CAPTURE(host);
        raw_tls_options options;
        options.host = host;
        CHECK_NOTHROW(raw_tls_client(server.port(), server.ca_pem(), options));
    }
    raw_tls_options options;
    options.host = "example.com";
    CHECK_THROWS_AS(raw_tls_client(server.port(), server.ca_pem(), options), boost::system::system_error);
    CHECK_THROWS_AS(raw_tls_client(server.port(), certificate_authority().pem()),
                    boost::system::system_error);
}

TEST_CASE("another certificate can be shown") {
    const certificate_authority authority;
    const auto now = std::chrono::system_clock::now();
    const auto expired = authority.issue(certificate_options{}
                                             .dns_name("localhost")
                                             .valid_from(now - std::chrono::hours(2))
                                             .valid_until(now - std::chrono::hours(1)));
    const loopback_server late(loopback_options{}.server_certificate(expired));
    CHECK(late.ca_pem() == authority.pem());
    CHECK_THROWS_AS(raw_tls_client(late.port(), late.ca_pem()), boost::system::system_error);

    const auto elsewhere =
        authority.issue(certificate_options{}.common_name("localhost").dns_name("example.com"));
    const loopback_server wrong(loopback_options{}.server_certificate(elsewhere));
    CHECK_THROWS_AS(raw_tls_client(wrong.port(), wrong.ca_pem()), boost::system::system_error);
    raw_tls_options options;
    options.host = "example.com";
    CHECK_NOTHROW(raw_tls_client(wrong.port(), wrong.ca_pem(), options));

    CHECK_THROWS_AS(loopback_server(loopback_options{}.server_certificate(certificate("x", "y", "z"))),
                    std::runtime_error);
}

TEST_CASE("TLS sessions are resumed, and counted") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        const loopback_server server;
        const auto session = session_of(server, version);
        CHECK(server.stats().handshakes_full == 1);
        CHECK(server.stats().handshakes_resumed == 0);
        raw_tls_options options;
        options.max_version = version;
        options.resumed = session.get();
        raw_tls_client client(server.port(), server.ca_pem(), options);
        CHECK(SSL_session_reused(client.native_handle()) == 1);
        CHECK(client.exchange(request("POST", "/sessions")).result_int() == 200);
        CHECK(server.stats().handshakes_full == 1);
        CHECK(server.stats().handshakes_resumed == 1);
    }
}

TEST_CASE("a ticket of another server is turned down by a full handshake") {
    const loopback_server first;
    const auto session = session_of(first, TLS1_3_VERSION);
    const loopback_server second;
    raw_tls_options options;
    options.resumed = session.get();
    raw_tls_client client(second.port(), second.ca_pem(), options);
    CHECK(SSL_session_reused(client.native_handle()) == 0);
    CHECK(client.exchange(request("POST", "/sessions")).result_int() == 200);
    CHECK(second.stats().handshakes_full == 1);
}

TEST_CASE("close_notify is answered with close_notify") {
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(client.exchange(request("POST", "/sessions")).result_int() == 200);
    CHECK_FALSE(client.shutdown());
    CHECK(client.read_to_end() == connection_end::close_notify);
    CHECK(eventually([&] { return server.stats().connections_open == 0; }));
}

TEST_CASE("what is no TLS at all is turned away, and the server goes on") {
    const loopback_server server;
    {
        boost::asio::ip::tcp::iostream plain;
        plain.expires_after(std::chrono::seconds(10));
        plain.connect("127.0.0.1", std::to_string(server.port()));
        plain << "GET / HTTP/1.1\r\nHost: h\r\n\r\n" << std::flush;
        const std::string all{std::istreambuf_iterator<char>(plain), std::istreambuf_iterator<char>()};
        CHECK(all.size() < 20); // an alert at most
        CHECK(plain.error() == boost::asio::error::eof);
    }
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(client.exchange(request("POST", "/sessions")).result_int() == 200);
    CHECK(server.stats().handshakes_full == 1);
    CHECK(server.stats().connections_accepted == 2);
}
