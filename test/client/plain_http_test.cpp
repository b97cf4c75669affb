#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "client/refusal.hpp"
#include "client/warm_up.hpp"
#include "support/network.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// http:// base URLs, for mocks on this machine: all is as with TLS, but for what a FIN says.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::collector;
using support::count_of;
using support::fake_resolver;
using support::good;
using support::http_response;
using support::names;
using support::options_for;
using support::refusal;
using support::run_until;
using support::session_response;
using support::wait_for;
using support::warm_up_with_session;
using support::with_resolver;
using testing::script;
using testing::scripted_options;
using testing::scripted_server;

namespace {

scripted_options plain() { return scripted_options{}.plain_tcp(true); }

client_options one_connection(const scripted_server& server) {
    return options_for(server).max_connections(1);
}

std::string session_name(std::size_t i) { return "s" + std::to_string(i); }

/// The responses to `get_session` for the sessions with the numbers 0 to `count` - 1.
std::string session_responses(std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
        all += session_response(session_name(i));
    return all;
}

void check_each_has_its_own_session(const collector<session>& results) {
    REQUIRE(results.each_once());
    for (std::size_t i = 0; i < results.size(); ++i) {
        REQUIRE_MESSAGE(results[i].has_value(), results[i].error().describe());
        CHECK(results[i]->id().value() == session_name(i));
    }
}

/// A server that has sent something, and does what `script` says when it is told to.
struct after_a_beginning {
    after_a_beginning(const std::string& beginning, script (*end)(script)) {
        server.otherwise(end(script{}.expect_requests().send(beginning).hold()));
    }
    /// The outcome of a call that had got the beginning by then.
    result<session> get() {
        asio::io_context context;
        client client(context, options_for(server).max_resends(0));
        collector<session> results;
        client.try_get_session(session_id("s"))(results.next());
        run_until(context, [&] { return client.stats().bytes_received != 0; });
        server.release(0);
        results.wait(context);
        return results[0];
    }
    scripted_server server{plain()};
};

script by_fin(script so_far) { return so_far.fin(); }
script by_rst(script so_far) { return so_far.rst(); }

const std::string json_head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

} // namespace

TEST_CASE("http: the eleven operations, on one connection that is kept") {
    const std::string someone = R"({"id":"p"})";
    const std::string heard = R"({"sessionId":"s","participants":[]})";
    script all;
    for (const auto& response :
         {session_response("s"), session_response("s"),
          http_response(200, R"({"participant":{"id":"p"},"token":"t"})"), http_response(200, someone),
          http_response(200, "[" + someone + "]"), http_response(200, heard)})
        all.expect_requests().send(response);
    for (int i = 0; i < 5; ++i)
        all.expect_requests().send("HTTP/1.1 204 No Content\r\n\r\n");
    scripted_server server(plain());
    server.add(all);
    asio::io_context context;
    client client(context, options_for(server));
    const session_id room("s");
    const participant_id guest("p");
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(wait_for(context, client.try_get_session(room)).has_value());
    CHECK(wait_for(context, client.try_create_participant())->token().reveal() == "t");
    CHECK(wait_for(context, client.try_get_participant(guest)).has_value());
    CHECK(wait_for(context, client.try_list_session_participants(room))->size() == 1);
    CHECK(wait_for(context, client.try_get_participant_subscriptions(room, guest)).has_value());
    const auto everybody = subscriptions::all_in(room);
    CHECK(wait_for(context, client.try_add_participant_to_session(room, guest)).has_value());
    CHECK(wait_for(context, client.try_update_participant_subscriptions(room, guest, everybody)).has_value());
    CHECK(wait_for(context, client.try_remove_participant_from_session(room, guest)).has_value());
    CHECK(wait_for(context, client.try_delete_participant(guest)).has_value());
    CHECK(wait_for(context, client.try_delete_session(room)).has_value());
    CHECK(client.stats().dials == 1);
    CHECK(server.received(0).starts_with("POST /v1/accounts/9900000/sessions HTTP/1.1\r\n"));
    CHECK(count_of(server.received(0), "\r\nHost: localhost:" + std::to_string(server.port()) + "\r\n") ==
          11);
    CHECK(count_of(server.received(0), "\r\nAuthorization: Basic ") == 11);
}

TEST_CASE("http: the port is 80 where there is none, and does not stand in the Host field then") {
    scripted_server server(plain());
    server.otherwise(script{}.expect_requests().send(session_response("s")));
    asio::io_context context;
    client client(context,
                  options_for(server).base_url("http://localhost/v1").connect_to("127.0.0.1", server.port()));
    CHECK(wait_for(context, client.try_get_session(session_id("s"))).has_value());
    CHECK(names(server.received(0), "\r\nHost: localhost\r\n"));
    const auto resolver = std::make_shared<fake_resolver>();
    resolver->addresses = {support::address("127.0.0.1", server.port())};
    bandwidth::webrtc::client direct(
        context, with_resolver(options_for(server).base_url("http://localhost/v1"), resolver));
    CHECK(wait_for(context, direct.try_get_session(session_id("s"))).has_value());
    CHECK(resolver->asked == "localhost:80");
}

TEST_CASE("http: requests are pipelined, and each gets its own response") {
    scripted_server server(plain());
    server.add(script{}
                   .expect_requests()
                   .send(session_response("warm"))
                   .expect_requests(8)
                   .send_split(session_responses(8), 7));
    asio::io_context context;
    client client(context, one_connection(server));
    warm_up_with_session(context, client);
    collector<session> results;
    for (std::size_t i = 0; i < 8; ++i)
        client.try_get_session(session_id(session_name(i)))(results.next());
    results.wait(context);
    check_each_has_its_own_session(results);
    CHECK(client.stats().dials == 1);
}

TEST_CASE("http: a socket that takes less than what is to be written") {
    constexpr std::size_t count = 12;
    scripted_server server(plain());
    server.add(script{}
                   .expect_requests()
                   .send(session_response("warm"))
                   .hold()
                   .expect_requests(count)
                   .send(session_responses(count)));
    asio::io_context context;
    client client(context, one_connection(server).pipeline_depth(count));
    warm_up_with_session(context, client);
    // More than the buffers of both sockets take while the server does not read.
    constexpr std::size_t size = 1'000'000;
    const auto padded = call_options{}.header("X-Padding", std::string(size, 'p'));
    const auto before = client.stats().bytes_sent;
    collector<session> results;
    for (std::size_t i = 0; i < count; ++i)
        client.try_get_session(session_id(session_name(i)), padded)(results.next());
    run_until(context, [&] { return client.stats().bytes_sent > before; });
    CHECK(client.stats().bytes_sent < before + count * size);
    server.release(0);
    results.wait(context);
    check_each_has_its_own_session(results);
    CHECK(count_of(server.received(0), "GET /") == count + 1);
    CHECK(client.stats().bytes_sent == server.received(0).size());
}

TEST_CASE("W08: http: a POST whose connection is lost is not sent again, a GET is") {
    for (const bool reset : {false, true}) {
        for (const bool warm : {false, true}) {
            CAPTURE(reset);
            CAPTURE(warm);
            scripted_server server(plain());
            auto lost = script{};
            if (warm)
                lost.expect_requests().send(session_response("warm"));
            lost.expect_requests();
            server.add(reset ? by_rst(lost) : by_fin(lost));
            const auto later = script{}.expect_requests().send(session_response("warm")).expect_requests();
            server.add(reset ? by_rst(later) : by_fin(later));
            server.otherwise(script{}.expect_requests().send(session_response("s")));
            asio::io_context context;
            client client(context, one_connection(server));
            if (warm)
                warm_up_with_session(context, client);
            const auto made = wait_for(context, client.try_create_session());
            REQUIRE(made.has_error());
            CHECK(made.error().code() == errc::connection_lost);
            CHECK(made.error().delivery() == delivery::maybe_processed);
            warm_up_with_session(context, client);
            const auto read = wait_for(context, client.try_get_session(session_id("s")));
            CHECK_MESSAGE(read.has_value(), read.error().describe());
            CHECK(server.connections() == 3);
            CHECK(names(server.received(0), "POST /"));
            CHECK_FALSE(names(server.received(1) + server.received(2), "POST /"));
        }
    }
}

TEST_CASE("W08: http: a POST of which a part has left is not sent again") {
    scripted_server server(plain());
    server.add(script{}.expect_requests().send(session_response("warm")).hold().rst());
    server.otherwise(script{}.expect_requests().send(session_response("s")));
    asio::io_context context;
    client client(context, one_connection(server));
    warm_up_with_session(context, client);
    const auto before = client.stats().bytes_sent;
    const auto padded = call_options{}.header("X-Padding", std::string(20'000'000, 'p'));
    collector<session> results;
    client.try_create_session(session_request{}, padded)(results.next());
    run_until(context, [&] { return client.stats().bytes_sent > before; });
    CHECK(client.stats().bytes_sent < before + 20'000'000);
    server.release(0);
    results.wait(context);
    CHECK(results[0].error().code() == errc::connection_lost);
    CHECK(results[0].error().delivery() == delivery::maybe_processed);
    CHECK(server.connections() == 1);
}

TEST_CASE("W07: http: a server that ended the idle connection costs nothing") {
    scripted_server server(plain());
    server.otherwise(script{}.expect_requests().send(session_response("s")).fin());
    asio::io_context context;
    client client(context, options_for(server));
    for (int i = 0; i < 3; ++i) {
        CHECK(wait_for(context, client.try_create_session()).has_value());
        run_until(context, [&] { return client.stats().connections_idle == 0; });
    }
    CHECK(client.stats().resends == 0);
    CHECK(server.connections() == 3);
}

TEST_CASE("http: a body without a length ends with the FIN, not with a reset") {
    const auto body = json_head + "\r\n" + R"({"id":"s"})";
    const auto whole = after_a_beginning(body, &by_fin).get();
    REQUIRE_MESSAGE(whole.has_value(), whole.error().describe());
    CHECK(whole->id() == session_id("s"));
    const auto cut = after_a_beginning(body, &by_rst).get();
    REQUIRE(cut.has_error());
    CHECK(cut.error().code() == errc::incomplete_response);
}

TEST_CASE("http: a body with a length that a FIN or a reset cuts is incomplete") {
    const auto beginning = json_head + "Content-Length: 11\r\n\r\n" + R"({"id":"s"})";
    for (const auto end : {&by_fin, &by_rst})
        CHECK(after_a_beginning(beginning, end).get().error().code() == errc::incomplete_response);
    const auto chunks = json_head + "Transfer-Encoding: chunked\r\n\r\na\r\n" + R"({"id":"s"})" + "\r\n";
    CHECK(after_a_beginning(chunks, &by_fin).get().error().code() == errc::incomplete_response);
}

TEST_CASE("http: nothing is sent where localhost has an address that is not this machine's") {
    scripted_server server(plain());
    server.otherwise(script{}.expect_requests().send(session_response("s")));
    const auto here = support::address("127.0.0.1", server.port());
    for (const bool mixed : {false, true}) {
        CAPTURE(mixed);
        const auto resolver = std::make_shared<fake_resolver>();
        resolver->addresses = {support::address("192.0.2.1", server.port())};
        if (mixed)
            resolver->addresses.insert(resolver->addresses.begin(), here);
        asio::io_context context;
        client client(context, with_resolver(options_for(server), resolver));
        const auto outcome = wait_for(context, client.try_create_session());
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().code() == errc::invalid_options);
        CHECK(outcome.error().delivery() == delivery::not_sent);
        CHECK(outcome.error().message() == "localhost is 192.0.2.1: http is for loopback addresses only");
        CHECK(client.stats().bytes_sent == 0);
    }
    CHECK(server.connections() == 0);
}

TEST_CASE("http: nothing is sent where the user's resolver says that localhost is elsewhere") {
    asio::io_context context;
    const auto elsewhere = [](const std::string&) {
        return std::vector{asio::ip::make_address("2001:db8::1")};
    };
    client client(context, options_for(scripted_server(plain())).resolver(elsewhere).retry(retry_policy()));
    const auto outcome = wait_for(context, client.try_create_session());
    CHECK(outcome.error().code() == errc::invalid_options);
    CHECK(names(outcome.error().message(), "http is for loopback addresses only"));
    CHECK(outcome.error().code() != condition::retryable);
    CHECK(client.stats().dials == 1); // no other attempt would end otherwise
}

TEST_CASE("http: by the addresses of the loopback, without looking up") {
    for (const char* const ip : {"127.0.0.1", "127.0.0.3", "::1"}) {
        CAPTURE(ip);
        const bool six = ip[0] == ':';
        if (six && !support::has_ipv6())
            continue;
        scripted_server server(plain().address(ip));
        server.otherwise(script{}.expect_requests().send(session_response("s")));
        const auto host = six ? "[" + std::string(ip) + "]" : std::string(ip);
        asio::io_context context;
        client client(context, options_for(server).base_url("http://" + host + ":" +
                                                            std::to_string(server.port()) + "/v1"));
        CHECK(wait_for(context, client.try_get_session(session_id("s"))).has_value());
    }
}

TEST_CASE("http: refused for other hosts, with a text that says why, also where connect_to names them") {
    const auto text = "http is for loopback addresses only";
    CHECK(refusal(good().base_url("http://example.com/v1")) == std::string("base_url: ") + text);
    CHECK(refusal(good().base_url("http://10.0.0.1/v1")) == std::string("base_url: ") + text);
    const auto local = good().base_url("http://localhost/v1");
    for (const char* const host : {"example.com", "10.0.0.1", "::2", "0.0.0.0"})
        CHECK(refusal(client_options(local).connect_to(host, 80)) == std::string("connect_to: ") + text);
    for (const char* const host : {"localhost", "127.0.0.1", "::1"})
        CHECK(refusal(client_options(local).connect_to(host, 80)).empty());
    // This machine as it is connected to does not make another host's name a mock's.
    CHECK(refusal(good().base_url("http://example.com/v1").connect_to("127.0.0.1", 80)) ==
          std::string("base_url: ") + text);
}
