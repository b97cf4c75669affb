#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

#include "client/warm_up.hpp"
#include "send_failures/failing_sends.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// W22: the system does not send (a full queue of the network device, a route that is gone, a firewall's
// rule), and the connection looks well to those who only read. In a program of its own, since `send` is
// replaced in it.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using send_failures::failing_sends;
using support::collector;
using support::count_of;
using support::generous_limit;
using support::options_for;
using support::run_until;
using testing::script;
using testing::script_state;
using testing::scripted_server;

namespace {

/// Nothing but the failed send can end a call before its deadline.
client_options patient(const scripted_server& server) {
    return options_for(server).response_timeout(10min).connect_timeout(10min).timeout(20s);
}

void start(client& client, bool post, collector<session>& results) {
    if (post)
        client.try_create_session()(results.next());
    else
        client.try_get_session(session_id("own"))(results.next());
}

std::string request_lines(const scripted_server& server, std::size_t connection) {
    const auto text = server.received(connection);
    std::string lines;
    for (std::size_t at = 0; (at = text.find(" HTTP/1.1\r\n", at)) != std::string::npos; ++at) {
        const auto begin = text.rfind('\n', at) + 1; // npos + 1 is 0
        lines += text.substr(begin, text.find(' ', begin) - begin) + " ";
    }
    return lines;
}

/// The bytes of a request that can be sent before the rest of its record fails.
constexpr std::size_t part_of_a_record = 20;

} // namespace

TEST_CASE("W22: where not a byte could be sent the call goes elsewhere, at once") {
    for (const int error : {ENOBUFS, EHOSTUNREACH, ENETUNREACH, EPERM}) {
        for (const bool post : {false, true}) {
            CAPTURE(error);
            CAPTURE(post);
            scripted_server server;
            server.add(script{}.expect_requests().send(support::session_response("warm")));
            server.otherwise(script{}.expect_requests().send(support::session_response("own")));
            asio::io_context context;
            client client(context, patient(server));
            support::warm_up_with_session(context, client);
            const failing_sends failing(server.port(), error);
            collector<session> results;
            start(client, post, results);
            results.wait(context);
            CHECK(failing.count() >= 1);
            REQUIRE_MESSAGE(results[0].has_value(), results[0].error().describe());
            CHECK(results[0]->id().value() == "own");
            CHECK(request_lines(server, 0) == "GET ");
            CHECK(request_lines(server, 1) == (post ? "POST " : "GET "));
            CHECK(client.stats().connections_closed == 1);
            CHECK(client.stats().resends == 0);
            CHECK(client.stats().retries == 0);
            CHECK(support::at_rest(client.stats()));
        }
    }
}

TEST_CASE("W22: a response that has arrived by then is read first") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::session_response("warm"))
                   .expect_requests()
                   .hold()
                   .send(support::session_response("own")));
    server.otherwise(script{}.expect_requests().send(support::session_response("own")));
    asio::io_context context;
    client client(context, patient(server).max_connections(1));
    support::warm_up_with_session(context, client);
    collector<session> results;
    start(client, false, results);
    run_until(context, [&] { return server.state(0) == script_state::held; });
    const failing_sends failing(server.port(), ENOBUFS);
    asio::post(context, [&] {
        server.release(0);
        REQUIRE(server.wait_until_ended(0, generous_limit));
        start(client, false, results); // it is written before the thread reads again
    });
    results.wait(context);
    run_until(context, [&] { return results.left() == 0 && results.size() == 2; });
    CHECK(failing.count() >= 1);
    REQUIRE_MESSAGE(results[0].has_value(), results[0].error().describe());
    REQUIRE_MESSAGE(results[1].has_value(), results[1].error().describe());
    CHECK(request_lines(server, 0) == "GET GET ");
    CHECK(request_lines(server, 1) == "GET ");
    CHECK(client.stats().resends == 0);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("W22: what was sent before and is not answered is lost at once, and sent again where it may be") {
    scripted_server server;
    server.add(script{}.expect_requests().send(support::session_response("warm"))); // and nothing more
    server.otherwise(script{}
                         .expect_requests()
                         .send(support::session_response("own"))
                         .expect_requests()
                         .send(support::session_response("own")));
    asio::io_context context;
    client client(context, patient(server).max_connections(1));
    support::warm_up_with_session(context, client);
    collector<session> results;
    start(client, false, results);
    run_until(context, [&] { return request_lines(server, 0) == "GET GET "; });
    const failing_sends failing(server.port(), EHOSTUNREACH);
    start(client, false, results);
    results.wait(context);
    REQUIRE_MESSAGE(results[0].has_value(), results[0].error().describe());
    REQUIRE_MESSAGE(results[1].has_value(), results[1].error().describe());
    CHECK(request_lines(server, 0) == "GET GET ");
    CHECK(request_lines(server, 1) == "GET GET ");
    CHECK(client.stats().resends == 1);
    CHECK(client.stats().connections_lost == 1);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("W22: a request that was sent in part may have been processed") {
    for (const bool post : {false, true}) {
        CAPTURE(post);
        scripted_server server;
        server.add(script{}.expect_requests().send(support::session_response("warm")));
        server.otherwise(script{}.expect_requests().send(support::session_response("own")));
        asio::io_context context;
        client client(context, patient(server));
        support::warm_up_with_session(context, client);
        failing_sends failing(server.port(), ENOBUFS);
        failing.after(part_of_a_record);
        collector<session> results;
        start(client, post, results);
        results.wait(context);
        CHECK(failing.count() >= 1);
        if (post) {
            REQUIRE(results[0].has_error());
            CHECK(results[0].error().code() == errc::connection_lost);
            CHECK(results[0].error().delivery() == delivery::maybe_processed);
            CHECK_MESSAGE(support::names(results[0].error().message(), std::strerror(ENOBUFS)),
                          results[0].error().message());
            CHECK(server.connections() == 1);
            support::warm_up_with_session(context, client, "own");
        } else {
            REQUIRE_MESSAGE(results[0].has_value(), results[0].error().describe());
            CHECK(client.stats().resends == 1);
        }
        CHECK(client.stats().connections_lost == 1);
        CHECK(client.stats().connections_closed == 1);
        CHECK(support::at_rest(client.stats()));
    }
}

TEST_CASE("W22: a send that a signal has interrupted is repeated") {
    for (const bool post : {false, true}) {
        CAPTURE(post);
        scripted_server server;
        server.add(script{}
                       .expect_requests()
                       .send(support::session_response("warm"))
                       .expect_requests()
                       .send(support::session_response("own")));
        asio::io_context context;
        client client(context, patient(server));
        support::warm_up_with_session(context, client);
        failing_sends failing(server.port(), EINTR);
        failing.times(3);
        collector<session> results;
        start(client, post, results);
        results.wait(context);
        CHECK(failing.count() == 3);
        REQUIRE_MESSAGE(results[0].has_value(), results[0].error().describe());
        CHECK(server.connections() == 1);
        CHECK(client.stats().connections_closed == 0);
        CHECK(support::at_rest(client.stats()));
    }
}

TEST_CASE("W22: a handshake that cannot be sent is a dial that failed, at once") {
    for (const int error : {EHOSTUNREACH, EINTR}) {
        CAPTURE(error);
        scripted_server server;
        server.otherwise(script{}.expect_requests().send(support::session_response("own")));
        asio::io_context context;
        client client(context, patient(server).retry(retry_policy().attempts(3)));
        failing_sends failing(server.port(), error, failing_sends::of::all);
        failing.times(1);
        collector<session> results;
        start(client, true, results);
        results.wait(context);
        CHECK(failing.count() == 1);
        REQUIRE_MESSAGE(results[0].has_value(), results[0].error().describe());
        CHECK(client.stats().dials == (error == EINTR ? 1 : 2));
        CHECK(client.stats().dials_failed == (error == EINTR ? 0 : 1));
        CHECK(support::at_rest(client.stats()));
    }
}
