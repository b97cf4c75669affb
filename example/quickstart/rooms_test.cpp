#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "rooms.hpp"

#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <utility>

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;
namespace testing = bandwidth::webrtc::testing;

namespace {

// An emulated service, and a client of it that runs on a thread of its own.
struct service_and_client {
    testing::loopback_server service;
    asio::thread_pool thread{1};
    webrtc::client client{thread, service.client_options()};

    auto open(std::vector<std::string> names) {
        return asio::co_spawn(thread, open_room(client, std::move(names)), asio::use_future).get();
    }
};

} // namespace

TEST_CASE("a room has a participant for each name") {
    service_and_client test;
    const auto room = test.open({"alice", "bob"});
    REQUIRE(room.has_value());
    REQUIRE(room->size() == 2);
    CHECK(room->front().participant().tag() == "alice");
    CHECK(test.service.session_count() == 1);
    CHECK(test.service.participant_count() == 2);
}

TEST_CASE("a room that cannot be filled leaves nothing behind") {
    service_and_client test;
    test.service.inject(testing::fault{}.on("POST", "/participants").after(1).respond(500)); // the second one
    const auto room = test.open({"alice", "bob"});
    REQUIRE(room.has_error());
    CHECK(room.error().http_status() == 500);
    CHECK(test.service.session_count() == 0);
    CHECK(test.service.participant_count() == 0);
}

TEST_CASE("a participant whose response is lost may be there, and the failure says so") {
    service_and_client test;
    test.service.inject(testing::fault{}.on("POST", "/participants").reset());
    const auto room = test.open({"alice"});
    REQUIRE(room.has_error());
    CHECK(room.error().delivery() == webrtc::delivery::maybe_processed);
    CHECK(test.service.session_count() == 0);
}
