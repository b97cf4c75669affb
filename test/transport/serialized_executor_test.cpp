#include "transport/serialized_executor.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

// What Asio's executors promise, through the choice between them.

using bandwidth::webrtc::detail::serialized_executor;
namespace asio = boost::asio;

namespace {

/// Counts in `behind`.
serialized_executor counting(const asio::any_io_executor& below, const std::shared_ptr<int>& count) {
    auto made = serialized_executor::single_threaded(below);
    made.follow_by([](void* to) { ++*static_cast<int*>(to); }, count);
    return made;
}

/// Eight threads give it functions, four run it: never two at once, each thread's in their order.
template <class Context>
void check_serialized(Context& context, const serialized_executor& executor) {
    constexpr int producers = 8;
    constexpr int each = 1000;
    std::vector<int> last(producers, -1);
    int run = 0; // not atomic: the strand is what keeps them apart
    int at_once = 0;
    int wrong = 0;
    std::vector<std::thread> threads;
    for (int who = 0; who < producers; ++who) {
        threads.emplace_back([&, who] {
            for (int i = 0; i < each; ++i)
                asio::post(
                    executor,
                    [&, who, i] {
                        auto& before = last[static_cast<std::size_t>(who)];
                        wrong += ++at_once != 1 || i <= before || !executor.running_in_this_thread() ? 1 : 0;
                        before = i;
                        ++run;
                        --at_once;
                    });
        });
    }
    for (auto& thread : threads)
        thread.join();
    context.join();
    CHECK(run == producers * each);
    CHECK(wrong == 0);
}

/// An io_context that four threads run.
struct run_by_four {
    void join() {
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([this] { context.run(); });
        for (auto& thread : threads)
            thread.join();
    }
    asio::io_context context;
};

} // namespace

TEST_CASE("serialized_executor: a strand over an io_context runs one function at a time") {
    run_by_four four;
    check_serialized(four, serialized_executor::strand(four.context.get_executor()));
}

TEST_CASE("serialized_executor: a strand over another executor runs one function at a time") {
    asio::thread_pool pool(4);
    check_serialized(pool, serialized_executor::strand(pool.get_executor()));
}

TEST_CASE("serialized_executor: what is posted never runs inside, what is dispatched on a free thread does") {
    asio::io_context context;
    auto behind = std::make_shared<int>(0);
    for (const auto& executor :
         {serialized_executor::strand(context.get_executor()), counting(context.get_executor(), behind)}) {
        bool posted = false;
        bool dispatched = false;
        asio::post(context, [&] {
            asio::dispatch(executor, [&] { dispatched = true; });
            CHECK(dispatched);
            asio::post(executor, [&] { posted = true; });
            CHECK_FALSE(posted);
        });
        context.restart();
        CHECK(context.run() == 2);
        CHECK(posted);
        CHECK(&asio::query(executor, asio::execution::context) == &context);
    }
}

TEST_CASE("serialized_executor: without a strand, something runs behind each function") {
    asio::io_context context;
    auto behind = std::make_shared<int>(0);
    const auto executor = counting(context.get_executor(), behind);
    int seen = -1;
    asio::post(executor, [&] { seen = *behind; });
    context.run();
    CHECK(seen == 0); // not before it
    CHECK(*behind == 1);
    asio::dispatch(context, [&] { asio::dispatch(executor, [&] { seen = *behind; }); });
    context.restart();
    context.run();
    CHECK(seen == 1);
    CHECK(*behind == 2);
    behind.reset(); // so that there is nobody to call
    asio::post(executor, [&] { seen = 3; });
    context.restart();
    CHECK(context.run() == 1);
    CHECK(seen == 3);
}

TEST_CASE("serialized_executor: what is behind a function may throw out of run()") {
    asio::io_context context;
    const auto owner = std::make_shared<int>(0);
    auto executor = serialized_executor::single_threaded(context.get_executor());
    executor.follow_by([](void*) { throw std::runtime_error("behind"); }, owner);
    bool ran = false;
    asio::post(executor, [&] { ran = true; });
    bool thrown = false;
    try {
        context.run();
    } catch (const std::runtime_error&) {
        thrown = true;
    }
    CHECK(ran);
    CHECK(thrown);
}

TEST_CASE(
    "serialized_executor: what waits when the context is destroyed is destroyed without having been run") {
    const auto token = std::make_shared<int>(0);
    auto behind = std::make_shared<int>(0);
    {
        asio::io_context context;
        for (const auto& executor : {serialized_executor::strand(context.get_executor()),
                                     counting(context.get_executor(), behind)}) {
            asio::post(
                executor, [token] { FAIL("ran"); });
            asio::post(executor, [token, executor] { FAIL("ran"); });
        }
        CHECK(token.use_count() == 5);
    }
    CHECK(token.use_count() == 1);
    CHECK(*behind == 0);
}

TEST_CASE("serialized_executor: copies are equal, others are not") {
    asio::io_context context;
    const auto one = serialized_executor::strand(context.get_executor());
    const auto copy = one;
    CHECK(one == copy);
    CHECK(one != serialized_executor::strand(context.get_executor()));
    const auto never = asio::require(one, asio::execution::blocking.never);
    CHECK(never != one);
    CHECK(asio::require(never, asio::execution::blocking.possibly) == one);
    CHECK(asio::query(never, asio::execution::blocking) == asio::execution::blocking.never);
}
