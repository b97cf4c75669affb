#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/bind_executor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "manager/trial.hpp"

// Clients that share the connections of a manager.

using namespace std::chrono_literals;
using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::collector;
using support::http_response;
using support::session_response;
using support::wait_for;
using test::make;
using test::origin_of;
using test::trusting;
using testing::loopback_server;
using testing::script;
using testing::scripted_server;
using http_verb = boost::beast::http::verb;

namespace {

account_options account(const std::string& name, const std::string& password = "secret") {
    return account_options{}.account(name).credentials("user", password);
}

manager_options one_connection(const std::string& ca_pem) { return trusting(ca_pem).max_connections(1); }

} // namespace

TEST_CASE("two accounts and the manager's own calls share a connection, each with its own credentials") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(session_response("a"))
                   .expect_requests()
                   .send(session_response("b"))
                   .expect_requests()
                   .send(http_response(200, "plain")));
    asio::io_context context;
    connection_manager manager(context, origin_of(server), one_connection(server.ca_pem()));
    client first(manager, account("1", "one"));
    client second(manager, account("2", "two").base_path("/v2").user_agent("second/1"));
    CHECK(wait_for(context, first.try_get_session(session_id("a"))).has_value());
    CHECK(wait_for(context, second.try_get_session(session_id("b"))).has_value());
    CHECK(wait_for(context, manager.try_send(make(http_verb::get, "/other"))).has_value());
    CHECK(server.connections() == 1);
    const auto sent = server.received(0);
    const auto second_at = sent.find("GET /v2/accounts/2/sessions/b HTTP/1.1\r\n");
    const auto third_at = sent.find("GET /other HTTP/1.1\r\n");
    REQUIRE(second_at != std::string::npos);
    REQUIRE(third_at != std::string::npos);
    const auto part = [&](std::size_t from, std::size_t to) { return sent.substr(from, to - from); };
    CHECK(part(0, second_at).starts_with("GET /v1/accounts/1/sessions/a HTTP/1.1\r\n"));
    CHECK(part(0, second_at).find("Authorization: Basic dXNlcjpvbmU=\r\n") != std::string::npos);
    CHECK(part(second_at, third_at).find("Authorization: Basic dXNlcjp0d28=\r\n") != std::string::npos);
    CHECK(part(second_at, third_at).find("User-Agent: second/1\r\n") != std::string::npos);
    CHECK(part(third_at, sent.size()).find("Authorization") == std::string::npos);
    CHECK(manager.stats().calls_succeeded == 3);
    CHECK(first.stats().calls_succeeded == 3); // of all that share the manager
}

TEST_CASE("all operations go over a manager's connections") {
    loopback_server server;
    asio::io_context context;
    connection_manager manager(context, origin_of(server), one_connection(server.ca_pem()));
    client used(
        manager,
        account(server.client_options().account()).credentials(server.client_options().credentials()));
    const auto made = wait_for(context, used.try_create_session());
    REQUIRE(made.has_value());
    const auto somebody = wait_for(context, used.try_create_participant());
    REQUIRE(somebody.has_value());
    const auto who = somebody->participant().id();
    CHECK(wait_for(context, used.try_add_participant_to_session(made->id(), who)).has_value());
    CHECK(wait_for(context, used.try_list_session_participants(made->id()))->size() == 1);
    CHECK(wait_for(context, used.try_delete_session(made->id())).has_value());
    CHECK(wait_for(context, used.try_get_session(made->id())).error().code() == condition::not_found);
    CHECK(manager.stats().dials == 1);
}

TEST_CASE("the end of one client fails its calls, and the other clients' go on over the same connection") {
    for (const int how : {0, 1, 2}) { // closed, destroyed, drained
        CAPTURE(how);
        scripted_server server;
        server.add(script{}
                       .expect_requests()
                       .send(session_response("warm"))
                       .expect_requests(2)
                       .hold()
                       .send(session_response("a") + session_response("b")));
        asio::io_context context;
        connection_manager manager(context, origin_of(server), one_connection(server.ca_pem()));
        std::optional<client> first(std::in_place, manager, account("1"));
        client second(manager, account("2"));
        REQUIRE(wait_for(context, second.try_get_session(session_id("warm"))).has_value());
        collector<session> results;
        first->try_get_session(session_id("a"))(results.next());
        second.try_get_session(session_id("b"))(results.next());
        support::run_until(context, [&] { return manager.stats().in_flight == 2; });
        REQUIRE(server.wait_until_held(0, 10s));
        if (how == 0) {
            first->close();
        } else if (how == 1) {
            first.reset();
        } else {
            const auto cut_off = wait_for(context, first->try_drain(10ms));
            CHECK(cut_off.error().code() == errc::client_closed);
        }
        if (first)
            CHECK(wait_for(context, first->try_get_session(session_id("late"))).error().code() ==
                  errc::client_closed);
        support::run_until(context, [&] { return results.left() == 1; });
        CHECK(results[0].error().code() == errc::client_closed);
        CHECK(results[0].error().delivery() == delivery::maybe_processed);
        server.release(0);
        results.wait(context);
        REQUIRE(results[1].has_value());
        CHECK(results[1]->id().value() == "b");
        CHECK(server.connections() == 1);
        CHECK(support::at_rest(manager.stats()));
    }
}

TEST_CASE("a client over several shards of a manager drains when its calls in all of them have ended") {
    loopback_server server;
    asio::io_context context;
    connection_manager manager(context, origin_of(server),
                               trusting(server.ca_pem()).shards(3).max_connections(3));
    client first(
        manager,
        account(server.client_options().account()).credentials(server.client_options().credentials()));
    client second(
        manager,
        account(server.client_options().account()).credentials(server.client_options().credentials()));
    const auto made = wait_for(context, first.try_create_session());
    REQUIRE(made.has_value());
    CHECK(wait_for(context, first.try_drain()).has_value());
    CHECK(wait_for(context, first.try_get_session(made->id())).error().code() == errc::client_closed);
    CHECK(wait_for(context, second.try_get_session(made->id())).has_value());
    CHECK(wait_for(context, first.try_drain()).has_value());
    CHECK(wait_for(context, manager.try_drain()).has_value());
    CHECK(wait_for(context, second.try_get_session(made->id())).error().code() == errc::client_closed);
    CHECK(wait_for(context, second.try_drain()).has_value());
}

TEST_CASE("a client's drain waits for its calls in every shard, and cuts them off at its limit") {
    for (const bool answered : {true, false}) {
        CAPTURE(answered);
        scripted_server server;
        server.otherwise(script{}.expect_requests().hold().send(session_response("a")));
        asio::io_context context;
        connection_manager manager(context, origin_of(server),
                                   trusting(server.ca_pem()).shards(2).max_connections(2));
        client first(manager, account("1"));
        client second(manager, account("2"));
        // A call belongs to the shard of the thread that makes it, and threads are numbered as they come.
        collector<session> results;
        const auto start = [&](client& by) {
            std::optional<operation<session>> made;
            std::thread([&] { made.emplace(by.try_get_session(session_id("a"))); }).join();
            std::move (*made)(results.next());
        };
        start(first);
        start(first);
        support::run_until(context, [&] { return manager.stats().in_flight == 2; });
        collector<void> drained;
        first.try_drain(answered ? 30s : 50ms)(drained.next());
        if (answered) {
            REQUIRE(server.wait_until_held(0, 10s));
            REQUIRE(server.wait_until_held(1, 10s));
            server.release(0);
            support::run_until(context, [&] { return results.left() == 1; });
            CHECK(drained.left() == 1);
            server.release(1);
        }
        results.wait(context);
        drained.wait(context);
        CHECK(drained[0].has_value() == answered);
        CHECK(results.succeeded() == (answered ? 2U : 0U));
        CHECK(manager.stats().connections_idle + manager.stats().abandoned == 2); // they stay
        CHECK(wait_for(context, first.try_get_session(session_id("a"))).error().code() ==
              errc::client_closed);
    }
}

TEST_CASE("a client outlives its manager, and its calls fail") {
    loopback_server server;
    asio::io_context context;
    std::optional<connection_manager> manager(std::in_place, context, origin_of(server),
                                              one_connection(server.ca_pem()));
    client left(*manager, account("1"));
    manager.reset();
    CHECK(wait_for(context, left.try_create_session()).error().code() == errc::client_closed);
    CHECK(left.stats().calls_failed == 1);
    left.close();
}

TEST_CASE("account options that cannot be used are refused by their name") {
    asio::io_context context;
    const connection_manager manager(context, "https://localhost");
    const auto refused = [&](const account_options& options) -> std::string {
        try {
            const client made(manager, options);
        } catch (const api_error& error) {
            CHECK(error.code() == errc::invalid_options);
            return error.failure().message();
        }
        return {};
    };
    CHECK(refused(account_options{}.credentials("user", "secret")).starts_with("account"));
    CHECK(refused(account_options{}.account("1")).starts_with("credentials"));
    CHECK(refused(account("1").user_agent("a\r\nb")).starts_with("user_agent"));
    for (const char* const path : {"v1", "/v1/", "/", "/v 1", "/v1?a", "/v1#a"})
        CHECK(refused(account("1").base_path(path)).starts_with("base_path"));
    CHECK(refused(account("1").header("Host", "x")).starts_with("header: Host"));
    CHECK(refused(account("1").header("Idempotency-Key", "x")).starts_with("header: Idempotency-Key"));
    CHECK(refused(account("1").header("X", "a\nb")).starts_with("header: the value of X"));
    CHECK(refused(account("1").base_path("")).empty());
}

TEST_CASE("headers for all calls of a client, in place of which a call may send its own") {
    scripted_server server;
    script all;
    for (int i = 0; i < 3; ++i)
        all.expect_requests().send(session_response("a"));
    server.add(all);
    asio::io_context context;
    client used(context, support::options_for(server)
                             .header("X-Tenant", "seven")
                             .header("X-Api-Token", "wD5dTqw81")
                             .header("X-Tenant", "eight"));
    REQUIRE(wait_for(context, used.try_get_session(session_id("a"))).has_value());
    REQUIRE(
        wait_for(context, used.try_get_session(session_id("a"), call_options{}.header("x-tenant", "nine")))
            .has_value());
    REQUIRE(wait_for(context, used.try_get_session(session_id("a"), call_options{}.header("X-More", "1")))
                .has_value());
    const auto sent = server.received(0);
    const auto second_at = sent.find("GET", 1);
    const auto third_at = sent.find("GET", second_at + 1);
    const auto first = sent.substr(0, second_at);
    const auto second = sent.substr(second_at, third_at - second_at);
    const auto third = sent.substr(third_at);
    const std::string tenants = "X-Tenant: seven\r\nX-Api-Token: wD5dTqw81\r\nX-Tenant: eight\r\n";
    CHECK(first.find(tenants + "\r\n") != std::string::npos);
    CHECK(second.find("X-Api-Token: wD5dTqw81\r\nx-tenant: nine\r\n\r\n") != std::string::npos);
    CHECK(second.find("X-Tenant") == std::string::npos);
    CHECK(third.find(tenants + "X-More: 1\r\n\r\n") != std::string::npos);
}

TEST_CASE("a secret in a header of all calls is redacted where a service echoes it") {
    scripted_server server;
    server.add(script{}.expect_requests().send(http_response(400, R"({"message":"bad wD5dTqw81"})")));
    asio::io_context context;
    client used(context, support::options_for(server).header("X-Api-Token", "wD5dTqw81"));
    const auto got = wait_for(context, used.try_get_session(session_id("a")));
    REQUIRE(got.has_error());
    CHECK(got.error().message() == "bad [redacted]");
    CHECK(got.error().body().find("wD5dTqw81") == std::string::npos);
}

TEST_CASE("O24: the context of a manager has gone: its calls and those of a client that shares it say so") {
    loopback_server server;
    auto gone = std::make_unique<asio::io_context>();
    asio::io_context living;
    connection_manager manager(*gone, origin_of(server), one_connection(server.ca_pem()));
    client sharing(
        manager,
        account(server.client_options().account()).credentials(server.client_options().credentials()));
    CHECK(wait_for(*gone, sharing.try_create_session()).has_value());
    gone.reset();
    collector<session> sessions;
    sharing.try_create_session()(asio::bind_executor(living, sessions.next()));
    sessions.wait(living);
    CHECK(sessions.each_once());
    CHECK(sessions[0].error().code() == errc::client_closed);
    collector<test::response> responses;
    manager.try_send(make(http_verb::get, "/"))(asio::bind_executor(living, responses.next()));
    responses.wait(living);
    CHECK(responses.each_once());
    CHECK(responses[0].error().code() == errc::client_closed);
    collector<void> drained;
    sharing.try_drain()(asio::bind_executor(living, drained.next()));
    drained.wait(living);
    CHECK(drained[0].error().code() == errc::client_closed);
}
