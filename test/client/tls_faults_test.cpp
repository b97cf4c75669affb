#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "support/test_client.hpp"

// What goes wrong before the first request: the phase and the reason are told apart, nothing was sent.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::options_for;
using support::wait_for;
using testing::certificate;
using testing::certificate_authority;
using testing::certificate_options;
using testing::loopback_options;
using testing::loopback_server;
using testing::script;
using testing::scripted_options;
using testing::scripted_server;

namespace {

/// The failure of one call, none of which may have reached the server.
failure refused(const client_options& options) {
    asio::io_context context;
    client client(context, options);
    const auto outcome = wait_for(context, client.try_create_session());
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().delivery() == delivery::not_sent);
    CHECK(outcome.error().attempts() == 0);
    CHECK(client.stats().dials == 1); // no second try: it would end the same
    CHECK(client.stats().dials_failed == 1);
    CHECK(client.stats().requests_sent == 0);
    CHECK(support::at_rest(client.stats()));
    return outcome.error();
}

/// The failure with a server that shows this certificate.
failure shown(const certificate& bad, const std::string& trusted) {
    loopback_server server(loopback_options{}.server_certificate(bad));
    const auto seen = refused(options_for(server).ca_pem(trusted));
    CHECK(server.stats().connections_accepted == 1);
    CHECK(server.stats().requests() == 0);
    return seen;
}

certificate_options for_localhost() { return certificate_options{}.dns_name("localhost"); }

} // namespace

TEST_CASE("certificates that are not trusted") {
    const certificate_authority ours("ours");
    const certificate_authority others("others");
    const auto day = std::chrono::hours(24);
    const auto now = std::chrono::system_clock::now();
    SUBCASE("of another authority") {
        const auto seen = shown(others.issue(for_localhost()), ours.pem());
        CHECK(seen.code() == errc::tls_untrusted);
        CHECK(seen.code() == condition::tls_error);
        CHECK_FALSE(seen.code() == condition::retryable);
        CHECK_FALSE(seen.message().empty());
    }
    SUBCASE("of another authority with the same name") {
        CHECK(shown(certificate_authority("ours").issue(for_localhost()), ours.pem()).code() ==
              errc::tls_untrusted);
    }
    SUBCASE("self-signed") {
        CHECK(shown(testing::make_self_signed_certificate(for_localhost()), ours.pem()).code() ==
              errc::tls_untrusted);
    }
    SUBCASE("not in the system's store") {
        loopback_server server;
        CHECK(refused(options_for(server).ca_pem("")).code() == errc::tls_untrusted);
        CHECK(server.stats().requests() == 0);
    }
    SUBCASE("expired") {
        const auto seen =
            shown(ours.issue(for_localhost().valid_from(now - 2 * day).valid_until(now - day)), ours.pem());
        CHECK(seen.code() == errc::tls_untrusted);
        CHECK(seen.message().find("expired") != std::string::npos);
    }
    SUBCASE("not valid yet") {
        CHECK(shown(ours.issue(for_localhost().valid_from(now + day).valid_until(now + 2 * day)), ours.pem())
                  .code() == errc::tls_untrusted);
    }
}

TEST_CASE("many calls that wait for a server that is not trusted fail together, after few handshakes") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).ca_pem("").deadline(2s));
    support::collector<session> results;
    for (int i = 0; i < 20; ++i)
        client.async_create_session(session_request{}, results.next());
    results.wait(context);
    for (std::size_t i = 0; i < results.size(); ++i) {
        CHECK(results[i].error().code() == errc::tls_untrusted);
        CHECK(results[i].error().elapsed() < 1900ms);
    }
    CHECK(client.stats().dials <= 8);
    CHECK(server.stats().connections_accepted <= 8);
}

TEST_CASE("a self-signed certificate that the caller trusts is taken") {
    const auto self_signed = testing::make_self_signed_certificate(for_localhost());
    loopback_server server(loopback_options{}.server_certificate(self_signed));
    asio::io_context context;
    client client(context, options_for(server).ca_pem(self_signed.issuer_pem()));
    CHECK(wait_for(context, client.try_create_session()).has_value());
}

TEST_CASE("certificates for another host") {
    const certificate_authority authority;
    const auto check = [&](const certificate_options& options) {
        const auto seen = shown(authority.issue(options), authority.pem());
        CHECK(seen.code() == errc::tls_host_mismatch);
        CHECK(seen.code() == condition::tls_error);
    };
    SUBCASE("another name") { check(certificate_options{}.dns_name("example.com")); }
    SUBCASE("the right name as common name alone") { check(certificate_options{}.common_name("localhost")); }
    SUBCASE("the right common name, another alternative name") {
        check(certificate_options{}.common_name("localhost").dns_name("example.com"));
    }
    SUBCASE("the address, where the name was asked for") {
        check(certificate_options{}.ip_address("127.0.0.1"));
    }
    SUBCASE("a partial wildcard") { check(certificate_options{}.dns_name("local*")); }
    SUBCASE("a wildcard for everything") { check(certificate_options{}.dns_name("*")); }
    SUBCASE("a name with a NUL in it") {
        check(certificate_options{}.dns_name(std::string("localhost\0.evil.example", 23)));
    }
    SUBCASE("a name that goes on") { check(certificate_options{}.dns_name("localhost.evil.example")); }
}

TEST_CASE("an address as the host needs an address in the certificate") {
    const certificate_authority authority;
    const auto at_address = [&](const certificate_options& shown_options) {
        loopback_server server(loopback_options{}.server_certificate(authority.issue(shown_options)));
        asio::io_context context;
        client client(context, options_for(server)
                                   .ca_pem(authority.pem())
                                   .base_url("https://127.0.0.1:" + std::to_string(server.port()) + "/v1"));
        const auto outcome = wait_for(context, client.try_create_session());
        return outcome.has_value() ? error_code() : outcome.error().code();
    };
    CHECK(at_address(certificate_options{}.ip_address("127.0.0.1")) == error_code());
    CHECK(at_address(certificate_options{}.ip_address("127.0.0.2")) == errc::tls_host_mismatch);
    CHECK(at_address(certificate_options{}.dns_name("127.0.0.1")) == errc::tls_host_mismatch);
    CHECK(at_address(certificate_options{}.common_name("127.0.0.1")) == errc::tls_host_mismatch);
}

TEST_CASE("a server that speaks plain HTTP") {
    scripted_server server(scripted_options{}.plain_tcp(true));
    server.otherwise(
        script{}.expect_bytes("\x16").send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    auto options = options_for(server).base_url("https://localhost:" + std::to_string(server.port()) + "/v1");
    const auto seen = refused(options);
    CHECK(seen.code() == errc::tls_protocol);
    CHECK(server.connections() == 1);
    CHECK(server.received(0).find("Authorization") == std::string::npos);
}

TEST_CASE("a server that sends garbage in place of TLS") {
    for (const std::string& bytes :
         {std::string(200, 'x'), std::string(200, '\0'), std::string("SSH-2.0-x\r\n")}) {
        scripted_server server(scripted_options{}.plain_tcp(true));
        server.otherwise(script{}.expect_bytes("\x16").send(bytes));
        const auto seen = refused(
            options_for(server).base_url("https://localhost:" + std::to_string(server.port()) + "/v1"));
        CHECK(seen.code() == errc::tls_protocol);
    }
}

TEST_CASE("a server that ends the connection before or in the handshake") {
    scripted_server server;
    SUBCASE("reset before the first byte") { server.otherwise(script{}.rst()); }
    SUBCASE("closed when accepted") {}
    SUBCASE("in the middle") { server.otherwise(script{}.handshake_stall(200).fin()); }
    const auto seen = refused(options_for(server).connect_timeout(300ms));
    // A reset may come while the client has not even seen that TCP was connected.
    CHECK((seen.code() == errc::handshake_failed || seen.code() == errc::handshake_timeout ||
           seen.code() == errc::connect_failed));
    CHECK(server.connections() == 1);
}

TEST_CASE("a server that never finishes the handshake") {
    for (const std::size_t bytes : {0U, 50U, 200U}) {
        CAPTURE(bytes);
        scripted_server server;
        server.otherwise(script{}.handshake_stall(bytes));
        const auto seen = refused(options_for(server).connect_timeout(100ms));
        CHECK(seen.code() == errc::handshake_timeout);
        CHECK(seen.code() == condition::timeout);
        CHECK(seen.elapsed() >= 100ms);
        CHECK(seen.elapsed() < 5s);
    }
}

TEST_CASE("a deadline that is shorter than the handshake") {
    scripted_server server;
    server.otherwise(script{}.handshake_stall());
    asio::io_context context;
    client client(context, options_for(server).deadline(100ms));
    const auto outcome = wait_for(context, client.try_create_session());
    CHECK(outcome.error().code() == errc::handshake_timeout);
    CHECK(outcome.error().delivery() == delivery::not_sent);
    CHECK(outcome.error().elapsed() < 4s);
}

TEST_CASE("one dial that stalls does not hold up the calls that another connection can serve") {
    scripted_server server;
    server.add(script{}.handshake_stall());
    server.otherwise(script{}
                         .expect_requests()
                         .send(support::session_answer("s"))
                         .expect_requests()
                         .send(support::session_answer("s")));
    asio::io_context context;
    client client(context, options_for(server).max_connections(2).connect_timeout(5s));
    support::collector<session> results;
    client.async_get_session(session_id("s"), results.next());
    client.async_get_session(session_id("s"), results.next());
    results.wait(context);
    CHECK(results.succeeded() == 2);
    CHECK(results[0]->id().value() == "s");
}

TEST_CASE("a server that speaks nothing newer than TLS 1.1") {
    const certificate_authority authority;
    const auto own = authority.issue(for_localhost());
    asio::ssl::context old(asio::ssl::context::tls_server);
    old.use_certificate_chain(asio::buffer(own.chain_pem()));
    old.use_private_key(asio::buffer(own.private_key_pem()), asio::ssl::context::pem);
    SSL_CTX_set_min_proto_version(old.native_handle(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(old.native_handle(), TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(old.native_handle(), "DEFAULT:@SECLEVEL=0");
    asio::io_context serving;
    asio::ip::tcp::acceptor acceptor(serving, {asio::ip::address_v4::loopback(), 0});
    asio::ssl::stream<asio::ip::tcp::socket> stream(serving, old);
    int accepted = 0;
    acceptor.async_accept(stream.next_layer(), [&](error_code error) {
        REQUIRE_FALSE(error);
        ++accepted;
        stream.async_handshake(asio::ssl::stream_base::server, [](error_code failed) { CHECK(failed); });
    });
    std::thread thread([&serving] { serving.run_for(support::generous_limit); });
    const auto seen =
        refused(client_options{}
                    .base_url("https://localhost:" + std::to_string(acceptor.local_endpoint().port()) + "/v1")
                    .account("9900000")
                    .credentials("user", "secret")
                    .ca_pem(authority.pem()));
    thread.join();
    CHECK(accepted == 1);
    CHECK(seen.code() == errc::tls_protocol);
}

TEST_CASE("TLS broken on an established connection") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::session_answer("a"))
                   .expect_requests()
                   .send_raw("this is no TLS record, and long enough to be read as the header of one"));
    server.add(script{}.expect_requests().send(support::session_answer("b")));
    asio::io_context context;
    client client(context, options_for(server));
    CHECK(wait_for(context, client.try_get_session(session_id("a"))).has_value());
    const auto again = wait_for(context, client.try_get_session(session_id("b"))); // sent again
    REQUIRE(again.has_value());
    CHECK(again->id().value() == "b");
    CHECK(client.stats().replays == 1);
}

TEST_CASE("the client works again once the server shows a good certificate") {
    const certificate_authority authority;
    const auto good = authority.issue(for_localhost());
    const auto bad = authority.issue(certificate_options{}.dns_name("example.com"));
    std::uint16_t port = 0;
    asio::io_context context;
    auto server = std::make_unique<loopback_server>(loopback_options{}.server_certificate(bad));
    port = server->port();
    client client(context, options_for(*server).ca_pem(authority.pem()));
    CHECK(wait_for(context, client.try_create_session()).error().code() == errc::tls_host_mismatch);
    server.reset();
    server = std::make_unique<loopback_server>(loopback_options{}.port(port).server_certificate(good));
    CHECK(wait_for(context, client.try_create_session()).has_value());
}
