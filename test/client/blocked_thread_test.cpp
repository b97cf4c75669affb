#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "client/warm_up.hpp"
#include "support/test_client.hpp"

// The context's only thread is busy for longer than a timeout, or the process was stopped, and the response
// has arrived meanwhile. The server was not silent, this side did not read: what has arrived is read before a
// response counts as overdue. Only the callers' own deadlines end calls meanwhile.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::generous_limit;
using support::options_for;
using support::run_until;
using testing::script;
using testing::script_state;
using testing::scripted_server;

namespace {

constexpr auto timeout = 400ms;

/// Blocks the context's thread for longer than the timeout. By its end the first connections have done what
/// follows the hold at which they stand, up to the next hold.
void block(asio::io_context& context, scripted_server& server, std::size_t connections) {
    bool done = false;
    asio::post(
        context,
        [&] {
            for (std::size_t i = 0; i < connections; ++i)
                server.release(i);
            for (std::size_t i = 0; i < connections; ++i)
                REQUIRE(server.wait_until_held(i, generous_limit));
            std::this_thread::sleep_for(timeout + 100ms);
            done = true;
        });
    run_until(context, [&] { return done; });
}

void run_until_held(asio::io_context& context, scripted_server& server, std::size_t connections) {
    for (std::size_t i = 0; i < connections; ++i)
        run_until(
            context, [&] { return server.state(i) == script_state::held; });
}

/// No statistic counts a failure of the server.
void check_untroubled(const client& client, std::size_t connections) {
    CHECK(client.stats().connections_closed == 0);
    CHECK(client.stats().calls_failed == 0);
    CHECK(client.stats().dials == connections);
    CHECK(support::at_rest(client.stats()));
}

std::string repeated(std::size_t count, const std::string& text) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
        all += text;
    return all;
}

} // namespace

TEST_CASE(
    "O18: a response that arrived while the thread was blocked is delivered, and its connection goes on") {
    for (const bool post : {false, true}) {
        for (const std::size_t connections : {1U, 3U}) {
            CAPTURE(post);
            CAPTURE(connections);
            scripted_server server;
            server.otherwise(script{}
                                 .expect_requests()
                                 .hold()
                                 .send(support::session_response("same"))
                                 .hold()
                                 .expect_requests()
                                 .send(support::session_response("same")));
            asio::io_context context;
            client client(context,
                          options_for(server).max_connections(connections).response_timeout(timeout));
            const auto start = [&](collector<session>& results) {
                for (std::size_t i = 0; i < connections; ++i) {
                    if (post) {
                        client.try_create_session()(results.next());
                    } else {
                        client.try_get_session(session_id("same"),
                                               call_options{}.dedicated_connection())(results.next());
                    }
                }
            };
            collector<session> results;
            start(results);
            run_until_held(context, server, connections);
            block(context, server, connections);
            results.wait(context);
            CHECK(results.each_once());
            for (std::size_t i = 0; i < connections; ++i)
                REQUIRE_MESSAGE(results[i].has_value(), results[i].error().describe());
            for (std::size_t i = 0; i < connections; ++i)
                server.release(i);
            collector<session> later;
            start(later);
            later.wait(context);
            CHECK(later.succeeded() == connections);
            CHECK(server.connections() == connections);
            check_untroubled(client, connections);
        }
    }
}

TEST_CASE("O18: all responses of a pipeline that arrived meanwhile are delivered, and pipelining goes on") {
    const std::size_t depth = 4;
    const auto responses = repeated(depth, support::session_response("same"));
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::session_response("same"))
                   .expect_requests(depth)
                   .hold()
                   .send(responses)
                   .hold()
                   .expect_requests(depth) // together, so it still pipelines
                   .hold()
                   .send(responses)
                   .hold()
                   .expect_requests(depth)
                   .send(responses));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1).response_timeout(timeout));
    support::warm_up_with_session(context, client, "same");
    const auto start = [&](collector<session>& results) {
        for (std::size_t i = 0; i < depth; ++i)
            client.try_get_session(session_id("same"))(results.next());
    };
    for (int round = 0; round < 2;
         ++round) { // twice, after which a server is taken for one that breaks pipelines
        collector<session> results;
        start(results);
        run_until_held(context, server, 1);
        block(context, server, 1);
        results.wait(context);
        CHECK(results.each_once());
        for (std::size_t i = 0; i < depth; ++i)
            REQUIRE_MESSAGE(results[i].has_value(), results[i].error().describe());
        server.release(0);
    }
    collector<session> results;
    start(results);
    results.wait(context);
    CHECK(results.succeeded() == depth);
    check_untroubled(client, 1);
    CHECK(client.stats().pipelining_disabled == 0);
}

TEST_CASE("O18: what arrived of a body counts as progress, though it was read late") {
    const auto response = support::session_response("same");
    const auto half = response.size() - 3;
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .hold()
                   .send(response.substr(0, half))
                   .hold()
                   .send(response.substr(half))
                   .expect_requests()
                   .send(response));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1).response_timeout(timeout));
    collector<session> results;
    client.try_create_session()(results.next());
    run_until_held(context, server, 1);
    block(context, server, 1);
    server.release(0);
    results.wait(context);
    REQUIRE_MESSAGE(results[0].has_value(), results[0].error().describe());
    support::warm_up_with_session(context, client, "same");
    check_untroubled(client, 1);
}

TEST_CASE("O18: an attempt's timeout judges the server's silence, too") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .hold()
                   .send(support::session_response("same"))
                   .hold()
                   .expect_requests()
                   .send(support::session_response("same")));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    collector<session> results;
    client.try_create_session(session_request{}, call_options{}.attempt_timeout(timeout))(results.next());
    run_until_held(context, server, 1);
    block(context, server, 1);
    results.wait(context);
    REQUIRE_MESSAGE(results[0].has_value(), results[0].error().describe());
    server.release(0);
    support::warm_up_with_session(context, client, "same");
    check_untroubled(client, 1);
}

TEST_CASE("O18: a call's own deadline holds all the same, and its neighbours have their responses") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::session_response("same"))
                   .expect_requests(3)
                   .hold()
                   .send(repeated(3, support::session_response("same")))
                   .hold()
                   .expect_requests()
                   .send(support::session_response("same")));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1).response_timeout(timeout));
    support::warm_up_with_session(context, client, "same");
    collector<session> results;
    client.try_get_session(session_id("same"))(results.next());
    client.try_get_session(session_id("same"), call_options{}.timeout(timeout))(results.next());
    client.try_get_session(session_id("same"))(results.next());
    run_until_held(context, server, 1);
    block(context, server, 1);
    results.wait(context);
    CHECK(results.each_once());
    REQUIRE_MESSAGE(results[0].has_value(), results[0].error().describe());
    REQUIRE(results[1].has_error());
    CHECK(results[1].error().code() == errc::response_timeout);
    CHECK(results[1].error().delivery() == delivery::maybe_processed);
    CHECK(results[1].error().elapsed() >= timeout);
    CHECK_MESSAGE(results[2].has_value(), results[2].error().describe());
    server.release(0);
    support::warm_up_with_session(context, client, "same");
    CHECK(client.stats().dials == 1);
    CHECK(client.stats().connections_closed == 0);
    CHECK(client.stats().calls_failed == 1);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("O18: a handshake whose next flight arrived while the thread was blocked is not late") {
    scripted_server server;
    server.add(script{}.hold().handshake().hold().expect_requests().send(support::session_response("same")));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1).connect_timeout(timeout));
    collector<session> results;
    client.try_create_session()(results.next());
    run_until_held(context, server, 1);
    run_until(context, [&] { return client.stats().bytes_sent != 0; }); // the ClientHello
    bool done = false;
    asio::post(
        context,
        [&] {
            // Its flight is sent, but the handshake does not end before ours is, so there is no hold to
            // wait for.
            server.release(0);
            std::this_thread::sleep_for(timeout + 100ms);
            done = true;
        });
    run_until(context, [&] { return done; });
    server.release(0);
    results.wait(context);
    REQUIRE_MESSAGE(results[0].has_value(), results[0].error().describe());
    check_untroubled(client, 1);
    CHECK(client.stats().dials_failed == 0);
}
