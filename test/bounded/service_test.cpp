#include <doctest/doctest.h>

#include <algorithm>
#include <bandwidth/webrtc/brtc/client.hpp>
#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>
#include <bandwidth/webrtc/for_each_bounded.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "support/test_client.hpp"

// for_each_bounded with the library's own calls.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::options_for;
using testing::loopback_server;

namespace {

std::vector<std::string> names(int count) {
    std::vector<std::string> all;
    for (int number = 0; number < count; ++number)
        all.push_back("room-" + std::to_string(number));
    return all;
}

// Runs it to its end; `on_result` counts for itself.
template <class MakeCall, class OnResult>
bounded_progress run(asio::io_context& context, std::size_t limit, int count, MakeCall make,
                     OnResult on_result) {
    bool ended = false;
    bounded_progress done;
    for_each_bounded(
        context, names(count), limit, make, on_result,
        [&](std::exception_ptr thrown, bounded_progress progress) {
            CHECK(thrown == nullptr);
            done = progress;
            ended = true;
        });
    support::run_until(context, [&ended] { return ended; });
    return done;
}

asio::awaitable<void> life(client& client, const std::string& tag) {
    const auto made = co_await client.create_session(session_request{}.tag(tag));
    const auto alice = co_await client.create_participant();
    co_await client.add_participant_to_session(made.id(), alice.participant().id());
    co_await client.delete_participant(alice.participant().id());
    co_await client.delete_session(made.id());
}

} // namespace

TEST_CASE("bounded service: sessions by the hundred, each with its own tag") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    int wrong = 0;
    const auto done = run(
        context, 8, 300,
        [&client](const std::string& tag) { return client.try_create_session(session_request{}.tag(tag)); },
        [&wrong](const auto& one) { wrong += one.outcome && one.outcome->tag() == one.item ? 0 : 1; });
    CHECK(done.succeeded == 300);
    CHECK(wrong == 0);
    CHECK(server.session_count() == 300);
    CHECK(client.stats().dials <= 8);
}

TEST_CASE("bounded service: several calls about one item, in a coroutine") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    const auto done = run(
        context, 4, 50, [&client](const std::string& tag) { return life(client, tag); }, [](const auto&) {});
    CHECK(done.succeeded == 50);
    CHECK(server.session_count() == 0);
    CHECK(client.stats().calls_succeeded == 250);
}

TEST_CASE("bounded service: the throwing form, endpoints of BRTC, and a connection manager's requests") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    const auto thrown = run(
        context, 4, 20, [&client](const std::string& id) { return client.get_session(session_id(id)); },
        [](const auto& one) {
            CHECK_FALSE(one.outcome.has_value());
            CHECK(one.outcome.error().http_status() == 404);
            CHECK(one.outcome.error().delivery() == delivery::answered);
        });
    CHECK(thrown.failed == 20);

    connection_manager manager(context, "https://localhost:" + std::to_string(server.port()),
                               manager_options().ca_pem(server.ca_pem()));
    const auto sent = run(
        context, 4, 20,
        [&manager](const std::string& name) {
            return manager.try_send(
                connection_manager::request_type(boost::beast::http::verb::get, "/" + name, 11));
        },
        [](const auto& one) { CHECK(one.outcome.has_value()); });
    CHECK(sent.succeeded == 20);

    brtc::client endpoints(
        manager,
        account_options().account(server.account()).credentials(server.username(), server.password()));
    const auto made = run(
        context, 4, 20,
        [&endpoints](const std::string&) {
            return endpoints.try_create_endpoint(
                brtc::endpoint_request(brtc::endpoint_direction::bidirectional));
        },
        [](const auto&) {});
    CHECK(made.succeeded == 20);
}

TEST_CASE("bounded service: a limit above the client's queue makes calls fail, one within it does not") {
    loopback_server server(testing::loopback_options{}.delay(2ms));
    asio::io_context context;
    client client(context, options_for(server).max_connections(2).queue_limit(10));
    const auto create = [&client](const std::string&) { return client.try_create_session(); };
    std::size_t full = 0;
    const auto too_many = run(context, 100, 100, create, [&full](const auto& one) {
        full += !one.outcome && one.outcome.error().code() == errc::queue_full ? 1U : 0U;
    });
    CHECK(full > 0);
    CHECK(too_many.failed == full);
    const auto right = run(context, 10, 100, create, [](const auto&) {});
    CHECK(right.succeeded == 100);
}

TEST_CASE("bounded service: total cancellation leaves no session whose id was not told") {
    loopback_server server(testing::loopback_options{}.delay(1ms));
    asio::io_context context;
    client client(context, options_for(server).max_connections(4));
    asio::cancellation_signal signal;
    std::size_t ids = 0;
    bool ended = false;
    bounded_progress done;
    for_each_bounded(
        context, names(1000), 16,
        [&client](const std::string& tag) { return client.try_create_session(session_request{}.tag(tag)); },
        [&](const bounded_result<std::string, session>& one) {
            ids += one.outcome ? 1U : 0U;
            if (!one.outcome)
                CHECK(one.outcome.error().delivery() == delivery::not_sent);
            if (one.progress.succeeded == 50)
                signal.emit(asio::cancellation_type::total);
        },
        asio::bind_cancellation_slot(
            signal.slot(),
            [&](std::exception_ptr, bounded_progress progress) {
                done = progress;
                ended = true;
            }));
    support::run_until(context, [&ended] { return ended; });
    CHECK(done.begun < 1000);
    CHECK(done.succeeded == ids);
    CHECK(server.session_count() == ids);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("bounded service: terminal cancellation ends all calls at once") {
    loopback_server server(testing::loopback_options{}.delay(1h));
    asio::io_context context;
    client client(context, options_for(server).max_connections(4));
    asio::cancellation_signal signal;
    bool ended = false;
    bounded_progress done;
    for_each_bounded(
        context, names(100), 8, [&client](const std::string&) { return client.try_create_session(); },
        [](const auto& one) { CHECK(one.outcome.error().code() == errc::cancelled); },
        asio::bind_cancellation_slot(
            signal.slot(),
            [&](std::exception_ptr, bounded_progress progress) {
                done = progress;
                ended = true;
            }));
    support::run_until(context, [&client] { return client.stats().in_flight == 4; });
    signal.emit(asio::cancellation_type::terminal);
    support::run_until(context, [&ended] { return ended; });
    CHECK(done.begun == 8);
    CHECK(done.failed == 8);
}

TEST_CASE("bounded service: a context that is destroyed with calls in flight") {
    const auto watched = std::make_shared<int>(0);
    loopback_server server(testing::loopback_options{}.delay(1h));
    {
        asio::io_context context;
        client client(context, options_for(server));
        for_each_bounded(
            context, names(100), 4, [&client](const std::string&) { return client.try_create_session(); },
            [](const auto&) {},
            [watched](std::exception_ptr, const bounded_progress&) { FAIL("it was called"); });
        support::run_until(context, [&client] { return client.stats().in_flight == 4; });
        CHECK(watched.use_count() == 2);
    }
    CHECK(watched.use_count() == 1);
}
