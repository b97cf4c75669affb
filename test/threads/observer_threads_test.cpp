#include <doctest/doctest.h>

#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/logger.hpp>
#include <bandwidth/webrtc/metrics.hpp>
#include <boost/asio/co_spawn.hpp>
#include <future>
#include <memory>
#include <string>
#include <string_view>

#include "threads/many_threads.hpp"

// Observers that several shards tell at once, and descriptions asked for meanwhile.

using namespace test;
using support::options_for;
using testing::loopback_server;

TEST_CASE("observers: four shards on four threads tell one object, and others look at it meanwhile") {
    loopback_server server;
    running_context context(4);
    const auto measured = std::make_shared<metrics>();
    std::atomic<std::size_t> lines = 0;
    const auto log =
        std::make_shared<logger>(log_level::debug, [&](log_level, std::string_view) { ++lines; });
    std::atomic<int> wrong = 0;
    {
        client client(
            *context,
            options_for(server).shards(4).max_connections(8).add_observer(measured).add_observer(log));
        on_threads(callers, [&](int number) {
            for (int i = 0; i < 10; ++i) {
                use(client, wrong, std::to_string(number) + "-" + std::to_string(i));
                auto told = asio::co_spawn(*context, client.describe(), asio::use_future);
                if (told.wait_for(support::generous_limit) != std::future_status::ready ||
                    told.get().find("shard 4 of 4") == std::string::npos)
                    ++wrong;
                static_cast<void>(measured->requests());
            }
        });
        CHECK(wait_for(client.try_drain()).has_value());
    }
    CHECK(wrong == 0);
    std::uint64_t calls = 0;
    for (const auto& each : measured->calls()) {
        CHECK(each.error_type.empty());
        CHECK(each.durations.count() == callers * 10);
        calls += each.durations.count();
    }
    CHECK(calls == 3 * callers * 10);
    CHECK(lines >= 3 * calls); // start, attempt and end of each
}
