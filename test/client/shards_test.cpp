#include <doctest/doctest.h>

#include <array>
#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "client/refusal.hpp"
#include "client/tls_trial.hpp"
#include "manager/settings.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// A client of several shards: one to its users, but for which thread they call from.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::good;
using support::names;
using support::options_for;
using support::refusal;
using support::run_until;
using support::wait_for;
using testing::fault;
using testing::loopback_options;
using testing::loopback_server;
using testing::scripted_server;

namespace {

constexpr std::size_t shards = 4;

/// Runs the function once in each shard: new threads are given to the shards one after the other. Which shard
/// is the first is not known.
template <class Function>
void in_each_shard(Function function) {
    for (std::size_t i = 0; i < shards; ++i)
        std::thread([&] { function(i); }).join();
}

/// Calls of an unknown session in each shard: answered with 404.
void get_in_each_shard(client& client, collector<session>& results, int times = 1) {
    in_each_shard([&](std::size_t) {
        for (int i = 0; i < times; ++i)
            client.try_get_session(session_id("s"))(results.next());
    });
}

void warm_up_each_shard(asio::io_context& context, client& client) {
    collector<session> results;
    get_in_each_shard(client, results);
    results.wait(context);
    for (std::size_t i = 0; i < results.size(); ++i)
        REQUIRE(results[i].error().http_status() == 404);
    REQUIRE(client.stats().connections_idle == shards);
}

asio::awaitable<void> drain_own(client owned) {
    co_await owned.try_drain();
    FAIL("nothing completes once the context is gone");
}

} // namespace

TEST_CASE("shards: 1 to 64, each with a connection and a place in the queue") {
    CHECK(refusal(good().shards(1)).empty());
    CHECK(refusal(good().shards(8)).empty());
    CHECK(refusal(good().shards(64).max_connections(64)).empty());
    CHECK(names(refusal(good().shards(0)), "shards"));
    CHECK(names(refusal(good().shards(65).max_connections(100)), "shards"));
    CHECK(refusal(good().shards(9)) == "max_connections is 8, less than one for each of 9 shards");
    CHECK(names(refusal(good().shards(4).queue_limit(3)), "queue_limit"));
    CHECK(refusal(good().shards(4).queue_limit(4)).empty());
    CHECK(refusal(good().shards(4).min_connections(1)).empty());
    CHECK(names(refusal(good().shards(4).retry_budget(0.3, 0.2)), "retry_budget"));
    CHECK(refusal(good().shards(4).retry_budget(0.4, 0.2)).empty());
    CHECK(refusal(good().shards(4).retry_budget(0, 0.2)).empty());
    CHECK(refusal(good().shards(1).retry_budget(0.01, 0.2)).empty());
}

namespace {

detail::manager_settings checked(const client_options& options) {
    return detail::check(detail::read_server_url("base_url", options.base_url()),
                         detail::options_access::connection(options));
}

} // namespace

TEST_CASE("what is for the whole client is divided, and nothing of it is lost") {
    for (const std::size_t count : {1U, 2U, 3U, 5U, 64U}) {
        for (const std::size_t more : {0U, 1U, 7U, 100U}) {
            CAPTURE(count);
            CAPTURE(more);
            const auto whole = count + more;
            const auto settings = checked(good()
                                              .shards(count)
                                              .max_connections(whole)
                                              .min_connections(more)
                                              .queue_limit(whole * 3 + 1)
                                              .retry_budget(static_cast<double>(whole), 0.5));
            std::size_t connections = 0;
            std::size_t kept = 0;
            std::size_t places = 0;
            double again = 0;
            for (std::size_t i = 0; i < settings.shards; ++i) {
                const auto part = settings.of_shard(i).schedule;
                CHECK(part.max_connections >= whole / count);
                CHECK(part.max_connections <= whole / count + 1);
                CHECK(part.min_connections <= part.max_connections);
                CHECK(part.again.budget_per_second > 0);
                CHECK(part.again.budget_ratio == 0.5);
                connections += part.max_connections;
                kept += part.min_connections;
                places += part.queue_limit;
                again += part.again.budget_per_second;
            }
            CHECK(connections == whole);
            CHECK(kept == more);
            CHECK(places == whole * 3 + 1);
            CHECK(std::abs(again - static_cast<double>(whole)) < 1e-6);
        }
    }
}

TEST_CASE("shards do not try again at the same time") {
    const auto settings = checked(good().shards(2));
    CHECK(settings.of_shard(0).schedule.again.jitter_seed != settings.of_shard(1).schedule.again.jitter_seed);
}

TEST_CASE("the calls of a thread stay in a shard, those of others go to others, and statistics are sums") {
    loopback_server server(loopback_options{}.delay(1ms));
    asio::io_context context;
    client client(context, options_for(server).shards(shards).max_connections(shards));
    collector<session> alone;
    for (int i = 0; i < 20; ++i)
        client.try_get_session(session_id("s"))(alone.next());
    alone.wait(context);
    CHECK(server.stats().connections_accepted == 1);

    collector<session> results;
    get_in_each_shard(client, results, 20);
    results.wait(context);
    CHECK(results.each_once());
    for (std::size_t i = 0; i < results.size(); ++i)
        CHECK(results[i].error().http_status() == 404);
    CHECK(server.stats().connections_accepted == shards);
    const auto stats = client.stats();
    CHECK(stats.calls_started == 20 + 20 * shards);
    CHECK(stats.calls_failed == stats.calls_started);
    CHECK(stats.responses_4xx == stats.calls_started);
    CHECK(stats.requests_sent == stats.calls_started);
    CHECK(stats.dials == shards);
    CHECK(stats.handshakes_full == shards);
    CHECK(stats.connections_idle == shards);
    CHECK(stats.deepest_pipeline > 1);
    CHECK(stats.deepest_pipeline <= 8); // the deepest of all, no sum
    CHECK(support::at_rest(stats));
}

TEST_CASE("connections ahead of need: as many as the client is to have") {
    loopback_server server;
    asio::io_context context;
    client client(context,
                  options_for(server).shards(shards).max_connections(shards * 2).min_connections(shards + 1));
    run_until(context, [&] { return client.stats().connections_idle == shards + 1; });
    CHECK(client.stats().connections_connecting == 0);
    CHECK(client.stats().dials == shards + 1);
}

TEST_CASE("a queue that is full is that of one shard") {
    loopback_server server(loopback_options{}.delay(20ms));
    asio::io_context context;
    client client(
        context,
        options_for(server).shards(shards).max_connections(shards).pipeline_depth(1).queue_limit(shards * 2));
    collector<session> full;
    for (int i = 0; i < 20; ++i)
        client.try_get_session(session_id("s"))(full.next());
    collector<session> results;
    get_in_each_shard(client, results);
    full.wait(context);
    results.wait(context);
    std::size_t refused = 0;
    for (std::size_t i = 0; i < full.size(); ++i)
        refused += full[i].error().code() == errc::queue_full ? 1U : 0U;
    CHECK(refused >= 16);
    std::size_t refused_elsewhere = 0;
    for (std::size_t i = 0; i < results.size(); ++i)
        refused_elsewhere += results[i].error().code() == errc::queue_full ? 1U : 0U;
    CHECK(refused_elsewhere <= 1); // the new threads come to that shard too
}

TEST_CASE("a cancellation reaches the call of its own shard") {
    // The first call of each shard that can be cancelled: in all of them it has the same number.
    for (std::size_t cancelled = 0; cancelled < shards; ++cancelled) {
        loopback_server server;
        asio::io_context context;
        client client(context, options_for(server).shards(shards));
        warm_up_each_shard(context, client);
        server.inject(fault{}.always().delay(100s)); // longer than a test may take
        std::array<asio::cancellation_signal, shards> signals;
        collector<session> results;
        in_each_shard([&](std::size_t i) {
            client.try_get_session(session_id("s"))(
                asio::bind_cancellation_slot(signals.at(i).slot(), results.next()));
        });
        run_until(context, [&] { return client.stats().in_flight == shards; });
        signals.at(cancelled).emit(asio::cancellation_type::terminal);
        run_until(context, [&] { return results.left() < shards; });
        CHECK(results.order().front() == cancelled);
        client.close();
        results.wait(context);
        CHECK(results.each_once());
        for (std::size_t i = 0; i < shards; ++i)
            CHECK(results[i].error().code() == (i == cancelled ? errc::cancelled : errc::client_closed));
        CHECK(client.stats().calls_cancelled_in_flight == 1);
    }
}

TEST_CASE("O15: a drain of shards that do nothing, and another one, and one after close") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).shards(shards));
    SUBCASE("never used") {}
    SUBCASE("with idle connections") { warm_up_each_shard(context, client); }
    SUBCASE("closed") { client.close(); }
    CHECK(wait_for(context, client.try_drain()).has_value());
    CHECK(wait_for(context, client.try_drain(0ns)).has_value());
    CHECK(client.stats().connections_idle == 0);
    context.run_for(support::generous_limit);
    CHECK(context.stopped());
}

TEST_CASE("O15: a drain with no time, of shards that do nothing") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).shards(shards));
    warm_up_each_shard(context, client);
    CHECK(wait_for(context, client.try_drain(0ns)).has_value());
}

TEST_CASE("O15: a drain waits for the calls of all shards, and all refuse later ones") {
    loopback_server server(loopback_options{}.delay(5ms));
    asio::io_context context;
    client client(context, options_for(server).shards(shards));
    collector<session> results;
    in_each_shard([&](std::size_t) {
        for (int i = 0; i < 10; ++i)
            client.try_create_session()(results.next());
    });
    collector<void> drained;
    client.try_drain(20s)(drained.next());
    collector<void> drained_too;
    client.try_drain(20s)(drained_too.next());
    collector<session> late;
    get_in_each_shard(client, late);
    drained.wait(context);
    CHECK(drained[0].has_value());
    CHECK(client.stats().connections_idle + client.stats().connections_active == 0);
    drained_too.wait(context);
    CHECK(drained_too[0].has_value());
    results.wait(context);
    CHECK(results.succeeded() == 10 * shards);
    late.wait(context);
    for (std::size_t i = 0; i < late.size(); ++i)
        CHECK(late[i].error().code() == errc::client_closed);
    CHECK(server.session_count() == 10 * shards);
    CHECK(client.stats().connections_lost == 0);
    CHECK(support::at_rest(client.stats()));
    context.run_for(support::generous_limit);
    CHECK(context.stopped());
}

TEST_CASE("O15: one shard takes too long to drain, whichever it is") {
    for (std::size_t slow = 0; slow < shards; ++slow) {
        loopback_server server;
        server.inject(fault{}.on("GET", "/slow").delay(100s));
        asio::io_context context;
        client client(context, options_for(server).shards(shards));
        collector<session> results;
        in_each_shard([&](std::size_t i) {
            client.try_get_session(session_id(i == slow ? "slow" : "fast"))(results.next());
        });
        run_until(context, [&] { return results.left() == 1 && client.stats().in_flight == 1; });
        const auto drained = wait_for(context, client.try_drain(50ms));
        REQUIRE(drained.has_error());
        CHECK(drained.error().code() == errc::client_closed);
        results.wait(context);
        CHECK(results[slow].error().code() == errc::client_closed);
        CHECK(results[slow].error().delivery() == delivery::maybe_processed);
        CHECK(support::at_rest(client.stats()));
        CHECK(wait_for(context, client.try_drain()).has_value()); // now there is nothing to wait for
    }
}

TEST_CASE("O15: who waits for a drain may stop waiting, and the drain goes on") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).shards(shards));
    warm_up_each_shard(context, client);
    server.inject(fault{}.on("GET", "/slow").delay(500ms));
    collector<session> results;
    // In one shard: the others have drained by then, maybe the first among them.
    client.try_get_session(session_id("slow"))(results.next());
    asio::cancellation_signal signal;
    collector<void> drained;
    client.try_drain(20s)(asio::bind_cancellation_slot(signal.slot(), drained.next()));
    run_until(context, [&] { return client.stats().connections_idle == 0; });
    signal.emit(asio::cancellation_type::terminal);
    drained.wait(context);
    CHECK(drained[0].error().code() == errc::cancelled);
    CHECK(results.left() == 1);
    results.wait(context);
    CHECK(results[0].error().http_status() == 404);
    context.run_for(support::generous_limit);
    CHECK(context.stopped());
}

TEST_CASE("O10: close and destruction end what is in flight in every shard, and a drain that waits for it") {
    loopback_server server(loopback_options{}.delay(500ms));
    asio::io_context context;
    collector<session> results;
    collector<void> drained;
    for (const bool closed : {true, false}) {
        std::optional<client> owner(std::in_place, context, options_for(server).shards(shards));
        get_in_each_shard(*owner, results, 5);
        run_until(context, [&] { return owner->stats().in_flight >= shards; });
        owner->try_drain(20s)(drained.next());
        if (closed)
            owner->close();
        else
            owner.reset();
        drained.wait(context);
        results.wait(context);
        if (closed)
            CHECK(support::at_rest(owner->stats()));
    }
    CHECK(results.each_once());
    for (std::size_t i = 0; i < results.size(); ++i)
        CHECK(results[i].error().code() == errc::client_closed);
    for (std::size_t i = 0; i < drained.size(); ++i)
        CHECK(drained[i].error().code() == errc::client_closed);
    context.run_for(support::generous_limit);
    CHECK(context.stopped());
}

TEST_CASE("O10: a drain that is prepared outlives the client") {
    loopback_server server;
    asio::io_context context;
    std::optional<client> owner(std::in_place, context, options_for(server).shards(shards));
    warm_up_each_shard(context, *owner);
    std::optional<operation<void>> never_started(owner->try_drain());
    auto prepared = owner->try_drain();
    owner.reset();
    never_started.reset();
    CHECK(wait_for(context, std::move(prepared)).has_value());
}

TEST_CASE("O10: the context is destroyed with a drain in it that waits for several shards") {
    loopback_server server;
    server.inject(fault{}.always().delay(10s));
    for (const bool started : {false, true}) {
        auto context = std::make_unique<asio::io_context>();
        collector<session> results;
        client client(*context, options_for(server).shards(shards));
        get_in_each_shard(client, results);
        run_until(*context, [&] { return client.stats().in_flight == shards; });
        asio::co_spawn(*context, drain_own(std::move(client)), asio::detached);
        if (started)
            context->run_for(20ms);
        context.reset();
        CHECK(results.left() == shards);
    }
}

TEST_CASE("T21: TLS options change in all shards, or in none") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).shards(shards).max_connections(shards));
    warm_up_each_shard(context, client);
    CHECK_THROWS_AS(client.reload_tls(options_for(server).ca_pem("not PEM")), api_error);
    CHECK_THROWS_AS(client.reload_tls(options_for(server).pin_public_key("no pin")), api_error);
    CHECK_THROWS_AS(client.reload_tls(options_for(server).ca_pem("").ca_file("/nowhere/ca.pem")), api_error);
    warm_up_each_shard(context, client);
    CHECK(client.stats().dials == shards);

    client.reload_tls(options_for(server));
    warm_up_each_shard(context, client);
    CHECK(client.stats().dials == 2 * shards);
    CHECK(client.stats().handshakes_full == 2 * shards);

    // Each shard keeps sessions of its own, and resumes them.
    server.reset_idle_connections();
    run_until(context, [&] { return client.stats().connections_closed == 2 * shards; });
    warm_up_each_shard(context, client);
    CHECK(client.stats().handshakes_resumed == shards);

    client.reload_tls(options_for(server).ca_pem(testing::certificate_authority().pem()));
    collector<session> results;
    get_in_each_shard(client, results);
    results.wait(context);
    for (std::size_t i = 0; i < results.size(); ++i)
        CHECK(results[i].error().code() == errc::tls_untrusted);
}

TEST_CASE("T17, T21: the client certificate and the pins are those of every shard") {
    const testing::certificate_authority clients("clients");
    const auto shown = clients.issue(testing::certificate_options{}.common_name("a client"));
    scripted_server server(testing::scripted_options{}.client_authority(clients.pem()));
    server.otherwise(support::responding());
    asio::io_context context;
    const auto options =
        options_for(server).shards(shards).client_certificate(shown.chain_pem(), shown.private_key_pem());
    client client(context, options);
    collector<session> results;
    get_in_each_shard(client, results);
    results.wait(context);
    CHECK(results.succeeded() == shards);
    REQUIRE(server.connections() == shards);
    for (std::size_t i = 0; i < shards; ++i)
        CHECK(server.handshake(i).client_certificate_pem == shown.chain_pem());

    client.reload_tls(client_options(options).pin_public_key(testing::public_key_pin(clients.pem())));
    collector<session> refused;
    get_in_each_shard(client, refused);
    refused.wait(context);
    for (std::size_t i = 0; i < refused.size(); ++i)
        CHECK(refused[i].error().code() == errc::tls_untrusted);
}
