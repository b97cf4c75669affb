#include <doctest/doctest.h>
#include <sys/socket.h>

#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <cstddef>
#include <string>

#include "client/warm_up.hpp"
#include "support/chaos_server.hpp"
#include "support/network.hpp"
#include "support/test_client.hpp"

// A socket that takes less than what is to be written: partial writes at every place of records and requests,
// while responses come in, and each response still is the one to its request.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::chaos_server;
using support::collector;
using support::run_until;
using support::wait_for;
using support::warm_up_with_session;

namespace {

client_options patient(const chaos_server& server) {
    return server.client_options().max_connections(1).timeout(100s).response_timeout(100s);
}

/// Makes the client's only socket take next to nothing.
void shrink_send_buffer(const chaos_server& server) {
    const auto sockets = support::sockets_to(server.port());
    REQUIRE(sockets.size() == 1);
    const int least = 1;
    REQUIRE(::setsockopt(sockets[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least) == 0);
}

/// Waits until the client has not written anything for a while: it is held up by the socket.
void wait_until_stuck(asio::io_context& context, const client& client) {
    auto sent = client.stats().bytes_sent;
    auto since = std::chrono::steady_clock::now();
    run_until(context, [&] {
        const auto now = std::chrono::steady_clock::now();
        if (client.stats().bytes_sent != sent) {
            sent = client.stats().bytes_sent;
            since = now;
        }
        return now - since > 50ms;
    });
}

call_options padded(std::size_t bytes) { return call_options{}.header("X-Padding", std::string(bytes, 'p')); }

std::string read_id(std::size_t i) { return "n" + std::to_string(i + 1) + "-" + std::string(i % 200, 'x'); }

/// GETs whose targets and header sections have many lengths, a PUT with a large body between them where
/// asked for.
void start(client& client, collector<session>& reads, collector<void>& writes, std::size_t count,
           bool with_bodies) {
    for (std::size_t i = 0; i < count; ++i) {
        client.try_get_session(session_id(read_id(i)), padded(i * 131 % 20'000))(reads.next());
        if (with_bodies && i % 3 == 0) {
            auto everybody = subscriptions::only(session_id("s"));
            for (std::size_t k = 0; k < 20 + i; ++k)
                everybody.add(participant_id(std::string(200, 'p') + std::to_string(k)));
            client.try_update_participant_subscriptions(
                session_id("s"), participant_id("n" + std::to_string(1000 + i)), everybody)(writes.next());
        }
    }
}

void check_each_has_its_own(const collector<session>& reads) {
    REQUIRE(reads.each_once());
    for (std::size_t i = 0; i < reads.size(); ++i) {
        REQUIRE_MESSAGE(reads[i].has_value(), reads[i].error().describe());
        CHECK(reads[i]->id().value() == read_id(i));
    }
}

/// How many requests with numbers of their own came to the server, each of them once.
std::size_t received_once(chaos_server& server) {
    const auto records = server.records();
    for (const auto& [each_nonce, record] : records) {
        const auto& nonce = each_nonce;
        CHECK_MESSAGE(record.received == 1, nonce);
    }
    return records.size();
}

} // namespace

TEST_CASE("W16: a full send buffer under a pipeline of 256: nothing is lost, mixed up or sent twice") {
    for (const bool with_bodies : {false, true}) {
        CAPTURE(with_bodies);
        chaos_server server(support::receiving_into(8192));
        server.read_at_most(3000);
        asio::io_context context;
        client client(context, patient(server).pipeline_depth(256).queue_limit(10'000));
        warm_up_with_session(context, client);
        shrink_send_buffer(server);
        server.pause();
        collector<session> reads;
        collector<void> writes;
        start(client, reads, writes, 300, with_bodies);
        wait_until_stuck(context, client);
        CHECK(client.stats().in_flight == 256);
        CHECK(client.stats().bytes_sent < 1'000'000); // of more than 3 MB: the socket has had enough
        CHECK(reads.left() == 300);
        server.resume();
        reads.wait(context);
        writes.wait(context);
        check_each_has_its_own(reads);
        CHECK(writes.succeeded() == writes.size());
        CHECK(client.stats().deepest_pipeline == 256);
        CHECK(client.stats().dials == 1);
        CHECK(client.stats().resends == 0);
        CHECK(received_once(server) == reads.size() + writes.size() + 1);
        CHECK(support::at_rest(client.stats()));
    }
}

TEST_CASE("W16: calls that give up while the send buffer is full, and those behind them that do not") {
    chaos_server server(support::receiving_into(8192));
    asio::io_context context;
    client client(context, patient(server).pipeline_depth(64).queue_limit(10'000));
    warm_up_with_session(context, client);
    shrink_send_buffer(server);
    server.pause();
    collector<session> reads;
    collector<session> hasty;
    for (int i = 0; i < 20; ++i) {
        client.try_get_session(session_id("patient-" + std::to_string(i)), padded(8000))(reads.next());
        client.try_get_session(session_id("hasty-" + std::to_string(i)),
                               padded(8000).timeout(100ms))(hasty.next());
    }
    hasty.wait(context);
    for (std::size_t i = 0; i < hasty.size(); ++i)
        CHECK(hasty[i].error().code() == errc::response_timeout);
    CHECK(reads.left() == 20);
    server.resume();
    reads.wait(context);
    for (std::size_t i = 0; i < reads.size(); ++i) {
        REQUIRE_MESSAGE(reads[i].has_value(), reads[i].error().describe());
        CHECK(reads[i]->id().value() == "patient-" + std::to_string(i));
    }
    run_until(context, [&] { return support::at_rest(client.stats()); });
    warm_up_with_session(context, client);
}

TEST_CASE(
    "W16: a response that comes before its request is written is that request's, and the connection is "
    "used for none after it") {
    for (const std::size_t early : {0U, 5U, 11U}) {
        CAPTURE(early);
        chaos_server server(support::receiving_into(4096));
        asio::io_context context;
        client client(context, patient(server).pipeline_depth(256));
        warm_up_with_session(context, client);
        shrink_send_buffer(server);
        const auto id = [](std::size_t i) { return "n" + std::to_string(i + 1) + "-end"; };
        server.respond_early("/" + id(early));
        collector<session> reads;
        for (std::size_t i = 0; i < 12; ++i) // each is larger than what the system holds on the way
            client.try_get_session(session_id(id(i)), padded(400'000))(reads.next());
        reads.wait(context);
        REQUIRE(reads.each_once());
        for (std::size_t i = 0; i < reads.size(); ++i) {
            REQUIRE_MESSAGE(reads[i].has_value(), reads[i].error().describe());
            CHECK(reads[i]->id().value() == id(i));
        }
        CHECK(received_once(server) == 13);
        CHECK(wait_for(context, client.try_get_session(session_id("last"))).has_value());
        CHECK(server.connections_accepted() == 2); // that on which it came was given up
        CHECK(support::at_rest(client.stats()));
    }
}

TEST_CASE(
    "W16: a server that does not read: its calls move in time, what is written is "
    "bounded") {
    chaos_server server(support::receiving_into(8192));
    asio::io_context context;
    client client(context, server.client_options()
                               .max_connections(2)
                               .pipeline_depth(16)
                               .queue_limit(500)
                               .max_resends(5)
                               .timeout(60s)
                               .response_timeout(1s));
    warm_up_with_session(context, client);
    shrink_send_buffer(server);
    server.pause(1); // the first connection
    collector<session> reads;
    for (int i = 0; i < 100; ++i)
        client.try_get_session(session_id("s" + std::to_string(i)), padded(10'000))(reads.next());
    reads.wait(context);
    REQUIRE(reads.each_once());
    for (std::size_t i = 0; i < reads.size(); ++i) {
        REQUIRE_MESSAGE(reads[i].has_value(), reads[i].error().describe());
        CHECK(reads[i]->id().value() == "s" + std::to_string(i));
    }
    CHECK(client.stats().retries == 1); // the one whose response was due; those behind it were moved
    CHECK(client.stats().connections_lost == 1);
    CHECK(server.connections_accepted() <= 4);
    CHECK(client.stats().resends <= 16);
    CHECK(support::at_rest(client.stats()));
    warm_up_with_session(context, client);
}
