#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "client/tls_trial.hpp"
#include "support/test_client.hpp"

// TLS on connections that are open: how they end, what they resume, and what a server may ask on them.

using namespace bandwidth::webrtc;
using namespace std::chrono_literals;
using support::both_versions;
using support::http_response;
using support::options_for;
using support::responding;
using support::run_until;
using support::session_response;
using support::tls_trial;
using testing::certificate_authority;
using testing::loopback_options;
using testing::loopback_server;
using testing::script;
using testing::script_state;
using testing::scripted_options;
using testing::scripted_server;
using testing::tls_version;

namespace {

call_options once() { return call_options{}.allow_resend(false); }

} // namespace

TEST_CASE("T10: a FIN without close_notify in the middle of a body: an incomplete response") {
    for (const auto version : both_versions) {
        for (const std::string response :
             {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":\"a\"", // by its length
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"id\":\"a\r\n",
              "HTTP/1.1 200 OK\r\n\r\n{\"id\":\"a\"}"}) { // to the end of the connection: which end is that?
            CAPTURE(response);
            scripted_server server(scripted_options{}.max_tls_version(version));
            server.add(script{}.expect_requests().send(response).fin());
            server.otherwise(responding("b"));
            tls_trial trial(options_for(server));
            const auto cut = trial.get("a", once());
            REQUIRE(cut.has_error());
            CHECK(cut.error().code() == errc::incomplete_response);
            CHECK(cut.error().delivery() == delivery::maybe_processed);
            trial.check_served();
        }
    }
}

TEST_CASE("T11: a FIN without close_notify behind a complete response costs nothing but the connection") {
    for (const auto version : both_versions) {
        for (const std::string& response :
             {session_response("a"),
              std::string(
                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n{\"id\":\"a\"}\r\n0\r\n\r\n")}) {
            CAPTURE(response);
            scripted_server server(scripted_options{}.max_tls_version(version));
            server.add(script{}.expect_requests().send(response).fin());
            server.otherwise(responding("b"));
            tls_trial trial(options_for(server));
            const auto whole = trial.get("a", once());
            REQUIRE(whole.has_value());
            CHECK(whole->id().value() == "a");
            run_until(trial.context(), [&] { return trial.client().stats().connections_closed == 1; });
            const auto next = trial.get("b", once());
            REQUIRE(next.has_value());
            CHECK(next->id().value() == "b");
            CHECK(server.connections() == 2);
            CHECK(trial.client().stats().connections_lost == 0);
        }
    }
}

TEST_CASE("T13: a close_notify in the middle of a pipeline is answered, and the rest is sent again") {
    for (const auto version : both_versions) {
        scripted_server server(scripted_options{}.max_tls_version(version));
        server.add(script{}
                       .expect_requests()
                       .send(session_response("a"))
                       .expect_requests(2)
                       .send(session_response("b"))
                       .close_notify()
                       .expect_bytes("what never comes"));
        server.otherwise(responding("c"));
        tls_trial trial(options_for(server).max_connections(1));
        REQUIRE(trial.get("a").has_value());
        support::collector<session> results;
        trial.client().try_get_session(session_id("b"))(results.next());
        trial.client().try_get_session(session_id("c"))(results.next());
        results.wait(trial.context());
        REQUIRE(results[0].has_value());
        REQUIRE(results[1].has_value());
        CHECK(results[0]->id().value() == "b");
        CHECK(results[1]->id().value() == "c");
        CHECK(trial.client().stats().resends == 1);
        CHECK(server.connections() == 2);
        REQUIRE(server.wait_until_ended(0, support::generous_limit));
        CHECK(server.error(0) == "close_notify"); // ours, in response to the server's
        trial.check_served();
    }
}

TEST_CASE("T13: a POST that a close_notify meets fails, once") {
    scripted_server server;
    server.add(script{}.expect_requests().close_notify().expect_bytes("what never comes"));
    server.otherwise(responding());
    tls_trial trial(options_for(server));
    const auto lost = support::wait_for(trial.context(), trial.client().try_create_session());
    REQUIRE(lost.has_error());
    CHECK(lost.error().code() == errc::connection_lost);
    CHECK(lost.error().delivery() == delivery::maybe_processed);
    CHECK(lost.error().attempts() == 1);
    REQUIRE(server.wait_until_ended(0, support::generous_limit));
    CHECK(server.error(0) == "close_notify");
    trial.check_served();
}

TEST_CASE("T14: a session is resumed by the next connection, also after an abrupt end") {
    for (const auto version : both_versions) {
        loopback_server server(loopback_options{}.max_tls_version(version));
        tls_trial trial(options_for(server));
        trial.check_served();
        for (std::uint64_t ended = 1; ended <= 3; ++ended) {
            server.reset_idle_connections();
            run_until(trial.context(), [&] { return trial.client().stats().connections_closed == ended; });
            trial.check_served();
            CHECK(trial.client().stats().handshakes_resumed == ended);
            CHECK(server.stats().handshakes_resumed == ended);
        }
        CHECK(trial.client().stats().handshakes_full == 1);
    }
}

TEST_CASE("T16: a server that does not know the session any more: a full handshake, and no failed call") {
    const certificate_authority authority;
    const auto shown = authority.issue(support::for_localhost());
    for (const auto version : both_versions) {
        auto options = loopback_options{}.max_tls_version(version).server_certificate(shown);
        auto server = std::make_unique<loopback_server>(options);
        tls_trial trial(options_for(*server));
        trial.check_served();
        options.port(server->port());
        server.reset();
        run_until(trial.context(), [&] { return trial.client().stats().connections_closed == 1; });
        server = std::make_unique<loopback_server>(options);
        trial.check_served();
        CHECK(trial.client().stats().handshakes_full == 2);
        CHECK(trial.client().stats().handshakes_resumed == 0);
        CHECK(server->stats().handshakes_full == 1);
        CHECK(trial.client().stats().dials_failed == 0);
    }
}

TEST_CASE("T18: changes of keys are followed, and answered") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(session_response("a"))
                   .key_update(10)
                   .expect_requests()
                   .key_update(10)
                   .send(session_response("b"))
                   .expect_requests()
                   .send(session_response("c")));
    tls_trial trial(options_for(server));
    for (const std::string id : {"a", "b", "c"}) {
        const auto read = trial.get(id, once());
        REQUIRE(read.has_value());
        CHECK(read->id().value() == id);
    }
    CHECK(server.connections() == 1);
}

TEST_CASE("T18: changes of keys without end end the connection") {
    SUBCASE("in place of a response") {
        scripted_server server;
        server.add(script{}.expect_requests().key_update(10'000).send(session_response("a")));
        server.otherwise(responding("b"));
        tls_trial trial(options_for(server));
        const auto flooded = trial.get("a", once());
        REQUIRE(flooded.has_error());
        CHECK(flooded.error().code() == errc::tls_failed);
        CHECK(flooded.error().code() == condition::tls_error);
        CHECK(flooded.error().delivery() == delivery::maybe_processed);
        CHECK(trial.client().stats().bytes_received < 100'000); // of 270,000
        trial.check_served();
    }
    SUBCASE("on an idle connection") {
        scripted_server server;
        server.add(script{}.expect_requests().send(session_response("a")).key_update(10'000));
        server.otherwise(responding("b"));
        tls_trial trial(options_for(server));
        REQUIRE(trial.get("a", once()).has_value());
        run_until(trial.context(), [&] { return trial.client().stats().connections_closed == 1; });
        CHECK(trial.client().stats().connections_lost == 0);
        CHECK(trial.client().stats().bytes_received < 100'000);
        trial.check_served();
    }
}

TEST_CASE("T18: a renegotiation is refused") {
    scripted_server server(scripted_options{}.max_tls_version(tls_version::tls_1_2));
    server.add(script{}.expect_requests().renegotiate().expect_bytes("what never comes"));
    server.otherwise(responding());
    tls_trial trial(options_for(server));
    const auto refused = trial.get("a", once());
    REQUIRE(refused.has_error());
    CHECK(refused.error().code() == errc::tls_failed);
    CHECK(refused.error().delivery() == delivery::maybe_processed);
    REQUIRE(server.wait_until_ended(0, support::generous_limit));
    CHECK(server.error(0).find("no renegotiation") != std::string::npos); // OpenSSL takes our no for an end
    trial.check_served();
}
