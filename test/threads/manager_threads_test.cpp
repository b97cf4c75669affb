#include <doctest/doctest.h>

#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>
#include <optional>
#include <string>
#include <thread>

#include "threads/many_threads.hpp"

// Many threads make, use and end clients that share a manager.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace test;
using testing::loopback_server;

TEST_CASE(
    "many threads make clients of one manager, use, close, drain and destroy them, and then the manager "
    "ends") {
    loopback_server server(testing::loopback_options{}.delay(1ms).requests_per_connection(20));
    const auto origin = "https://localhost:" + std::to_string(server.port());
    const auto account =
        account_options{}.account(server.account()).credentials(server.username(), server.password());
    for (const std::size_t shards : {1U, 2U}) {
        running_context context(4);
        completions all;
        std::atomic<int> twice = 0;
        std::optional<connection_manager> manager(
            std::in_place, *context, origin,
            manager_options{}.ca_pem(server.ca_pem()).shards(shards).max_connections(4));
        on_threads(callers, [&](int number) {
            for (int round = 0; round < 6; ++round) {
                client used(*manager, account);
                for (int i = 0; i < 10; ++i)
                    start_counted(*context, all, twice, i % 3 == 0, [&](auto handler) {
                        if (i % 4 != 0)
                            used.try_get_session(session_id(std::to_string(number)))(std::move(handler));
                        else
                            used.try_create_session()(std::move(handler));
                    });
                const connection_manager::request_type request(boost::beast::http::verb::head, "/", 11);
                start_counted(*context, all, twice, number == 0,
                              [&](auto handler) { manager->try_send(request)(std::move(handler)); });
                if ((number + round) % 3 == 0)
                    used.close();
                if ((number + round) % 3 == 1)
                    start_counted(*context, all, twice, false,
                                  [&](auto handler) { used.try_drain(5ms)(std::move(handler)); });
                // It is destroyed here, with calls in flight.
            }
        });
        client left(*manager, account);
        std::thread last([&] {
            for (int i = 0; i < 50; ++i)
                start_counted(*context, all, twice, false, [&](auto handler) {
                    left.try_get_session(session_id("last"))(std::move(handler));
                });
        });
        std::this_thread::yield();
        manager.reset();
        last.join();
        CHECK(all.wait());
        CHECK(twice == 0);
        CHECK(left.stats().in_flight == 0);
        CHECK(left.stats().queue_depth == 0);
    }
}
