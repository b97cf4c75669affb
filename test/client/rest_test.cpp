#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <string>

#include "support/test_client.hpp"

// Connections that have been idle for so long that they gave back their buffers.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::options_for;
using support::run_until;
using support::wait_for;
using testing::loopback_options;
using testing::loopback_server;

namespace {

// The pool's own time: one second after the last answer.
void rest(asio::io_context& context) {
    asio::steady_timer timer(context, 1200ms);
    bool over = false;
    timer.async_wait([&over](const auto&) { over = true; });
    run_until(context, [&over] { return over; });
}

} // namespace

TEST_CASE("a connection that rested serves as before, small answers and large ones") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    const auto made = wait_for(context, client.try_create_session());
    REQUIRE(made.has_value());
    for (int round = 0; round < 2; ++round) {
        rest(context);
        collector<session> results;
        for (int i = 0; i < 200; ++i)
            client.async_get_session(made->id(), results.next());
        results.wait(context);
        CHECK(results.succeeded() == 200);
    }
    CHECK(client.stats().dials == 1);
}

TEST_CASE("the end of a connection that rests is seen at once") {
    for (const bool reset : {false, true}) {
        CAPTURE(reset);
        loopback_server server;
        asio::io_context context;
        client client(context, options_for(server));
        REQUIRE(wait_for(context, client.try_create_session()).has_value());
        rest(context);
        REQUIRE(client.stats().connections_idle == 1);
        if (reset)
            server.reset_idle_connections();
        else
            server.close_idle_connections();
        run_until(context, [&] { return client.stats().connections_idle == 0; });
        CHECK(wait_for(context, client.try_create_session()).has_value());
        CHECK(client.stats().dials == 2);
    }
}
