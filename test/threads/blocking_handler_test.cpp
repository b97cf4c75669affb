#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <thread>
#include <vector>

#include "support/test_client.hpp"

// Handlers run on the thread that has read their answers, but when the pool's strand has been left.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::options_for;
using testing::loopback_server;

TEST_CASE("a handler that waits for another call holds up its own thread only") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    std::vector<std::thread> threads;
    {
        const auto work = asio::make_work_guard(context);
        for (int i = 0; i < 2; ++i)
            threads.emplace_back([&] { context.run(); });
        const auto made = client.async_create_session(session_request{}, asio::use_future).get();
        REQUIRE(made.has_value());
        const auto id = made->id();
        for (int i = 0; i < 100; ++i) {
            std::promise<bool> answered;
            client.async_get_session(id, [&](const result<session>& first) {
                auto second = client.async_get_session(id, asio::use_future);
                const bool came = second.wait_for(support::generous_limit) == std::future_status::ready;
                answered.set_value(first && came && second.get());
            });
            const bool both = answered.get_future().get();
            CHECK(both);
        }
        client.close();
    }
    for (auto& thread : threads)
        thread.join();
}
