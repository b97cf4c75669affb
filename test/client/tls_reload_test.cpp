#include <doctest/doctest.h>

#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client/tls_trial.hpp"
#include "support/test_client.hpp"

// T21: other TLS options while the client runs. New connections use them, old ones drain, no session crosses.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::options_for;
using support::responding;
using support::run_until;
using support::session_response;
using support::tls_trial;
using testing::certificate_authority;
using testing::loopback_options;
using testing::loopback_server;
using testing::script;
using testing::scripted_server;

TEST_CASE("T21: an authority that is not trusted any more: neither an open connection nor a session helps") {
    loopback_server server;
    tls_trial trial(options_for(server));
    trial.check_served();
    trial.client().reload_tls(options_for(server).ca_pem(certificate_authority().pem()));
    const auto refused = trial.get("s");
    REQUIRE(refused.has_error());
    CHECK(refused.error().code() == errc::tls_untrusted);
    CHECK(refused.error().delivery() == delivery::not_sent);
    CHECK(server.stats().requests() == 1);

    trial.client().reload_tls(options_for(server)); // trusted again
    trial.check_served();
    CHECK(trial.client().stats().handshakes_resumed == 0);
    CHECK(trial.client().stats().handshakes_full == 2);
}

TEST_CASE("T21: an authority that is new, and the server with it") {
    const certificate_authority before("before");
    const certificate_authority after("after");
    auto server = std::make_unique<loopback_server>(
        loopback_options{}.server_certificate(before.issue(support::for_localhost())));
    const auto options = options_for(*server);
    const auto port = server->port();
    tls_trial trial(options);
    trial.check_served();
    server.reset();
    server = std::make_unique<loopback_server>(
        loopback_options{}.port(port).server_certificate(after.issue(support::for_localhost())));
    run_until(trial.context(), [&] { return trial.client().stats().connections_closed == 1; });
    CHECK(trial.get("s").error().code() == errc::tls_untrusted);
    trial.client().reload_tls(
        client_options(options).ca_pem(before.pem() + after.pem())); // as one does meanwhile
    trial.check_served();
}

TEST_CASE("T21: the next connection shakes hands in full, the one after it resumes") {
    loopback_server server;
    tls_trial trial(options_for(server));
    trial.check_served();
    for (std::uint64_t reloads = 1; reloads <= 3; ++reloads) {
        trial.client().reload_tls(options_for(server));
        trial.check_served();
        CHECK(trial.client().stats().handshakes_full == 1 + reloads);
        server.reset_idle_connections();
        run_until(trial.context(), [&] { return trial.client().stats().connections_closed == 2 * reloads; });
        trial.check_served();
        CHECK(trial.client().stats().handshakes_resumed == reloads);
    }
    CHECK(server.stats().handshakes_full == 4);
    CHECK(server.stats().handshakes_resumed == 3);
}

TEST_CASE("T21: calls in flight are answered on the old connection, which closes behind the last") {
    scripted_server server;
    server.add(script{}
                   .delay(300ms) // so that it is not worth another connection for the calls to come
                   .handshake()
                   .expect_requests()
                   .send(session_response("a"))
                   .expect_requests(2)
                   .delay(100ms) // until the options have changed
                   .send(session_response("b") + session_response("c"))
                   .expect_bytes("what never comes"));
    server.otherwise(responding("d"));
    tls_trial trial(options_for(server).max_connections(2));
    REQUIRE(trial.get("a").has_value());
    support::collector<session> results;
    auto& client = trial.client();
    client.try_get_session(session_id("b"))(results.next());
    client.try_get_session(session_id("c"))(results.next());
    run_until(trial.context(), [&] { return client.stats().requests_sent == 3; });
    client.reload_tls(options_for(server));
    client.try_get_session(session_id("d"))(results.next());
    results.wait(trial.context());
    CHECK(results.succeeded() == 3);
    CHECK(results[0]->id().value() == "b");
    CHECK(results[1]->id().value() == "c");
    CHECK(results[2]->id().value() == "d");
    CHECK(client.stats().resends == 0);
    CHECK(client.stats().connections_lost == 0);
    CHECK(server.connections() == 2);
    REQUIRE(server.wait_until_ended(0, support::generous_limit));
    CHECK(server.error(0) == "close_notify");
    trial.check_served();
    CHECK(server.connections() == 2); // the new one stays
}

TEST_CASE("T21: with one connection allowed, calls wait until the old one has drained") {
    scripted_server server;
    server.add(script{}.expect_requests().delay(100ms).send(session_response("a")));
    server.otherwise(responding("b"));
    tls_trial trial(options_for(server).max_connections(1));
    support::collector<session> results;
    auto& client = trial.client();
    client.try_get_session(session_id("a"))(results.next());
    run_until(trial.context(), [&] { return client.stats().requests_sent == 1; });
    client.reload_tls(options_for(server));
    client.try_get_session(session_id("b"))(results.next());
    client.try_create_session()(results.next());
    results.wait(trial.context());
    CHECK(results.succeeded() == 3);
    CHECK(server.connections() == 2);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("T21: a caller that has gone does not keep the old connection open") {
    scripted_server server;
    server.add(script{}.expect_requests().expect_bytes("what never comes"));
    server.otherwise(responding());
    tls_trial trial(options_for(server).max_connections(1));
    CHECK(trial.get("a", call_options{}.timeout(100ms).allow_resend(false)).error().code() ==
          errc::response_timeout);
    CHECK(trial.client().stats().abandoned == 1);
    trial.client().reload_tls(options_for(server));
    trial.check_served();
    REQUIRE(server.wait_until_ended(0, support::generous_limit));
    CHECK(server.error(0) == "close_notify");
    CHECK(trial.client().stats().abandoned == 0);
}

TEST_CASE("T21: a handshake that is under way begins again with the new options") {
    loopback_server trusted;
    SUBCASE("one that stalls") {
        scripted_server server;
        server.add(script{}.handshake_stall(100));
        server.otherwise(responding());
        asio::io_context context;
        client client(context, options_for(server));
        support::collector<session> results;
        client.try_create_session()(results.next());
        run_until(context, [&] { return server.handshake(0).server_name == "localhost"; });
        client.reload_tls(options_for(server));
        results.wait(context);
        CHECK(results.succeeded() == 1);
        CHECK(client.stats().dials == 2);
        CHECK(client.stats().dials_failed == 0);
        CHECK(server.connections() == 2);
        CHECK(support::at_rest(client.stats()));
    }
    SUBCASE("before anything has run") {
        asio::io_context context;
        client client(context, options_for(trusted).ca_pem(certificate_authority().pem()));
        support::collector<session> results;
        client.try_create_session()(results.next());
        client.reload_tls(options_for(trusted));
        results.wait(context);
        CHECK(results.succeeded() == 1);
    }
}

TEST_CASE("T21: a connection that was never used is replaced, and no call fails for it") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    asio::cancellation_signal gone;
    support::collector<session> results;
    client.try_create_session()(asio::bind_cancellation_slot(gone.slot(), results.next()));
    run_until(context, [&] { return client.stats().connections_connecting == 1; });
    gone.emit(asio::cancellation_type::terminal);
    results.wait(context);
    CHECK(results[0].error().code() == errc::cancelled);
    run_until(context, [&] { return client.stats().connections_idle == 1; });
    client.reload_tls(options_for(server));
    client.try_create_session()(results.next());
    client.try_create_session()(results.next());
    results.wait(context);
    CHECK(results.succeeded() == 2);
    CHECK(server.stats().connections_accepted == 2);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("T21: a file of authorities is read again") {
    const certificate_authority old_one;
    loopback_server server;
    const auto path =
        std::filesystem::temp_directory_path() / ("tls_reload_test." + std::to_string(server.port()));
    const auto write = [&path](const std::string& pem) { std::ofstream(path) << pem; };
    write(old_one.pem());
    const auto options = options_for(server).ca_pem("").ca_file(path.string());
    tls_trial trial(options);
    CHECK(trial.refusal().code() == errc::tls_untrusted);
    write(server.ca_pem());
    trial.client().reload_tls(options);
    trial.check_served();
    std::filesystem::remove(path);
}

TEST_CASE("T21: options that cannot be used change nothing") {
    loopback_server server;
    tls_trial trial(options_for(server));
    trial.check_served();
    const auto check = [&](const client_options& bad, const std::string& option) {
        try {
            trial.client().reload_tls(bad);
            FAIL("taken");
        } catch (const api_error& error) {
            CHECK(error.code() == errc::invalid_options);
            CHECK(error.failure().message().starts_with(option));
        }
    };
    check(client_options{}.ca_pem("nonsense"), "ca_pem");
    check(client_options{}.ca_file("/nonexistent"), "ca_file");
    check(client_options{}.client_certificate("nonsense", "nonsense"), "client_certificate");
    check(client_options{}.pin_public_key("nonsense"), "pin_public_key");
    trial.check_served();
    CHECK(trial.client().stats().dials == 1);
}

TEST_CASE("T21: reloading a client that is closed does nothing") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    client.close();
    client.reload_tls(options_for(server));
    context.run();
    CHECK(support::wait_for(context, client.try_create_session()).error().code() == errc::client_closed);
}

TEST_CASE("T21: reloaded again and again by one thread, used by others: every call succeeds") {
    loopback_server server;
    asio::thread_pool threads(2);
    client client(threads, options_for(server).max_connections(4));
    const auto made = client.try_create_session()(asio::use_future).get();
    REQUIRE(made.has_value());
    constexpr int rounds = 20;
    std::atomic<int> round{0};
    std::thread reloading([&] { // in the middle of each round; a handshake needs a moment without
        for (int seen = 0; seen < rounds; ++seen) {
            round.wait(seen);
            client.reload_tls(options_for(server));
            client.reload_tls(options_for(server));
        }
    });
    std::vector<std::future<result<session>>> responses;
    while (round < rounds) {
        ++round;
        round.notify_one();
        for (int i = 0; i < 50; ++i)
            responses.push_back(client.try_get_session(made->id())(asio::use_future));
        for (auto& response : responses) {
            const auto outcome = response.get();
            CHECK_MESSAGE(outcome.has_value(), (outcome ? "" : outcome.error().describe()));
        }
        responses.clear();
    }
    reloading.join();
    client.close();
    threads.join();
    CHECK(client.stats().resends == 0);
    CHECK(client.stats().calls_failed == 0);
}
