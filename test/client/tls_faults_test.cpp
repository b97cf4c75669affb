#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "client/tls_trial.hpp"
#include "support/test_client.hpp"

// What goes wrong before the first request: the phase and the reason are told apart, nothing was sent, and
// the same client is served afterwards.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::for_localhost;
using support::options_for;
using support::tls_trial;
using support::wait_for;
using testing::certificate_authority;
using testing::certificate_options;
using testing::loopback_options;
using testing::loopback_server;
using testing::script;
using testing::script_state;
using testing::scripted_options;
using testing::scripted_server;
using testing::tls_version;

namespace {

/// The same server by its address: a resolver on a busy machine may take as long as a short timeout.
std::string by_address(std::uint16_t port) { return "https://127.0.0.1:" + std::to_string(port) + "/v1"; }

const certificate_authority& authority() {
    static const certificate_authority made;
    return made;
}

/// Options for a server at this port that shows a certificate of ours, when it is a TLS server at all.
client_options at_port(std::uint16_t port) {
    return client_options{}
        .base_url("https://localhost:" + std::to_string(port) + "/v1")
        .account("9900000")
        .credentials("user", "secret")
        .ca_pem(authority().pem());
}

/// The failure with a server that is set up like this; then the same client is served by a good server at the
/// same port.
template <class Check>
failure refused_by(scripted_options options, const script& steps, Check check) {
    auto server = std::make_unique<scripted_server>(options);
    server->otherwise(steps);
    const auto port = server->port();
    tls_trial trial(at_port(port).connect_timeout(5s));
    const auto seen = trial.refusal();
    CHECK(server->connections() == 1);
    check(*server);
    server.reset();
    const loopback_server good(
        loopback_options{}.port(port).server_certificate(authority().issue(for_localhost())));
    trial.check_served();
    return seen;
}

failure refused_by(const scripted_options& options, const script& steps) {
    return refused_by(
        options, steps, [](const scripted_server&) {});
}

} // namespace

TEST_CASE("T20: a server that speaks plain HTTP") {
    const auto seen = refused_by(
        scripted_options{}.plain_tcp(true),
        script{}.expect_bytes("\x16").send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        [](const scripted_server& server) {
            CHECK(server.received(0).find("Authorization") == std::string::npos);
        });
    CHECK(seen.code() == errc::tls_protocol);
}

TEST_CASE("T20: a server that sends garbage in place of TLS") {
    for (const std::string& bytes :
         {std::string(200, 'x'), std::string(200, '\0'), std::string("SSH-2.0-x\r\n")})
        CHECK(refused_by(scripted_options{}.plain_tcp(true), script{}.expect_bytes("\x16").send(bytes))
                  .code() == errc::tls_protocol);
}

TEST_CASE("T08: a server that speaks nothing newer than TLS 1.1, or 1.0") {
    for (const auto version : {tls_version::tls_1_0, tls_version::tls_1_1}) {
        const auto seen = refused_by(scripted_options{}.max_tls_version(version).server_certificate(
                                         authority().issue(for_localhost())),
                                     script{}.handshake());
        CHECK(seen.code() == errc::tls_protocol);
        CHECK(seen.code() == condition::tls_error);
        CHECK_FALSE(seen.code() == condition::retryable);
    }
}

TEST_CASE("T09: a server that selects h2, which was not offered") {
    const auto seen =
        refused_by(scripted_options{}.alpn("h2").server_certificate(authority().issue(for_localhost())),
                   script{}.handshake(), [](const scripted_server& server) {
                       CHECK(server.handshake(0).alpn == std::vector<std::string>{"http/1.1"});
                   });
    CHECK(seen.code() == errc::tls_protocol);
}

TEST_CASE("T09: a server that selects no protocol speaks HTTP/1.1") {
    scripted_server server(scripted_options{}.alpn(""));
    server.otherwise(support::responding());
    tls_trial trial(options_for(server));
    trial.check_served();
    CHECK(server.handshake(0).alpn == std::vector<std::string>{"http/1.1"});
}

TEST_CASE("T19: ten thousand names, or a chain of a megabyte: refused at the first bytes") {
    auto names = for_localhost();
    for (int i = 0; i < 10'000; ++i)
        names.dns_name("name-" + std::to_string(i) + ".of-many.example");
    auto own = authority().issue(for_localhost());
    std::string chain;
    while (chain.size() < 1'500'000) // PEM is longer than what is sent
        chain += own.chain_pem();
    const testing::certificate long_chain(chain, own.private_key_pem(), own.issuer_pem());
    for (const auto& shown : {authority().issue(names), long_chain}) {
        auto server = std::make_unique<scripted_server>(scripted_options{}.server_certificate(shown));
        server->otherwise(script{}.handshake());
        const auto port = server->port();
        tls_trial trial(at_port(port));
        const auto seen = trial.refusal();
        CHECK(seen.code() == errc::tls_protocol);
        CHECK(trial.client().stats().bytes_received < 128 * 1024); // two reads, of 256 KiB or 1 MiB
        server.reset();
        const loopback_server good(loopback_options{}.port(port).server_certificate(own));
        trial.check_served();
    }
}

TEST_CASE("T19: a thousand names are fine") {
    auto names = for_localhost();
    for (int i = 0; i < 1000; ++i)
        names.dns_name("name-" + std::to_string(i) + ".of-many.example");
    loopback_server server(loopback_options{}.server_certificate(authority().issue(names)));
    tls_trial(options_for(server)).check_served();
}

TEST_CASE("T05, T06: the server is told the host, and no address") {
    scripted_server server;
    server.otherwise(support::responding());
    const auto asked_of = [&server](const std::string& host) {
        const auto before = server.connections();
        tls_trial(
            options_for(server).base_url("https://" + host + ":" + std::to_string(server.port()) + "/v1"))
            .check_served();
        REQUIRE(server.connections() == before + 1);
        CHECK(server.handshake(before).done);
        return server.handshake(before).server_name;
    };
    CHECK(asked_of("localhost") == "localhost");
    CHECK(asked_of("127.0.0.1").empty());
}

TEST_CASE("T06: a server that needs SNI works, and one that knows another name only refuses") {
    scripted_server server(scripted_options{}.required_server_name("localhost"));
    server.otherwise(support::responding());
    tls_trial(options_for(server)).check_served();
    const auto seen = refused_by(scripted_options{}
                                     .required_server_name("other.example")
                                     .server_certificate(authority().issue(for_localhost())),
                                 script{}.handshake());
    CHECK(seen.code() == errc::handshake_failed);
    CHECK(seen.message().find("unrecognized name") != std::string::npos);
}

TEST_CASE("a server that ends the connection before or in the handshake") {
    scripted_server server;
    SUBCASE("reset before the first byte") { server.add(script{}.rst()); }
    SUBCASE("ended in the middle") { server.add(script{}.handshake_stall(200).fin()); }
    server.otherwise(support::responding());
    tls_trial trial(options_for(server).connect_timeout(300ms));
    const auto seen = trial.refusal();
    // A reset may come while the client has not even seen that TCP was connected.
    CHECK((seen.code() == errc::handshake_failed || seen.code() == errc::handshake_timeout ||
           seen.code() == errc::connect_failed));
    CHECK(server.connections() == 1);
    trial.check_served();
}

TEST_CASE("T07: a server that never finishes the handshake, however much of it came") {
    for (const std::size_t bytes : {50U, 200U}) { // a part of the ServerHello, it and more
        CAPTURE(bytes);
        scripted_server server;
        server.add(script{}.handshake_stall(bytes));
        server.otherwise(support::responding());
        tls_trial trial(options_for(server).base_url(by_address(server.port())).connect_timeout(200ms));
        const auto seen = trial.refusal();
        CHECK(seen.code() == errc::handshake_timeout);
        const auto where = "127.0.0.1:" + std::to_string(server.port());
        CHECK_MESSAGE(seen.message().ends_with(where + " connected, but the TLS handshake was not done"),
                      seen.message());
        CHECK(seen.code() == condition::timeout);
        CHECK(seen.elapsed() >= 200ms);
        CHECK(trial.client().stats().connections_connecting == 0);
    }
}

TEST_CASE("T07: the socket of a handshake that stalled is closed") {
    scripted_server server(scripted_options{}.plain_tcp(true));
    server.otherwise(script{}.expect_bytes("\x16").expect_bytes("what never comes"));
    tls_trial trial(at_port(server.port()).base_url(by_address(server.port())).connect_timeout(200ms));
    CHECK(trial.refusal().code() == errc::handshake_timeout);
    REQUIRE(server.wait_until_ended(0, support::generous_limit));
    CHECK(server.state(0) == script_state::failed);
    CHECK(server.error(0) == "End of file");
}

TEST_CASE("T07: a deadline that is shorter than the handshake") {
    scripted_server server;
    server.otherwise(script{}.handshake_stall());
    asio::io_context context;
    client client(context, options_for(server).base_url(by_address(server.port())).timeout(200ms));
    const auto outcome = wait_for(context, client.try_create_session());
    CHECK(outcome.error().code() == errc::handshake_timeout);
    CHECK(outcome.error().delivery() == delivery::not_sent);
}

TEST_CASE("T07: one dial that stalls does not hold up the calls that another connection can serve") {
    scripted_server server;
    server.add(script{}.handshake_stall());
    server.otherwise(script{}
                         .expect_requests()
                         .send(support::session_response("s"))
                         .expect_requests()
                         .send(support::session_response("s")));
    asio::io_context context;
    client client(context, options_for(server).max_connections(2).connect_timeout(5s));
    support::collector<session> results;
    client.try_get_session(session_id("s"))(results.next());
    client.try_get_session(session_id("s"))(results.next());
    results.wait(context);
    CHECK(results.succeeded() == 2);
    CHECK(results[0]->id().value() == "s");
}

TEST_CASE("TLS broken on an established connection") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::session_response("a"))
                   .expect_requests()
                   .send_raw("this is no TLS record, and long enough to be read as the header of one"));
    server.add(script{}.expect_requests().send(support::session_response("b")));
    asio::io_context context;
    client client(context, options_for(server));
    CHECK(wait_for(context, client.try_get_session(session_id("a"))).has_value());
    const auto again = wait_for(context, client.try_get_session(session_id("b"))); // sent again
    REQUIRE(again.has_value());
    CHECK(again->id().value() == "b");
    CHECK(client.stats().resends == 1);
}
