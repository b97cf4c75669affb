#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/test_client.hpp"

// The executor that a client is given.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::collector;
using support::options_for;
using support::run_until;
using support::wait_for;
using testing::fault;
using testing::loopback_server;

namespace {

client_options for_one_thread(const loopback_server& server) {
    return options_for(server).single_threaded(true);
}

asio::awaitable<void> create_and_read(client& client, int& left) {
    for (int i = 0; i < 20; ++i) {
        const session made = co_await client.create_session(session_request{}.tag("t"));
        const auto read = co_await client.try_get_session(made.id());
        REQUIRE(read.has_value());
        CHECK(read->tag() == "t");
        co_await client.delete_session(made.id());
    }
    --left;
}

/// Why a client cannot be made on the executor; empty when it can.
std::string refusal_of(const asio::any_io_executor& executor, const client_options& options) {
    try {
        const client refused(executor, options);
        return {};
    } catch (const api_error& error) {
        CHECK(error.code() == errc::invalid_options);
        return error.failure().message();
    }
}

} // namespace

TEST_CASE("O22: an executor that is empty, or whose context has no locks, is refused by the constructor") {
    const loopback_server server;
    const auto options = options_for(server);
    CHECK(refusal_of(asio::any_io_executor(), options).find("executor") != std::string::npos);
    asio::io_context without_locks(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
    CHECK(refusal_of(without_locks.get_executor(), options).find("BOOST_ASIO_CONCURRENCY_HINT_UNSAFE") !=
          std::string::npos);
    CHECK(refusal_of(asio::make_strand(without_locks), options).find("BOOST_ASIO_CONCURRENCY_HINT_UNSAFE") !=
          std::string::npos);
    for (const int hint : {1, 4, BOOST_ASIO_CONCURRENCY_HINT_SAFE, BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO}) {
        asio::io_context context(hint);
        CHECK(refusal_of(context.get_executor(), options).empty());
    }
}

TEST_CASE("on one thread: coroutines, of a context with any hint") {
    for (const int hint : {1, BOOST_ASIO_CONCURRENCY_HINT_DEFAULT}) {
        loopback_server server;
        asio::io_context context(hint);
        client client(context, for_one_thread(server));
        int left = 10;
        for (int i = 0; i < 10; ++i)
            asio::co_spawn(context, create_and_read(client, left), asio::detached);
        run_until(context, [&] { return left == 0; });
        CHECK(server.session_count() == 0);
        CHECK(support::at_rest(client.stats()));
        CHECK(wait_for(context, client.try_drain()).has_value());
        context.restart();
        context.run();
        CHECK(context.stopped());
    }
}

TEST_CASE("on one thread: any executor will do that is run by one thread at a time") {
    loopback_server server;
    asio::thread_pool threads(3);
    const asio::any_io_executor one_of_three = asio::make_strand(threads);
    {
        client client(one_of_three, for_one_thread(server));
        for (int i = 0; i < 20; ++i) {
            const auto made = client.try_create_session()(asio::use_future).get();
            REQUIRE(made.has_value());
            const auto read = client.try_get_session(made->id())(asio::use_future).get();
            CHECK(read.has_value());
        }
    }
    threads.join();
}

TEST_CASE("on one thread: handlers of other contexts and of strands run there") {
    loopback_server server;
    asio::io_context context;
    asio::io_context other;
    client client(context, for_one_thread(server));
    const auto strand = asio::make_strand(context);
    int here = 0;
    int on_strand = 0;
    int elsewhere = 0;
    for (int i = 0; i < 5; ++i) {
        client.try_get_session(session_id("s"))([&](const result<session>&) { ++here; });
        client.try_get_session(session_id("s"))(asio::bind_executor(strand, [&](const result<session>&) {
            CHECK(strand.running_in_this_thread());
            ++on_strand;
        }));
        client.try_get_session(session_id("s"))(asio::bind_executor(other, [&](const result<session>&) {
            CHECK(other.get_executor().running_in_this_thread());
            ++elsewhere;
        }));
    }
    run_until(context, [&] { return here == 5 && on_strand == 5 && client.stats().calls_failed == 15; });
    CHECK(elsewhere == 0);
    CHECK(other.run() == 5);
    CHECK(elsewhere == 5);
}

TEST_CASE("on one thread: calls from other threads") {
    loopback_server server;
    asio::io_context context;
    std::optional<client> owner(std::in_place, context, for_one_thread(server));
    std::thread caller([&] {
        for (int i = 0; i < 50; ++i) {
            const auto made = owner->try_create_session()(asio::use_future).get();
            CHECK(made.has_value());
        }
        owner->close();
    });
    auto work = asio::make_work_guard(context);
    std::thread closer([&] {
        caller.join();
        work.reset();
    });
    context.run();
    closer.join();
    CHECK(server.session_count() == 50);
}

TEST_CASE("on one thread: a handler throws, and the others of its cycle run all the same") {
    loopback_server server;
    asio::io_context context;
    client client(context, for_one_thread(server));
    collector<session> others;
    client.try_get_session(session_id(""))(others.next()); // refused, all in one cycle
    for (int i = 0; i < 2; ++i) {
        client.try_get_session(session_id(""))(
            [](const result<session>&) { throw std::runtime_error("mine"); });
        client.try_get_session(session_id(""))(others.next());
    }
    int thrown = 0;
    while (others.left() != 0) {
        try {
            if (context.run_one_for(support::generous_limit) == 0)
                break;
        } catch (const std::runtime_error&) {
            ++thrown;
        }
    }
    CHECK(thrown == 2);
    CHECK(others.each_once());
}

TEST_CASE("on one thread: a handler destroys the client, those behind it complete as closed") {
    loopback_server server;
    server.inject(fault{}.on("GET", "/slow").delay(std::chrono::seconds(30)));
    asio::io_context context;
    std::optional<client> owner(std::in_place, context, for_one_thread(server));
    collector<session> results;
    owner->try_get_session(session_id("slow"))(results.next());
    owner->try_get_session(session_id(""))([&](const result<session>&) { owner.reset(); });
    owner->try_get_session(session_id(""))(results.next());
    results.wait(context);
    CHECK(results.each_once());
    CHECK(results[0].error().code() == errc::client_closed);
    CHECK(results[1].error().code() == errc::invalid_argument);
    context.restart();
    context.run();
    CHECK(context.stopped());
}

TEST_CASE("on one thread: a handler starts calls, and runs the context until they are done") {
    loopback_server server;
    asio::io_context context;
    client client(context, for_one_thread(server));
    int inner = 0;
    bool done = false;
    client.try_create_session()([&](const result<session>& made) {
        REQUIRE(made.has_value());
        for (int i = 0; i < 10; ++i)
            client.try_get_session(made->id())([&](const result<session>& read) { inner += read ? 1 : 0; });
        while (inner != 10)
            context.run_one();
        done = true;
    });
    run_until(context, [&] { return done; });
}

TEST_CASE("on one thread: the context is destroyed with calls in every state") {
    loopback_server server;
    server.inject(fault{}.always().delay(std::chrono::seconds(30)));
    const auto token = std::make_shared<int>(0);
    for (const bool used : {false, true}) {
        asio::io_context context;
        client client(context, for_one_thread(server).max_connections(2));
        for (int i = 0; i < 30; ++i) {
            client.try_get_session(session_id(i % 10 == 0 ? "" : "s"))([&, token](const result<session>&) {
                CHECK(used);
                throw std::runtime_error("the rest is left");
            });
        }
        if (used) {
            CHECK_THROWS_AS(
                [&] {
                    for (;;)
                        context.run_one();
                }(),
                std::runtime_error);
        }
    }
    CHECK(token.use_count() == 1);
}
