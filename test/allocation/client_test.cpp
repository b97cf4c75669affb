// A client on this thread, a server on another, and each allocation of this thread failing in turn: that of
// the library, of Asio, and of OpenSSL. Whichever it is: nothing terminates, nothing leaks, each call
// completes once or its initiating function throws, and when there is memory again the same client serves the
// next call.
//
// What may throw besides the initiating functions is `io_context::run`: Asio allocates between the end of an
// operation and its handler, and throws from there where it cannot. What was to run then is lost; the client
// finds out (a read, a write, its timer), or a timeout ends it (a dial: the connect timeout).
//
// What does not hold, with OpenSSL 3.0: when some of SSL_CTX_new's allocations fail, it gives a context that
// is not whole, and tells no error. Each handshake of that client fails, until `reload_tls` makes another;
// that it heals is what is checked. A verification that runs out of memory fails as `errc::tls_untrusted`,
// which is not retryable. And OpenSSL leaks blocks of its own then, so that only the library's are counted.

#include <array>
#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include "allocation/scenario.hpp"
#include "support/test_client.hpp"

using namespace std::chrono_literals;
namespace webrtc = bandwidth::webrtc;
namespace asio = boost::asio;
using support::allocator;

namespace {

/// A client, and calls whose completions are counted.
class torn_client {
public:
    struct record {
        int times = 0;
        bool begun = false;
        bool failed = false;
        webrtc::failure why;
    };
    struct handler {
        record* to;
        template <class Result>
        void operator()(Result outcome) const {
            const support::own_allocations own;
            ++to->times;
            to->failed = !outcome;
            if (!outcome)
                to->why = outcome.error();
        }
    };

    torn_client(const webrtc::client_options& options, std::size_t k, allocator which)
        : options_(options), k_(k), which_(which) {}

    /// Runs `function` with allocations failing. True when it threw for that.
    template <class Function>
    bool step(Function function) {
        auto& here = support::failing_allocations;
        here.which = which_;
        here.fails_at = here.fails_until = k_;
        here.armed = true;
        bool threw = false;
        try {
            function();
        } catch (const std::bad_alloc&) {
            threw = true;
        } catch (const webrtc::api_error&) { // OpenSSL had no memory for the options
            threw = true;
        }
        here.armed = false;
        return threw;
    }

    bool make() {
        return !step([&] { client.emplace(context, options_); });
    }
    /// Starts a call by `begin`, which gets the handler; it is not expected to complete when that throws.
    template <class Begin>
    void start(Begin begin) {
        const auto index = started_++;
        REQUIRE(index < calls.size());
        calls[index].begun = !step([&] { begin(handler{&calls[index]}); });
    }
    void get() {
        start([&](auto done) { client->async_get_session(id, std::move(done)); });
    }
    const record* get_fresh() {
        const auto index = started_;
        get();
        run();
        return &calls[index];
    }
    bool all_done() const {
        for (std::size_t i = 0; i < started_; ++i) {
            if (calls[i].begun && calls[i].times == 0)
                return false;
        }
        return true;
    }
    void run() {
        const auto end = std::chrono::steady_clock::now() + 30s;
        while (!all_done() && std::chrono::steady_clock::now() < end) {
            step([&] {
                if (context.stopped())
                    context.restart();
                context.run_one_for(1ms);
            });
        }
    }

    /// What holds in the end, whichever allocation failed.
    void check() {
        run();
        for (std::size_t i = 0; i < started_; ++i) {
            CHECK(calls[i].times == (calls[i].begun ? 1 : 0));
            if (calls[i].begun && calls[i].failed && !may_fail)
                CHECK_MESSAGE(
                    (calls[i].why.code() == webrtc::condition::retryable ||
                     (which_ == allocator::openssl && calls[i].why.code() == webrtc::condition::tls_error)),
                    calls[i].why.describe());
        }
        k_ = 0;
        if (client && !closed) {
            auto fresh = get_fresh();
            if (fresh->failed && which_ == allocator::openssl) {
                // A context that OpenSSL left incomplete is known by its failing; a new one heals it.
                client->reload_tls(options_);
                fresh = get_fresh();
            }
            CHECK_MESSAGE(!fresh->failed, fresh->why.describe());
            CHECK(fresh->times == 1);
            const auto stats = client->stats();
            CHECK(stats.queue_depth == 0);
            CHECK(stats.in_flight == 0);
        }
        client.reset();
        while (!context.stopped())
            context.run_one_for(1ms);
        context.restart();
        const auto end = std::chrono::steady_clock::now() + 10s;
        while (!context.stopped() && std::chrono::steady_clock::now() < end)
            context.run_one_for(1ms);
        CHECK(context.stopped()); // so nothing of the client is left in it
        for (auto& call : calls)
            call.why = {};
    }

    asio::io_context context;
    std::optional<webrtc::client> client;
    std::array<record, 12> calls;
    webrtc::session_id id{"none"};
    bool closed = false;
    bool may_fail = false;

private:
    const webrtc::client_options& options_;
    std::size_t k_;
    allocator which_;
    std::size_t started_ = 0;
};

class torture {
public:
    explicit torture(std::size_t shards = 1)
        : options_(support::options_for(server)
                       .deadline(20s)
                       .connect_timeout(500ms)
                       .response_timeout(1s)
                       .max_connections(2)
                       .shards(shards)
                       .retry(webrtc::retry_policy{})) {
        asio::io_context context;
        webrtc::client client(context, options_);
        const auto made = support::wait_for(context, client.try_create_session(webrtc::session_request{}));
        REQUIRE(made.has_value());
        id_ = made->id();
    }

    template <class Steps>
    void operator()(Steps steps) {
        REQUIRE(test::openssl_is_replaced());
        // One after the other, so that a failure tells whose memory it was.
        for (const auto which : {allocator::cpp, allocator::asio, allocator::openssl}) {
            CAPTURE(static_cast<int>(which));
            const auto begin = std::chrono::steady_clock::now();
            const auto failed = test::for_each_allocation(
                [&](std::size_t k) {
                    CAPTURE(k);
                    torn_client torn(options_, k, which);
                    torn.id = id_;
                    steps(torn);
                    torn.check();
                },
                stride_of(which));
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
            MESSAGE("allocator " << static_cast<int>(which) << ": " << failed << " allocations, "
                                 << took.count() << " s");
        }
    }

    webrtc::testing::loopback_server server;

private:
    // A handshake allocates thousands of times in OpenSSL: some of these, unless all are asked for.
    static std::size_t stride_of(allocator which) {
        return which == allocator::openssl && !std::getenv("BANDWIDTH_WEBRTC_TEST_EVERY_ALLOCATION") ? 97 : 1;
    }

    webrtc::client_options options_;
    webrtc::session_id id_{"none"};
};

} // namespace

TEST_CASE("O14: a client is made, connects and gets a session") {
    torture each;
    each([](torn_client& torn) {
        if (torn.make())
            torn.get();
    });
}

TEST_CASE("O14: five calls in a pipeline, one of them cancelled") {
    torture each;
    each([](torn_client& torn) {
        torn.may_fail = true;
        if (!torn.make())
            return;
        asio::cancellation_signal signal;
        for (int i = 0; i < 4; ++i)
            torn.get();
        torn.start([&](auto done) {
            torn.client->async_get_session(torn.id, asio::bind_cancellation_slot(signal.slot(), done));
        });
        torn.step([&] { signal.emit(asio::cancellation_type::terminal); });
        torn.run();
    });
}

TEST_CASE("O14: a session is created") {
    torture each;
    each([](torn_client& torn) {
        if (!torn.make())
            return;
        const webrtc::session_request request;
        torn.start([&](auto done) { torn.client->async_create_session(request, done); });
    });
}

TEST_CASE("O14: a connection is lost, and the call is replayed") {
    torture each;
    each([&](torn_client& torn) {
        if (!torn.make())
            return;
        torn.get();
        torn.run();
        {
            const support::own_allocations own;
            each.server.inject(webrtc::testing::fault{}.on("GET").times(1).reset());
        }
        torn.get();
        torn.get();
        torn.run();
    });
}

TEST_CASE("O14: drained") {
    torture each;
    each([](torn_client& torn) {
        torn.may_fail = torn.closed = true;
        if (!torn.make())
            return;
        torn.get();
        torn.get();
        torn.start([&](auto done) { torn.client->async_drain(2s, done); });
    });
}

TEST_CASE("O14: two shards are drained") {
    torture each(2);
    each([](torn_client& torn) {
        torn.may_fail = torn.closed = true;
        if (!torn.make())
            return;
        torn.get();
        torn.start([&](auto done) { torn.client->async_drain(2s, done); });
    });
}

TEST_CASE("O14: other TLS options for two shards") {
    torture each(2);
    each([&](torn_client& torn) {
        if (!torn.make())
            return;
        torn.get();
        torn.run();
        std::optional<webrtc::client_options> options;
        {
            const support::own_allocations own;
            options.emplace(support::options_for(each.server));
        }
        torn.step([&] { torn.client->reload_tls(*options); });
        torn.get();
        const support::own_allocations own;
        options.reset();
    });
}

TEST_CASE("O14: destroyed with calls in flight") {
    torture each;
    each([](torn_client& torn) {
        torn.may_fail = true;
        if (!torn.make())
            return;
        torn.get();
        torn.get();
        torn.step([&] {
            for (int i = 0; i < 3; ++i)
                torn.context.run_one_for(1ms);
        });
        torn.step([&] { torn.client.reset(); });
    });
}
