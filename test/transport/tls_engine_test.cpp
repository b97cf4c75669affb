#include <doctest/doctest.h>

#include <openssl/err.h>

#include <vector>

#include "transport/tls_peer.hpp"

using namespace test;

TEST_CASE("a handshake succeeds in pieces of any size") {
    for (const int version : both_versions) {
        for (const std::size_t piece : {std::string::npos, std::size_t{1}, std::size_t{7}}) {
            CAPTURE(version);
            CAPTURE(piece);
            localhost_pair pair(version);
            CHECK(pair.handshake(piece) == status::ok);
            CHECK_FALSE(pair.client.resumed());
            CHECK(SSL_is_init_finished(pair.server()) == 1);
        }
    }
}

TEST_CASE("data goes both ways, whatever its size") {
    for (const auto& [version, room] : {std::pair<int, std::size_t>{TLS1_2_VERSION, 64 * 1024},
                                        {TLS1_3_VERSION, 64 * 1024},
                                        {TLS1_3_VERSION, 1000}}) {
        connected_pair pair(version);
        pair.room = room;
        for (const std::size_t size : {1u, 100u, 16u * 1024, 16u * 1024 + 1, 100'000u}) {
            const std::string sent(size, 'c');
            CHECK(pair.client.write(sent) == status::ok);
            CHECK(pair.server_read() == sent);
            const std::string response(size, 's');
            pair.server_write(response);
            std::string received;
            CHECK(pair.receive(received, size > 1000 ? 1400 : 1) == status::want_input);
            CHECK(received == response);
        }
        CHECK(pair.client.write("") == status::ok);
        CHECK(pair.client.output().empty());
    }
}

TEST_CASE("a batch of 16 KiB is one record") {
    connected_pair pair;
    pair.to_server();
    CHECK(pair.client.write(std::string(16 * 1024, 'x')) == status::ok);
    const auto& wire = pair.client.output();
    const auto length = static_cast<unsigned char>(wire[3]) * 256u + static_cast<unsigned char>(wire[4]);
    CHECK(wire.size() == 5 + length);
}

TEST_CASE("many records are read one after the other") {
    for (const std::size_t room : {64 * 1024, 20'000, 1000, 1}) {
        connected_pair pair;
        pair.room = room;
        std::string expected;
        for (int i = 0; i < 200; ++i) {
            pair.server_write(std::to_string(i) + ";");
            expected += std::to_string(i) + ";";
        }
        std::string received;
        CHECK(pair.receive(received) == status::want_input);
        CHECK(received == expected);
    }
}

TEST_CASE("a read takes the records that there is room for, and gives them with what stands behind them") {
    connected_pair pair;
    std::string tickets;
    pair.receive(tickets);
    const std::size_t whole = detail::tls_engine::largest_record;
    std::vector<char> buffer(whole + 250);
    std::size_t size = 0;
    for (int i = 0; i < 8; ++i)
        pair.server_write(std::string(100, 'r'));
    const auto wire = pair.take_from_server();
    pair.client.input(wire);
    CHECK(pair.client.read(buffer.data(), buffer.size(), size) == status::ok);
    CHECK(size == 300); // another record could be too large
    CHECK(pair.client.read(buffer.data(), whole, size) == status::ok);
    CHECK(size == 100);
    CHECK(pair.client.read(buffer.data(), 30, size) == status::ok); // a part of one
    CHECK(size == 30);
    std::string rest;
    CHECK(pair.read(rest) == status::want_input);
    CHECK(rest.size() == 370);

    pair.server_write("good");
    auto tampered = pair.take_from_server();
    pair.server_write("bad");
    tampered += pair.take_from_server();
    tampered.back() = static_cast<char>(tampered.back() ^ 1);
    pair.client.input(tampered);
    CHECK(pair.client.read(buffer.data(), buffer.size(), size) == status::failed);
    CHECK(std::string_view(buffer.data(), size) == "good");
}

TEST_CASE("what others have left in the thread's queue of errors is not taken for ours") {
    connected_pair pair;
    std::string received;
    pair.receive(received);
    const auto leave_error = [] { ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR); };
    pair.server_write("hello");
    const auto wire = pair.take_from_server();
    leave_error();
    pair.client.input(wire);
    CHECK(pair.read(received) == status::want_input);
    CHECK(received == "hello");
    const auto half = [&] {
        pair.server_write("more");
        return pair.take_from_server();
    }();
    for (const auto& piece : {half.substr(0, 9), half.substr(9)}) {
        leave_error();
        pair.client.input(piece);
        CHECK(pair.read(received) == status::want_input);
    }
    CHECK(received == "hellomore");
    leave_error();
    CHECK(pair.client.write("hello") == status::ok);
    CHECK(pair.server_read() == "hello");
    ERR_clear_error();
}

TEST_CASE("a record of which a part has come outlives the release of buffers, wherever it is cut") {
    for (const int version : both_versions) {
        connected_pair pair(version);
        std::string received;
        pair.receive(received);
        for (std::size_t cut = 0, size = 1; cut <= size; ++cut) {
            CAPTURE(cut);
            pair.server_write("hello");
            const auto wire = pair.take_from_server();
            size = wire.size();
            received.clear();
            for (const auto& piece : {wire.substr(0, cut), wire.substr(cut)}) {
                pair.client.input(piece);
                CHECK(pair.read(received) == status::want_input);
                pair.client.release_buffers();
            }
            CHECK(received == "hello");
        }
    }
}

TEST_CASE("T13: the server's close_notify comes behind its data") {
    for (const int version : both_versions) {
        connected_pair pair(version);
        pair.server_write("bye");
        pair.server_close();
        std::string received;
        CHECK(pair.receive(received) == status::closed);
        CHECK(received == "bye");
    }
}

TEST_CASE("N15: our close_notify reaches the server, once") {
    for (const int version : both_versions) {
        connected_pair pair(version);
        pair.client.close_notify();
        const auto size = pair.client.output().size();
        CHECK(size != 0);
        pair.client.close_notify();
        CHECK(pair.client.output().size() == size);
        CHECK(pair.server_saw_close());
    }
}

TEST_CASE("B12: a write that fails has put nothing into the output") {
    for (const int version : both_versions) {
        connected_pair pair(version);
        CHECK(pair.client.write("before") == status::ok);
        pair.client.close_notify(); // behind which nothing can be encrypted
        const auto size = pair.client.output().size();
        CHECK(pair.client.write("behind") == status::failed);
        CHECK(pair.client.output().size() == size);
        CHECK(pair.server_read() == "before");
    }
}

TEST_CASE("there is no close_notify before the handshake is done") {
    localhost_pair pair;
    CHECK(pair.client.handshake() == status::want_input);
    pair.client.output().clear();
    pair.client.close_notify();
    CHECK(pair.client.output().empty());
}

TEST_CASE("a record that was tampered with is a failure of TLS") {
    connected_pair pair;
    std::string received;
    pair.receive(received);
    pair.server_write("hello");
    auto wire = pair.take_from_server();
    wire.back() = static_cast<char>(wire.back() ^ 1);
    pair.client.input(wire);
    CHECK(pair.read(received) == status::failed);
    CHECK(pair.client.code() == errc::tls_failed);
    CHECK(received.empty());
}

TEST_CASE("T20: what is not TLS is told apart") {
    for (const std::string wire : {"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
                                   "\x00\x01\x02\x03\x04\x05\x06\x07", "<html>plain</html>"}) {
        detail::tls_context context(trusting(), 4);
        detail::tls_engine client(context, "localhost");
        CHECK(client.handshake() == status::want_input);
        const auto padded = wire + std::string(16, 'x');
        client.input(padded);
        CHECK(client.handshake() == status::failed);
        CHECK(client.code() == errc::tls_protocol);
    }
}

TEST_CASE("T08: a server with an older TLS only is refused") {
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        detail::tls_context context(trusting(), 4);
        const tls_server server(localhost_certificate(), version);
        SSL_CTX_set_security_level(server.native(), 0);
        tls_pair pair(context, server);
        CHECK(pair.handshake() == status::failed);
        CHECK(pair.client.code() == errc::tls_protocol);
    }
}

TEST_CASE("a server's alert ends the handshake") {
    detail::tls_context context(trusting(), 4);
    const tls_server server(localhost_certificate());
    detail::tls_engine client(context, "localhost");
    CHECK(client.handshake() == status::want_input);
    const std::string alert("\x15\x03\x03\x00\x02\x02\x28", 7); // fatal, handshake_failure
    client.input(alert);
    CHECK(client.handshake() == status::failed);
    CHECK(client.code() == errc::handshake_failed);
}

TEST_CASE("T09: http/1.1 is offered, none is fine, another protocol is not") {
    detail::tls_context context(trusting(), 4);
    tls_server server(localhost_certificate());
    server.select_alpn("");
    {
        tls_pair pair(context, server);
        CHECK(pair.handshake() == status::ok);
        CHECK(server.offered_alpn == "\x08http/1.1");
    }
    server.select_alpn("http/1.1");
    {
        tls_pair pair(context, server);
        CHECK(pair.handshake() == status::ok);
    }
    for (const std::string other : {"h2", "http/1.0"}) {
        server.select_alpn(other);
        tls_pair pair(context, server);
        CHECK(pair.handshake() == status::failed);
        CHECK(pair.client.code() == errc::tls_protocol);
    }
}
