// What a call costs in allocations when nothing fails and all is warm.

#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/io_context.hpp>

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
    int left = 0;
    const auto run = [&](int calls) {
        for (int i = 0; i < calls; ++i) {
            ++left;
            client.async_get_session(made->id(), [&left](const webrtc::result<webrtc::session>&) { --left; });
            while (left != 0)
                context.run_one();
        }
    };
    run(50);
    auto& here = support::failing_allocations;
    for (const auto which : {allocator::cpp, allocator::asio}) {
        here.which = which;
        here.count = here.fails_at = here.fails_until = 0;
        here.armed = true;
        run(100);
        here.armed = false;
        MESSAGE(static_cast<int>(which) << ": " << static_cast<double>(here.count) / 100 << " a call");
        // The session's id; and what Asio's cache for the thread, of two blocks of each kind, has no room
        // for.
        CHECK(here.count <= (which == allocator::cpp ? 200 : 800));
    }
}
