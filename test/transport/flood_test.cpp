// T18, T19: a server that makes the client work, or keep data, without end.
#include <doctest/doctest.h>

#include <chrono>

#include "transport/tls_peer.hpp"

using namespace test;
using testing::certificate_options;

namespace {

// Has the server change its keys `count` times, asking the client for the same; what it sends.
void update_keys(tls_pair& pair, int count) {
    for (int i = 0; i < count; ++i) {
        REQUIRE(SSL_key_update(pair.server(), SSL_KEY_UPDATE_REQUESTED) == 1);
        REQUIRE(SSL_do_handshake(pair.server()) == 1);
    }
}

// How many handshake messages of this type the server has received.
struct message_count {
    int type;
    int seen = 0;
};
void count_messages(tls_pair& pair, message_count& into) {
    SSL_set_msg_callback(pair.server(), [](int is_write, int, int content, const void* data, std::size_t size,
                                           SSL*, void* counter) {
        auto& count = *static_cast<message_count*>(counter);
        if (is_write == 0 && content == SSL3_RT_HANDSHAKE && size != 0 &&
            *static_cast<const unsigned char*>(data) == count.type)
            ++count.seen;
    });
    SSL_set_msg_callback_arg(pair.server(), &into);
}

testing::certificate with_names(int count) {
    auto options = certificate_options{}.dns_name("localhost");
    for (int i = 0; i < count; ++i)
        options.dns_name("name-number-" + std::to_string(i) + ".of-many.example");
    return authority().issue(options);
}

} // namespace

TEST_CASE("T18: a key update is answered, before the next data") {
    for (const int updates : {1, 30}) {
        connected_pair pair(TLS1_3_VERSION);
        std::string received;
        pair.server_read();
        pair.receive(received);
        message_count responses{SSL3_MT_KEY_UPDATE};
        count_messages(pair, responses);
        update_keys(pair, updates);
        pair.server_write("new keys");
        CHECK(pair.receive(received) == status::want_input);
        CHECK(received == "new keys");
        CHECK(pair.client.write("mine too") == status::ok);
        CHECK(pair.server_read() == "mine too");
        CHECK(responses.seen >= 1);
        CHECK(responses.seen <= updates);
    }
}

TEST_CASE("T18: key updates without end, and without data, end the connection") {
    for (const std::size_t piece : {std::string::npos, std::size_t{100}}) {
        connected_pair pair(TLS1_3_VERSION);
        std::string received;
        pair.server_read();
        pair.receive(received);
        update_keys(pair, 10'000);
        pair.server_write("at last");
        CHECK(pair.receive(received, piece) == status::failed);
        CHECK(pair.client.code() == errc::tls_failed);
        CHECK(received.empty());
        // Of what came in one piece, no more than OpenSSL had taken already is still answered: a record's
        // buffer.
        CHECK(pair.client.output().size() < 17'000);
        CHECK(pair.read(received) == status::failed);
        CHECK_FALSE(pair.client.rejected());
    }
}

TEST_CASE("T18: data before, between and behind key updates is read in order, before the end too") {
    connected_pair pair(TLS1_3_VERSION);
    std::string received;
    pair.server_read();
    pair.receive(received);
    pair.server_write("one ");
    update_keys(pair, 3);
    pair.server_write("two ");
    update_keys(pair, 1);
    pair.server_write("three ");
    CHECK(pair.receive(received) == status::want_input);
    CHECK(received == "one two three ");
    CHECK(pair.client.write("y") == status::ok);
    CHECK(pair.server_read() == "y");
    pair.server_write("four");
    update_keys(pair, 100);
    pair.server_write("five");
    CHECK(pair.receive(received) == status::failed);
    CHECK(received == "one two three four");
}

TEST_CASE("T18: many key updates over a long time, with data between them, are nothing unusual") {
    connected_pair pair(TLS1_3_VERSION);
    std::string received;
    pair.server_read();
    for (int i = 0; i < 100; ++i) {
        update_keys(pair, 1);
        pair.server_write("x");
        CHECK(pair.receive(received) == status::want_input);
        CHECK(pair.client.write("y") == status::ok);
        CHECK(pair.server_read() == "y");
    }
    CHECK(received == std::string(100, 'x'));
}

TEST_CASE("T18: tickets without end end the connection, and no more are kept than the limit") {
    connected_pair pair(TLS1_3_VERSION);
    std::string received;
    pair.server_read();
    pair.receive(received);
    for (int i = 0; i < 100; ++i) {
        REQUIRE(SSL_new_session_ticket(pair.server()) == 1);
        REQUIRE(SSL_do_handshake(pair.server()) == 1);
    }
    CHECK(pair.receive(received) == status::failed);
    CHECK(pair.client.code() == errc::tls_failed);
    int kept = 0;
    while (pair.context.take_session())
        ++kept;
    CHECK(kept == 4);
}

TEST_CASE("T18: a renegotiation is refused, and the connection goes on where the server takes that") {
    connected_pair pair(TLS1_2_VERSION);
    pair.to_server();
    REQUIRE(SSL_renegotiate(pair.server()) == 1);
    REQUIRE(SSL_do_handshake(pair.server()) == 1);
    std::string received;
    CHECK(pair.receive(received) == status::want_input);
    CHECK_FALSE(pair.client.output().empty());
    CHECK(pair.server_reason() == SSL_R_NO_RENEGOTIATION); // OpenSSL as a server ends the connection then
    pair.receive(received);
    CHECK(pair.read(received) == status::failed);
    CHECK(pair.client.code() == errc::tls_failed);
    CHECK_FALSE(pair.client.rejected()); // there was a handshake before, and requests since
}

TEST_CASE("T18: requests to renegotiate without end end the connection") {
    connected_pair pair(TLS1_2_VERSION);
    pair.to_server();
    std::string received;
    auto last = status::want_input;
    int asked = 0;
    std::size_t responses = 0;
    for (; asked < 1000 && last == status::want_input; ++asked) {
        REQUIRE(SSL_renegotiate(pair.server()) == 1);
        SSL_do_handshake(pair.server());
        last = pair.receive(received);
        responses = pair.client.output().size();
        ERR_clear_error();
    }
    CHECK(last == status::failed);
    CHECK(pair.client.code() == errc::tls_failed);
    CHECK(asked < 100);
    CHECK(responses < 10'000);
}

TEST_CASE("T19: a certificate with a thousand names is taken") {
    detail::tls_context context(trusting(), 4);
    const tls_server server(with_names(1000));
    tls_pair pair(context, server);
    CHECK(pair.handshake() == status::ok);
}

TEST_CASE("T19: ten thousand names, or a chain of a megabyte, are refused before they are read") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        for (const bool many_names : {true, false}) {
            CAPTURE(version);
            CAPTURE(many_names);
            const auto shown = many_names ? with_names(10'000) : localhost_certificate();
            detail::tls_context context(trusting(), 4);
            const tls_server server(shown, version);
            SSL_CTX_set_max_cert_list(server.native(), 1 << 22); // or it would not send that
            if (!many_names) {
                X509* const leaf = SSL_CTX_get0_certificate(server.native());
                for (int i = 0; i < 2000; ++i)
                    SSL_CTX_add1_chain_cert(server.native(), leaf);
            }
            tls_pair pair(context, server);
            CHECK(pair.client.handshake() == status::want_input);
            pair.to_server();
            SSL_do_handshake(pair.server());
            ERR_clear_error();
            const auto flight = pair.take_from_server();
            CHECK(flight.size() > 300'000);
            // It is refused for its length, which stands in front of it, so little of it is ever kept.
            std::size_t given = 0;
            auto last = status::want_input;
            for (; last == status::want_input && given < flight.size(); given += 1000) {
                const auto piece = flight.substr(given, 1000);
                pair.client.input(piece);
                last = pair.client.handshake();
            }
            CHECK(last == status::failed);
            CHECK(pair.client.code() == errc::tls_protocol);
            CHECK(given < 20'000); // a first record of 16 KiB
        }
    }
}
