#include <bandwidth/webrtc/testing/scripted_server.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>

#include "loopback/http_fixture.hpp"
#include "support/raw_tls_client.hpp"

using namespace bandwidth::webrtc::testing;
using namespace std::chrono_literals;
using loopback_test::get;
using loopback_test::ok;
using support::connection_end;
using support::raw_tls_client;
using support::raw_tls_options;
namespace asio = boost::asio;

namespace {

/// A TCP connection without TLS.
class plain_client {
public:
    explicit plain_client(std::uint16_t port) {
        stream_.expires_after(10s);
        stream_.connect("127.0.0.1", std::to_string(port));
    }

    void send(const std::string& bytes) { stream_ << bytes << std::flush; }

    /// Everything until the connection ends.
    std::string read_all() {
        return {std::istreambuf_iterator<char>(stream_), std::istreambuf_iterator<char>()};
    }

    std::string read(std::size_t size) {
        std::string bytes(size, '\0');
        stream_.read(bytes.data(), static_cast<std::streamsize>(size));
        return bytes.substr(0, static_cast<std::size_t>(stream_.gcount()));
    }

    boost::system::error_code error() const { return stream_.error(); }

private:
    asio::ip::tcp::iostream stream_;
};

} // namespace

TEST_CASE("a script waits for its requests, responds, and then only reads") {
    scripted_server server;
    server.add(script{}.expect_requests(2).send(ok + ok));
    CHECK(server.state(0) == script_state::not_started);
    raw_tls_client client(server.port(), server.ca_pem());
    client.send(get);
    CHECK(server.wait_until_received(0, get, 10s));
    CHECK(server.state(0) == script_state::running);
    client.send(get);
    CHECK(client.read_response().body() == "ok");
    CHECK(client.read_response().body() == "ok");
    CHECK(server.wait_until_ended(0, 10s));
    CHECK(server.state(0) == script_state::ended);
    CHECK(server.error(0).empty());

    client.send("more");
    CHECK(server.wait_until_received(0, "more", 10s));
    CHECK(server.received(0) == get + get + "more");
    CHECK(server.connections() == 1);
    CHECK(server.received(1).empty());
}

TEST_CASE("a script that is held goes on when the test says so") {
    scripted_server server;
    server.add(script{}.hold().send("1").hold().send("2").hold().send("3").fin());
    server.release(0); // before there is a connection
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(server.wait_until_held(0, 10s)); // behind "1", which has left
    CHECK(server.state(0) == script_state::held);
    CHECK_FALSE(server.wait_until_ended(0, 1ms));
    server.release(0);
    CHECK(server.state(0) != script_state::ended);
    CHECK(server.wait_until_held(0, 10s)); // behind "2"
    server.release(0);
    CHECK(server.wait_until_ended(0, 10s));
    CHECK_FALSE(server.wait_until_held(0, 10s));
    CHECK(client.read_to_end() == connection_end::truncated);
    CHECK(client.unread() == "123");
}

TEST_CASE("a script that is held stops with its server") {
    scripted_server server;
    server.add(script{}.handshake().hold().send("never"));
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(server.wait_until_held(0, 10s));
    server.stop();
    CHECK(client.read_to_end() == connection_end::truncated);
    CHECK(client.unread().empty());
}

TEST_CASE("expected bytes may come in pieces, and each step starts behind the one before") {
    scripted_server server;
    server.add(script{}.expect_bytes("abc").send("1").expect_bytes("abc").send("2").fin());
    raw_tls_client client(server.port(), server.ca_pem());
    client.send("xxab");
    client.send("c--a");
    CHECK(server.wait_until_received(0, "c--a", 10s));
    client.send("bc");
    CHECK(client.read_to_end() == connection_end::truncated);
    CHECK(client.unread() == "12");
}

TEST_CASE("the bytes a step waits for may come together with the end of the connection") {
    scripted_server server;
    server.add(script{}.expect_bytes("first").expect_bytes("second"));
    raw_tls_client client(server.port(), server.ca_pem());
    client.send("first second");
    CHECK_FALSE(client.shutdown()); // close_notify is answered
    CHECK(server.wait_until_ended(0, 10s));
    CHECK(server.state(0) == script_state::ended);
}

TEST_CASE("a script whose peer leaves too early has failed") {
    scripted_server server;
    server.add(script{}.expect_requests(2).send(ok));
    {
        raw_tls_client client(server.port(), server.ca_pem());
        client.send(get);
        client.shutdown();
    }
    CHECK(server.wait_until_ended(0, 10s));
    CHECK(server.state(0) == script_state::failed);
    CHECK_FALSE(server.error(0).empty());
    CHECK(server.received(0) == get);
}

TEST_CASE("bytes can be sent in pieces, each in a record of its own") {
    scripted_server server;
    server.add(script{}.expect_requests().send_split(ok, 1).send_split(ok, 7).close_notify().fin());
    raw_tls_client client(server.port(), server.ca_pem());
    client.send(get);
    CHECK_FALSE(client.read_some());
    CHECK(client.unread() == "H"); // one TLS record
    CHECK(client.read_response().body() == "ok");
    CHECK(client.read_response().body() == "ok");
    CHECK(client.read_to_end() == connection_end::close_notify);
}

TEST_CASE("a connection can end with close_notify, without it, or by a reset") {
    scripted_server server;
    server.add(script{}.expect_requests().send(ok).close_notify());
    server.add(script{}.expect_requests().send(ok).fin());
    server.add(script{}.expect_requests().send(ok).rst());
    for (const auto end : {connection_end::close_notify, connection_end::truncated, connection_end::reset}) {
        raw_tls_client client(server.port(), server.ca_pem());
        client.send(get);
        CHECK(client.read_response().body() == "ok");
        CHECK(client.read_to_end() == end);
    }
    CHECK(server.wait_until_ended(2, 10s));
    CHECK(server.state(2) == script_state::ended);
}

TEST_CASE("a connection can be reset or closed before the handshake") {
    scripted_server server;
    server.add(script{}.rst());
    server.add(script{}.fin());
    CHECK_THROWS_AS(raw_tls_client(server.port(), server.ca_pem()), boost::system::system_error);
    CHECK_THROWS_AS(raw_tls_client(server.port(), server.ca_pem()), boost::system::system_error);
    CHECK(server.received(0).empty());
}

TEST_CASE("a connection without a script is closed when it is accepted") {
    scripted_server server;
    plain_client client(server.port());
    CHECK(client.read_all().empty());
    CHECK(server.wait_until_ended(0, 10s));
}

TEST_CASE("the standing script serves all connections that have none of their own") {
    scripted_server server;
    server.otherwise(script{}.expect_requests().send(ok));
    server.add(script{}.rst());
    CHECK_THROWS_AS(raw_tls_client(server.port(), server.ca_pem()), boost::system::system_error);
    for (int i = 0; i < 3; ++i) {
        raw_tls_client client(server.port(), server.ca_pem());
        CHECK(client.exchange(get).body() == "ok");
    }
    CHECK(server.connections() == 4);
}

TEST_CASE("a handshake can stall at once, or behind a part of the server's response") {
    for (const std::size_t bytes : {std::size_t(0), std::size_t(127)}) {
        CAPTURE(bytes);
        std::optional<scripted_server> server(std::in_place);
        server->add(script{}.handshake_stall(bytes));
        // The client's first flight, made by a client that is not needed any more.
        std::thread stopper([&] {
            CHECK(server->wait_until_ended(0, 10s));
            server.reset();
        });
        plain_client client(server->port());
        raw_tls_options options;
        SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
        SSL* const ssl = SSL_new(context);
        SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(ssl);
        SSL_do_handshake(ssl);
        char* data = nullptr;
        const auto size = BIO_get_mem_data(SSL_get_wbio(ssl), &data);
        client.send(std::string(data, static_cast<std::size_t>(size)));
        SSL_free(ssl);
        SSL_CTX_free(context);
        CHECK(client.read_all().size() == bytes);
        stopper.join();
    }
}

TEST_CASE("bytes can be sent beneath TLS") {
    scripted_server server;
    server.add(script{}.send_raw("HTTP/1.1 400 Bad Request\r\n\r\n"));
    server.add(script{}.expect_requests().send_raw("no TLS record"));
    CHECK_THROWS_AS(raw_tls_client(server.port(), server.ca_pem()), boost::system::system_error);
    raw_tls_client client(server.port(), server.ca_pem());
    client.send(get);
    const auto error = client.read_some();
    CHECK(error.category() == asio::error::get_ssl_category());
}

TEST_CASE("a stalled connection is not read from, and ends with the server") {
    scripted_server server;
    server.add(script{}.handshake().stall());
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(server.wait_until_ended(0, 10s));
    const std::string much(64 * 1024 * 1024, 'x');
    CHECK_FALSE(client.send_within(much, 200ms)); // more than any socket buffer
    CHECK(server.received(0).empty());
    server.stop();
    CHECK(client.read_to_end() == connection_end::reset); // TCP's response to bytes that nobody read
}

TEST_CASE("a step can be delayed") {
    scripted_server server;
    server.add(script{}.expect_requests().delay(50ms).send(ok));
    raw_tls_client client(server.port(), server.ca_pem());
    const auto start = std::chrono::steady_clock::now();
    CHECK(client.exchange(get).body() == "ok");
    CHECK(std::chrono::steady_clock::now() - start >= 50ms);
}

TEST_CASE("a script can be played over plain TCP") {
    scripted_server server(scripted_options{}.plain_tcp(true));
    server.add(script{}.handshake().expect_requests().send(ok).close_notify().send_split("ab").fin());
    CHECK(server.base_url() == "http://localhost:" + std::to_string(server.port()) + "/v1");
    CHECK(server.ca_pem().empty());
    plain_client client(server.port());
    client.send(get);
    CHECK(client.read_all() == ok + "ab");
    CHECK(server.received(0) == get);
}

TEST_CASE("certificate and TLS version can be chosen") {
    const auto alone =
        make_self_signed_certificate(certificate_options{}.common_name("x").dns_name("localhost"));
    scripted_server server(
        scripted_options{}.server_certificate(alone).max_tls_version(tls_version::tls_1_2));
    server.otherwise(script{}.expect_requests().send(ok));
    CHECK(server.base_url() == "https://localhost:" + std::to_string(server.port()) + "/v1");
    CHECK_THROWS_AS(raw_tls_client(server.port(), certificate_authority().pem()),
                    boost::system::system_error);
    CHECK(server.wait_until_ended(0, 10s));
    CHECK(server.state(0) == script_state::failed);
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(SSL_version(client.native_handle()) == TLS1_2_VERSION);
    CHECK(client.exchange(get).body() == "ok");
}

TEST_CASE("waiting is over when the time is") {
    scripted_server server;
    server.add(script{}.expect_requests());
    CHECK_FALSE(server.wait_until_ended(0, 1ms));
    CHECK_FALSE(server.wait_until_received(0, "x", 1ms));
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK_FALSE(server.wait_until_ended(0, 1ms));
}

TEST_CASE("a scripted server runs on the caller's context") {
    asio::io_context context;
    scripted_server server(context.get_executor());
    server.add(script{}.expect_requests().send(ok));
    std::thread user([&] {
        raw_tls_client client(server.port(), server.ca_pem());
        CHECK(client.exchange(get).body() == "ok");
        CHECK(server.wait_until_ended(0, 10s));
        server.stop();
        CHECK(client.read_to_end() != connection_end::close_notify);
    });
    context.run();
    user.join();
}

TEST_CASE("a scripted server is destroyed in the middle of its scripts") {
    std::optional<scripted_server> server(std::in_place);
    server->otherwise(script{}.expect_requests().delay(1h).send(ok));
    raw_tls_client waiting(server->port(), server->ca_pem());
    raw_tls_client delayed(server->port(), server->ca_pem());
    delayed.send(get);
    CHECK(server->wait_until_received(1, get, 10s));
    server.reset();
    CHECK(waiting.read_to_end() != connection_end::close_notify);
    CHECK(delayed.read_to_end() != connection_end::close_notify);
}
