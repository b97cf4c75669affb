#include <doctest/doctest.h>

#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <cstddef>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "threads/many_threads.hpp"

// Clients with several shards, and several clients, that many threads use.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace test;
using support::options_for;
using testing::loopback_server;

TEST_CASE("two contexts with four threads each and a client each share nothing") {
    loopback_server first_server;
    loopback_server second_server;
    running_context one(4);
    running_context two(4);
    client first(*one, options_for(first_server));
    std::optional<client> second(std::in_place, *two, options_for(second_server));
    std::atomic<int> wrong = 0;
    completions cut_off;
    std::thread end_of_second([&] {
        for (int i = 0; i < 100; ++i) {
            cut_off.expect();
            second->try_create_session()([&](const result<session>&) { cut_off.happened(); });
        }
        while (cut_off.count() < 20)
            std::this_thread::yield();
        second.reset(); // the other one does not notice
    });
    on_threads(callers, [&](int number) {
        for (int i = 0; i < 10; ++i)
            use(first, wrong, std::to_string(number) + "-" + std::to_string(i));
    });
    end_of_second.join();
    CHECK(cut_off.wait());
    CHECK(wrong == 0);
    CHECK(first.stats().calls_succeeded == callers * 10 * 3);
    CHECK(first.stats().connections_lost == 0);
}

TEST_CASE("four shards: eight threads and coroutines that move between threads use them") {
    loopback_server server;
    running_context context(4);
    client client(*context, options_for(server).shards(4).max_connections(6));
    std::atomic<int> wrong = 0;
    std::vector<std::future<void>> running;
    for (int i = 0; i < 8; ++i)
        running.push_back(asio::co_spawn(*context, use_in_coroutine(client, wrong, "c" + std::to_string(i)),
                                         asio::use_future));
    on_threads(callers, [&](int number) {
        for (int i = 0; i < 10; ++i)
            use(client, wrong, std::to_string(number) + "-" + std::to_string(i));
    });
    for (auto& one : running) {
        REQUIRE(one.wait_for(support::generous_limit) == std::future_status::ready);
        one.get();
    }
    CHECK(wrong == 0);
    CHECK(server.session_count() == 0);
    CHECK(client.stats().calls_succeeded == 3 * (callers * 10 + 8 * 10));
    CHECK(client.stats().connections_idle >= 4); // eight threads in a row leave no shard out
    CHECK(client.stats().connections_idle <= 6);
    CHECK(wait_for(client.try_drain()).has_value());
    CHECK(client.stats().connections_idle == 0);
}

TEST_CASE("O10, O15: four shards: use, cancel, reload, drain and close from many threads, then destroy") {
    check_use_until_destroyed(
        4, [](client_options& options) { options.shards(4); });
}
