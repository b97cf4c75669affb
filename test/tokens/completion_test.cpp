#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/test_client.hpp"
#include "support/tracker_executor.hpp"

// Where and when a call completes, and what becomes of an operation that is kept or dropped.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::options_for;
using support::run_until;
using testing::loopback_server;

namespace {

struct move_only_handler {
    std::unique_ptr<int> owned;
    std::optional<result<session>>* out;
    void operator()(result<session> outcome) const { *out = std::move(outcome); }
};

struct large_handler { // does not fit into a call
    std::unique_ptr<int> owned;
    char ballast[400];
    std::optional<result<session>>* out;
    void operator()(result<session> outcome) const { *out = std::move(outcome); }
};

asio::awaitable<void> keep_and_await(client& client, const loopback_server& server) {
    auto operation = client.try_create_session(session_request{}.tag("kept"));
    CHECK(server.stats().requests() == 0);
    const auto made = co_await std::move(operation);
    REQUIRE(made.has_value());
    CHECK(made->tag() == "kept");
    // The throwing form may be kept too: its arguments were copied.
    auto later = client.get_session(session_id(made->id().value()));
    const session read = co_await std::move(later);
    CHECK(read == *made);
}

// One handler of the context's after the other, to the end of the one in which calls succeed; tells how many.
std::uint64_t run_to_next_success(asio::io_context& context, const client& client) {
    const auto before = client.stats().calls_succeeded;
    context.restart();
    while (client.stats().calls_succeeded == before)
        context.run_one();
    return client.stats().calls_succeeded - before;
}

} // namespace

TEST_CASE("on one thread handlers run in the step that reads their responses, and in their order") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).single_threaded(true));
    const auto made = support::wait_for(context, client.try_create_session());
    REQUIRE(made.has_value());
    std::vector<int> order;
    const auto get = [&](int number, const asio::any_io_executor& executor) {
        client.try_get_session(made->id())(
            asio::bind_executor(executor, [&order, number](const result<session>& got) {
                CHECK(got.has_value());
                order.push_back(number);
            }));
    };
    const auto strand = asio::make_strand(context);
    get(1, context.get_executor());
    get(2, strand);
    get(3, context.get_executor());
    const auto came = run_to_next_success(context, client);
    CHECK(order == (came == 1 ? std::vector{1} : came == 2 ? std::vector{1} : std::vector{1, 3}));
    run_until(context, [&] { return order.size() == 3; });
}

TEST_CASE("a handler whose executor never blocks does not run where the response is read") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).single_threaded(true));
    const auto made = support::wait_for(context, client.try_create_session());
    REQUIRE(made.has_value());
    bool ran = false;
    client.try_get_session(made->id())(
        asio::bind_executor(asio::require(context.get_executor(), asio::execution::blocking.never),
                            [&ran](const result<session>& got) {
                                CHECK(got.has_value());
                                ran = true;
                            }));
    run_to_next_success(context, client);
    CHECK_FALSE(ran);
    run_until(context, [&] { return ran; });
}

TEST_CASE("a handler runs once, on its associated executor, and not inside of the call") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    const support::tracker_executor tracker(context);
    int ran = 0;
    bool inline_call = true;
    bool here = false;
    client.try_create_session()(asio::bind_executor(tracker, [&](result<session> outcome) {
        ++ran;
        CHECK(outcome.has_value());
        CHECK_FALSE(inline_call);
        here = tracker.running_here();
    }));
    inline_call = false;
    CHECK(ran == 0);
    run_until(context, [&] { return ran != 0; });
    CHECK(here);
    CHECK(tracker.executed() == 1); // none of the pool's own work ran there
    context.poll();
    CHECK(ran == 1);
}

TEST_CASE("a refused argument too completes later and on the associated executor") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    const support::tracker_executor tracker(context);
    int ran = 0;
    client.try_get_session(session_id(""))(asio::bind_executor(tracker, [&](result<session> outcome) {
        ++ran;
        CHECK(outcome.error().code() == errc::invalid_argument);
        CHECK(tracker.running_here());
    }));
    CHECK(ran == 0);
    run_until(context, [&] { return ran != 0; });
    CHECK(server.stats().connections_accepted == 0);
}

TEST_CASE("a handler without an executor of its own runs on the client's") {
    loopback_server server;
    asio::io_context context;
    const support::tracker_executor tracker(context);
    client client(asio::any_io_executor(tracker), options_for(server));
    CHECK(client.get_executor() == asio::any_io_executor(tracker));
    bool done = false;
    client.try_create_session()([&](result<session>) {
        CHECK(tracker.running_here());
        done = true;
    });
    run_until(context, [&] { return done; });
}

TEST_CASE("a handler never runs on the pool's strand") {
    // On the strand, a handler that blocks the thread would hold up the pool, although another thread is
    // free.
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    std::thread other;
    std::atomic<bool> second_done = false;
    std::atomic<bool> first_done = false;
    client.try_create_session()([&](result<session>) {
        client.try_create_session()([&](result<session> outcome) {
            CHECK(outcome.has_value());
            second_done = true;
        });
        const auto end = std::chrono::steady_clock::now() + support::generous_limit;
        while (!second_done && std::chrono::steady_clock::now() < end)
            std::this_thread::yield();
        CHECK(second_done);
        first_done = true;
    });
    const auto run = [&context, &first_done] {
        while (!first_done)
            context.run_one_for(std::chrono::milliseconds(10));
    };
    other = std::thread(run);
    run();
    other.join();
}

TEST_CASE("handlers that can only be moved") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    std::optional<result<session>> small;
    std::optional<result<session>> large;
    client.try_create_session()(move_only_handler{std::make_unique<int>(1), &small});
    client.try_create_session()(large_handler{std::make_unique<int>(1), {}, &large});
    run_until(context, [&] { return small && large; });
    CHECK(small->has_value());
    CHECK(large->has_value());
}

TEST_CASE("a handler's resources are gone before its neighbours wait for them") {
    // A handler that starts the next call: the chain uses no stack and never completes inline.
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    struct chain {
        bandwidth::webrtc::client& client;
        int& left;
        void operator()(const result<session>& outcome) const {
            REQUIRE(outcome.has_value());
            if (--left != 0)
                client.try_create_session()(*this);
        }
    };
    int left = 200;
    client.try_create_session()(chain{client, left});
    run_until(context, [&] { return left == 0; });
    CHECK(server.session_count() == 200);
    CHECK(client.stats().dials == 1);
}

TEST_CASE("an exception from a handler leaves through run(), and the other handlers still run") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    support::collector<session> others;
    client.try_get_session(session_id(""))(others.next());
    client.try_get_session(session_id(""))([](const result<session>&) { throw std::runtime_error("mine"); });
    client.try_get_session(session_id(""))(others.next());
    bool thrown = false;
    while (!thrown) { // not in an assertion: doctest would catch it
        try {
            if (context.run_one_for(support::generous_limit) == 0)
                break;
        } catch (const std::runtime_error& error) {
            thrown = std::string(error.what()) == "mine";
        }
    }
    CHECK(thrown);
    others.wait(context);
    CHECK(others.each_once());
}

TEST_CASE("an operation that is dropped sends nothing") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    { auto dropped = client.try_create_session(); }
    { auto dropped = client.create_session(); }
    { auto dropped = client.try_create_session()(asio::deferred); }
    context.poll();
    CHECK(support::wait_for(context, client.try_create_session()).has_value()); // the next one is well
    CHECK(server.stats().requests() == 1);
    CHECK(client.stats().calls_started == 1);
}

TEST_CASE("an operation is kept and awaited later") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    support::run_coroutine(context, keep_and_await(client, server));
}

TEST_CASE("an operation that outlives its client completes as closed") {
    loopback_server server;
    asio::io_context context;
    std::optional<client> owner(std::in_place, context, options_for(server));
    auto kept = owner->try_create_session();
    auto dropped = owner->try_create_session();
    owner.reset();
    const auto outcome = support::wait_for(context, std::move(kept));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code() == errc::client_closed);
    CHECK(outcome.error().delivery() == delivery::not_sent);
    CHECK(server.stats().connections_accepted == 0);
}

TEST_CASE("a client is moved with calls in flight") {
    loopback_server server;
    asio::io_context context;
    client first(context, options_for(server));
    support::collector<session> results;
    first.try_create_session()(results.next());
    client second(std::move(first));
    second.try_create_session()(results.next());
    results.wait(context);
    CHECK(results.succeeded() == 2);
    client third(context, options_for(server));
    third.try_create_session()(results.next());
    third = std::move(second); // closes what it was
    third.try_create_session()(results.next());
    results.wait(context);
    CHECK(results[2].error().code() == errc::client_closed);
    CHECK(results[3].has_value());
}

TEST_CASE("a client that was moved from is closed, asked, assigned to and destroyed") {
    loopback_server server;
    asio::io_context context;
    client first(context, options_for(server));
    client second(std::move(first));
    first.close(); // NOLINT(bugprone-use-after-move): this is what is tested
    CHECK(first.stats().calls_started == 0);
    CHECK(first.get_executor() == asio::any_io_executor());
    first = std::move(second);
    CHECK(support::wait_for(context, first.try_create_session()).has_value());
}

TEST_CASE("an operation joins a parallel group") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    bool done = false;
    asio::experimental::make_parallel_group(client.try_create_session(),
                                            client.try_get_session(session_id("none"))(asio::deferred))
        .async_wait(asio::experimental::wait_for_all(),
                    asio::bind_executor(
                        context,
                        [&](auto, const result<session>& made, const result<session>& read) {
                            CHECK(made.has_value());
                            CHECK(read.error().http_status() == 404);
                            done = true;
                        }));
    run_until(context, [&] { return done; });
}

TEST_CASE("calls that are started together are completed in the order of their responses") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    REQUIRE(support::wait_for(context, client.try_create_session()).has_value());
    support::collector<session> results;
    for (int i = 0; i < 50; ++i)
        client.try_get_session(session_id("s" + std::to_string(i)))(results.next());
    results.wait(context);
    CHECK(results.each_once());
    CHECK(std::is_sorted(results.order().begin(), results.order().end()));
}

TEST_CASE("a handler on another context may destroy the client and the client's context") {
    loopback_server server;
    auto io = std::make_unique<asio::io_context>();
    auto made = std::make_unique<client>(*io, options_for(server));
    asio::thread_pool elsewhere(1);
    std::promise<void> left;
    std::promise<void> done;
    made->try_create_session()(asio::bind_executor(
        elsewhere,
        [&](const result<session>& outcome) {
            left.get_future().wait();
            CHECK(outcome.has_value());
            made.reset();
            io.reset();
            done.set_value();
        }));
    run_until(*io, [&] { return made->stats().calls_succeeded == 1; });
    left.set_value();
    done.get_future().wait();
    elsewhere.join();
}
