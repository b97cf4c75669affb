#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/cancel_at.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include "support/test_client.hpp"

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::options_for;
using support::run_coroutine;
using support::run_until;
using testing::fault;
using testing::loopback_server;

namespace {

/// A service that has a session and does not respond for another, and its client.
struct with_slow_session {
    with_slow_session() {
        server.inject(fault{}.always().on("GET", "/slow").delay(100s)); // longer than a test may take
        const auto made = support::wait_for(context, client.try_create_session());
        REQUIRE(made.has_value());
        room = made->id();
    }

    loopback_server server;
    asio::io_context context;
    bandwidth::webrtc::client client{context, options_for(server)};
    session_id room;
    const session_id slow{"slow"};
    const call_options options;
};

bool is_cancelled(const std::exception_ptr& thrown) {
    if (!thrown)
        return false;
    try {
        std::rethrow_exception(thrown);
    } catch (const api_error& error) {
        return error.code() == errc::cancelled && error.code() == boost::system::errc::operation_canceled;
    }
}

asio::awaitable<void> awaited_for_a_while(with_slow_session& with) {
    bool cancelled = false;
    try {
        co_await with.client.async_get_session(with.slow, with.options,
                                               asio::cancel_after(1ms, asio::use_awaitable));
    } catch (const api_error& error) {
        cancelled = error.code() == errc::cancelled;
    }
    CHECK(cancelled);
    const auto in_time = co_await with.client.async_get_session(with.room, with.options,
                                                                asio::cancel_after(1h, asio::use_awaitable));
    CHECK(in_time.id() == with.room);
    // Without a token: the adapted call is deferred, and awaited as it is.
    const auto partial =
        co_await with.client.async_get_session(with.room, with.options, asio::cancel_after(1h));
    CHECK(partial.id() == with.room);
    const auto late = co_await with.client.try_get_session(with.slow)(asio::cancel_after(1ms));
    REQUIRE(late.has_error());
    CHECK(late.error().code() == errc::cancelled);
}

} // namespace

TEST_CASE("cancel_after and cancel_at end a call, and let one that is in time alone") {
    with_slow_session with;
    std::optional<bool> cancelled, until_then, in_time;
    with.client.async_get_session(with.slow, with.options,
                                  asio::cancel_after(
                                      1ms, [&](const std::exception_ptr& thrown,
                                               const session&) { cancelled = is_cancelled(thrown); }));
    with.client.try_get_session(with.slow)(asio::cancel_at(
        std::chrono::steady_clock::now(),
        [&](const result<session>& read) {
            until_then = read.has_error() && read.error().code() == errc::cancelled;
        }));
    with.client.async_get_session(
        with.room, with.options,
        asio::cancel_after(
            1h, [&](const std::exception_ptr& thrown,
                    const session& read) { in_time = !thrown && read.id() == with.room; }));
    run_until(with.context, [&] { return cancelled && until_then && in_time; });
    CHECK(*cancelled);
    CHECK(*until_then);
    CHECK(*in_time);
}

TEST_CASE("cancel_after in a coroutine") {
    with_slow_session with;
    run_coroutine(with.context, awaited_for_a_while(with));
}
