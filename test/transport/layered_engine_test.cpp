#include "transport/layered_engine.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "transport/tls_peer.hpp"
#include "transport/tunnel_engine.hpp"

// X10: TLS in TLS without a socket: the client's engine for an https proxy, its two servers played by
// OpenSSL.

using namespace test;

namespace {

detail::ssl_ptr tls_acceptor(const tls_server& server) {
    detail::ssl_ptr made(SSL_new(server.native()));
    SSL_set_bio(made.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(made.get());
    return made;
}

std::string drain_bio(BIO* from) {
    std::string bytes;
    char buffer[4096];
    for (int size = 0; (size = BIO_read(from, buffer, sizeof buffer)) > 0;)
        bytes.append(buffer, static_cast<std::size_t>(size));
    return bytes;
}

void put(BIO* to, const std::string& bytes) {
    if (!bytes.empty())
        BIO_write(to, bytes.data(), static_cast<int>(bytes.size()));
}

std::string read_all(SSL* from) {
    std::string bytes;
    char buffer[20'000];
    for (int size = 0; (size = SSL_read(from, buffer, sizeof buffer)) > 0;)
        bytes.append(buffer, static_cast<std::size_t>(size));
    ERR_clear_error();
    return bytes;
}

/// An engine that goes through an https proxy, with that proxy and the server behind it.
class layered_pair {
public:
    layered_pair()
        : at_proxy(localhost_certificate())
        , at_server(localhost_certificate())
        , proxy_(tls_acceptor(at_proxy))
        , server_(tls_acceptor(at_server)) {
        auto route = std::make_shared<detail::proxy_route>();
        route->target_host = "api.example.com";
        route->target_port = 443;
        auto inner = std::make_unique<detail::tunnel_engine>(
            route, std::make_unique<detail::tls_engine>(server_context, "localhost"));
        client = std::make_unique<detail::layered_engine>(proxy_context, "localhost", std::move(inner));
    }

    /// One step: what the client has written goes to the proxy, through it, and what comes back to the
    /// client, in pieces.
    template <class Take>
    void exchange(Take take, std::size_t piece = std::string::npos) {
        put(SSL_get_rbio(proxy_.get()), std::exchange(client->output(), {}));
        auto through = read_all(proxy_.get());
        if (!tunnel) {
            asked += through;
            if (asked.ends_with("\r\n\r\n")) {
                tunnel = true;
                to_client(response);
            }
        } else {
            put(SSL_get_rbio(server_.get()), through);
            at_server_ += read_all(server_.get());
            to_client(drain_bio(SSL_get_wbio(server_.get())));
        }
        const auto wire = drain_bio(SSL_get_wbio(proxy_.get()));
        for (std::size_t at = 0; at < wire.size(); at += piece) {
            const auto part = wire.substr(at, piece);
            client->input(part);
            take();
            if (piece == std::string::npos)
                return;
        }
    }
    status handshake(std::size_t piece = std::string::npos) {
        auto last = client->handshake();
        for (int round = 0; round < 20 && last == status::want_input; ++round)
            exchange(
                [&] {
                    if (last == status::want_input)
                        last = client->handshake();
                    else
                        (void)read(); // tickets
                },
                piece);
        exchange([&] { (void)read(); }, piece); // the end of the client's handshake, and the server's tickets
        return last;
    }
    status read() {
        for (;;) {
            std::vector<char> buffer(room);
            std::size_t size = 0;
            const auto got = client->read(buffer.data(), buffer.size(), size);
            received.append(buffer.data(), size);
            if (got != status::ok)
                return got;
        }
    }
    void server_write(const std::string& plain) {
        REQUIRE(SSL_write(server_.get(), plain.data(), static_cast<int>(plain.size())) > 0);
    }
    void server_close_notify() { SSL_shutdown(server_.get()); }
    const std::string& at_server_received() const { return at_server_; }
    SSL* proxy() const { return proxy_.get(); }

    std::shared_ptr<detail::tls_context> proxy_context = std::make_shared<detail::tls_context>(trusting(), 4);
    detail::tls_context server_context{trusting(), 4};
    tls_server at_proxy;
    tls_server at_server;
    std::unique_ptr<detail::layered_engine> client;
    std::string response = "HTTP/1.1 200 OK\r\n\r\n";
    std::string asked;
    std::string received;
    std::size_t room = 64 * 1024;
    bool tunnel = false;

private:
    void to_client(const std::string& bytes) {
        if (!bytes.empty())
            SSL_write(proxy_.get(), bytes.data(), static_cast<int>(bytes.size()));
    }

    detail::ssl_ptr proxy_;
    detail::ssl_ptr server_;
    std::string at_server_;
};

} // namespace

TEST_CASE("X10: TLS in TLS: handshakes and data in pieces of any size") {
    for (const std::size_t piece : {std::string::npos, std::size_t{1}, std::size_t{1000}}) {
        CAPTURE(piece);
        layered_pair pair;
        CHECK(pair.client->at_proxy());
        REQUIRE(pair.handshake(piece) == status::ok);
        CHECK_FALSE(pair.client->at_proxy());
        CHECK(pair.asked.starts_with("CONNECT api.example.com:443 HTTP/1.1\r\n"));
        pair.room = piece == 1 ? 1000 : 64 * 1024;
        for (const std::size_t size : {1u, 16u * 1024, 100'000u}) {
            pair.received = {};
            CHECK(pair.client->write(std::string(size, 'c')) == status::ok);
            pair.server_write(std::string(size, 's'));
            pair.exchange([&] { CHECK(pair.read() == status::want_input); }, piece);
            CHECK(pair.received == std::string(size, 's'));
            CHECK(pair.at_server_received().ends_with(std::string(size, 'c')));
            pair.client->release_buffers();
        }
        CHECK(pair.client->output().empty());
        pair.client->close_notify();
        pair.exchange([] {});
        CHECK((SSL_get_shutdown(pair.proxy()) & SSL_RECEIVED_SHUTDOWN) != 0);
    }
}

TEST_CASE("X02, X10: a refusal that comes through TLS is the proxy's") {
    layered_pair pair;
    pair.response = "HTTP/1.1 403 Forbidden\r\n\r\n";
    CHECK(pair.handshake() == status::failed);
    CHECK(pair.client->at_proxy());
    CHECK(pair.client->code() == errc::proxy_refused);
    CHECK(pair.client->text() == "it did not connect to api.example.com port 443: HTTP 403 Forbidden");
}

TEST_CASE("X10: a proxy without a certificate that is trusted is asked for nothing") {
    layered_pair pair;
    pair.client = std::make_unique<detail::layered_engine>(
        pair.proxy_context, "other.example",
        std::make_unique<detail::tls_engine>(pair.server_context, "localhost"));
    CHECK(pair.handshake() == status::failed);
    CHECK(pair.client->at_proxy());
    CHECK(pair.client->code() == errc::tls_host_mismatch);
    CHECK(pair.asked.empty());
}

TEST_CASE("X07: the proxy's close_notify is not the server's, so it ends no body") {
    layered_pair pair;
    REQUIRE(pair.handshake() == status::ok);
    pair.server_write("the last");
    pair.exchange([&] { CHECK(pair.read() == status::want_input); });
    SSL_shutdown(pair.proxy());
    pair.exchange([&] { CHECK(pair.read() == status::cut); });
    CHECK(pair.received == "the last");
    CHECK(pair.client->without_close_notify() == detail::stream_end::truncated);
}

TEST_CASE("X07: the server's close_notify in the tunnel is the end, as without a proxy") {
    for (const std::size_t piece : {std::string::npos, std::size_t{1}}) {
        layered_pair pair;
        REQUIRE(pair.handshake() == status::ok);
        pair.server_write("the last");
        pair.server_close_notify();
        auto last = status::want_input;
        const auto take = [&] {
            if (last == status::want_input)
                last = pair.read();
        };
        pair.exchange(take, piece);
        CHECK(pair.received == "the last");
        CHECK(last == status::closed);
    }
}

TEST_CASE("X07: what breaks TLS to the proxy breaks the tunnel") {
    layered_pair pair;
    REQUIRE(pair.handshake() == status::ok);
    pair.exchange([&] { CHECK(pair.read() == status::want_input); });
    pair.client->input("no record of TLS");
    CHECK(pair.read() == status::failed);
    CHECK(pair.client->code() == errc::tls_failed);
    CHECK_FALSE(pair.client->rejected());
    CHECK_FALSE(pair.client->at_proxy());
}
