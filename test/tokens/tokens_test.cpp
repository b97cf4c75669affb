#include <doctest/doctest.h>

#include <array>
#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/group_conditions.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/consign.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/experimental/promise.hpp>
#include <boost/asio/experimental/use_promise.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "support/test_client.hpp"

// What completion tokens, groups and their conditions do with a call is what they do with Asio's operations.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
namespace experimental = boost::asio::experimental;
using namespace std::chrono_literals;
using support::options_for;
using support::run_coroutine;
using support::run_until;
using testing::fault;
using testing::loopback_server;

namespace {

error_code code_of(const std::exception_ptr& thrown) {
    if (!thrown)
        return {};
    try {
        std::rethrow_exception(thrown);
    } catch (const api_error& error) {
        return error.code();
    }
}

/// A service with one session, and its client.
struct with_session {
    /// With one connection, the responses come in the order of the calls.
    explicit with_session(std::size_t connections = 8)
        : client(context, options_for(server).max_connections(connections)) {
        const auto made = support::wait_for(context, client.try_create_session());
        REQUIRE(made.has_value());
        room = made->id();
    }

    loopback_server server;
    asio::io_context context;
    bandwidth::webrtc::client client;
    session_id room;
    const session_id none{"none"};
    const call_options options;
};

// A group's handler that has no executor gets Asio's system executor, and would run on one of the system's threads. So each
// is bound to the context.

/// What a handler is given for a success and for a failure.
struct seen {
    std::optional<error_code> code;
    session value;

    auto handler() {
        return [this](const std::exception_ptr& thrown, session read) {
            code = code_of(thrown);
            value = std::move(read);
        };
    }
};

asio::awaitable<void> awaited(with_session& with) {
    const auto read = co_await with.client.async_get_session(with.room, with.options, asio::use_awaitable);
    CHECK(read.id() == with.room);
    const auto [thrown, nothing] =
        co_await with.client.async_get_session(with.none, with.options, asio::as_tuple(asio::use_awaitable));
    CHECK(code_of(thrown) == make_http_error(404));
    CHECK(nothing.id().empty());
    bool caught = false;
    try {
        co_await with.client.async_delete_session(with.none, with.options, asio::use_awaitable);
    } catch (const api_error& error) {
        caught = error.code() == make_http_error(404);
    }
    CHECK(caught);
    co_await with.client.async_delete_session(with.room, with.options, asio::deferred);
}

asio::awaitable<void> with_operators(with_session& with) {
    using namespace experimental::awaitable_operators;
    const auto awaited_here = asio::use_awaitable;
    const auto both = co_await (with.client.async_get_session(with.room, with.options, awaited_here) &&
                                with.client.get_session(with.room));
    CHECK(std::get<0>(both) == std::get<1>(both));
    asio::steady_timer timer(with.context, 1h);
    const auto first = co_await (timer.async_wait(awaited_here) ||
                                 with.client.async_get_session(with.room, with.options, awaited_here));
    CHECK(first.index() == 1);
    // A failure is none: the group waits for the call that succeeds.
    const auto succeeded = co_await (with.client.async_get_session(with.none, with.options, awaited_here) ||
                                     with.client.async_get_session(with.room, with.options, awaited_here));
    CHECK(succeeded.index() == 1);
}

/// A token of somebody's own: the outcome is kept in a place that the caller looks at later.
struct keep_in {
    std::shared_ptr<seen> place;
    asio::any_io_executor* executor;
};

} // namespace

namespace boost::asio {

template <>
class async_result<keep_in, void(std::exception_ptr, session)> {
public:
    template <class Initiation, class... Arguments>
    static std::shared_ptr<seen> initiate(Initiation&& initiation, const keep_in& token,
                                          Arguments... arguments) {
        *token.executor = initiation.get_executor(); // for adapters that need one, for a timer for instance
        std::forward<Initiation>(initiation)(
            [place = token.place](const std::exception_ptr& thrown, session value) {
                place->handler()(thrown, std::move(value));
            },
            std::move(arguments)...);
        return token.place;
    }
};

} // namespace boost::asio

TEST_CASE("a handler is given a null exception and the value, or the exception and an empty value") {
    with_session with;
    seen read, failed;
    with.client.async_get_session(with.room, with.options, read.handler());
    with.client.async_get_session(with.none, with.options, failed.handler());
    CHECK_FALSE(read.code.has_value()); // never inside of the function that starts the call
    run_until(with.context, [&] { return read.code && failed.code; });
    CHECK(*read.code == error_code());
    CHECK(read.value.id() == with.room);
    CHECK(*failed.code == make_http_error(404));
    CHECK(failed.value.id().empty());
}

TEST_CASE("use_future: the value, or the exception that the throwing form throws") {
    with_session with;
    auto read = with.client.async_get_session(with.room, with.options, asio::use_future);
    auto failed = with.client.async_delete_session(with.none, with.options, asio::use_future);
    run_until(with.context, [&] { return failed.wait_for(0s) == std::future_status::ready; });
    CHECK(read.get().id() == with.room);
    try {
        failed.get();
        FAIL("nothing was thrown");
    } catch (const api_error& error) {
        CHECK(error.failure().http_status() == 404);
    }
}

TEST_CASE("use_awaitable, and as_tuple around it") {
    with_session with;
    run_coroutine(with.context, awaited(with));
}

TEST_CASE("awaitable operators wait for the call that succeeds") {
    with_session with;
    run_coroutine(with.context, with_operators(with));
}

TEST_CASE("deferred starts the call when it is called, detached lets it go") {
    with_session with;
    seen read;
    auto later = with.client.async_get_session(with.room, with.options, asio::deferred);
    CHECK(with.client.stats().calls_started == 1);
    std::move(later)(read.handler());
    with.client.async_delete_session(with.room, with.options, asio::detached);
    run_until(with.context, [&] { return read.code && with.server.session_count() == 0; });
    CHECK(read.value.id() == with.room);
}

TEST_CASE("append and consign change what the handler is given, and what it keeps") {
    with_session with;
    std::optional<std::string> name;
    const auto kept = std::make_shared<int>(0);
    with.client.async_get_session(
        with.room, with.options,
        asio::append(
            [&](const std::exception_ptr& thrown, const session&, const std::string& appended) {
                CHECK_FALSE(thrown);
                CHECK(kept.use_count() == 2);
                name = appended;
            },
            std::string("mine")));
    with.client.async_delete_session(with.room, with.options,
                                     asio::consign([](const std::exception_ptr&) {}, kept));
    CHECK(kept.use_count() == 2);
    run_until(with.context, [&] { return name && kept.use_count() == 1; });
    CHECK(*name == "mine");
}

TEST_CASE("any_completion_handler, a strand of the context's, an allocator") {
    with_session with;
    seen erased, bound, allocated;
    asio::any_completion_handler<void(std::exception_ptr, session)> any = erased.handler();
    with.client.async_get_session(with.room, with.options, std::move(any));
    asio::io_context::strand strand(with.context); // the old kind, which has no `require`
    with.client.async_get_session(
        with.room, with.options,
        asio::bind_executor(strand, [&](const std::exception_ptr& thrown, session value) {
            CHECK(strand.running_in_this_thread());
            bound.handler()(thrown, std::move(value));
        }));
    with.client.async_get_session(with.none, with.options,
                                  asio::bind_allocator(std::allocator<char>(), allocated.handler()));
    run_until(with.context, [&] { return erased.code && bound.code && allocated.code; });
    CHECK(erased.value.id() == with.room);
    CHECK(bound.value.id() == with.room);
    CHECK(*allocated.code == make_http_error(404));
}

TEST_CASE("use_promise and a token of the caller's own") {
    with_session with;
    asio::any_io_executor executor;
    auto promise = with.client.async_get_session(with.room, with.options, experimental::use_promise);
    const auto kept =
        with.client.async_get_session(with.none, with.options, keep_in{std::make_shared<seen>(), &executor});
    CHECK(executor == with.client.get_executor());
    // Asio 1.26 loses the value where somebody waits before it is there.
    run_until(with.context, [&] { return promise.completed(); });
    seen read;
    promise(read.handler());
    run_until(with.context, [&] { return read.code && kept->code; });
    CHECK(read.value.id() == with.room);
    CHECK(*kept->code == make_http_error(404));
}

TEST_CASE("wait_for_one_success takes a 404 for no success") {
    with_session with(1);
    with.server.inject(fault{}.always().on("GET", "/slow").delay(100s)); // longer than a test may take
    const auto get = [&](const session_id& id) {
        return with.client.async_get_session(id, with.options, asio::deferred);
    };
    bool done = false;
    experimental::make_parallel_group(get(with.none), get(with.room), get(session_id("slow")))
        .async_wait(experimental::wait_for_one_success(),
                    asio::bind_executor(
                        with.context,
                        [&](const std::array<std::size_t, 3>& order, const std::exception_ptr& first,
                            const session&, const std::exception_ptr& second, const session& read,
                            const std::exception_ptr& third, const session&) {
                            CHECK(order.back() == 2);
                            CHECK(code_of(first) == make_http_error(404));
                            CHECK_FALSE(second);
                            CHECK(read.id() == with.room);
                            CHECK(code_of(third) == errc::cancelled);
                            done = true;
                        }));
    run_until(with.context, [&] { return done; });
}

TEST_CASE("wait_for_one_error takes a session for no error") {
    with_session with(1);
    with.server.inject(fault{}.always().on("GET", "/slow").delay(100s));
    const auto get = [&](const session_id& id) {
        return with.client.async_get_session(id, with.options, asio::deferred);
    };
    bool done = false;
    experimental::make_parallel_group(get(with.room), get(with.none), get(session_id("slow")))
        .async_wait(experimental::wait_for_one_error(),
                    asio::bind_executor(
                        with.context,
                        [&](const std::array<std::size_t, 3>&, const std::exception_ptr& first,
                            const session&, const std::exception_ptr& second, const session&,
                            const std::exception_ptr& third, const session&) {
                            CHECK_FALSE(first);
                            CHECK(code_of(second) == make_http_error(404));
                            CHECK(code_of(third) == errc::cancelled);
                            done = true;
                        }));
    run_until(with.context, [&] { return done; });
}

// Of `try_` calls, which tell their client's executor. Asio 1.26 knows none of a deferred operation's, and completes it on a
// thread of the system's.
TEST_CASE("a ranged group") {
    with_session with;
    std::vector<operation<session>> calls;
    for (const auto& id : {with.none, with.room, with.none})
        calls.push_back(with.client.try_get_session(id));
    bool done = false;
    const auto told = [&](const std::vector<std::size_t>& order, const std::vector<result<session>>& read) {
        CHECK(order.size() == 3);
        CHECK(read.at(0).error().http_status() == 404);
        CHECK(read.at(1).value().id() == with.room);
        done = true;
    };
    experimental::make_parallel_group(std::move(calls))
        .async_wait(experimental::wait_for_all(), asio::bind_executor(with.context, told));
    run_until(with.context, [&] { return done; });
}

TEST_CASE("the conditions for results know other operations too") {
    with_session with;
    with.server.inject(fault{}.always().on("GET", "/slow").delay(100s));
    asio::steady_timer timer(with.context, 1ms);
    bool done = false;
    experimental::make_parallel_group(
        with.client.try_get_session(session_id("slow")), timer.async_wait(asio::deferred),
        with.client.async_get_session(session_id("slow"), with.options, asio::deferred))
        .async_wait(wait_for_one_value(),
                    asio::bind_executor(
                        with.context,
                        [&](const std::array<std::size_t, 3>& order, const result<session>& read,
                            const error_code& waited, const std::exception_ptr& thrown, const session&) {
                            CHECK(order.front() == 1);
                            CHECK_FALSE(waited.failed());
                            CHECK(read.error().code() == errc::cancelled);
                            CHECK(code_of(thrown) == errc::cancelled);
                            done = true;
                        }));
    run_until(with.context, [&] { return done; });
}

TEST_CASE("try_ calls in a group: the first value, or the first failure, ends it") {
    for (const bool value : {true, false}) {
        with_session with(1);
        with.server.inject(fault{}.always().on("GET", "/slow").delay(100s));
        std::vector<operation<session>> calls;
        for (const auto& id : {with.none, with.room, session_id("slow")})
            calls.push_back(with.client.try_get_session(id));
        auto group = experimental::make_parallel_group(std::move(calls));
        const auto here = std::this_thread::get_id();
        bool done = false;
        const auto told = [&](const std::vector<std::size_t>& order,
                              const std::vector<result<session>>& got) {
            CHECK(std::this_thread::get_id() == here);
            CHECK(got.at(0).error().http_status() == 404);
            CHECK(got.at(2).error().code() == errc::cancelled);
            if (value) {
                CHECK(order.back() == 2);
                CHECK(got.at(1).has_value());
            }
            done = true;
        };
        if (value)
            group.async_wait(wait_for_one_value(), asio::bind_executor(with.context, told));
        else
            group.async_wait(wait_for_one_failure(), asio::bind_executor(with.context, told));
        run_until(with.context, [&] { return done; });
    }
}
