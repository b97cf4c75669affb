#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "support/test_client.hpp"

// What goes out on the wire together, and what never does.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::options_for;
using support::wait_for;
using testing::loopback_options;
using testing::loopback_server;

namespace {

/// Reads the sessions with these ids, all started together, and checks that each response belongs to its
/// request.
void read_all(asio::io_context& context, client& client, const std::vector<session_id>& ids) {
    collector<session> results;
    for (const auto& id : ids)
        client.try_get_session(id)(results.next());
    results.wait(context);
    REQUIRE(results.each_once());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        REQUIRE_MESSAGE(results[i].has_value(), results[i].error().describe());
        CHECK(results[i]->id() == ids[i]);
    }
}

std::vector<session_id> make_sessions(asio::io_context& context, client& client, int count) {
    collector<session> results;
    for (int i = 0; i < count; ++i)
        client.try_create_session(session_request{}.tag("t" + std::to_string(i)))(results.next());
    results.wait(context);
    std::vector<session_id> ids;
    for (std::size_t i = 0; i < results.size(); ++i) {
        REQUIRE(results[i].has_value());
        CHECK(results[i]->tag() == "t" + std::to_string(i));
        ids.push_back(results[i]->id());
    }
    return ids;
}

} // namespace

TEST_CASE("requests wait together on one connection, up to the depth and no more") {
    for (const std::size_t depth : {1, 8, 32}) {
        CAPTURE(depth);
        loopback_server server(loopback_options{}.delay(2ms));
        asio::io_context context;
        client client(context, options_for(server).max_connections(1).pipeline_depth(depth));
        const auto ten = make_sessions(context, client, 10);
        std::vector<session_id> ids;
        for (std::size_t i = 0; i < 100; ++i)
            ids.push_back(ten[i % ten.size()]);
        read_all(context, client, ids);
        CHECK(server.stats().max_pipelined == depth); // on the wire
        CHECK(client.stats().deepest_pipeline == depth);
        CHECK(server.stats().connections_accepted == 1);
        CHECK(client.stats().requests_sent == 110);
        CHECK(client.stats().calls_succeeded == 110);
        CHECK(client.stats().resends == 0);
        CHECK(support::at_rest(client.stats()));
        if (depth > 1) // requests that are ready together leave in one write
            CHECK(client.stats().writes < 10 + 100);
    }
}

TEST_CASE("requests are written in the order of their calls") {
    loopback_server server(loopback_options{}.record_requests(true));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    collector<session> results;
    for (int i = 0; i < 60; ++i)
        client.try_get_session(session_id("s" + std::to_string(i)))(results.next());
    results.wait(context);
    const auto received = server.received();
    REQUIRE(received.size() == 60);
    for (std::size_t i = 0; i < received.size(); ++i)
        CHECK(received[i].target() == "/v1/accounts/9900000/sessions/s" + std::to_string(i));
}

TEST_CASE("a POST is alone on its connection: nothing before it, nothing behind it") {
    loopback_server server(loopback_options{}.delay(1ms).record_requests(true));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    REQUIRE(wait_for(context, client.try_create_session()).has_value());
    CHECK(server.stats().max_pipelined == 1);
    make_sessions(context, client, 20);
    CHECK(server.stats().max_pipelined == 1);
}

TEST_CASE("a POST is written only when what was sent before it is answered, and nothing behind it") {
    testing::scripted_server server;
    server.add(testing::script{}
                   .expect_requests()
                   .send(support::session_response("first"))
                   .expect_requests(2)
                   .delay(200ms)
                   .send(support::session_response("a") + support::session_response("b"))
                   .expect_bytes("POST ")
                   .expect_requests()
                   .delay(200ms)
                   .send(support::session_response("made"))
                   .expect_requests()
                   .send(support::session_response("after")));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    REQUIRE(wait_for(context, client.try_get_session(session_id("first"))).has_value());
    const auto received = [&server](const char* text) {
        return server.received(0).find(text) != std::string::npos;
    };
    collector<session> results;
    client.try_get_session(session_id("a"))(results.next());
    client.try_get_session(session_id("b"))(results.next());
    client.try_create_session()(results.next());
    support::run_until(context, [&] { return received("/sessions/b"); });
    CHECK_FALSE(received("POST ")); // its predecessors are not answered yet
    support::run_until(context, [&] { return received("POST "); });
    client.try_get_session(session_id("after"))(results.next());
    support::run_until(context, [&] { return client.stats().calls_started == 5; });
    context.poll();
    CHECK(results.left() == 2);
    CHECK_FALSE(received("/sessions/after"));
    results.wait(context);
    REQUIRE(results.succeeded() == 4);
    CHECK(results[2]->id().value() == "made");
    CHECK(results[3]->id().value() == "after");
}

TEST_CASE("neither POSTs nor GETs starve where both keep coming") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    collector<session> results;
    for (int i = 0; i < 200; ++i) {
        client.try_create_session()(results.next());
        client.try_get_session(session_id("none"))(results.next());
    }
    results.wait(context);
    CHECK(results.each_once());
    CHECK(server.session_count() == 200);
    CHECK(server.stats().requests_get == 200);
}

TEST_CASE("the first request on a new connection goes alone") {
    loopback_server server(loopback_options{}.delay(20ms));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    collector<session> results;
    for (int i = 0; i < 8; ++i)
        client.try_get_session(session_id("none"))(results.next());
    results.wait(context);
    CHECK(server.stats().max_pipelined == 7); // all eight fit, had the first not been alone
}

TEST_CASE("responses that come in pieces are matched to their requests") {
    testing::scripted_server server;
    std::string responses;
    for (int i = 0; i < 8; ++i)
        responses += support::session_response("s" + std::to_string(i));
    server.add(testing::script{}
                   .expect_requests()
                   .send(support::session_response("first"))
                   .expect_requests(8)
                   .send_split(responses, 3));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    REQUIRE(wait_for(context, client.try_get_session(session_id("first"))).has_value());
    std::vector<session_id> ids;
    for (int i = 0; i < 8; ++i)
        ids.emplace_back("s" + std::to_string(i));
    read_all(context, client, ids);
    CHECK(client.stats().deepest_pipeline == 8);
}

TEST_CASE("many requests at once are spread over the connections, none of which is over its depth") {
    loopback_server server(loopback_options{}.delay(5ms));
    asio::io_context context;
    client client(context, options_for(server).max_connections(4).pipeline_depth(4));
    const auto ids = make_sessions(context, client, 200);
    read_all(context, client, ids);
    CHECK(server.stats().max_pipelined <= 4);
    CHECK(client.stats().deepest_pipeline <= 4);
    CHECK(server.stats().connections_accepted == 4);
    CHECK(support::at_rest(client.stats()));
    CHECK(client.stats().connections_idle == 4);
}
