#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <vector>

#include "steady_state/allocation_count.hpp"
#include "support/test_client.hpp"

// What a call costs in allocations when nothing fails and all is warm: none of the library's own.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::options_for;
using testing::loopback_server;

namespace {

constexpr int warm = 400;
constexpr int counted = 800;

/// Counts the responses, and what was allocated between the one that makes it warm and the last one.
struct progress {
    explicit progress(asio::io_context& of) : context(of) {}
    /// Whether another call is to follow.
    bool answered(const result<session>& got) {
        right += got.has_value() ? 1 : 0;
        if (++all == warm)
            test::allocations = {true, 0, 0};
        if (all == warm + counted) {
            test::allocations.counting = false;
            context.stop();
        }
        return all < warm + counted;
    }
    void check() const {
        CHECK(right == all);
        // The text of each session's id is the response's own.
        CHECK(test::allocations.news == counted);
        CHECK(test::allocations.asio == 0);
    }

    asio::io_context& context;
    int all = 0;
    int right = 0;
};

asio::awaitable<void> call_on(client& client, session_id id, progress& seen) {
    for (;;) {
        const auto got = co_await client.try_get_session(id);
        if (!seen.answered(got))
            co_return;
    }
}

/// Runs `depth` chains of calls on one connection; `start` begins one.
template <class Start>
void run_chains(bool single_threaded, std::size_t depth, Start start) {
    loopback_server server;
    asio::io_context context(single_threaded ? 1 : BOOST_ASIO_CONCURRENCY_HINT_DEFAULT);
    client client(context, options_for(server).max_connections(1).single_threaded(single_threaded));
    const auto made = support::wait_for(context, client.try_create_session(session_request{}));
    REQUIRE(made.has_value());
    progress seen(context);
    for (std::size_t i = 0; i < depth; ++i)
        start(client, made->id(), seen);
    // In one run, as a program does it: what Asio keeps to use again is gone when a run ends.
    context.restart();
    context.run();
    seen.check();
}

template <class Start>
void run_chains(Start start) {
    for (const bool single_threaded : {false, true}) {
        for (const std::size_t depth : {1U, 8U}) {
            CAPTURE(single_threaded);
            CAPTURE(depth);
            run_chains(single_threaded, depth, start);
        }
    }
}

} // namespace

TEST_CASE("the allocations of a call with a handler in the steady state") {
    run_chains([](client& client, const session_id& id, progress& seen) {
        struct chain {
            bandwidth::webrtc::client& client;
            const session_id& id;
            progress& seen;
            void operator()(const result<session>& got) const {
                if (seen.answered(got))
                    client.try_get_session(id)(*this);
            }
        };
        client.try_get_session(id)(chain{client, id, seen});
    });
}

TEST_CASE("the allocations of a call in a coroutine in the steady state") {
    run_chains([](client& client, const session_id& id, progress& seen) {
        asio::co_spawn(client.get_executor(), call_on(client, id, seen), asio::detached);
    });
}

TEST_CASE("the allocations of a call that may be cancelled in the steady state") {
    std::vector<asio::cancellation_signal> signals(8);
    std::size_t next = 0;
    run_chains([&](client& client, const session_id& id, progress& seen) {
        struct chain {
            bandwidth::webrtc::client& client;
            const session_id& id;
            progress& seen;
            asio::cancellation_signal& signal;
            void operator()(const result<session>& got) const {
                if (seen.answered(got))
                    client.try_get_session(id)(asio::bind_cancellation_slot(signal.slot(), *this));
            }
        };
        auto& signal = signals[next++ % signals.size()];
        client.try_get_session(id)(
            asio::bind_cancellation_slot(signal.slot(), chain{client, id, seen, signal}));
    });
}
