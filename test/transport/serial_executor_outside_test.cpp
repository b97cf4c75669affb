// Over an io_context: what runs inside of `execute`, and what runs when the strand has been left.
#include <doctest/doctest.h>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/require.hpp>
#include <future>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "support/hooked_executor.hpp"
#include "transport/serial_executor.hpp"

using bandwidth::webrtc::detail::serial_executor;
namespace asio = boost::asio;

namespace {

struct strand {
    asio::io_context context;
    serial_executor executor = serial_executor::over(context.get_executor());
    std::vector<int> order;

    auto note(int number) {
        return [this, number] { order.push_back(number); };
    }
    // On a thread of the context, and not on the strand.
    template <class Function>
    void run_in_context(Function function) {
        context.restart();
        asio::post(context, std::move(function));
        context.run();
    }
};

template <class Function>
bool outside(const serial_executor& executor, Function function) {
    return executor.execute_outside(function);
}

struct own_task : serial_executor::task {
    explicit own_task(std::vector<int>& to) : order(to) {
        end = [](serial_executor::task& base, bool run) {
            static_cast<own_task&>(base).order.push_back(run ? 1 : -1);
        };
    }
    std::vector<int>& order;
};

} // namespace

TEST_CASE_FIXTURE(strand, "a function runs at once on a thread of the context, and on no other") {
    executor.execute(note(1));
    CHECK(order.empty());
    run_in_context([&] {
        executor.execute(note(2));
        order.push_back(3);
    });
    CHECK(order == std::vector{1, 2, 3});
}

TEST_CASE_FIXTURE(strand, "it does not pass those that wait") {
    run_in_context([&] {
        asio::post(executor, note(1));
        executor.execute(note(2));
        CHECK(order.empty());
    });
    CHECK(order == std::vector{1, 2});
}

TEST_CASE_FIXTURE(strand, "what it gives to the strand runs behind it, and before it returns") {
    run_in_context([&] {
        executor.execute([&] {
            asio::post(executor, note(2));
            executor.execute(note(3));
            order.push_back(1);
        });
        order.push_back(4);
    });
    CHECK(order == std::vector{1, 2, 3, 4});
}

TEST_CASE_FIXTURE(strand, "it is gone when the strand has been left") {
    auto owned = std::make_shared<int>(1);
    run_in_context([&] {
        executor.execute([&, held = std::move(owned)] {
            const std::weak_ptr<int> watched = held;
            CHECK(outside(executor, [&, watched] { order.push_back(watched.expired() ? 1 : 0); }));
        });
    });
    CHECK(order == std::vector{1});
}

TEST_CASE_FIXTURE(strand, "it throws, or cannot be moved: the strand goes on") {
    struct immovable {
        immovable() = default;
        immovable(const immovable&) { throw std::bad_alloc(); }
        void operator()() const {}
    };
    run_in_context([&] {
        const immovable function;
        CHECK_THROWS_AS(executor.execute(function), std::bad_alloc);
        CHECK_THROWS_AS(executor.execute([&] {
            asio::post(executor, note(2));
            throw std::runtime_error("thrown");
        }),
                        std::runtime_error);
        order.push_back(1);
    });
    CHECK(order == std::vector{1, 2});
}

TEST_CASE_FIXTURE(strand, "a task of the caller's runs at once, or behind those that wait, and again") {
    own_task task(order);
    run_in_context([&] {
        executor.execute_task(task);
        CHECK(order == std::vector{1});
        asio::post(executor, note(2));
        executor.execute_task(task);
        CHECK(order == std::vector{1});
    });
    CHECK(order == std::vector{1, 2, 1});
}

TEST_CASE("a task of the caller's that waits when the context goes is given back") {
    std::vector<int> order;
    own_task task(order);
    std::optional<asio::io_context> context(std::in_place);
    serial_executor::over(context->get_executor()).execute_task(task);
    context.reset();
    CHECK(order == std::vector{-1});
}

TEST_CASE_FIXTURE(strand, "a function outside runs behind the one on the strand, and when it was left") {
    asio::post(executor, [&] {
        CHECK(outside(executor, [&] {
            executor.execute(note(2)); // at once, so nobody is on the strand
            order.push_back(3);
        }));
        order.push_back(1);
    });
    context.run();
    CHECK(order == std::vector{1, 2, 3});
}

TEST_CASE_FIXTURE(strand, "another thread goes on with what waits, while a function outside blocks") {
    std::promise<void> ran;
    asio::post(executor, [&] {
        CHECK(outside(executor, [&] {
            ran.get_future().get();
            order.push_back(2);
        }));
    });
    asio::post(executor, [&] {
        order.push_back(1);
        ran.set_value();
    });
    std::thread other([&] { context.run(); });
    context.run();
    other.join();
    CHECK(order == std::vector{1, 2});
}

TEST_CASE("... be the executor below one that gives to its own thread first") {
    asio::io_context context;
    const auto executor = serial_executor::over(
        asio::require(context.get_executor(), asio::execution::relationship.continuation));
    std::promise<void> ran;
    asio::post(executor, [&] { CHECK(outside(executor, [&] { ran.get_future().get(); })); });
    asio::post(executor, [&] { ran.set_value(); });
    std::thread other([&] { context.run(); });
    context.run();
    other.join();
}

TEST_CASE_FIXTURE(strand, "one function outside at a time, from the strand only, over an io_context only") {
    CHECK_FALSE(outside(executor, note(1)));
    run_in_context([&] { CHECK_FALSE(outside(executor, note(1))); });
    const auto other = serial_executor::over(context.get_executor());
    run_in_context([&] {
        executor.execute([&] {
            CHECK_FALSE(outside(other, note(1)));
            CHECK(outside(executor, note(2)));
            CHECK_FALSE(outside(executor, note(1)));
        });
    });
    CHECK(order == std::vector{2});

    const auto over_another =
        serial_executor::over(support::hooked_executor(context.get_executor(), [] { return true; }));
    run_in_context([&] { over_another.execute([&] { CHECK_FALSE(outside(over_another, note(1))); }); });
    CHECK(order == std::vector{2});
}

TEST_CASE_FIXTURE(strand, "on the strand inside of a function outside, there may be another one") {
    asio::post(executor, [&] {
        CHECK(outside(executor, [&] {
            executor.execute([&] { CHECK(outside(executor, note(1))); });
            order.push_back(2);
        }));
    });
    context.run();
    CHECK(order == std::vector{1, 2});
}

TEST_CASE_FIXTURE(strand, "what a function outside throws leaves run, and the strand goes on") {
    asio::post(executor, [&] {
        CHECK(outside(executor, [] { throw std::runtime_error("outside"); }));
        order.push_back(1);
    });
    asio::post(executor, note(2));
    CHECK_THROWS_WITH_AS(context.run(), "outside", std::runtime_error);
    context.run();
    CHECK(order == std::vector{1, 2});
}

TEST_CASE_FIXTURE(strand, "a function that throws does not keep the one outside from running") {
    asio::post(executor, [&] {
        CHECK(outside(executor, note(1)));
        throw std::runtime_error("inside");
    });
    asio::post(executor, note(2));
    CHECK_THROWS_WITH_AS(context.run(), "inside", std::runtime_error);
    context.run();
    CHECK(order == std::vector{1, 2});
}
