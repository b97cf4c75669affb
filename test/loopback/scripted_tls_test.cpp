#include <bandwidth/webrtc/testing/scripted_server.hpp>

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "loopback/http_fixture.hpp"
#include "support/raw_tls_client.hpp"

// The unusual TLS of a scripted server, seen by a client that is not ours.

using namespace bandwidth::webrtc::testing;
using namespace std::chrono_literals;
using loopback_test::get;
using loopback_test::ok;
using support::connection_end;
using support::raw_tls_client;
using support::raw_tls_options;

namespace {

/// Whether an exchange with the server succeeds: a TLS 1.3 server's refusal comes behind the handshake.
bool served(const scripted_server& server, const raw_tls_options& options = raw_tls_options()) {
    try {
        raw_tls_client client(server.port(), server.ca_pem(), options);
        return client.exchange(get).body() == "ok";
    } catch (const boost::system::system_error&) {
        return false;
    }
}

} // namespace

TEST_CASE("a client certificate is demanded, and recorded") {
    const certificate_authority authority;
    const auto right = authority.issue(certificate_options{}.common_name("right"));
    const auto wrong = certificate_authority().issue(certificate_options{}.common_name("wrong"));
    for (const auto version : {tls_version::tls_1_2, tls_version::tls_1_3}) {
        scripted_server server(scripted_options{}.client_authority(authority.pem()).max_tls_version(version));
        server.otherwise(script{}.expect_requests().send(ok));
        CHECK_FALSE(served(server));
        raw_tls_options options;
        options.certificate_pem = wrong.chain_pem();
        options.private_key_pem = wrong.private_key_pem();
        CHECK_FALSE(served(server, options));
        options.certificate_pem = right.chain_pem();
        options.private_key_pem = right.private_key_pem();
        CHECK(served(server, options));
        REQUIRE(server.wait_until_ended(0, 10s));
        CHECK(server.state(0) == script_state::failed);
        CHECK_FALSE(server.handshake(0).done);
        CHECK(server.handshake(0).client_certificate_pem.empty());
        CHECK_FALSE(server.handshake(1).done);
        CHECK(server.handshake(2).done);
        CHECK(server.handshake(2).client_certificate_pem == right.chain_pem());
    }
    CHECK_THROWS_AS(scripted_server(scripted_options{}.client_authority("nonsense")), std::runtime_error);
}

TEST_CASE("what the client asked for is recorded, also where the handshake fails") {
    scripted_server server;
    server.otherwise(script{}.expect_requests().send(ok));
    CHECK(server.handshake(0).server_name.empty());
    raw_tls_options options;
    options.alpn = "\x02h2\x08http/1.1";
    CHECK(served(server, options));
    CHECK(server.handshake(0).server_name == "localhost");
    CHECK(server.handshake(0).alpn == std::vector<std::string>{"h2", "http/1.1"});
    CHECK(server.handshake(0).done);
    CHECK_FALSE(server.handshake(0).resumed);
    options.alpn.clear();
    options.host = "other.example"; // for which the certificate is not
    CHECK_FALSE(served(server, options));
    CHECK(server.handshake(1).server_name == "other.example");
    CHECK(server.handshake(1).alpn.empty());
    CHECK_FALSE(server.handshake(1).done);
}

TEST_CASE("ALPN is selected as told, offered or not") {
    const auto selected = [](const scripted_options& settings) {
        scripted_server server(settings);
        server.otherwise(script{}.handshake());
        raw_tls_options options;
        options.alpn = "\x08http/1.1";
        try {
            raw_tls_client client(server.port(), server.ca_pem(), options);
            const unsigned char* chosen = nullptr;
            unsigned size = 0;
            SSL_get0_alpn_selected(client.native_handle(), &chosen, &size);
            return std::string(reinterpret_cast<const char*>(chosen), size);
        } catch (const boost::system::system_error& error) {
            return std::string(error.code().message());
        }
    };
    CHECK(selected(scripted_options{}.alpn("")).empty());
    CHECK(selected(scripted_options{}.alpn("http/1.1")) == "http/1.1");
    CHECK(selected(scripted_options{}.alpn("h2")) != "http/1.1"); // a client may take it, or refuse
}

TEST_CASE("a host is required") {
    scripted_server server(scripted_options{}.required_server_name("localhost"));
    server.otherwise(script{}.expect_requests().send(ok));
    CHECK(served(server));
    raw_tls_options options;
    options.host = "localhost.example";
    CHECK_THROWS_WITH_AS(raw_tls_client(server.port(), server.ca_pem(), options),
                         doctest::Contains("unrecognized name"), boost::system::system_error);
}

TEST_CASE("old versions of TLS, when they are asked for") {
    for (const auto& [version, number] :
         {std::pair{tls_version::tls_1_0, TLS1_VERSION}, {tls_version::tls_1_1, TLS1_1_VERSION}}) {
        scripted_server server(scripted_options{}.max_tls_version(version));
        server.otherwise(script{}.expect_requests().send(ok));
        CHECK_FALSE(served(server, [] { // who does not go below 1.2
            raw_tls_options options;
            options.max_version = TLS1_2_VERSION;
            return options;
        }()));
        raw_tls_options options;
        options.max_version = TLS1_1_VERSION;
        raw_tls_client client(server.port(), server.ca_pem(), options);
        CHECK(SSL_version(client.native_handle()) == number);
        CHECK(client.exchange(get).body() == "ok");
    }
}

TEST_CASE("keys are changed in TLS 1.3, and the client's responses are read") {
    scripted_server server;
    server.add(script{}.key_update(3).expect_requests().send(ok).key_update().expect_requests().send(ok));
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(client.exchange(get).body() == "ok");
    CHECK(client.exchange(get).body() == "ok");
    CHECK(server.wait_until_ended(0, 10s));
    CHECK(server.state(0) == script_state::ended);

    scripted_server older(scripted_options{}.max_tls_version(tls_version::tls_1_2));
    older.add(script{}.key_update());
    raw_tls_client other(older.port(), older.ca_pem());
    CHECK(older.wait_until_ended(0, 10s));
    CHECK(older.error(0) == "no key update here");
}

TEST_CASE("a renegotiation is asked for in TLS 1.2 alone") {
    scripted_server server(scripted_options{}.max_tls_version(tls_version::tls_1_2));
    server.add(script{}.expect_requests().renegotiate().send(ok));
    raw_tls_client client(server.port(), server.ca_pem());
    SSL_set_options(client.native_handle(), SSL_OP_NO_RENEGOTIATION);
    client.send(get);
    CHECK(client.read_response().body() == "ok"); // on its way before the client's no
    scripted_server newer;
    newer.add(script{}.renegotiate());
    raw_tls_client other(newer.port(), newer.ca_pem());
    CHECK(newer.wait_until_ended(0, 10s));
    CHECK(newer.error(0) == "no renegotiation here");
}
