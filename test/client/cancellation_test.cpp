#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "client/warm_up.hpp"
#include "support/chaos_server.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// The caller cancels one call: it ends at once, and its neighbours never notice.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using asio::cancellation_type;
using namespace std::chrono_literals;
using support::chaos_server;
using support::collector;
using support::options_for;
using support::run_until;
using support::wait_for;
using support::warm_up;
using testing::fault;
using testing::loopback_options;
using testing::loopback_server;

namespace {

const auto all_types = {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total};
// Those that end a call also when its request has left.
const auto types_at_any_time = {cancellation_type::terminal, cancellation_type::partial};

asio::awaitable<void> read_one(client& client, failure& out) {
    const auto read = co_await client.try_get_session(session_id("s"));
    REQUIRE(read.has_error());
    out = read.error();
}

asio::awaitable<void> read_one_totally(client& client, failure& out) {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto read = co_await client.try_get_session(session_id("s"));
    REQUIRE(read.has_error());
    out = read.error();
}

asio::awaitable<void> read_one_throwing(client& client, failure& out) {
    co_await asio::this_coro::throw_if_cancelled(false);
    try {
        co_await client.get_session(session_id("s"));
    } catch (const api_error& error) {
        out = error.failure();
    }
}

} // namespace

TEST_CASE("a call that was cancelled before it was sent is never sent") {
    for (const auto type : all_types) {
        loopback_server server(loopback_options{}.record_requests(true));
        asio::io_context context;
        client client(context, options_for(server));
        collector<session> results;
        asio::cancellation_signal signal;
        client.try_get_session(session_id("neighbour"))(results.next());
        client.try_get_session(session_id("cancelled"))(
            asio::bind_cancellation_slot(signal.slot(), results.next()));
        client.try_get_session(session_id("neighbour"))(results.next());
        signal.emit(type);
        CHECK(results.left() == 3); // not inside of emit either
        results.wait(context);
        CHECK(results.each_once());
        CHECK(results[0].error().http_status() == 404);
        CHECK(results[1].error().code() == errc::cancelled);
        CHECK(results[1].error().delivery() == delivery::not_sent);
        CHECK(results[1].error().attempts() == 0);
        CHECK(results[2].error().http_status() == 404);
        CHECK(server.stats().requests_get == 2);
        CHECK(client.stats().calls_cancelled == 1);
        CHECK(support::at_rest(client.stats()));
    }
}

TEST_CASE("a call that was cancelled in flight ends at once, its neighbours on the connection as ever") {
    for (const auto type : types_at_any_time) {
        chaos_server server;
        asio::io_context context;
        client client(context, server.client_options().max_connections(1).response_timeout(100s));
        support::warm_up_with_session(context, client);
        server.pause();
        collector<session> results;
        collector<session> cancelled;
        asio::cancellation_signal signal;
        client.try_get_session(session_id("before"))(results.next());
        client.try_get_session(session_id("slow"))(
            asio::bind_cancellation_slot(signal.slot(), cancelled.next()));
        client.try_get_session(session_id("behind"))(results.next());
        run_until(context, [&] { return client.stats().in_flight == 3; });
        signal.emit(type);
        cancelled.wait(context);
        CHECK(cancelled[0].error().code() == errc::cancelled);
        CHECK(cancelled[0].error().delivery() == delivery::maybe_processed);
        CHECK(cancelled[0].error().attempts() == 1);
        CHECK(client.stats().abandoned == 1);
        CHECK(results.left() == 2);
        server.resume();
        results.wait(context);
        CHECK(results.succeeded() == 2);
        CHECK(server.connections_accepted() == 1);
        CHECK(client.stats().dials == 1);
        CHECK(client.stats().resends == 0);
        CHECK(support::at_rest(client.stats()));
        CHECK(wait_for(context, client.try_create_session()).has_value());
        CHECK(client.stats().dials == 1); // the connection is as good as before
    }
}

TEST_CASE(
    "a POST that is cancelled while it waits is not written, also where a response frees its connection "
    "first") {
    for (const bool single_threaded : {false, true}) {
        CAPTURE(single_threaded);
        testing::scripted_server server;
        server.add(testing::script{}.expect_requests().hold().send(support::session_response("slow")));
        asio::io_context context;
        client client(context, options_for(server).max_connections(1).single_threaded(single_threaded));
        asio::cancellation_signal signal;
        collector<session> slow, cancelled;
        client.try_get_session(session_id("slow"))(slow.next());
        run_until(context, [&] { return server.state(0) == testing::script_state::held; });
        client.try_create_session()(asio::bind_cancellation_slot(signal.slot(), cancelled.next()));
        run_until(
            context, [&] { return client.stats().queue_depth == 1; });
        asio::post(context, [&] {
            server.release(0);
            REQUIRE(server.wait_until_ended(0, support::generous_limit)); // the response is in the socket
            // The context finds the response before it comes to what `emit` has posted.
            asio::post(context, [&] { signal.emit(cancellation_type::terminal); });
        });
        cancelled.wait(context);
        slow.wait(context);
        CHECK(slow.succeeded() == 1);
        CHECK(cancelled[0].error().delivery() == delivery::not_sent);
        CHECK(support::count_of(server.received(0), "POST ") == 0);
    }
}

TEST_CASE("a POST that was cancelled in flight is not sent again") {
    loopback_server server;
    server.inject(fault{}.on("POST").delay(50ms));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    asio::cancellation_signal signal;
    collector<session> results;
    client.try_create_session()(asio::bind_cancellation_slot(signal.slot(), results.next()));
    run_until(context, [&] { return server.stats().requests_post == 1; });
    client.try_create_session()(results.next());
    signal.emit(cancellation_type::partial);
    results.wait(context);
    CHECK(results[0].error().code() == errc::cancelled);
    CHECK(results[0].error().delivery() == delivery::maybe_processed);
    CHECK(results[1].has_value());
    CHECK(server.stats().requests_post == 2);
    CHECK(server.session_count() == 2);
}

TEST_CASE(
    "total cancellation ends a call as long as no byte of it can have left, and does nothing afterwards") {
    chaos_server server;
    asio::io_context context;
    client client(context, server.client_options().max_connections(1).pipeline_depth(1));
    support::warm_up_with_session(context, client);
    server.pause();
    collector<session> results;
    asio::cancellation_signal sent, waiting;
    client.try_get_session(session_id("sent"))(asio::bind_cancellation_slot(sent.slot(), results.next()));
    client.try_get_session(session_id("waits"))(asio::bind_cancellation_slot(waiting.slot(), results.next()));
    run_until(context, [&] { return client.stats().in_flight == 1 && client.stats().queue_depth == 1; });
    sent.emit(cancellation_type::total);
    waiting.emit(cancellation_type::total);
    run_until(context, [&] { return client.stats().calls_cancelled == 1; });
    CHECK(client.stats().in_flight == 1);
    CHECK(client.stats().abandoned == 0);
    server.resume();
    results.wait(context);
    CHECK(results[0].has_value());
    CHECK(results[1].error().code() == errc::cancelled);
    CHECK(results[1].error().delivery() == delivery::not_sent);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("a cancellation of another type ends a call that total cancellation has left alone") {
    chaos_server server;
    asio::io_context context;
    client client(context, server.client_options().max_connections(1));
    support::warm_up_with_session(context, client);
    server.pause();
    collector<session> results;
    asio::cancellation_signal signal;
    client.try_get_session(session_id("s"))(asio::bind_cancellation_slot(signal.slot(), results.next()));
    run_until(context, [&] { return client.stats().in_flight == 1; });
    signal.emit(cancellation_type::total);
    signal.emit(cancellation_type::terminal);
    results.wait(context);
    CHECK(results[0].error().code() == errc::cancelled);
    CHECK(results[0].error().delivery() == delivery::maybe_processed);
    CHECK(client.stats().calls_cancelled == 1);
    server.resume();
}

TEST_CASE("O09: a cancellation that comes late does nothing, also not to the next call") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    asio::cancellation_signal signal;
    collector<session> results;
    for (int i = 0; i < 3; ++i) {
        client.try_create_session()(asio::bind_cancellation_slot(signal.slot(), results.next()));
        results.wait(context);
        signal.emit(cancellation_type::terminal);
        signal.emit(cancellation_type::total);
        CHECK_FALSE(signal.slot().has_handler());
        context.poll();
    }
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(results.succeeded() == 3);
    CHECK(client.stats().calls_cancelled == 0);
}

TEST_CASE("O09: a cancellation between a call's completion and its handler hits no other call") {
    loopback_server server;
    asio::io_context context;
    asio::io_context handlers;
    client client(context, options_for(server));
    asio::cancellation_signal signal;
    collector<session> results;
    client.try_create_session()(asio::bind_cancellation_slot(
        signal.slot(), asio::bind_executor(
                           handlers,
                           [&, first = results.next()](result<session> made) mutable {
                               first(std::move(made));
                               // Takes the memory of the call that has just ended,
                               // before the cancellation is looked at.
                               client.try_create_session()(
                                   asio::bind_cancellation_slot(signal.slot(), results.next()));
                           })));
    run_until(context, [&] { return client.stats().calls_succeeded == 1; });
    signal.emit(cancellation_type::terminal); // the handler has not run
    CHECK(handlers.run_one() == 1);
    results.wait(context);
    CHECK(results.each_once());
    CHECK(results.succeeded() == 2);
    CHECK(client.stats().calls_cancelled == 0);
}

TEST_CASE("a cancellation that asks for nothing does nothing") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    asio::cancellation_signal signal;
    collector<session> results;
    client.try_create_session()(asio::bind_cancellation_slot(signal.slot(), results.next()));
    signal.emit(cancellation_type::none);
    results.wait(context);
    CHECK(results.succeeded() == 1);
}

TEST_CASE("repeated cancellation completes the call once") {
    loopback_server server(loopback_options{}.delay(20ms));
    asio::io_context context;
    client client(context, options_for(server));
    asio::cancellation_signal signal;
    collector<session> results;
    client.try_get_session(session_id("s"))(asio::bind_cancellation_slot(signal.slot(), results.next()));
    for (int i = 0; i < 5; ++i)
        signal.emit(cancellation_type::terminal);
    results.wait(context);
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(results.each_once());
    CHECK(results[0].error().code() == errc::cancelled);
    CHECK(client.stats().calls_cancelled == 1);
}

TEST_CASE("O08: cancelled while the connection is being made: the dial is not lost") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    asio::cancellation_signal signal;
    collector<session> results;
    client.try_get_session(session_id("s"))(asio::bind_cancellation_slot(signal.slot(), results.next()));
    run_until(context, [&] { return client.stats().connections_connecting == 1; });
    signal.emit(cancellation_type::terminal);
    results.wait(context);
    CHECK(results[0].error().code() == errc::cancelled);
    CHECK(results[0].error().delivery() == delivery::not_sent);
    run_until(context, [&] { return client.stats().connections_idle == 1; });
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(client.stats().dials == 1);
    CHECK(server.stats().requests_get == 0);
}

TEST_CASE("coroutines: terminal cancellation by default, every type when the coroutine lets it in") {
    loopback_server server;
    server.inject(fault{}.always().on("GET", "/s").delay(300ms));
    asio::io_context context;
    client client(context, options_for(server).timeout(10s));
    const auto run = [&](auto coroutine, cancellation_type type) {
        asio::cancellation_signal signal;
        failure seen;
        bool done = false;
        std::exception_ptr error;
        const auto requests = server.stats().requests_get;
        asio::co_spawn(context, coroutine(client, seen),
                       asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr thrown) {
                           error = thrown;
                           done = true;
                       }));
        run_until(context, [&] { return server.stats().requests_get > requests; });
        signal.emit(type);
        run_until(context, [&] { return done; });
        if (error)
            std::rethrow_exception(error);
        return seen.code();
    };
    CHECK(run(read_one, cancellation_type::terminal) == errc::cancelled);
    CHECK(run(read_one, cancellation_type::total) == make_http_error(404)); // Asio's default
    CHECK(run(read_one_throwing, cancellation_type::terminal) == errc::cancelled);
    for (const auto type : types_at_any_time)
        CHECK(run(read_one_totally, type) == errc::cancelled);
    CHECK(run(read_one_totally, cancellation_type::total) == make_http_error(404)); // it has been sent
}

TEST_CASE("O07: many calls, half of them cancelled at different moments") {
    loopback_server server(loopback_options{}.delay(1ms));
    asio::io_context context;
    client client(context, options_for(server).max_connections(2));
    warm_up(context, client);
    constexpr std::size_t count = 300;
    std::vector<asio::cancellation_signal> signals(count);
    collector<session> results;
    for (std::size_t i = 0; i < count; ++i) {
        client.try_get_session(session_id("s" + std::to_string(i)))(
            asio::bind_cancellation_slot(signals[i].slot(), results.next()));
        if (i >= 40 && i % 2 == 0) {
            signals[i - 40].emit(cancellation_type::terminal);
            context.poll();
        }
    }
    results.wait(context);
    CHECK(results.each_once());
    for (std::size_t i = 0; i < count; ++i)
        if (i % 2 == 1) // never cancelled
            CHECK_MESSAGE(results[i].error().http_status() == 404, results[i].error().describe());
        else
            CHECK((results[i].error().http_status() == 404 || results[i].error().code() == errc::cancelled));
    CHECK(client.stats().calls_cancelled > 0);
    run_until(context, [&] { return support::at_rest(client.stats()); });
    CHECK(wait_for(context, client.try_create_session()).has_value());
}
