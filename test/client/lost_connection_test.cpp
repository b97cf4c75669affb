#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "client/warm_up.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// Connections that end while calls are on them, or before: what is sent again, and what never is.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::count_of;
using support::options_for;
using support::recording;
using support::run_until;
using support::wait_for;
using support::warm_up;
using testing::fault;
using testing::loopback_options;
using testing::loopback_server;
using testing::script;
using testing::scripted_server;

namespace {

/// How often the server received each request line.
std::map<std::string, int> sends(const loopback_server& server) {
    std::map<std::string, int> counts;
    for (const auto& request : server.received())
        ++counts[request.method() + " " + request.target() + " " + request.body()];
    return counts;
}

/// How often the session "s`number`" was asked for.
int count_of_session(const std::map<std::string, int>& counts, int number) {
    int sum = 0;
    for (const auto& [request, count] : counts)
        sum += request.find("/sessions/s" + std::to_string(number) + " ") == std::string::npos ? 0 : count;
    return sum;
}

} // namespace

TEST_CASE("W07, W09: the next call works after the server closed the idle connection") {
    for (const bool reset : {false, true}) {
        for (const bool noticed : {false, true}) {
            CAPTURE(reset);
            CAPTURE(noticed);
            loopback_server server(recording());
            asio::io_context context;
            client client(context, options_for(server));
            REQUIRE(wait_for(context, client.try_create_session()).has_value());
            if (reset)
                server.reset_idle_connections();
            else
                server.close_idle_connections();
            if (noticed)
                run_until(context, [&] { return client.stats().connections_idle == 0; });
            // Not noticed: the GET may go out on the dead connection, and is then sent again.
            const auto read = wait_for(context, client.try_get_session(session_id("none")));
            CHECK_MESSAGE(read.error().http_status() == 404, read.error().describe());
            CHECK(server.stats().requests_get == 1);
            CHECK(client.stats().dials == 2);
            CHECK(support::at_rest(client.stats()));
        }
    }
}

TEST_CASE("a POST after the server closed the idle connection") {
    loopback_server server(recording());
    asio::io_context context;
    client client(context, options_for(server));
    REQUIRE(wait_for(context, client.try_create_session()).has_value());
    SUBCASE("noticed: it goes to a new connection") {
        server.close_idle_connections();
        run_until(context, [&] { return client.stats().connections_idle == 0; });
        CHECK(wait_for(context, client.try_create_session()).has_value());
    }
    SUBCASE("not noticed: it succeeds, or fails without a second send") {
        server.close_idle_connections();
        const auto made = wait_for(context, client.try_create_session());
        if (made.has_error()) {
            CHECK(made.error().code() == errc::connection_lost);
            CHECK(made.error().delivery() == delivery::maybe_processed);
        }
        CHECK(wait_for(context, client.try_create_session()).has_value());
    }
    CHECK(server.stats().requests_post <= 3);
    CHECK(server.session_count() == server.stats().requests_post);
}

TEST_CASE("W08: a POST is never sent twice, however its response is lost") {
    struct row {
        std::string name;
        fault injected;
        error_code code;
    };
    for (const auto& [each_name, injected, code] : std::vector<row>{
             {"close", fault{}.on("POST").close_before_response(), errc::connection_lost},
             {"reset", fault{}.on("POST").reset(), errc::connection_lost},
             {"half a response", fault{}.on("POST").truncate_at(60), errc::incomplete_response},
             {"half, reset", fault{}.on("POST").truncate_at(60).reset(), errc::incomplete_response},
             {"garbage", fault{}.on("POST").garbage("\x01\x02 not HTTP\r\n\r\n"), errc::protocol_error}}) {
        const auto& name = each_name;
        CAPTURE(name);
        for (const bool warm : {false, true}) {
            CAPTURE(warm);
            loopback_server server(recording());
            asio::io_context context;
            client client(context, options_for(server));
            if (warm)
                warm_up(context, client);
            server.inject(injected);
            const auto made =
                wait_for(context, client.try_create_session({}, call_options{}.allow_resend(true)));
            REQUIRE(made.has_error());
            if (name != "half, reset") // the reset may overtake what was sent before it
                CHECK(made.error().code() == code);
            CHECK(made.error().delivery() == delivery::maybe_processed);
            CHECK(made.error().attempts() == 1);
            CHECK(made.error().http_status() == 0);
            CHECK(server.stats().requests_post == 1);
            CHECK(server.session_count() == 1); // the service did carry it out
            CHECK(client.stats().resends == 0);
            CHECK(client.stats().connections_lost == 1);
            CHECK(wait_for(context, client.try_create_session()).has_value());
            CHECK(server.stats().requests_post == 2);
            CHECK(support::at_rest(client.stats()));
        }
    }
}

TEST_CASE("W08: GET, PUT and DELETE are sent again when the connection is lost") {
    loopback_server server(recording());
    asio::io_context context;
    client client(context, options_for(server));
    const auto room = wait_for(context, client.try_create_session());
    const auto alice = wait_for(context, client.try_create_participant());
    REQUIRE((room.has_value() && alice.has_value()));
    const auto& id = alice->participant().id();
    for (const auto& injected : {fault{}.close_before_response(), fault{}.reset(), fault{}.truncate_at(30)}) {
        server.inject(injected);
        CHECK(wait_for(context, client.try_get_session(room->id())).has_value());
        server.inject(injected);
        CHECK(wait_for(context, client.try_add_participant_to_session(room->id(), id)).has_value());
        server.inject(injected); // its first send was carried out
        CHECK(wait_for(context, client.try_remove_participant_from_session(room->id(), id,
                                                                           call_options{}.ignore_not_found()))
                  .has_value());
    }
    CHECK(client.stats().resends == 9);
    CHECK(client.stats().connections_lost == 9);
    CHECK(client.stats().dials == 10);
    CHECK(client.stats().handshakes_resumed == 9);
}

TEST_CASE("without allow_resend a GET fails like a POST") {
    loopback_server server(recording());
    server.inject(fault{}.close_before_response());
    asio::io_context context;
    client client(context, options_for(server));
    const auto read =
        wait_for(context, client.try_get_session(session_id("none"), call_options{}.allow_resend(false)));
    CHECK(read.error().code() == errc::connection_lost);
    CHECK(read.error().delivery() == delivery::maybe_processed);
    CHECK(server.stats().requests_get == 1);
}

TEST_CASE("W13: resends are bounded") {
    constexpr unsigned calls = 3;
    constexpr int most = 2;
    loopback_server server(recording());
    server.inject(fault{}.always().close_before_response());
    asio::io_context context;
    client client(context, options_for(server).max_resends(most).max_connections(1));
    collector<session> results;
    for (unsigned i = 0; i < calls; ++i)
        client.try_get_session(session_id("s" + std::to_string(i)))(results.next());
    results.wait(context);
    CHECK(results.each_once());
    for (std::size_t i = 0; i < results.size(); ++i) {
        CHECK(results[i].error().code() == errc::connection_lost);
        CHECK((results[i].error().delivery() == delivery::not_sent) == (results[i].error().attempts() == 0));
        CHECK(results[i].error().attempts() <= 1 + most);
    }
    for (const auto& [each_request, count] : sends(server)) {
        const auto& request = each_request;
        CHECK_MESSAGE(count <= 1 + most, request);
    }
    CHECK(client.stats().requests_sent <= calls * (1 + most));
    CHECK(server.stats().connections_accepted <= calls * (1 + most));
    server.clear_faults();
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("W11: Connection: close in the middle of a pipeline, every call is answered once") {
    loopback_server server(recording().requests_per_connection(5));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    collector<session> results;
    for (int i = 0; i < 100; ++i)
        client.try_get_session(session_id("s" + std::to_string(i)))(results.next());
    results.wait(context);
    CHECK(results.each_once());
    for (std::size_t i = 0; i < results.size(); ++i)
        CHECK_MESSAGE(results[i].error().http_status() == 404, results[i].error().describe());
    // What stood behind the last response was not processed, and is not in the server's log.
    for (const auto& [each_request, count] : sends(server)) {
        const auto& request = each_request;
        CHECK_MESSAGE(count == 1, request);
    }
    CHECK(server.stats().requests_get == 100);
    CHECK(client.stats().connections_lost == 0);
    CHECK(server.stats().handshakes_full == 1);
}

TEST_CASE("announced closes in every pipeline cost a call one resend at most: then it goes first in line") {
    loopback_server server(recording().requests_per_connection(4));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1).pipeline_depth(32).max_resends(1));
    collector<session> results;
    for (int i = 0; i < 100; ++i)
        client.try_get_session(session_id("s" + std::to_string(i)))(results.next());
    results.wait(context);
    CHECK(results.each_once());
    for (std::size_t i = 0; i < results.size(); ++i)
        CHECK_MESSAGE(results[i].error().http_status() == 404, results[i].error().describe());
    CHECK(server.stats().requests_get == 100);
}

TEST_CASE("POSTs where the server closes after every few responses") {
    loopback_server server(recording().requests_per_connection(3));
    asio::io_context context;
    client client(context, options_for(server).max_connections(2));
    collector<session> results;
    for (int i = 0; i < 50; ++i)
        client.try_create_session(session_request{}.tag("t" + std::to_string(i)))(results.next());
    results.wait(context);
    CHECK(results.succeeded() == 50);
    CHECK(server.session_count() == 50);
    CHECK(server.stats().requests_post == 50);
}

TEST_CASE("W10: a reset or a close in the middle of a pipeline, the rest is sent again") {
    struct row {
        std::string name;
        fault injected;
        bool responses_arrive; ///< those before it; a reset may overtake them
    };
    for (const auto& [each_name, injected, responses_arrive] :
         std::vector<row>{{"reset", fault{}.on("GET", "/s4").reset(), false},
                          {"close", fault{}.on("GET", "/s4").close_before_response(), true},
                          {"half a response", fault{}.on("GET", "/s4").truncate_at(50), true}}) {
        const auto& name = each_name;
        CAPTURE(name);
        loopback_server server(recording());
        asio::io_context context;
        client client(context, options_for(server).max_connections(1));
        warm_up(context, client);
        server.inject(injected);
        collector<session> results;
        for (int i = 0; i < 8; ++i)
            client.try_get_session(session_id("s" + std::to_string(i)))(results.next());
        results.wait(context);
        CHECK(results.each_once());
        for (std::size_t i = 0; i < results.size(); ++i)
            CHECK_MESSAGE(results[i].error().http_status() == 404, results[i].error().describe());
        const auto counts = sends(server);
        CHECK(counts.size() == 9);
        for (const auto& [each_request, count] : counts) {
            const auto& request = each_request;
            CHECK_MESSAGE(count <= 2, request);
        }
        if (responses_arrive) {
            for (int i = 0; i < 4; ++i)
                CHECK_MESSAGE(count_of_session(counts, i) == 1, i);
            CHECK(count_of_session(counts, 4) == 2);
        }
        CHECK(client.stats().connections_lost == 1);
        CHECK(client.stats().dials == 2);
        CHECK(support::at_rest(client.stats()));
    }
}

TEST_CASE("garbage as a response fails its request alone, the innocent behind it are sent again") {
    loopback_server server(recording());
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    warm_up(context, client);
    server.inject(fault{}.on("GET", "/s1").garbage("HTTP/9.9 banana\r\n\r\n"));
    collector<session> results;
    for (int i = 0; i < 4; ++i)
        client.try_get_session(session_id("s" + std::to_string(i)))(results.next());
    results.wait(context);
    CHECK(results[0].error().http_status() == 404);
    CHECK(results[1].error().code() == errc::protocol_error);
    CHECK(results[1].error().delivery() == delivery::maybe_processed);
    CHECK(results[1].error().attempts() == 1);
    CHECK(results[2].error().http_status() == 404);
    CHECK(results[3].error().http_status() == 404);
    CHECK(client.stats().dials == 2);
}

TEST_CASE("N5: after a failed connection the next one is not pipelined on until it has answered") {
    // RFC 9112, section 9.3.2
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::session_response("warm"))
                   .expect_requests(4)
                   .send(support::session_response("s0"))
                   .rst());
    server.add(script{}
                   .expect_requests()
                   .delay(20ms)
                   .send(support::session_response("s1"))
                   .expect_requests(2)
                   .send(support::session_response("s2") + support::session_response("s3")));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    REQUIRE(wait_for(context, client.try_get_session(session_id("warm"))).has_value());
    collector<session> results;
    for (int i = 0; i < 4; ++i)
        client.try_get_session(session_id("s" + std::to_string(i)))(results.next());
    run_until(context, [&] { return server.received(1).find("\r\n\r\n") != std::string::npos; });
    CHECK(count_of(server.received(1), "GET ") == 1);
    results.wait(context);
    // The reset may overtake the response to s0, which then is sent again and gets the response to s1: the
    // script does not look. So only what is common to both is checked.
    CHECK(results.each_once());
    CHECK(server.connections() >= 2);
}

TEST_CASE("W12: a response that arrived before the reset is delivered, what is behind it is sent again") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::session_response("first"))
                   .expect_requests(2)
                   .send(support::session_response("a"))
                   .rst());
    server.otherwise(script{}.expect_requests().send(support::session_response("b")));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    REQUIRE(wait_for(context, client.try_get_session(session_id("first"))).has_value());
    collector<session> results;
    client.try_get_session(session_id("a"))(results.next());
    client.try_get_session(session_id("b"))(results.next());
    // The response and the reset are both there before this side reads, or writes again.
    context.restart();
    context.poll();
    REQUIRE(server.wait_until_ended(0, support::generous_limit));
    results.wait(context);
    CHECK(results.each_once());
    REQUIRE_MESSAGE(results[0].has_value(), results[0].error().describe());
    CHECK(results[0]->id().value() == "a");
    REQUIRE_MESSAGE(results[1].has_value(), results[1].error().describe());
    CHECK(results[1]->id().value() == "b");
    CHECK(server.received(1).find("/sessions/a") == std::string::npos); // it was answered
}

TEST_CASE("a response that arrived before the connection ended is delivered") {
    scripted_server server;
    server.add(script{}.expect_requests().send(support::session_response("a")).fin());
    asio::io_context context;
    client client(context, options_for(server));
    const auto read = wait_for(context, client.try_get_session(session_id("a")));
    REQUIRE(read.has_value());
    run_until(context, [&] { return client.stats().connections_idle == 0; });
    CHECK(client.stats().connections_lost == 0);
}

TEST_CASE("F06: bytes that no request asked for close the connection and are no response to the next") {
    scripted_server server;
    server.add(
        script{}.expect_requests().send(support::session_response("a") + support::session_response("evil")));
    server.add(script{}.expect_requests().send(support::session_response("b")));
    asio::io_context context;
    client client(context, options_for(server));
    const auto first = wait_for(context, client.try_get_session(session_id("a")));
    REQUIRE(first.has_value());
    CHECK(first->id().value() == "a");
    const auto second = wait_for(context, client.try_get_session(session_id("b")));
    REQUIRE(second.has_value());
    CHECK(second->id().value() == "b");
    CHECK(server.connections() == 2);
    CHECK(client.stats().unsolicited_bytes == support::session_response("evil").size());
}

TEST_CASE("I2, F20: a response that nobody asked for, while calls are in flight, is handed to none of them") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::session_response("first"))
                   .expect_requests(2)
                   .send(support::session_response("somebody else's", "X-Request-Id: his\r\n") +
                         support::session_response("a") + support::session_response("b")));
    server.otherwise(script{}.expect_requests().send(support::session_response("b")));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    const auto first = wait_for(context, client.try_get_session(session_id("first")));
    REQUIRE(first.has_value());
    collector<session> results;
    client.try_get_session(session_id("a"))(results.next());
    client.try_get_session(session_id("b"))(results.next());
    results.wait(context);
    REQUIRE(results[0].has_error());
    const auto& why = results[0].error();
    CHECK(why.code() == errc::protocol_error);
    CHECK(why.delivery() == delivery::maybe_processed);
    CHECK(why.message() == R"(the response is for "somebody...", not for "a")");
    CHECK(client.stats().responses_mismatched == 1);
    CHECK(why.http_status() == 0); // nothing of the other's is kept
    CHECK(why.body().empty());
    CHECK(why.request_id().empty());
    REQUIRE_MESSAGE(results[1].has_value(), results[1].error().describe());
    CHECK(results[1]->id().value() == "b");
    CHECK(server.connections() == 2);
    CHECK(server.received(1).find("/sessions/b ") != std::string::npos);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("N2: a 408 on an idle connection is a silent close") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::session_response("a"))
                   .delay(5ms)
                   .send(support::http_response(408, "", "Connection: close\r\n"))
                   .close_notify()
                   .fin());
    server.add(script{}.expect_requests().send(support::session_response("b")));
    asio::io_context context;
    client client(context, options_for(server));
    REQUIRE(wait_for(context, client.try_get_session(session_id("a"))).has_value());
    run_until(context, [&] { return client.stats().connections_idle == 0; });
    const auto second = wait_for(context, client.try_get_session(session_id("b")));
    REQUIRE(second.has_value());
    CHECK(second->id().value() == "b");
}

TEST_CASE("a body that ends with the connection but without close_notify is incomplete") {
    scripted_server server;
    server.otherwise(script{}.expect_requests().send("HTTP/1.1 200 OK\r\n\r\n{\"id\":\"a\"}").fin());
    asio::io_context context;
    client client(context, options_for(server));
    const auto read = wait_for(context, client.try_get_session(session_id("a")));
    REQUIRE(read.has_error());
    CHECK(read.error().code() == errc::incomplete_response);
    CHECK(server.connections() <= 3);
}
