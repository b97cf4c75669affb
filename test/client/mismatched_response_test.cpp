#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <string>

#include "support/test_client.hpp"
#include "support/text.hpp"

// A response that names another session or participant than was asked for is another request's.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::collector;
using support::count_of;
using support::options_for;
using support::wait_for;
using testing::script;
using testing::scripted_server;

TEST_CASE("F20: a response names what was asked for, or it is another's") {
    struct row {
        std::string asked;
        std::string named;
        bool own;
    };
    for (const auto& [each_asked, each_named, own] :
         {row{"a", "a", true}, row{"xa", "a", false}, row{"a", "xa", false}, row{"a", "sessions/a", false},
          row{"a", "/a", false}, row{"0f", "0F", true}, row{"a b", "a b", true}, row{"a b", "a%20b", false},
          row{"a%20b", "a%20b", true}, row{"a%20b", "a b", false}, row{"a+b", "a b", false}}) {
        const auto& asked = each_asked;
        const auto& named = each_named;
        CAPTURE(asked);
        CAPTURE(named);
        scripted_server server;
        server.add(script{}.expect_requests().send(support::session_response(named)));
        asio::io_context context;
        client client(context, options_for(server).max_connections(1));
        const auto got = wait_for(context, client.try_get_session(session_id(asked)));
        CHECK(got.has_value() == own);
        if (got.has_error())
            CHECK(got.error().code() == errc::protocol_error);
    }
}

TEST_CASE("a mock that names another id is believed where the client does not verify ids") {
    scripted_server server;
    server.add(script{}.expect_requests().send(support::session_response("example")));
    asio::io_context context;
    client client(context, options_for(server).verify_ids(false));
    const auto got = wait_for(context, client.try_get_session(session_id("s")));
    REQUIRE(got.has_value());
    CHECK(got->id() == session_id("example"));
}

TEST_CASE("F20: two responses change places: their calls fail or are sent again, and none gets the other's") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::session_response("first"))
                   .expect_requests(3)
                   .send(support::session_response("a") + support::session_response("c") +
                         support::session_response("b")));
    server.otherwise(script{}.expect_requests().send(support::session_response("c")));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    REQUIRE(wait_for(context, client.try_get_session(session_id("first"))).has_value());
    collector<session> results;
    for (const auto* const id : {"a", "b", "c"})
        client.try_get_session(session_id(id))(results.next());
    results.wait(context);
    CHECK(results.each_once());
    REQUIRE_MESSAGE(results[0].has_value(), results[0].error().describe());
    CHECK(results[0]->id().value() == "a");
    REQUIRE(results[1].has_error());
    CHECK(results[1].error().code() == errc::protocol_error);
    CHECK(results[1].error().delivery() == delivery::maybe_processed);
    REQUIRE_MESSAGE(results[2].has_value(), results[2].error().describe());
    CHECK(results[2]->id().value() == "c");
    CHECK(server.connections() == 2);
    CHECK(count_of(server.received(1), "GET ") == 1);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("I2: a participant's response has to name him, in either case of letters") {
    scripted_server server;
    server.otherwise(
        script{}
            .expect_requests()
            .send(support::http_response(200, R"({"id":"320E2AF6-13ec-498d-8b51-daba52c37853"})"))
            .expect_requests()
            .send(support::http_response(200, R"({"id":"320e2af6-13ec-498d-8b51-daba52c37854"})")));
    asio::io_context context;
    client client(context, options_for(server));
    const participant_id asked("320e2af6-13ec-498d-8b51-daba52c37853");
    const auto good = wait_for(context, client.try_get_participant(asked));
    REQUIRE_MESSAGE(good.has_value(), good.error().describe());
    const auto bad = wait_for(context, client.try_get_participant(asked));
    REQUIRE(bad.has_error());
    CHECK(bad.error().code() == errc::protocol_error);
    CHECK(client.stats().connections_closed == 1);
}
