#include <doctest/doctest.h>

#include <bandwidth/webrtc/brtc/client.hpp>
#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/client_credentials.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "client/named_host.hpp"
#include "support/network.hpp"
#include "support/relay_proxy.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// Calls through a proxy that works, of each kind: what reaches the server, and what the proxy gets to see.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::answered;
using support::collector;
using support::fake_resolver;
using support::http_response;
using support::names;
using support::options_for;
using support::recording;
using support::relay_options;
using support::relay_proxy;
using support::wait_for;
using support::with_resolver;
using testing::loopback_server;

namespace {

const testing::certificate_authority& proxy_authority() {
    static const testing::certificate_authority made;
    return made;
}

/// A proxy, and the options to use it.
struct running_proxy {
    explicit running_proxy(const relay_options& with) : relay(with), options(relay.url()) {
        options.ca_pem(proxy_authority().pem()).credentials(with.user, with.secret);
    }
    relay_proxy relay;
    proxy_options options;
};

enum class proxy_of { http, https, socks };
constexpr auto all_proxies = {proxy_of::http, proxy_of::https, proxy_of::socks};

relay_options like(proxy_of kind) {
    relay_options with;
    if (kind == proxy_of::https)
        with.tls(proxy_authority().issue(testing::certificate_options{}.ip_address("127.0.0.1")));
    if (kind == proxy_of::socks)
        with.socks();
    return with;
}

} // namespace

TEST_CASE("X10: both clients and the token endpoint work through a proxy of each kind") {
    const loopback_server server(recording());
    for (const auto kind : all_proxies) {
        for (const bool known : {false, true}) {
            CAPTURE(static_cast<int>(kind));
            CAPTURE(known);
            running_proxy proxy(known ? like(kind).credentials("pr0xy-user", "pr0xy-s3cret") : like(kind));
            asio::io_context context;
            client webrtc(context, options_for(server).proxy(proxy.options));
            const auto made = wait_for(context, webrtc.try_create_session());
            REQUIRE_MESSAGE(made.has_value(), made.error().describe());
            CHECK(wait_for(context, webrtc.try_get_session(made->id())).has_value());

            auto tokens = token_options().token_url(server.token_url());
            tokens.connection().ca_pem(server.ca_pem()).proxy(proxy.options);
            brtc::client brtc(context, brtc::client_options()
                                           .base_url(server.brtc_url())
                                           .account(server.account())
                                           .ca_pem(server.ca_pem())
                                           .proxy(proxy.options)
                                           .credentials(client_credentials(server.client_id(),
                                                                           server.client_secret(), tokens)));
            const auto wanted = brtc::endpoint_request(brtc::endpoint_direction::bidirectional);
            const auto endpoint = wait_for(context, brtc.try_create_endpoint(wanted));
            REQUIRE_MESSAGE(endpoint.has_value(), endpoint.error().describe());
            CHECK(wait_for(context, brtc.try_delete_endpoint(endpoint->endpoint().id())).has_value());
            CHECK(proxy.relay.connections() == 3); // two clients, and the token
        }
    }
}

TEST_CASE("X09: the proxy is told the server's host and port, and its own credentials") {
    const loopback_server server(recording());
    const auto where = "localhost:" + std::to_string(server.port());
    for (const auto kind : {proxy_of::http, proxy_of::https}) {
        running_proxy proxy(like(kind).credentials("pr0xy-user", "pr0xy-s3cret"));
        asio::io_context context;
        auto options =
            options_for(server).proxy(proxy.options).user_agent("my-service/1").header("X-Api-Key", "k3y");
        client client(context, options);
        REQUIRE(wait_for(context, client.try_create_session()).has_value());
        const auto asked = proxy.relay.asked(0);
        const auto agent = asked.find("User-Agent: bandwidth-webrtc-cpp/");
        REQUIRE(agent != std::string::npos);
        CHECK(asked.substr(0, agent) == "CONNECT " + where + " HTTP/1.1\r\nHost: " + where + "\r\n");
        CHECK(asked.substr(asked.find("\r\n", agent)) ==
              "\r\nProxy-Authorization: Basic cHIweHktdXNlcjpwcjB4eS1zM2NyZXQ=\r\n\r\n");
        // What went through the tunnel is of TLS: nothing in it can be read.
        for (const std::string secret : {"Authorization", "Basic", "sessions", "k3y", "POST"})
            CHECK_FALSE(names(proxy.relay.carried(), secret));
    }
    running_proxy proxy(like(proxy_of::socks));
    asio::io_context context;
    client client(context, options_for(server).proxy(proxy.options));
    REQUIRE(wait_for(context, client.try_create_session()).has_value());
    const auto port =
        std::string{static_cast<char>(server.port() >> 8), static_cast<char>(server.port() & 0xFF)};
    CHECK(proxy.relay.asked(0) == std::string("\5\1\0\5\1\0\3\x09localhost", 17) + port);
    CHECK_FALSE(names(proxy.relay.carried(), "Authorization"));
    for (const auto& request : server.received())
        for (const auto& [name, value] : request.headers())
            CHECK_FALSE((names(name, "roxy") || names(value, "cHIweHk")));
}

TEST_CASE("X10: the proxy's name is looked up here, the server's by the proxy") {
    const testing::certificate_authority authority;
    const auto shown = authority.issue(testing::certificate_options{}.dns_name("api.example.com"));
    testing::scripted_server server(testing::scripted_options{}.server_certificate(shown));
    server.otherwise(testing::script{}.expect_requests().send(http_response(404, "{}")));
    const auto pin = testing::public_key_pin(shown.chain_pem());
    for (const auto kind : {proxy_of::http, proxy_of::socks}) {
        running_proxy proxy(like(kind));
        const auto resolver = std::make_shared<fake_resolver>();
        resolver->addresses = {support::address("127.0.0.1", proxy.relay.port())};
        const std::string scheme = kind == proxy_of::http ? "http" : "socks5h";
        const auto options = support::named_host()
                                 .base_url("https://api.example.com:" + std::to_string(server.port()) + "/v1")
                                 .ca_pem(authority.pem())
                                 .pin_public_key(pin)
                                 .proxy(proxy_options(scheme + "://proxy.example:3128"));
        asio::io_context context;
        client client(context, with_resolver(options, resolver));
        const auto outcome = wait_for(context, client.try_get_session(session_id("none")));
        CHECK_MESSAGE(answered(outcome), outcome.error().describe());
        CHECK(resolver->look_ups == 1);
        CHECK(resolver->asked == "proxy.example:3128");
        CHECK(names(proxy.relay.asked(0), "api.example.com"));
    }
    CHECK(server.handshake(0).server_name == "api.example.com");
}

TEST_CASE("T01, T03, X10: through a proxy the server has to be the one of the base URL all the same") {
    const testing::certificate_authority authority;
    const auto shown = authority.issue(testing::certificate_options{}.dns_name("other.example"));
    testing::scripted_server server(testing::scripted_options{}.server_certificate(shown));
    server.otherwise(testing::script{}.handshake());
    for (const auto kind : all_proxies) {
        running_proxy proxy(like(kind));
        for (const bool trusted : {false, true}) {
            // The proxy's authority is nobody for the server.
            const auto& ca = trusted ? authority.pem() : proxy_authority().pem();
            asio::io_context context;
            client client(context, options_for(server).ca_pem(ca).proxy(proxy.options));
            const auto outcome = wait_for(context, client.try_create_session());
            REQUIRE(outcome.has_error());
            const auto& why = outcome.error();
            CHECK(why.code() == (trusted ? errc::tls_host_mismatch : errc::tls_untrusted));
            CHECK(why.delivery() == delivery::not_sent);
            CHECK_MESSAGE(names(why.message(), "(through proxy 127.0.0.1 port "), why.message());
        }
    }
}

TEST_CASE("T14, X10: through a proxy TLS sessions are resumed, and much goes both ways") {
    loopback_server server(recording());
    for (const auto kind : all_proxies) {
        CAPTURE(static_cast<int>(kind));
        running_proxy proxy(like(kind));
        asio::io_context context;
        client client(context, options_for(server).proxy(proxy.options).max_connections(1));
        const auto made = wait_for(context, client.try_create_session());
        REQUIRE_MESSAGE(made.has_value(), made.error().describe());
        collector<session> results;
        for (int i = 0; i < 200; ++i) {
            auto operation = client.try_get_session(made->id());
            std::move(operation)(results.next());
        }
        results.wait(context);
        CHECK(results.succeeded() == 200);
        const std::string large(300'000, 't');
        const auto body = R"({"id":")" + made->id().value() + R"(","tag":")" + large + R"("})";
        server.inject(testing::fault{}.on("GET", "/sessions").respond(200, body));
        const auto got = wait_for(context, client.try_get_session(made->id()));
        CHECK((got.has_value() && got->tag() == large));
        CHECK(client.stats().deepest_pipeline > 1);
        server.inject(testing::fault{}.on("GET", "/sessions").close_after_response());
        CHECK(wait_for(context, client.try_get_session(made->id())).has_value());
        CHECK(wait_for(context, client.try_get_session(made->id())).has_value());
        CHECK(proxy.relay.connections() == 2);
        CHECK(client.stats().handshakes_full == 1);
        CHECK(client.stats().handshakes_resumed == 1);
    }
}

TEST_CASE("W08, X07: a proxy that dies in the middle of a response is a lost connection") {
    loopback_server server(recording());
    for (const auto kind : all_proxies) {
        CAPTURE(static_cast<int>(kind));
        running_proxy proxy(like(kind));
        asio::io_context context;
        client client(context, options_for(server).proxy(proxy.options));
        const auto made = wait_for(context, client.try_create_session());
        REQUIRE(made.has_value());
        proxy.relay.cut_at_next_response();
        CHECK(wait_for(context, client.try_get_session(made->id())).has_value()); // on another connection
        CHECK(client.stats().resends == 1);
        CHECK(proxy.relay.connections() == 2);
        proxy.relay.cut_at_next_response();
        const auto lost = wait_for(context, client.try_create_session());
        REQUIRE(lost.has_error());
        CHECK(lost.error().code() == errc::connection_lost);
        CHECK_MESSAGE(names(lost.error().message(), "(through proxy 127.0.0.1 port "),
                      lost.error().message());
        CHECK(lost.error().delivery() == delivery::maybe_processed);
        CHECK(wait_for(context, client.try_get_session(made->id())).has_value());
    }
}

TEST_CASE("X07: a close_notify of the proxy ends an idle connection, and the next POST goes to another one") {
    const loopback_server server(recording());
    running_proxy proxy(like(proxy_of::https));
    asio::io_context context;
    client client(context, options_for(server).proxy(proxy.options));
    REQUIRE(wait_for(context, client.try_create_session()).has_value());
    proxy.relay.end_tls();
    support::run_until(context, [&client] { return client.stats().connections_idle == 0; });
    CHECK(client.stats().connections_closed_ended == 1);
    const auto next = wait_for(context, client.try_create_session());
    CHECK_MESSAGE(next.has_value(), next.error().describe());
    CHECK(proxy.relay.connections() == 2);
    CHECK(client.stats().resends == 0);
    CHECK(server.session_count() == 2);
}

TEST_CASE("X02, X03: what a proxy has said once is not said for ever") {
    const loopback_server server;
    const std::string wants = "HTTP/1.1 407 X\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\n{}";
    running_proxy proxy(relay_options().first_responses({wants, "HTTP/1.1 502 X\r\n\r\n"}));
    asio::io_context context;
    client client(context, options_for(server).proxy(proxy.options).retry(retry_policy().attempts(3)));
    const auto refused = wait_for(context, client.try_create_session());
    REQUIRE(refused.has_error());
    CHECK(refused.error().code() == errc::proxy_refused);
    CHECK(client.stats().dials == 1);
    CHECK(wait_for(context, client.try_create_session()).has_value()); // behind the 502, at the second dial
    CHECK(client.stats().dials == 3);
    CHECK(client.stats().dials_failed == 2);
    CHECK(client.stats().dials_failed_proxy == 2);
}

TEST_CASE(
    "X02: the proxy before a token endpoint refuses: calls that wait fail with that, and it is asked once") {
    const loopback_server server;
    for (const auto kind : all_proxies) {
        CAPTURE(static_cast<int>(kind));
        running_proxy proxy(like(kind).credentials("pr0xy-user", "pr0xy-s3cret"));
        auto tokens = token_options().token_url(server.token_url());
        tokens.connection().ca_pem(server.ca_pem()).proxy(proxy.options.credentials("", ""));
        asio::io_context context;
        client client(context, options_for(server).credentials(
                                   client_credentials(server.client_id(), server.client_secret(), tokens)));
        collector<session> results;
        for (int i = 0; i < 3; ++i) {
            auto operation = client.try_create_session();
            std::move(operation)(results.next());
        }
        results.wait(context);
        for (std::size_t i = 0; i < 3; ++i) {
            REQUIRE(results[i].has_error());
            const auto& why = results[i].error();
            CHECK(why.code() == errc::proxy_refused);
            CHECK_FALSE(why.code() == condition::retryable);
            CHECK(why.delivery() == delivery::not_sent);
            CHECK(why.attempts() == 0);
            CHECK_MESSAGE(why.message().starts_with("token endpoint: proxy 127.0.0.1 port "), why.message());
        }
        CHECK(proxy.relay.connections() == 1);
        CHECK(client.stats().requests_sent == 0);
    }
}

TEST_CASE("X09: another user's credentials for the proxy stand in no text") {
    const loopback_server server;
    for (const auto kind : all_proxies) {
        CAPTURE(static_cast<int>(kind));
        running_proxy proxy(like(kind).credentials("pr0xy-user", "pr0xy-s3cret"));
        for (const std::string wrong : {"M4rk-wrong", ""}) {
            auto options = proxy.options;
            options.credentials(wrong.empty() ? "" : "M4rk-user", wrong);
            asio::io_context context;
            client client(context, options_for(server).proxy(options).retry(retry_policy().attempts(3)));
            const auto outcome = wait_for(context, client.try_create_session());
            REQUIRE(outcome.has_error());
            const auto& why = outcome.error();
            CHECK(why.code() == errc::proxy_refused);
            CHECK_FALSE(why.code() == condition::retryable);
            CHECK(why.delivery() == delivery::not_sent);
            CHECK(why.attempts() == 0);
            CHECK(client.stats().dials == 1);
            CHECK_MESSAGE(
                names(why.message(), "proxy 127.0.0.1 port " + std::to_string(proxy.relay.port()) + ": "),
                why.message());
            CHECK(names(why.message(), "credentials"));
            for (const std::string secret : {"M4rk", "TTRya", "cr0xy"})
                CHECK_FALSE(names(why.describe(), secret));
        }
    }
}
