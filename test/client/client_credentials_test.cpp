#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/client_credentials.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "client/refusal.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// OAuth 2.0 client credentials against the emulation's token endpoint.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::names;
using support::options_for;
using support::run_until;
using support::wait_for;
using testing::fault;
using testing::loopback_options;
using testing::loopback_server;

namespace {

constexpr const char* token_path = "/oauth2/token";

token_options tokens_of(const loopback_server& server) {
    auto options = token_options{}.token_url(server.token_url());
    options.connection().ca_pem(server.ca_pem());
    return options;
}

std::shared_ptr<const credential_source> credentials_of(const loopback_server& server) {
    return client_credentials(server.client_id(), server.client_secret(), tokens_of(server));
}

client_options with_token(const loopback_server& server) {
    return options_for(server).credentials(credentials_of(server));
}

} // namespace

TEST_CASE("client credentials: one token is fetched for all calls, of several clients and shards too") {
    loopback_server server;
    asio::io_context context;
    const auto credentials = credentials_of(server);
    client first(context, options_for(server).credentials(credentials));
    client second(context, options_for(server).credentials(credentials).shards(2));
    collector<session> results;
    for (int i = 0; i < 100; ++i)
        (i % 2 == 0 ? first : second).try_create_session()(results.next());
    results.wait(context);
    CHECK(results.each_once());
    for (std::size_t i = 0; i < 100; ++i)
        CHECK(results[i].has_value());
    CHECK(server.session_count() == 100);
    CHECK(server.stats().tokens_issued == 1);
    CHECK(server.stats().tokens_refused == 0);
}

TEST_CASE(
    "client credentials: 10,000 calls without a token, and 10,000 with one that is revoked, make one fetch "
    "each") {
    loopback_server server;
    asio::io_context context;
    client used(context, with_token(server).queue_limit(10'000));
    for (std::uint64_t tokens = 1; tokens <= 2; ++tokens) {
        server.revoke_tokens();
        collector<session> results;
        for (int i = 0; i < 10'000; ++i)
            used.try_create_session()(results.next());
        results.wait(context);
        CHECK(results.each_once());
        CHECK(results.succeeded() == 10'000);
        CHECK(server.stats().tokens_issued == tokens);
    }
    CHECK(server.session_count() == 20'000);
}

TEST_CASE("client credentials: the request is that of RFC 6749, 4.4") {
    loopback_server server(support::recording());
    asio::io_context context;
    auto options = tokens_of(server).scope("voice.webrtc");
    client client(context,
                  options_for(server).credentials(client_credentials("client", "client-secret", options)));
    CHECK(wait_for(context, client.try_create_session()).has_value());
    const auto asked = server.received();
    REQUIRE(asked.size() == 2);
    CHECK(asked[0].method() == "POST");
    CHECK(asked[0].target() == "/api/v1/oauth2/token");
    CHECK(asked[0].body() == "grant_type=client_credentials&scope=voice.webrtc");
}

TEST_CASE("client credentials: a token that is revoked is fetched anew, and a POST is sent once more") {
    loopback_server server;
    asio::io_context context;
    client client(context, with_token(server));
    for (int i = 1; i <= 3; ++i) {
        CHECK(wait_for(context, client.try_create_session()).has_value());
        CHECK(server.session_count() == static_cast<std::size_t>(i));
        CHECK(server.stats().tokens_issued == (i == 1 ? 1U : 2U));
        if (i == 1)
            server.revoke_tokens();
    }
    CHECK(client.stats().resends_requested == 1);
}

TEST_CASE("client credentials: the server's clock is an hour ahead of ours: its 401 tells us") {
    loopback_server server;
    asio::io_context context;
    client client(context, with_token(server));
    CHECK(wait_for(context, client.try_create_session()).has_value());
    server.advance(2h);
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(server.stats().tokens_issued == 2);
}

TEST_CASE("client credentials: a 401 that no token mends is the result, and the endpoint is left alone") {
    loopback_server server;
    asio::io_context context;
    client client(context, with_token(server).account("another"));
    for (int i = 0; i < 5; ++i) {
        const auto outcome = wait_for(context, client.try_create_session());
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().http_status() == 401);
        CHECK(outcome.error().delivery() == delivery::answered);
    }
    CHECK(server.stats().tokens_issued == 2);
}

TEST_CASE("client credentials: two secrets, of which either may be the one that is good") {
    loopback_server server;
    asio::io_context context;
    const auto options = tokens_of(server).second_secret("new-secret");
    client client(context,
                  options_for(server).credentials(client_credentials("client", "client-secret", options)));
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(server.stats().tokens_refused == 0);
    server.set_client_secrets("new-secret");
    server.revoke_tokens();
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(server.stats().tokens_refused == 1);
    CHECK(server.stats().tokens_issued == 2);
}

TEST_CASE("client credentials: what the endpoint refuses is an error of its own, without a secret in it") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).credentials(
                               client_credentials("client", "M4rk-wrong-secret", tokens_of(server))));
    const auto outcome = wait_for(context, client.try_create_session());
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code() == errc::token_refused);
    CHECK(outcome.error().code() == condition::unauthorized);
    CHECK(outcome.error().service_code() == "invalid_client");
    CHECK(outcome.error().delivery() == delivery::not_sent);
    CHECK(names(outcome.error().message(), "token endpoint: HTTP 401: invalid_client"));
    CHECK_FALSE(names(outcome.error().describe(), "M4rk"));
    CHECK(server.session_count() == 0);
    server.inject(fault{}.on("POST", token_path).respond(200, "{\"access_token\":\"M4rk-t0ken\"}"));
    std::this_thread::sleep_for(600ms); // the pause after a refusal is real time
    const auto without_life = wait_for(context, client.try_create_session());
    CHECK(without_life.error().code() == errc::token_failed);
    CHECK(names(without_life.error().message(), "no expires_in"));
    CHECK_FALSE(names(without_life.error().describe(), "M4rk"));
}

TEST_CASE("client credentials: an endpoint that fails for a while is asked again, and calls wait for it") {
    loopback_server server;
    server.inject(fault{}.on("POST", token_path).times(1).respond(503, "<html>", "text/html"));
    server.inject(fault{}.on("POST", token_path).times(1).throttle(1s));
    server.inject(fault{}.on("POST", token_path).times(1).garbage("no HTTP"));
    asio::io_context context;
    client client(context, with_token(server));
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(server.stats().tokens_issued == 2); // the garbage stood in place of the first
}

TEST_CASE("client credentials: an endpoint that cannot be connected to fails the calls that wait at once") {
    loopback_server server;
    struct refused {
        token_options tokens;
        errc code;
    };
    auto of_another_name = tokens_of(server);
    of_another_name.connection().connect_to("127.0.0.1", server.port());
    for (const auto& [tokens, code] :
         {refused{token_options().token_url(server.token_url()), errc::tls_untrusted},
          refused{of_another_name.token_url("https://token.example/oauth2/token"),
                  errc::tls_host_mismatch}}) {
        asio::io_context context;
        client client(context, options_for(server).credentials(
                                   client_credentials(server.client_id(), server.client_secret(), tokens)));
        const auto outcome = wait_for(context, client.try_create_session());
        REQUIRE(outcome.has_error());
        const auto& why = outcome.error();
        CHECK(why.code() == code);
        CHECK(why.code() == condition::tls_error);
        CHECK(why.delivery() == delivery::not_sent);
        CHECK_MESSAGE(why.message().starts_with("token endpoint: "), why.message());
        CHECK(why.elapsed() < 20s); // the deadline is 30 s
    }
    CHECK(server.session_count() == 0);
}

TEST_CASE("client credentials: a call's deadline bounds its wait, and the error tells what it waited for") {
    loopback_server server;
    asio::io_context context;
    auto nowhere = tokens_of(server).token_url("https://127.0.0.1:1/token");
    client client(context,
                  options_for(server).credentials(client_credentials("client", "client-secret", nowhere)));
    const auto outcome = wait_for(context, client.try_create_session({}, call_options{}.timeout(300ms)));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code() == errc::token_timeout);
    CHECK(outcome.error().code() == boost::system::errc::timed_out);
    CHECK(names(outcome.error().message(), "127.0.0.1"));
    CHECK(outcome.error().delivery() == delivery::not_sent);
}

TEST_CASE(
    "client credentials: nothing is left on the context after a drain, a close, or the end of a client") {
    for (const int way : {0, 1, 2}) {
        CAPTURE(way);
        loopback_server server;
        asio::io_context context;
        auto used = std::make_unique<client>(context, with_token(server));
        CHECK(wait_for(context, used->try_create_session()).has_value());
        if (way == 0)
            CHECK(wait_for(context, used->try_drain()).has_value());
        else if (way == 1)
            used->close();
        else
            used.reset();
        context.restart();
        const auto began = std::chrono::steady_clock::now();
        context.run();
        CHECK(std::chrono::steady_clock::now() - began < 20s); // the token lives for an hour
    }
}

TEST_CASE("client credentials: a fetch under way when the last client closes") {
    loopback_server server;
    server.inject(fault{}.on("POST", token_path).delay(30s));
    asio::io_context context;
    client used(context, with_token(server));
    collector<session> results;
    used.try_create_session()(results.next());
    run_until(context, [&] { return server.stats().requests() >= 1; });
    used.close();
    results.wait(context);
    CHECK(results.each_once());
    CHECK(results[0].error().code() == errc::client_closed);
    context.restart();
    context.run(); // does not wait for the fetch
}

TEST_CASE(
    "client credentials: the context with the fetch is destroyed, and a client elsewhere has its token") {
    loopback_server server;
    server.inject(fault{}.on("POST", token_path).delay(30s));
    const auto credentials = credentials_of(server);
    auto gone = std::make_unique<asio::io_context>();
    asio::io_context context;
    client left(*gone, options_for(server).credentials(credentials));
    client goes_on(context, options_for(server).credentials(credentials));
    collector<session> never;
    left.try_create_session()(never.next());
    run_until(*gone, [&] { return server.stats().requests() >= 1; });
    collector<session> results;
    goes_on.try_create_session()(asio::bind_executor(context, results.next()));
    context.poll();
    gone.reset();
    results.wait(context);
    CHECK(results.each_once());
    CHECK(results[0].has_value());
}

TEST_CASE(
    "client credentials: a fetch on a context that nobody runs is given up, and a client elsewhere makes its "
    "own") {
    loopback_server server;
    auto options = tokens_of(server);
    options.connection().timeout(1s);
    const auto credentials = client_credentials(server.client_id(), server.client_secret(), options);
    asio::io_context stands_still;
    asio::io_context context;
    client idle(stands_still, options_for(server).credentials(credentials));
    client goes_on(context, options_for(server).credentials(credentials));
    collector<session> never;
    idle.try_create_session()(never.next());
    stands_still.poll(); // begins to connect
    CHECK(wait_for(context, goes_on.try_create_session()).has_value());
    CHECK(server.stats().tokens_issued == 1);
}

TEST_CASE("client credentials: clients that share a manager, one with a token and one with a password") {
    loopback_server server;
    asio::io_context context;
    connection_manager manager(context, "https://localhost:" + std::to_string(server.port()),
                               manager_options{}.ca_pem(server.ca_pem()));
    const auto account = server.client_options().account();
    client one(manager, account_options{}.account(account).credentials(credentials_of(server)));
    client other(manager, account_options{}.account(account).credentials("user", "secret"));
    CHECK(wait_for(context, one.try_create_session()).has_value());
    CHECK(wait_for(context, other.try_create_session()).has_value());
    CHECK(server.session_count() == 2);
}

TEST_CASE("client credentials: what is wrong is refused by name, and no secret is told") {
    const auto refused = [](std::string_view id, std::string_view secret, const token_options& options) {
        try {
            static_cast<void>(client_credentials(id, secret, options));
        } catch (const api_error& thrown) {
            CHECK(thrown.code() == errc::invalid_options);
            CHECK_FALSE(names(thrown.what(), "M4rk"));
            return thrown.failure().message();
        }
        return std::string("taken");
    };
    CHECK(refused("id", "M4rk", {}) == "taken");
    CHECK(names(refused("", "M4rk", {}), "the id is empty"));
    CHECK(names(refused("a:b", "M4rk", {}), "the id has a colon"));
    CHECK(names(refused("a\t", "M4rk", {}), "the id has control characters"));
    CHECK(names(refused("id", "", {}), "the secret is empty"));
    CHECK(names(refused("id", "M4rk\r\n", {}), "the secret"));
    CHECK(names(refused("id", "M4rk", token_options{}.second_secret("M4rk\n")), "second_secret"));
    CHECK(names(refused("id", "M4rk", token_options{}.token_url("http://example.com/t")),
                "token_url: http is for"));
    CHECK(
        names(refused("id", "M4rk", token_options{}.connection(manager_options{}.ca_pem("none"))), "ca_pem"));
}

TEST_CASE("client credentials: one option of the token's connection leaves the others as they were") {
    token_options options;
    const auto& connection = options.connection().ca_pem("pem");
    CHECK(connection.ca_pem() == "pem");
    CHECK(connection.max_connections() == 1);
    CHECK(connection.timeout() == 10s);
    CHECK(connection.idle_timeout() == 1s);
    CHECK(connection.retry().attempts() == 1);
    CHECK(options.connection(manager_options{}).connection().timeout() == manager_options{}.timeout());
}

TEST_CASE("client credentials: a call that meets a 429 and then a token that is dead has both behind it") {
    loopback_server server;
    asio::io_context context;
    client client(context, with_token(server).retry(retry_policy{}.throttled_backoff(20ms)));
    CHECK(wait_for(context, client.try_create_session()).has_value());
    server.inject(fault{}.on("POST", "/sessions").times(1).respond(429));
    server.revoke_tokens();
    const auto made = wait_for(context, client.try_create_session());
    REQUIRE_MESSAGE(made.has_value(), made.error().describe());
    CHECK(server.session_count() == 2);
    CHECK(server.stats().tokens_issued == 2);
    CHECK(server.stats().requests_post == 6); // two for tokens; 200, and then 429, 401 and 200
    CHECK(client.stats().origin_paced == 1);
    CHECK(client.stats().resends_requested == 1);
}

TEST_CASE("O02: an origin that is closed holds up nobody who runs the context without calls") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).retry(retry_policy::none()));
    server.inject(fault{}.on("POST", "/sessions").times(1).throttle(30s).close_after_response());
    const auto refused = wait_for(context, client.try_create_session());
    CHECK(refused.error().http_status() == 429);
    CHECK(client.stats().origin_paced == 1);
    context.restart();
    const auto began = std::chrono::steady_clock::now();
    context.run();
    CHECK(std::chrono::steady_clock::now() - began < 20s);
}

TEST_CASE("bearer token: goes out with each request, and what cannot be one is refused") {
    loopback_server server(support::recording());
    asio::io_context context;
    client client(context, options_for(server).credentials(bearer_token("abc.def")));
    CHECK(wait_for(context, client.try_create_session()).error().http_status() == 401);
    CHECK_THROWS_AS(static_cast<void>(bearer_token("")), api_error);
    CHECK_THROWS_AS(static_cast<void>(bearer_token("a b")), api_error);
}
