#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "client/named_host.hpp"
#include "support/network.hpp"
#include "support/test_client.hpp"
#include "transport/system_resolver.hpp"

// What a client makes of the responses of its name server, and what it leaves to it when it closes.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::address;
using support::answered;
using support::blackhole;
using support::collector;
using support::fake_resolver;
using support::named_host;
using support::options_for;
using support::resolver_of;
using support::run_until;
using support::wait_for;
using support::with_resolver;
using testing::loopback_server;
using testing::script;
using testing::scripted_server;

namespace {

/// Runs all that can be run without waiting.
void settle(asio::io_context& context) {
    context.restart();
    while (context.poll() != 0) {
    }
}

/// Options for a host that a fake name server knows.
client_options options_for_host(std::uint16_t port, const std::shared_ptr<fake_resolver>& resolver) {
    return with_resolver(
        named_host().base_url("https://localhost:" + std::to_string(port)).retry(retry_policy::none()),
        resolver);
}

/// A name server that says nothing until it is told to.
struct silent_name_server {
    std::promise<void> asked;
    std::promise<void> release;
    std::promise<void> over;
};
std::shared_ptr<silent_name_server> silent;

support::detail::address_list ask_silent(const std::string&, const std::string&, support::error_code&) {
    const auto server = silent;
    server->asked.set_value();
    server->release.get_future().wait();
    server->over.set_value();
    return {address("127.0.0.1", 443)};
}

} // namespace

TEST_CASE("O20: a client that closes waits for no name server") {
    const auto server = std::make_shared<silent_name_server>();
    silent = server;
    collector<session> results;
    {
        asio::io_context context;
        client client(context, with_resolver(named_host(), support::detail::system_resolver(&ask_silent)));
        client.try_get_session(session_id("s"))(results.next());
        run_until(context, [&] { return client.stats().connections_connecting == 1; });
        server->asked.get_future().wait();
        client.close();
        context.restart();
        context.run(); // ends, though the name server has not answered
        CHECK(results.each_once());
        CHECK(results[0].error().code() == errc::client_closed);
    } // and the context is destroyed
    server->release.set_value();
    server->over.get_future().wait();
    silent.reset();
}

TEST_CASE("W19: a dial that this side ends says nothing against its address") {
    asio::io_context context;
    const auto resolver = std::make_shared<fake_resolver>();
    collector<session> results;
    SUBCASE("while it connects") {
        const blackhole hole("127.0.0.1");
        resolver->addresses = {hole.where()};
        const auto options = options_for_host(hole.where().port(), resolver);
        client client(context, options);
        client.try_get_session(session_id("s"))(results.next());
        settle(context);
        CHECK(client.stats().dials == 1);
        client.reload_tls(options); // so another dial takes its place
        settle(context);
        CHECK(client.stats().dials == 2);
        CHECK(resolver->look_ups == 1); // else the addresses would be in doubt
        client.close();
        results.wait(context);
    }
    SUBCASE("while it shakes hands") {
        scripted_server server;
        server.otherwise(script{}.handshake_stall());
        const auto port = server.port();
        scripted_server other;
        other.otherwise(script{}.handshake_stall());
        resolver->addresses = {address("127.0.0.1", port), address("127.0.0.1", other.port())};
        const auto options = options_for_host(port, resolver);
        client client(context, options);
        client.try_get_session(session_id("s"))(results.next());
        run_until(context, [&] { return server.connections() == 1; });
        settle(context);
        for (const std::size_t dials : {2U, 3U}) {
            client.reload_tls(options);
            run_until(context, [&] { return server.connections() + other.connections() == dials; });
            settle(context);
        }
        CHECK(server.connections() == 2); // the first address still has its turn
        client.close();
        results.wait(context);
    }
}

TEST_CASE("O08: cancelled while the name is looked up: the slot is free at once, the dial becomes idle") {
    loopback_server server;
    const auto resolver = resolver_of(server);
    resolver->hold = true;
    asio::io_context context;
    client client(context, with_resolver(options_for(server), resolver));
    collector<session> results;
    asio::cancellation_signal signal;
    client.try_create_session()(asio::bind_cancellation_slot(signal.slot(), results.next()));
    run_until(context, [&] { return resolver->pending() == 1; });
    signal.emit(asio::cancellation_type::terminal);
    results.wait(context);
    CHECK(results[0].error().code() == errc::cancelled);
    CHECK(results[0].error().delivery() == delivery::not_sent);
    CHECK(client.stats().queue_depth == 0);
    resolver->respond();
    run_until(context, [&] { return client.stats().connections_connecting == 0; });
    CHECK(client.stats().connections_idle == 1);
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(client.stats().dials == 1);
    CHECK(server.session_count() == 1);
}

TEST_CASE(
    "O08: cancelled while dialling: the slot is free at once, the dial ends in its time and fails nobody") {
    loopback_server server;
    const blackhole hole("127.0.0.1");
    const auto resolver = std::make_shared<fake_resolver>();
    resolver->addresses = {hole.where()};
    asio::io_context context;
    const asio::steady_timer with_reactor(context);
    const auto before = support::open_descriptors();
    client client(context,
                  with_resolver(options_for(server).connect_timeout(400ms).max_connections(1), resolver));
    collector<session> results;
    asio::cancellation_signal signal;
    client.try_create_session()(asio::bind_cancellation_slot(signal.slot(), results.next()));
    run_until(context, [&] { return resolver->look_ups == 1 && support::open_descriptors() > before; });
    signal.emit(asio::cancellation_type::total);
    results.wait(context);
    CHECK(results[0].error().code() == errc::cancelled);
    CHECK(client.stats().queue_depth == 0);
    run_until(context, [&] { return client.stats().connections_connecting == 0; });
    CHECK(support::open_descriptors() == before);
    resolver->addresses = {address("127.0.0.1", server.port())};
    const auto made = wait_for(context, client.try_create_session());
    CHECK_MESSAGE(made.has_value(), made.error().describe());
    CHECK(client.stats().calls_failed == 1);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE(
    "O08: a storm of cancellations around a look-up: every slot is free, one dial serves what is left") {
    loopback_server server;
    const auto resolver = resolver_of(server);
    resolver->hold = true;
    asio::io_context context;
    client client(context, with_resolver(options_for(server).max_connections(4), resolver));
    collector<session> results;
    std::vector<asio::cancellation_signal> signals(100);
    for (auto& signal : signals)
        client.try_get_session(session_id("none"))(
            asio::bind_cancellation_slot(signal.slot(), results.next()));
    run_until(context, [&] { return resolver->pending() == 1; });
    for (std::size_t i = 0; i < signals.size(); ++i)
        if (i % 2 == 0)
            signals[i].emit(asio::cancellation_type::terminal);
    run_until(context, [&] { return results.left() == 50; });
    resolver->respond();
    results.wait(context);
    CHECK(results.each_once());
    for (std::size_t i = 0; i < signals.size(); ++i)
        if (i % 2 == 0)
            CHECK(results[i].error().code() == errc::cancelled);
        else
            CHECK_MESSAGE(answered(results[i]), results[i].error().describe());
    run_until(context, [&] { return client.stats().connections_connecting == 0; });
    CHECK(client.stats().dials <= 4);
    CHECK(server.stats().requests_get == 50);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("O08: the client goes while its host is looked up or dialled") {
    const blackhole hole("127.0.0.1");
    for (const bool looking_up : {true, false}) {
        CAPTURE(looking_up);
        const auto resolver = std::make_shared<fake_resolver>();
        resolver->addresses = {hole.where()};
        resolver->hold = looking_up;
        asio::io_context context;
        const asio::steady_timer with_reactor(context);
        const auto before = support::open_descriptors();
        collector<session> results;
        {
            client client(context, with_resolver(named_host(), resolver));
            for (int i = 0; i < 5; ++i)
                client.try_create_session()(results.next());
            run_until(context, [&] {
                return resolver->look_ups == 1 && (looking_up || support::open_descriptors() > before);
            });
        }
        results.wait(context);
        for (std::size_t i = 0; i < results.size(); ++i)
            CHECK(results[i].error().code() == errc::client_closed);
        context.restart();
        context.run_for(10s);
        CHECK(context.stopped()); // nothing is pending any more
        CHECK(support::open_descriptors() == before);
        if (looking_up)
            resolver->respond(); // to nobody
        context.restart();
        context.run_for(10s);
    }
}

TEST_CASE("O08: the context goes while a host is looked up or dialled") {
    const blackhole hole("127.0.0.1");
    for (const bool looking_up : {true, false}) {
        CAPTURE(looking_up);
        const auto resolver = std::make_shared<fake_resolver>();
        resolver->addresses = {hole.where()};
        resolver->hold = looking_up;
        const auto before = support::open_descriptors();
        const auto watched = std::make_shared<int>(0);
        {
            asio::io_context context;
            auto owned = std::make_shared<client>(context, with_resolver(named_host(), resolver));
            auto& calls = *owned;
            // The call owns the client, as a coroutine does that waits for it.
            calls.try_create_session()([watched, owned](const result<session>&) { ++*watched; });
            owned.reset();
            context.run_for(30ms);
            CHECK(resolver->look_ups == 1);
            CHECK(watched.use_count() == 2);
        }
        CHECK(watched.use_count() == 1);
        CHECK(*watched == 0);
        CHECK(support::open_descriptors() == before);
    }
}
