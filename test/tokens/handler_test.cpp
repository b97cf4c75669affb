#include <doctest/doctest.h>

#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "support/test_client.hpp"

// What is associated with a handler, and what it may outlive.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::options_for;
using support::run_until;
using testing::loopback_server;

namespace {

/// Counts what is allocated by its copies and not given back.
template <class T>
class counting_allocator {
public:
    using value_type = T;
    explicit counting_allocator(int& alive, int& all) noexcept : alive_(&alive), all_(&all) {}
    template <class Other>
    counting_allocator(const counting_allocator<Other>& other) noexcept
        : alive_(other.alive_), all_(other.all_) {}
    T* allocate(std::size_t count) {
        ++*alive_;
        ++*all_;
        return std::allocator<T>().allocate(count);
    }
    void deallocate(T* block, std::size_t count) noexcept {
        --*alive_;
        std::allocator<T>().deallocate(block, count);
    }
    friend bool operator==(const counting_allocator& a, const counting_allocator& b) noexcept {
        return a.alive_ == b.alive_;
    }

private:
    template <class Other>
    friend class counting_allocator;
    int* alive_;
    int* all_;
};

/// An executor that can do no more than execute, and no `any_io_executor` can hold. It keeps functions until
/// the test runs them, or runs them at once.
class plain_executor {
public:
    struct state {
        bool at_once = false;
        bool running = false;
        std::vector<std::function<void()>> kept;
    };
    explicit plain_executor(state& of) noexcept : state_(&of) {}

    template <class Function>
    void execute(Function&& function) const {
        const auto shared = std::make_shared<std::decay_t<Function>>(std::forward<Function>(function));
        auto run = [shared, of = state_] {
            of->running = true;
            (*shared)();
            of->running = false;
        };
        if (state_->at_once)
            run();
        else
            state_->kept.emplace_back(std::move(run));
    }
    friend bool operator==(const plain_executor& a, const plain_executor& b) noexcept {
        return a.state_ == b.state_;
    }
    friend bool operator!=(const plain_executor& a, const plain_executor& b) noexcept { return !(a == b); }

private:
    state* state_;
};
static_assert(asio::execution::is_executor_v<plain_executor>);
static_assert(!std::is_convertible_v<plain_executor, asio::any_io_executor>);

template <std::size_t Size>
struct sized_handler {
    int* ran;
    char ballast[Size];
    void operator()(const result<session>& outcome) const {
        CHECK(outcome.error().code() == errc::invalid_argument);
        ++*ran;
    }
};

} // namespace

TEST_CASE("a handler that finds no room in its call is kept in memory of its associated allocator") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    int alive = 0;
    int all = 0;
    int ran = 0;
    const auto call = [&](auto handler) {
        client.try_get_session(session_id(""))(
            asio::bind_allocator(counting_allocator<void>(alive, all), handler));
    };
    call(sized_handler<8>{&ran, {}});
    CHECK(all == 0);
    run_until(context, [&] { return ran == 1; });
    call(sized_handler<400>{&ran, {}});
    CHECK(all == 1);
    CHECK(alive == 1);
    run_until(context, [&] { return ran == 2; });
    CHECK(alive == 0);
    // It is given back as well when the handler never runs.
    {
        asio::io_context unused;
        bandwidth::webrtc::client other(unused, options_for(server));
        other.try_get_session(session_id(""))(
            asio::bind_allocator(counting_allocator<void>(alive, all), sized_handler<400>{&ran, {}}));
        CHECK(alive == 1);
    }
    CHECK(alive == 0);
}

TEST_CASE("handlers of all sizes run once") {
    loopback_server server;
    for (const bool single_threaded : {false, true}) {
        asio::io_context context;
        client client(context, options_for(server).single_threaded(single_threaded));
        int ran = 0;
        const auto call = [&](auto handler) {
            client.try_get_session(session_id(""))(std::move(handler));
            client.try_get_session(session_id(""))(asio::bind_executor(asio::make_strand(context), handler));
        };
        call(sized_handler<1>{&ran, {}});
        call(sized_handler<24>{&ran, {}});
        call(sized_handler<32>{&ran, {}});
        call(sized_handler<40>{&ran, {}});
        call(sized_handler<64>{&ran, {}});
        call(sized_handler<72>{&ran, {}});
        call(sized_handler<80>{&ran, {}});
        call(sized_handler<300>{&ran, {}});
        run_until(context, [&] { return ran == 16; });
        context.poll();
        CHECK(ran == 16);
    }
}

TEST_CASE("a handler's executor need be no more than an executor") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    plain_executor::state state;
    bool initiating = true;
    int ran = 0;
    const auto call = [&](const auto& executor) {
        initiating = true;
        client.try_get_session(session_id(""))(
            asio::bind_executor(executor, [&](const result<session>& outcome) {
                CHECK(outcome.error().code() == errc::invalid_argument);
                CHECK_FALSE(initiating);
                CHECK(state.running);
                ++ran;
            }));
        initiating = false;
    };
    call(plain_executor(state));
    run_until(context, [&] { return state.kept.size() == 1; });
    CHECK(ran == 0);
    std::exchange(state.kept, {}).front()();
    CHECK(ran == 1);
    state.at_once = true; // and one that runs a function inside of `execute`
    call(plain_executor(state));
    run_until(context, [&] { return ran == 2; });
    call(asio::any_completion_executor(plain_executor(state)));
    run_until(context, [&] { return ran == 3; });
}

TEST_CASE("an executor that runs functions at once does not run a handler inside of a cycle") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    plain_executor::state state;
    state.at_once = true;
    int left = 100;
    struct chain {
        bandwidth::webrtc::client& client;
        plain_executor executor;
        int& left;
        void operator()(const result<session>& outcome) const {
            REQUIRE(outcome.has_value());
            if (--left != 0)
                client.try_create_session()(asio::bind_executor(executor, *this));
        }
    };
    client.try_create_session()(
        asio::bind_executor(plain_executor(state), chain{client, plain_executor(state), left}));
    run_until(context, [&] { return left == 0; });
    CHECK(server.session_count() == 100);
}

TEST_CASE("O19: a completion that waits on another context holds nothing of the client's context") {
    loopback_server server;
    const auto token = std::make_shared<int>(0);
    bool ran = false;
    bool runs = false;
    SUBCASE("and runs when that context is gone") { runs = true; }
    SUBCASE("or is destroyed without having been run"){} {
        asio::io_context other;
        {
            asio::io_context context;
            client client(context, options_for(server));
            for (int i = 0; i < 3; ++i) {
                client.try_get_session(session_id("s"))(asio::bind_executor(
                    other,
                    [&ran, token](const result<session>& got) {
                        CHECK(got.error().http_status() == 404);
                        ran = true;
                    }));
            }
            run_until(context, [&] { return client.stats().calls_failed == 3; });
        }
        CHECK_FALSE(ran);
        if (runs)
            CHECK(other.run() == 3);
    }
    CHECK(ran == runs);
    CHECK(token.use_count() == 1);
}
