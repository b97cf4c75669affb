#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "client/named_host.hpp"
#include "client/refusal.hpp"
#include "support/network.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// Connecting elsewhere than the base URL says, to a server that still has to be the one of the base URL.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::answered;
using support::fake_resolver;
using support::good;
using support::http_response;
using support::names;
using support::refusal;
using support::wait_for;
using support::with_resolver;
using testing::certificate_options;
using testing::script;
using testing::scripted_options;
using testing::scripted_server;

namespace {

/// A server with a certificate for this name alone.
struct server_for {
    explicit server_for(const std::string& name, const std::string& ip = "127.0.0.1")
        : shown(authority.issue(certificate_options{}.dns_name(name)))
        , server(scripted_options{}.address(ip).server_certificate(shown)) {
        server.otherwise(script{}.expect_requests().send(http_response(404, "{}")));
    }
    /// Options for a host on a port that nobody looks at.
    client_options options(const std::string& url = "https://api.example.com:8443/v1") const {
        return support::named_host().base_url(url).ca_pem(authority.pem()).retry(retry_policy::none());
    }
    testing::certificate_authority authority;
    testing::certificate shown;
    scripted_server server;
};

} // namespace

TEST_CASE("W03: connect_to: the dial goes there, and all else is that of the base URL") {
    const server_for one("api.example.com");
    asio::io_context context;
    client client(context, one.options().connect_to("127.0.0.1", one.server.port()));
    const auto outcome = wait_for(context, client.try_get_session(session_id("none")));
    CHECK_MESSAGE(answered(outcome), outcome.error().describe());
    CHECK(one.server.received(0).find("\r\nHost: api.example.com:8443\r\n") != std::string::npos);
    CHECK(one.server.handshake(0).server_name == "api.example.com");
}

TEST_CASE("W03: connect_to a name: that name is looked up, and the certificate is for the other one") {
    const server_for one("api.example.com");
    const auto resolver = std::make_shared<fake_resolver>();
    resolver->addresses = {support::address("127.0.0.1", one.server.port())};
    asio::io_context context;
    client client(context,
                  with_resolver(one.options().connect_to("edge.example.com", one.server.port()), resolver));
    CHECK(answered(wait_for(context, client.try_get_session(session_id("none")))));
    CHECK(resolver->asked == "edge.example.com:" + std::to_string(one.server.port()));
    CHECK(one.server.handshake(0).server_name == "api.example.com");
}

TEST_CASE("W03: connect_to an IPv6 address, for a base URL whose host is an IP address") {
    if (!support::has_ipv6()) {
        MESSAGE("SKIPPED: no IPv6 here");
        return;
    }
    const testing::certificate_authority authority;
    const auto shown = authority.issue(certificate_options{}.ip_address("192.0.2.1"));
    scripted_server server(scripted_options{}.address("::1").server_certificate(shown));
    server.otherwise(script{}.expect_requests().send(http_response(404, "{}")));
    asio::io_context context;
    client client(context, support::named_host()
                               .base_url("https://192.0.2.1/v1")
                               .ca_pem(authority.pem())
                               .connect_to("::1", server.port()));
    const auto outcome = wait_for(context, client.try_get_session(session_id("none")));
    CHECK_MESSAGE(answered(outcome), outcome.error().describe());
    CHECK(server.received(0).find("\r\nHost: 192.0.2.1\r\n") != std::string::npos);
}

TEST_CASE("T03: connect_to: a certificate for the host that was connected to is not enough") {
    const server_for one("localhost");
    asio::io_context context;
    client client(context, one.options().connect_to("localhost", one.server.port()));
    const auto outcome = wait_for(context, client.try_get_session(session_id("none")));
    CHECK(outcome.error().code() == errc::tls_host_mismatch);
    CHECK(outcome.error().delivery() == delivery::not_sent);
}

TEST_CASE("T17: connect_to: pins hold as they do without it") {
    const server_for one("api.example.com");
    for (const bool right : {true, false}) {
        CAPTURE(right);
        const auto pin =
            testing::public_key_pin(right ? one.shown.chain_pem() : server_for("x").shown.chain_pem());
        asio::io_context context;
        client client(context, one.options().connect_to("127.0.0.1", one.server.port()).pin_public_key(pin));
        const auto outcome = wait_for(context, client.try_get_session(session_id("none")));
        CHECK(answered(outcome) == right);
        if (!right)
            CHECK(outcome.error().code() == errc::tls_untrusted);
    }
}

TEST_CASE("W04: connect_to: an error names the host that was connected to") {
    const auto port = support::unused_port();
    const auto resolver = std::make_shared<fake_resolver>();
    resolver->addresses = {support::address("127.0.0.1", port)};
    asio::io_context context;
    client refused(context,
                   with_resolver(support::named_host().connect_to("edge.example.com", port), resolver));
    const auto outcome = wait_for(context, refused.try_create_session());
    CHECK(outcome.error().code() == errc::connect_failed);
    CHECK_MESSAGE(names(outcome.error().message(), "edge.example.com port " + std::to_string(port)),
                  outcome.error().message());
    resolver->code = asio::error::host_not_found;
    client absent(context,
                  with_resolver(support::named_host().connect_to("edge.example.com", port), resolver));
    CHECK(names(wait_for(context, absent.try_create_session()).error().message(), "edge.example.com"));
}

TEST_CASE("connect_to: what is no host or no port is refused, and nothing at all takes it back") {
    for (const char* const host : {"", "a host", "host\r\nX: 1", "[::1]", "::1%lo", "127.0.0.1:8443",
                                   "host:8443", "https://host", "user@host", "host/path", ":::1"}) {
        CAPTURE(host);
        CHECK(names(refusal(good().connect_to(host, 8443)), "connect_to"));
    }
    CHECK(names(refusal(good().connect_to("localhost", 0)), "connect_to"));
    for (const char* const host : {"localhost", "edge-1.example.com.", "127.0.0.1", "::1", "2001:db8::1"}) {
        CAPTURE(host);
        CHECK(refusal(good().connect_to(host, 65535)).empty());
    }
    const auto options = good().connect_to("localhost", 8443);
    CHECK(options.connect_to_host() == "localhost");
    CHECK(options.connect_to_port() == 8443);
    CHECK(refusal(good().connect_to("localhost", 8443).connect_to("", 0)).empty());
}
