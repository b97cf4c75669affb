#include <doctest/doctest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "client/warm_up.hpp"
#include "support/chaos_server.hpp"
#include "support/network.hpp"
#include "support/test_client.hpp"

// What a network does to connections: resets before TLS begins, ends while nothing is in flight, peers that
// are silent, and bytes that come one by one.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::chaos_options;
using support::chaos_server;
using support::collector;
using support::options_for;
using support::run_until;
using support::wait_for;
using support::warm_up_with_session;
using testing::fault;
using testing::loopback_options;
using testing::loopback_server;
using testing::script;
using testing::scripted_server;

namespace {

/// Whether the reset was seen where it can be: in the handshake, or already as the outcome of connect.
bool is_reset_dial(const failure& seen) {
    return seen.code() == errc::handshake_failed || seen.code() == errc::connect_failed;
}

} // namespace

TEST_CASE("W06: connections reset as soon as they are accepted are failed dials: few, and then an error") {
    scripted_server server;
    server.otherwise(script{}.rst());
    asio::io_context context;
    client client(context, options_for(server).timeout(10s).max_connections(4));
    collector<session> results;
    for (int i = 0; i < 20; ++i)
        client.try_create_session()(results.next());
    results.wait(context);
    CHECK(results.each_once());
    for (std::size_t i = 0; i < results.size(); ++i) {
        CHECK(is_reset_dial(results[i].error()));
        CHECK(results[i].error().code() == condition::retryable);
        CHECK(results[i].error().delivery() == delivery::not_sent);
        CHECK(results[i].error().attempts() == 0);
    }
    CHECK(client.stats().dials <= 4 + 3);
    run_until(context, [&] { return client.stats().connections_connecting == 0; });
    CHECK(client.stats().dials_failed == client.stats().dials);
    CHECK(client.stats().handshakes_full == 0);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("W06: a few connections are reset as they are accepted, then all is well") {
    scripted_server server;
    server.add(script{}.rst());
    server.otherwise(script{}.expect_requests().send(support::session_response("s")));
    asio::io_context context;
    client client(context, options_for(server).timeout(10s).max_connections(1));
    auto made = wait_for(context, client.try_create_session());
    if (made.has_error()) { // a single dial was made for it
        CHECK(is_reset_dial(made.error()));
        made = wait_for(context, client.try_create_session());
    }
    CHECK_MESSAGE(made.has_value(), made.error().describe());
    CHECK(client.stats().dials == 2);
}

TEST_CASE("W06: two connections are reset as they are accepted: the third serves the call that waits") {
    scripted_server server;
    server.add(script{}.rst());
    server.add(script{}.rst());
    server.otherwise(script{}.expect_requests().send(support::session_response("s")));
    asio::io_context context;
    client client(context, options_for(server).retry(retry_policy()).timeout(20s).max_connections(1));
    const auto made = wait_for(context, client.try_create_session());
    CHECK_MESSAGE(made.has_value(), made.error().describe());
    CHECK(client.stats().dials == 3);
    CHECK(client.stats().dials_failed == 2);
}

TEST_CASE(
    "W06: while new connections are reset the open one serves all calls, and is dialled beside with "
    "pauses") {
    std::atomic<bool> resets = false;
    chaos_options options;
    options.welcomes = [&resets](std::size_t) {
        return resets ? chaos_options::welcome::reset : chaos_options::welcome::take;
    };
    chaos_server server(options);
    asio::io_context context;
    client client(context, server.client_options().max_connections(4).timeout(60s));
    warm_up_with_session(context, client);
    resets = true;
    collector<session> results;
    for (int i = 0; i < 200; ++i)
        client.try_get_session(session_id("s" + std::to_string(i)))(results.next());
    for (int i = 0; i < 10; ++i)
        client.try_create_session()(results.next());
    results.wait(context);
    CHECK(results.succeeded() == 210);
    CHECK(client.stats().resends == 0);
    CHECK(client.stats().connections_lost == 0);
    CHECK(client.stats().connections_closed == 0);
    CHECK(client.stats().dials >= 2); // it was tried
    CHECK(client.stats().dials <= 1 + 10);
    resets = false;
    warm_up_with_session(context, client, "again");
}

TEST_CASE("W07, W09: an idle connection that the server closes or resets leaves the pool by itself") {
    for (const bool reset : {false, true}) {
        for (const bool post : {false, true}) {
            CAPTURE(reset);
            CAPTURE(post);
            loopback_server server(loopback_options{}.record_requests(true));
            asio::io_context context;
            client client(context, options_for(server));
            REQUIRE(wait_for(context, client.try_create_session()).has_value());
            REQUIRE(client.stats().connections_idle == 1);
            if (reset)
                server.reset_idle_connections();
            else
                server.close_idle_connections();
            run_until(context, [&] { return client.stats().connections_idle == 0; }); // no call is needed
            CHECK(client.stats().connections_closed == 1);
            CHECK(support::sockets_to(server.port()).empty());
            if (post) {
                const auto made = wait_for(context, client.try_create_session());
                CHECK_MESSAGE(made.has_value(), made.error().describe());
            } else {
                const auto read = wait_for(context, client.try_get_session(session_id("none")));
                CHECK_MESSAGE(read.error().http_status() == 404, read.error().describe());
            }
            CHECK(server.received().size() == 2); // no request went to waste
            CHECK(client.stats().dials == 2);
            CHECK(client.stats().resends == 0);
            CHECK(client.stats().connections_lost == 0);
            CHECK(support::at_rest(client.stats()));
        }
    }
}

TEST_CASE("W07, W09: all of many idle connections end at once") {
    for (const bool reset : {false, true}) {
        CAPTURE(reset);
        loopback_server server(loopback_options{}.delay(2ms));
        asio::io_context context;
        client client(context, options_for(server).max_connections(8));
        for (int round = 0; round < 3; ++round) {
            collector<session> results;
            for (int i = 0; i < 64; ++i)
                client.try_create_session()(results.next());
            results.wait(context);
            CHECK(results.succeeded() == 64);
            run_until(context, [&] { return client.stats().connections_connecting == 0; });
            if (reset)
                server.reset_idle_connections();
            else
                server.close_idle_connections();
            run_until(context, [&] { return client.stats().connections_idle == 0; });
        }
        CHECK(server.session_count() == 3 * 64);
        CHECK(client.stats().resends == 0);
        CHECK(client.stats().connections_lost == 0);
        CHECK(support::sockets_to(server.port()).empty());
    }
}

TEST_CASE("W14: a client's connection is watched by the system: silent peers are probed and given up") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    REQUIRE(wait_for(context, client.try_create_session()).has_value());
    const auto sockets = support::sockets_to(server.port());
    REQUIRE(sockets.size() == 1);
    const auto option = [&](int level, int name) {
        int value = -1;
        socklen_t size = sizeof value;
        REQUIRE(::getsockopt(sockets[0], level, name, &value, &size) == 0);
        return value;
    };
    CHECK(option(IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK(option(SOL_SOCKET, SO_KEEPALIVE) != 0);
#ifdef TCP_USER_TIMEOUT
    CHECK(option(IPPROTO_TCP, TCP_USER_TIMEOUT) > 0);
#endif
}

TEST_CASE(
    "W14: a peer that is silent on every connection: the calls behind the first do not wait one after "
    "the other") {
    chaos_server server;
    asio::io_context context;
    client client(context, server.client_options()
                               .max_connections(1)
                               .pipeline_depth(16)
                               .max_resends(1)
                               .timeout(60s)
                               .response_timeout(500ms));
    warm_up_with_session(context, client);
    server.pause(1); // dead, but still there
    collector<session> results;
    for (int i = 0; i < 16; ++i)
        client.try_get_session(session_id("s" + std::to_string(i)))(results.next());
    results.wait(context);
    for (std::size_t i = 0; i < results.size(); ++i)
        CHECK_MESSAGE(results[i].has_value(), results[i].error().describe());
    CHECK(client.stats().retries == 1); // the one whose response was due
    CHECK(client.stats().resends == 15);
    CHECK(client.stats().connections_lost == 1);
    CHECK(client.stats().dials == 2);
}

TEST_CASE("W15: responses that come byte by byte, each in a record of its own") {
    const auto chunked = [](const std::string& id) {
        const auto body = "{\"id\":\"" + id + "\"}";
        std::string bytes =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: "
            "chunked\r\n\r\n";
        for (const char c : body)
            bytes += std::string("1\r\n") + c + "\r\n";
        return bytes + "0\r\n\r\n";
    };
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send_split(support::session_response("warm"))
                   .expect_requests(3)
                   .send_split(support::session_response("a") + chunked("b") + support::session_response("c"))
                   .expect_requests()
                   .send_split(chunked("d"), 2));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    warm_up_with_session(context, client);
    collector<session> results;
    for (const char* const id : {"a", "b", "c"})
        client.try_get_session(session_id(id))(results.next());
    results.wait(context);
    for (std::size_t i = 0; i < results.size(); ++i) {
        REQUIRE_MESSAGE(results[i].has_value(), results[i].error().describe());
        CHECK(results[i]->id().value() == std::string(1, static_cast<char>('a' + i)));
    }
    warm_up_with_session(context, client, "d");
    CHECK(server.connections() == 1);
    CHECK(client.stats().resends == 0);
}

TEST_CASE("W15: requests that are read byte by byte") {
    chaos_server server(support::receiving_into(2048));
    server.read_at_most(1);
    asio::io_context context;
    client client(context, server.client_options().max_connections(1).timeout(60s).response_timeout(60s));
    warm_up_with_session(context, client);
    collector<session> results;
    for (int i = 0; i < 20; ++i)
        client.try_get_session(session_id("s" + std::to_string(i)),
                               call_options{}.header("X-Padding", std::string(1000, 'p')))(results.next());
    results.wait(context);
    for (std::size_t i = 0; i < results.size(); ++i) {
        REQUIRE_MESSAGE(results[i].has_value(), results[i].error().describe());
        CHECK(results[i]->id().value() == "s" + std::to_string(i));
    }
    CHECK(client.stats().dials == 1);
}

TEST_CASE("W15: a body that drips just inside of every timeout is ended by the deadline of the call") {
    // A byte every 20 ms, where 2 s of silence are allowed: it would take 200 s.
    auto dripping = script{}.expect_requests().send(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n{");
    for (int i = 0; i < 10'000; ++i)
        dripping.delay(20ms).send(" ");
    scripted_server server;
    server.add(dripping);
    server.otherwise(script{}.expect_requests().send(support::session_response("s")));
    asio::io_context context;
    client client(context, options_for(server).response_timeout(2s).timeout(500ms));
    const auto dripped = wait_for(context, client.try_get_session(session_id("s")));
    CHECK(dripped.error().code() == errc::body_timeout);
    CHECK(dripped.error().delivery() == delivery::maybe_processed);
    CHECK(dripped.error().elapsed() >= 490ms);
    CHECK(dripped.error().attempts() == 1);
    CHECK(client.stats().bytes_received < 20'000); // what came in that time, not what would have
    const auto next = wait_for(context, client.try_get_session(session_id("s"), call_options{}.timeout(30s)));
    CHECK_MESSAGE(next.has_value(), next.error().describe());
    CHECK(server.connections() == 2);
}

TEST_CASE(
    "W15: a head that drips, or one hint after the other, is ended by the response timeout or the deadline") {
    // For 100 s, far longer than a test may take.
    auto head = script{}.expect_requests().send("HTTP/1.1 200 OK\r\nX-Endless: ");
    auto hints = script{}.expect_requests();
    for (int i = 0; i < 5000; ++i) {
        head.delay(20ms).send("a");
        hints.delay(20ms).send(i < 10 ? "HTTP/1.1 103 Early Hints\r\n\r\n" : "");
    }
    const std::pair<const script*, bool> rows[] = {{&head, false}, {&head, true}, {&hints, false}};
    for (const auto& [dripping, each_by_deadline] : rows) {
        const auto& by_deadline = each_by_deadline;
        CAPTURE(by_deadline);
        scripted_server server;
        server.add(*dripping);
        server.otherwise(script{}.expect_requests().send(support::session_response("s")));
        asio::io_context context;
        client client(context, options_for(server)
                                   .response_timeout(by_deadline ? 200s : 300ms)
                                   .timeout(by_deadline ? 300ms : 200s));
        const auto dripped = wait_for(context, client.try_get_session(session_id("s")));
        CHECK(dripped.error().code() == errc::response_timeout);
        CHECK(dripped.error().elapsed() >= 290ms);
        const auto again = call_options{}.timeout(30s).retry(retry_policy());
        const auto next = wait_for(context, client.try_get_session(session_id("s"), again));
        CHECK_MESSAGE(next.has_value(), next.error().describe());
    }
}

TEST_CASE("O08: cancelled in the TLS handshake: the slot is free at once, the dial ends in its time") {
    scripted_server server;
    server.add(script{}.handshake_stall(100));
    server.otherwise(script{}.expect_requests().send(support::session_response("s")));
    asio::io_context context;
    client client(context, options_for(server).connect_timeout(500ms).max_connections(1));
    collector<session> results;
    asio::cancellation_signal signal;
    client.try_get_session(session_id("s"))(asio::bind_cancellation_slot(signal.slot(), results.next()));
    run_until(context, [&] { return server.state(0) == testing::script_state::ended; });
    signal.emit(asio::cancellation_type::terminal);
    results.wait(context);
    CHECK(results[0].error().code() == errc::cancelled);
    CHECK(results[0].error().delivery() == delivery::not_sent);
    CHECK(client.stats().queue_depth == 0);
    run_until(context, [&] { return client.stats().connections_connecting == 0; });
    CHECK(support::sockets_to(server.port()).empty());
    warm_up_with_session(context, client, "s");
    CHECK(client.stats().calls_failed == 1);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE(
    "O08: cancelled in a handshake that goes on: the connection becomes idle and serves the next call") {
    chaos_server server;
    server.pause(); // the handshake is done all the same, requests are not read
    asio::io_context context;
    client client(context, server.client_options());
    collector<session> results;
    asio::cancellation_signal signal;
    client.try_get_session(session_id("s"))(asio::bind_cancellation_slot(signal.slot(), results.next()));
    run_until(context, [&] { return server.connections_accepted() == 1; });
    signal.emit(asio::cancellation_type::terminal);
    results.wait(context);
    CHECK(results[0].error().code() == errc::cancelled);
    server.resume();
    run_until(context, [&] { return client.stats().connections_idle == 1; });
    warm_up_with_session(context, client);
    CHECK(client.stats().dials == 1);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("O08: cancelled in the queue behind a busy connection: never sent, its place is another's") {
    chaos_server server;
    asio::io_context context;
    client client(context,
                  server.client_options().max_connections(1).pipeline_depth(1).queue_limit(2).timeout(60s));
    warm_up_with_session(context, client);
    server.pause();
    collector<session> busy;
    collector<session> queued;
    asio::cancellation_signal signal;
    client.try_get_session(session_id("busy"))(busy.next());
    run_until(context, [&] { return client.stats().in_flight == 1; });
    client.try_get_session(session_id("n1"))(asio::bind_cancellation_slot(signal.slot(), queued.next()));
    client.try_get_session(session_id("second"))(queued.next());
    run_until(context, [&] { return client.stats().queue_depth == 2; });
    CHECK(wait_for(context, client.try_get_session(session_id("third"))).error().code() == errc::queue_full);
    signal.emit(asio::cancellation_type::total);
    run_until(context, [&] { return queued.left() == 1; });
    CHECK(queued[0].error().code() == errc::cancelled);
    CHECK(queued[0].error().delivery() == delivery::not_sent);
    CHECK(client.stats().queue_depth == 1);
    client.try_get_session(session_id("n4"))(queued.next());
    server.resume();
    queued.wait(context);
    busy.wait(context);
    CHECK(queued[1].has_value());
    CHECK(queued[2].has_value());
    CHECK_FALSE(server.records().contains(1));
    CHECK(server.records()[4].received == 1);
    CHECK(support::at_rest(client.stats()));
}
