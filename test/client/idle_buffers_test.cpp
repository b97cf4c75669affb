#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include "support/test_client.hpp"

// Connections that have been idle for so long that they gave back their buffers: when they do is tested
// without sockets in test/pool.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::options_for;
using support::run_until;
using support::wait_for;
using testing::loopback_server;

TEST_CASE("a connection without buffers serves as before, and its end is seen at once") {
    loopback_server used_again;
    loopback_server closing;
    loopback_server resetting;
    asio::io_context context;
    client user(context, options_for(used_again).max_connections(1));
    client closed(context, options_for(closing));
    client reset(context, options_for(resetting));
    const auto made = wait_for(context, user.try_create_session());
    REQUIRE(made.has_value());
    REQUIRE(wait_for(context, closed.try_create_session()).has_value());
    REQUIRE(wait_for(context, reset.try_create_session()).has_value());
    asio::steady_timer timer(context, 1200ms); // the pool gives them back after one second
    bool over = false;
    timer.async_wait([&over](const auto&) { over = true; });
    run_until(context, [&over] { return over; });

    collector<session> results;
    for (int i = 0; i < 200; ++i)
        user.try_get_session(made->id())(results.next());
    results.wait(context);
    CHECK(results.succeeded() == 200);
    CHECK(user.stats().dials == 1);

    closing.close_idle_connections();
    resetting.reset_idle_connections();
    for (auto* const each : {&closed, &reset}) {
        run_until(context, [each] { return each->stats().connections_idle == 0; });
        CHECK(wait_for(context, each->try_create_session()).has_value());
        CHECK(each->stats().dials == 2);
    }
}
