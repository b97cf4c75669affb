// What a call costs in allocations when nothing fails and all is warm.

#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>

#include "allocation/scenario.hpp"
#include "support/test_client.hpp"

namespace webrtc = bandwidth::webrtc;
using support::allocator;

TEST_CASE("the allocations of a call in the steady state") {
    webrtc::testing::loopback_server server;
    boost::asio::io_context context;
    webrtc::client client(context, support::options_for(server).max_connections(1));
    const auto made = support::wait_for(context, client.try_create_session(webrtc::session_request{}));
    REQUIRE(made.has_value());
    auto& here = support::failing_allocations;
    constexpr int warm = 50;
    constexpr int counted = 100;
    for (const auto which : {allocator::cpp, allocator::asio}) {
        here.which = which;
        here.count = here.fails_at = here.fails_until = 0;
        int answered = 0;
        int right = 0;
        // In one run, as a program does it: what Asio keeps to use again is gone when a run ends.
        const std::function<void()> call = [&] {
            client.async_get_session(made->id(), [&](const webrtc::result<webrtc::session>& got) {
                right += got.has_value() ? 1 : 0;
                if (++answered == warm)
                    here.armed = true;
                if (answered < warm + counted)
                    return call();
                here.armed = false;
                context.stop();
            });
        };
        call();
        context.restart();
        context.run();
        REQUIRE(right == warm + counted);
        CHECK(here.count == (which == allocator::cpp ? counted : 0)); // the text of each session's id
    }
}
