#pragma once

#include <doctest/doctest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <utility>

namespace support {

namespace asio = boost::asio;

/// Far more than anything here takes, also under a sanitizer on a busy machine.
constexpr std::chrono::seconds generous_limit{60};

/// Runs handlers of `context` until `done()` is true, which may depend on other threads. Fails the test when
/// it does not become true in time.
template <class Predicate>
void run_until(asio::io_context& context, Predicate done,
               std::chrono::steady_clock::duration limit = generous_limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    context.restart();
    while (!done()) {
        if (std::chrono::steady_clock::now() >= end)
            FAIL("not done within the limit");
        if (context.run_one_for(std::chrono::milliseconds(1)) == 0 && context.stopped())
            context.restart();
    }
}

/// Runs a coroutine on `context` to its end and rethrows what it throws. Fails the test when it does not end
/// in time. Other work of the context may be left over.
inline void run_coroutine(asio::io_context& context, asio::awaitable<void> body,
                          std::chrono::steady_clock::duration limit = generous_limit) {
    struct outcome {
        bool done = false;
        std::exception_ptr error;
    };
    const auto seen = std::make_shared<outcome>();
    asio::co_spawn(
        context, std::move(body),
        [seen](std::exception_ptr error) {
            seen->done = true;
            seen->error = error;
        });
    run_until(
        context, [&seen] { return seen->done; }, limit);
    if (seen->error)
        std::rethrow_exception(seen->error);
}

} // namespace support
