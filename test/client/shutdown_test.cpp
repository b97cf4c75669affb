#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "support/test_client.hpp"

// Drain, close and destruction, with calls everywhere.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::options_for;
using support::run_until;
using support::wait_for;
using testing::fault;
using testing::loopback_options;
using testing::loopback_server;
using testing::script;
using testing::scripted_server;

namespace {

/// Calls in every state: in flight, pipelined behind others, in the queue, refused.
void start_everything(client& client, collector<session>& results) {
    for (int i = 0; i < 20; ++i)
        client.try_get_session(session_id("s"))(results.next());
    for (int i = 0; i < 10; ++i)
        client.try_create_session()(results.next());
    client.try_get_session(session_id(""))(results.next());
}

asio::awaitable<void> own_a_client(client owned) {
    co_await owned.try_get_session(session_id("s"));
    FAIL("nothing completes once the context is gone");
}

asio::awaitable<void> use_a_client(client& used) {
    co_await used.try_get_session(session_id("s"));
    FAIL("nothing completes once the context is gone");
}

asio::awaitable<void> throwing_drain(client& client) { co_await client.drain(10s); }

} // namespace

TEST_CASE("a drain of a client that does nothing completes at once, and run() returns") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    SUBCASE("never used") {}
    SUBCASE("with an idle connection") { CHECK(wait_for(context, client.try_create_session()).has_value()); }
    CHECK(wait_for(context, client.try_drain()).has_value());
    CHECK(context.run_for(support::generous_limit) < 100);
    CHECK(context.stopped());
    const auto late = wait_for(context, client.try_create_session());
    CHECK(late.error().code() == errc::client_closed);
    CHECK(late.error().delivery() == delivery::not_sent);
    run_until(context, [&] { return server.stats().connections_open == 0; });
}

TEST_CASE("O15: a drain with traffic: every call is answered, later ones are refused") {
    loopback_server server(loopback_options{}.delay(5ms));
    asio::io_context context;
    client client(context, options_for(server).max_connections(2));
    collector<session> results;
    for (int i = 0; i < 50; ++i)
        client.try_create_session()(results.next());
    collector<void> drained;
    client.try_drain(20s)(drained.next());
    collector<session> late;
    client.try_create_session()(late.next());
    drained.wait(context);
    CHECK(drained[0].has_value());
    results.wait(context); // they were completed before the drain, or together with it
    CHECK(results.succeeded() == 50);
    late.wait(context);
    CHECK(late[0].error().code() == errc::client_closed);
    CHECK(server.session_count() == 50);
    CHECK(support::at_rest(client.stats()));
    CHECK(client.stats().connections_idle == 0);
    CHECK(client.stats().connections_lost == 0);
    context.run_for(support::generous_limit);
    CHECK(context.stopped());
}

TEST_CASE("a drain that takes too long cuts the rest off, and says so") {
    loopback_server server;
    server.inject(fault{}.on("GET", "/slow").delay(100s)); // longer than a test may take
    asio::io_context context;
    client client(context, options_for(server));
    collector<session> results;
    client.try_get_session(session_id("slow"))(results.next());
    client.try_get_session(session_id("fast"))(results.next());
    const auto drained = wait_for(context, client.try_drain(100ms));
    REQUIRE(drained.has_error());
    CHECK(drained.error().code() == errc::client_closed);
    results.wait(context);
    CHECK(results[0].error().code() == errc::client_closed);
    CHECK(results[0].error().delivery() == delivery::maybe_processed);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("the throwing form of drain, and two drains at once") {
    loopback_server server(loopback_options{}.delay(5ms));
    asio::io_context context;
    client client(context, options_for(server));
    collector<session> results;
    client.try_create_session()(results.next());
    collector<void> first;
    client.try_drain(10s)(first.next());
    support::run_coroutine(context, throwing_drain(client));
    first.wait(context);
    CHECK(first[0].has_value());
    results.wait(context);
    CHECK(results.succeeded() == 1);
}

TEST_CASE("a drain of a client that is drained already has nothing to wait for") {
    // A second signal to shut down is no reason for an error: "completes at once when there is nothing to
    // wait for".
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(wait_for(context, client.try_drain()).has_value());
    CHECK(wait_for(context, client.try_drain()).has_value());
}

TEST_CASE("O10: close: everything in flight completes as closed, once") {
    loopback_server server(loopback_options{}.delay(100s));
    asio::io_context context;
    client client(context, options_for(server).max_connections(3));
    collector<session> results;
    start_everything(client, results);
    run_until(context, [&] { return server.stats().requests() >= 3; });
    client.close();
    client.close();
    results.wait(context);
    CHECK(results.each_once());
    for (std::size_t i = 0; i + 1 < results.size(); ++i) {
        CHECK(results[i].error().code() == errc::client_closed);
        CHECK((results[i].error().delivery() == delivery::maybe_processed) ==
              (results[i].error().attempts() != 0));
    }
    CHECK(support::at_rest(client.stats()));
    CHECK(client.stats().connections_idle == 0);
    CHECK(wait_for(context, client.try_create_session()).error().code() == errc::client_closed);
    context.run_for(support::generous_limit);
    CHECK(context.stopped());
}

TEST_CASE("O10: destruction with everything in flight completes every call once") {
    loopback_server server(loopback_options{}.delay(300ms));
    asio::io_context context;
    collector<session> results;
    for (const std::uint64_t requests : {0, 1, 2}) { // before anything ran, while dialling, in flight
        std::optional<client> owner(std::in_place, context, options_for(server).max_connections(3));
        start_everything(*owner, results);
        if (requests == 1)
            run_until(context, [&] { return owner->stats().connections_connecting != 0; });
        else if (requests == 2)
            run_until(context, [&] { return owner->stats().requests_sent >= 3; });
        owner.reset();
        results.wait(context);
    }
    CHECK(results.each_once());
    CHECK(results.succeeded() == 0);
    context.run_for(support::generous_limit);
    CHECK(context.stopped()); // nothing is left behind
}

TEST_CASE("O10: a client is destroyed by a handler of its own") {
    loopback_server server;
    asio::io_context context;
    std::optional<client> owner(std::in_place, context, options_for(server));
    collector<session> results;
    bool done = false;
    owner->try_create_session()([&](const result<session>& outcome) {
        CHECK(outcome.has_value());
        owner.reset();
        done = true;
    });
    owner->try_get_session(session_id("s"))(results.next());
    run_until(context, [&] { return done; });
    results.wait(context);
    CHECK(results.each_once());
}

TEST_CASE("O10: the context is destroyed with a coroutine in it that owns the client") {
    loopback_server server;
    server.inject(fault{}.always().delay(10s));
    for (const std::uint64_t requests : {0U, 1U}) {
        auto context = std::make_unique<asio::io_context>();
        asio::co_spawn(*context, own_a_client(client(*context, options_for(server))), asio::detached);
        const auto before = server.stats().requests();
        if (requests == 1)
            run_until(*context, [&] { return server.stats().requests() > before; });
        context.reset();
    }
}

TEST_CASE(
    "O24: a call whose client's context has gone fails and says so, and the client is safe to destroy") {
    loopback_server server;
    for (const std::size_t shards : {1U, 3U}) {
        for (const bool single_threaded : {false, true}) {
            CAPTURE(shards);
            CAPTURE(single_threaded);
            auto gone = std::make_unique<asio::io_context>();
            asio::io_context living;
            client left(*gone, options_for(server).shards(shards).max_connections(6).single_threaded(
                                   single_threaded));
            CHECK(wait_for(*gone, left.try_create_session()).has_value());
            auto prepared = left.try_get_session(session_id("s"));
            gone.reset();
            const auto says_so = [](const failure& why) {
                return why.code() == errc::client_closed && why.delivery() == delivery::not_sent &&
                       why.message().find("execution context") != std::string::npos;
            };
            // With an executor of its own, and with none.
            collector<session> results;
            std::move(prepared)(asio::bind_executor(living, results.next()));
            left.try_create_session()(asio::bind_executor(living, results.next()));
            results.wait(living);
            CHECK(results.each_once());
            for (std::size_t i = 0; i < 2; ++i)
                CHECK(says_so(results[i].error()));
            auto without = left.try_get_session(session_id("s"))(asio::use_future);
            REQUIRE(without.wait_for(support::generous_limit) == std::future_status::ready);
            CHECK(says_so(without.get().error()));
            collector<void> drained;
            left.try_drain()(asio::bind_executor(living, drained.next()));
            drained.wait(living);
            CHECK(says_so(drained[0].error()));
            left.close();
        }
    }
}

namespace {

/// A call of a client whose context has gone, and the end of the client.
void check_that_its_context_has_gone(client& left) {
    auto outcome = left.try_get_session(session_id("s"))(asio::use_future);
    REQUIRE(outcome.wait_for(support::generous_limit) == std::future_status::ready);
    const auto response = outcome.get();
    CHECK(response.error().code() == errc::client_closed);
    CHECK(response.error().delivery() == delivery::not_sent);
    left.close();
}

} // namespace

TEST_CASE("O24: the executor is a thread pool's") {
    loopback_server server;
    auto gone = std::make_unique<asio::thread_pool>(2);
    client left(*gone, options_for(server));
    auto first = left.try_create_session()(asio::use_future);
    REQUIRE(first.wait_for(support::generous_limit) == std::future_status::ready);
    CHECK(first.get().has_value());
    gone.reset();
    check_that_its_context_has_gone(left);
}

TEST_CASE("O24: the executor is a strand, and two clients are destroyed in either order") {
    loopback_server server;
    for (const bool in_order : {true, false}) {
        auto gone = std::make_unique<asio::io_context>();
        auto strand = std::make_unique<client::executor_type>(asio::make_strand(*gone));
        auto first = std::make_unique<client>(*strand, options_for(server));
        auto second = std::make_unique<client>(*strand, options_for(server).single_threaded(true));
        strand.reset(); // a strand that outlives its context is Asio's fault
        CHECK(wait_for(*gone, first->try_create_session()).has_value());
        CHECK(wait_for(*gone, second->try_create_session()).has_value());
        gone.reset();
        check_that_its_context_has_gone(*first);
        check_that_its_context_has_gone(*second);
        (in_order ? first : second).reset();
    }
}

TEST_CASE("O24: a call that can be cancelled, and one that is prepared and dropped") {
    loopback_server server;
    auto gone = std::make_unique<asio::io_context>();
    asio::io_context living;
    client left(*gone, options_for(server));
    CHECK(wait_for(*gone, left.try_create_session()).has_value());
    gone.reset();
    asio::cancellation_signal signal;
    collector<session> results;
    left.try_create_session()(
        asio::bind_cancellation_slot(signal.slot(), asio::bind_executor(living, results.next())));
    signal.emit(asio::cancellation_type::terminal);
    results.wait(living);
    CHECK(results.each_once());
    CHECK(results[0].error().code() == errc::client_closed);
    { const auto dropped = left.try_get_session(session_id("s")); }
    check_that_its_context_has_gone(left);
}

TEST_CASE("O10: the context is destroyed after it ran for a while, the client after that coroutine") {
    loopback_server server;
    server.inject(fault{}.always().delay(10s));
    collector<session> results;
    {
        asio::io_context context;
        client client(context, options_for(server).max_connections(2));
        asio::co_spawn(context, use_a_client(client), asio::detached);
        start_everything(client, results);
        run_until(context, [&] { return server.stats().requests() >= 2; });
        // The client goes first, and posts to a context that nobody runs any more.
    }
    CHECK(results.left() >= 30);
    CHECK(results.succeeded() == 0);
}

TEST_CASE("O10: the context is stopped first: nothing completes, nothing leaks") {
    loopback_server server(loopback_options{}.delay(100ms));
    asio::io_context context;
    collector<session> results;
    client client(context, options_for(server));
    start_everything(client, results);
    run_until(context, [&] { return server.stats().requests() >= 1; });
    context.stop();
    const auto left = results.left();
    client.close();
    CHECK(results.left() == left);
    results.wait(context); // it is restarted: now they do
    CHECK(results.each_once());
}

TEST_CASE("calls on a context that nobody ever runs are destroyed with it") {
    loopback_server server;
    const auto token = std::make_shared<int>(0);
    {
        asio::io_context context;
        client client(context, options_for(server));
        client.try_create_session()([token](const result<session>&) { FAIL("completed"); });
        CHECK(token.use_count() == 2);
    }
    CHECK(token.use_count() == 1);
}

TEST_CASE("close while the connection is being made") {
    scripted_server server;
    server.otherwise(script{}.handshake_stall());
    asio::io_context context;
    client client(context, options_for(server));
    collector<session> results;
    client.try_get_session(session_id("s"))(results.next());
    run_until(context, [&] { return server.connections() == 1; });
    client.close();
    results.wait(context);
    CHECK(results[0].error().code() == errc::client_closed);
    CHECK(results[0].error().delivery() == delivery::not_sent);
    CHECK(support::at_rest(client.stats()));
}
