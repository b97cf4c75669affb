#include "transport/serial_executor.hpp"

#include <doctest/doctest.h>

#include <array>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/hooked_executor.hpp"

using bandwidth::webrtc::detail::serial_executor;
using support::hooked_executor;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

static_assert(asio::execution::is_executor_v<serial_executor>);
static_assert(std::is_convertible_v<serial_executor, asio::any_io_executor>);
static_assert(asio::can_require_v<serial_executor, asio::execution::blocking_t::never_t>);
static_assert(asio::can_prefer_v<serial_executor, asio::execution::blocking_t::possibly_t>);
static_assert(!asio::can_require_v<serial_executor, asio::execution::blocking_t::always_t>);

/// A function that can only be moved, and tells whether it was run or just destroyed.
class witness {
public:
    struct seen {
        int run = 0;
        int destroyed = 0; // without having been run
    };
    explicit witness(seen& to) : to_(&to, &note_destroyed) {}
    void operator()() {
        ++to_->run;
        to_.release();
    }

private:
    static void note_destroyed(seen* to) { ++to->destroyed; }
    std::unique_ptr<seen, void (*)(seen*)> to_;
};

/// An io_context, and an executor over it whose scheduling can be made to fail.
struct hooked {
    asio::io_context context;
    int failures = 0; // to come
    int dropping = 0; // the next one
    int scheduled = 0;
    serial_executor executor = serial_executor::over(hooked_executor(context.get_executor(), [this] {
        if (failures > 0) {
            --failures;
            throw std::bad_alloc();
        }
        ++scheduled;
        return std::exchange(dropping, 0) == 0;
    }));
    std::vector<int> order;

    auto note(int number) {
        return [this, number] { order.push_back(number); };
    }
};

} // namespace

TEST_CASE_FIXTURE(hooked, "functions run in the order in which they were given, and by one scheduling") {
    for (int i = 0; i < 5; ++i)
        asio::post(executor, note(i));
    CHECK(order.empty());
    CHECK(context.run_one() == 1);
    CHECK(order == std::vector{0, 1, 2, 3, 4});
    CHECK(scheduled == 1);
}

TEST_CASE_FIXTURE(hooked, "dispatched from the executor below a function runs there and then") {
    asio::post(context, [&] {
        asio::dispatch(executor, note(1));
        order.push_back(2);
        asio::post(executor, note(4));
        order.push_back(3);
    });
    context.run();
    CHECK(order == std::vector{1, 2, 3, 4});
}

TEST_CASE_FIXTURE(hooked, "what a function executes runs behind it, and behind what waits already") {
    asio::post(executor, [&] {
        asio::dispatch(executor, note(3));
        asio::post(executor, note(4));
        executor.execute(note(5));
        order.push_back(1);
    });
    asio::post(executor, note(2));
    context.run();
    CHECK(order == std::vector{1, 2, 3, 4, 5});
}

TEST_CASE_FIXTURE(hooked, "a function that goes on for ever leaves the executor below to others") {
    bool ended = false;
    std::function<void()> again = [&] {
        if (!ended)
            asio::post(executor, [&] { again(); });
    };
    again();
    asio::post(context, [&] { ended = true; });
    context.run();
    CHECK(ended);
}

TEST_CASE_FIXTURE(hooked, "... unless there is no memory to schedule the rest, which runs all the same") {
    for (int i = 0; i < 500; ++i)
        asio::post(executor, note(i));
    failures = 1000;
    context.run();
    REQUIRE(order.size() == 500);
    for (int i = 0; i < 500; ++i)
        CHECK(order[static_cast<std::size_t>(i)] == i);
}

TEST_CASE_FIXTURE(hooked, "what a function throws leaves run, and the rest goes on") {
    for (const int failing : {0, 1, 1000}) {
        CAPTURE(failing); // schedulings, of those behind it
        order.clear();
        asio::post(executor, note(1));
        asio::post(executor, [&] {
            failures = failing;
            throw std::runtime_error("thrown");
        });
        asio::post(executor, note(2));
        asio::post(executor, note(3));
        CHECK_THROWS_WITH_AS(context.run(), "thrown", std::runtime_error);
        failures = 0;
        context.run();
        CHECK(order == std::vector{1, 2, 3});
        context.restart();
    }
}

TEST_CASE_FIXTURE(hooked, "of several that throw, and no memory to run them apart, the first is told") {
    asio::post(executor, [&] {
        failures = 1000;
        throw std::runtime_error("first");
    });
    asio::post(executor, [] { throw std::logic_error("second"); });
    asio::post(executor, note(1));
    CHECK_THROWS_WITH_AS(context.run(), "first", std::runtime_error);
    CHECK(order == std::vector{1});
}

TEST_CASE_FIXTURE(hooked, "what is dispatched and throws does so in run too") {
    asio::post(context, [&] {
        asio::dispatch(executor, [] { throw std::runtime_error("thrown"); });
        order.push_back(1);
    });
    CHECK_THROWS_WITH_AS(context.run(), "thrown", std::runtime_error);
    context.restart();
    asio::post(executor, note(2));
    context.run();
    CHECK(order == std::vector{1, 2});
}

TEST_CASE_FIXTURE(hooked, "scheduling fails: the function is destroyed, and the next one runs") {
    witness::seen failed;
    witness::seen next;
    failures = 1;
    CHECK_THROWS_AS(asio::post(executor, witness(failed)), std::bad_alloc);
    CHECK(failed.destroyed == 1);
    asio::post(executor, witness(next));
    context.run();
    CHECK(next.run == 1);
    CHECK(next.destroyed == 0);
    CHECK(failed.run == 0);
}

TEST_CASE_FIXTURE(hooked, "a function that cannot be moved to where it is kept changes nothing") {
    struct immovable {
        immovable() = default;
        immovable(const immovable&) { throw std::bad_alloc(); }
        void operator()() const {}
    };
    const immovable function;
    CHECK_THROWS_AS(executor.execute(function), std::bad_alloc);
    executor.execute(note(1));
    context.run();
    CHECK(order == std::vector{1});
}

TEST_CASE_FIXTURE(hooked, "an executor below that drops what it is given drops the functions") {
    witness::seen dropped;
    witness::seen next;
    dropping = 1;
    asio::post(executor, witness(dropped));
    CHECK(dropped.destroyed == 1);
    asio::post(executor, witness(next));
    context.run();
    CHECK(next.run == 1);

    // ... be it in the middle
    context.restart();
    asio::post(executor, [&] {
        dropping = 1;
        throw std::runtime_error("thrown");
    });
    asio::post(executor, witness(dropped));
    CHECK_THROWS_AS(context.run(), std::runtime_error);
    CHECK(dropped.destroyed == 2);
    context.restart();
    asio::post(executor, witness(next));
    context.run();
    CHECK(next.run == 2);
}

TEST_CASE("a context that goes destroys functions without running them, be it that they own the executor") {
    witness::seen seen;
    std::optional<asio::io_context> context(std::in_place);
    {
        const auto executor = serial_executor::over(context->get_executor());
        asio::post(executor, witness(seen));
        asio::post(executor, [executor, held = witness(seen)]() mutable { held(); });
    }
    CHECK(seen.destroyed == 0);
    context.reset();
    CHECK(seen.destroyed == 2);
    CHECK(seen.run == 0);
}

TEST_CASE("a function that owns the executor may be the last one to do so") {
    witness::seen seen;
    asio::io_context context;
    auto executor = std::make_unique<serial_executor>(serial_executor::over(context.get_executor()));
    auto& to = *executor;
    asio::post(to, [owned = std::move(executor), held = witness(seen)]() mutable {
        owned.reset();
        held();
    });
    CHECK(context.run() == 1);
    CHECK(seen.run == 1);
}

TEST_CASE_FIXTURE(hooked, "two are equal that run their functions one after the other, and block alike") {
    const auto copy = executor;
    const auto other = serial_executor::over(context.get_executor());
    CHECK(copy == executor);
    CHECK(other != executor);

    namespace execution = asio::execution;
    const auto never = asio::require(executor, execution::blocking.never);
    CHECK(asio::query(executor, execution::blocking) == execution::blocking.possibly);
    CHECK(asio::query(never, execution::blocking) == execution::blocking.never);
    CHECK(never != executor);
    CHECK(asio::require(never, execution::blocking.possibly) == executor);
    CHECK(&asio::query(executor, execution::context) == &context);

    const asio::any_io_executor any = executor;
    CHECK(any == asio::any_io_executor(copy));
    CHECK(any != asio::any_io_executor(other));
    CHECK(&asio::query(any, execution::context) == &context);
    CHECK(asio::query(asio::require(any, execution::blocking.never), execution::blocking) ==
          execution::blocking.never);
    CHECK(asio::prefer(any, execution::outstanding_work.tracked) == any);
}

TEST_CASE_FIXTURE(hooked, "all that waits is work for the context, the executor is not") {
    CHECK(context.run() == 0);
    context.restart();
    asio::post(executor, [&] { asio::post(executor, [&] { asio::post(executor, note(1)); }); });
    context.run();
    CHECK(order == std::vector{1});
}

TEST_CASE_FIXTURE(hooked, "a timer of it runs its handlers in it") {
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                               serial_executor>
        typed(executor, 1ms);
    asio::steady_timer erased(executor, 1ms);
    const auto handler = [&](int number) {
        return [&, number](boost::system::error_code ec) {
            CHECK(!ec);
            asio::dispatch(executor, note(10 * number)); // would be at once, were it not inside
            order.push_back(number);
        };
    };
    typed.async_wait(handler(1));
    context.run();
    CHECK(order == std::vector{1, 10});
    context.restart();
    erased.async_wait(handler(2));
    context.run();
    CHECK(order == std::vector{1, 10, 2, 20});
}

TEST_CASE_FIXTURE(hooked, "handlers of operations on a socket run in it, be they bound to it or its own") {
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    asio::ip::tcp::socket peer(context);
    asio::basic_stream_socket<asio::ip::tcp, serial_executor> own(executor);
    own.async_connect(acceptor.local_endpoint(), [&](boost::system::error_code ec) {
        CHECK(!ec);
        asio::dispatch(executor, note(2));
        order.push_back(1);
    });
    acceptor.accept(peer);
    context.run();
    CHECK(order == std::vector{1, 2});

    context.restart();
    std::string received(3, '\0');
    std::string sent = "abc";
    asio::async_read(peer, asio::buffer(received),
                     asio::bind_executor(executor, [&](boost::system::error_code ec, std::size_t) {
                         CHECK(!ec);
                         asio::dispatch(executor, note(4));
                         order.push_back(3);
                     }));
    asio::async_write(own, asio::buffer(sent), [](boost::system::error_code, std::size_t) {});
    context.run();
    CHECK(received == sent);
    CHECK(order == std::vector{1, 2, 3, 4});
}
