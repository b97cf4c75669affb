#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <bandwidth/webrtc/testing/loopback_server.hpp>

#include "loopback/http_fixture.hpp"
#include "support/raw_tls_client.hpp"

using namespace bandwidth::webrtc::testing;
using namespace std::chrono_literals;
using loopback_test::eventually;
using loopback_test::request;
using support::connection_end;
using support::raw_tls_client;
namespace asio = boost::asio;

TEST_CASE("a server on its own thread is destroyed with connections open and requests unanswered") {
    std::optional<loopback_server> server(std::in_place, loopback_options{}.delay(1h));
    raw_tls_client idle(server->port(), server->ca_pem());
    raw_tls_client waiting(server->port(), server->ca_pem());
    waiting.send(request("POST", "/sessions"));
    REQUIRE(eventually([&] { return server->stats().requests_post > 0; }));
    server.reset();
    CHECK(idle.read_to_end() != connection_end::close_notify);
    CHECK(waiting.read_to_end() != connection_end::close_notify);
    CHECK(waiting.unread().empty());
}

TEST_CASE("a stopped server refuses connections and can be stopped again") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    server.stop();
    server.stop();
    CHECK_THROWS_AS(raw_tls_client(server.port(), server.ca_pem()), boost::system::system_error);
    CHECK(client.read_to_end() != connection_end::close_notify);
    CHECK(server.stats().connections_open == 0);
    server.close_idle_connections(); // nothing to do, and no harm
    server.inject(fault{}.reset());
    CHECK(server.faults_left() == 1);
}

TEST_CASE("a port that is taken, or an address that is none, is an error") {
    const loopback_server server;
    CHECK_THROWS_AS(loopback_server(loopback_options{}.port(server.port())), boost::system::system_error);
    CHECK_THROWS_AS(loopback_server(loopback_options{}.address("localhost")), boost::system::system_error);
    CHECK_THROWS_AS(loopback_server(loopback_options{}.address("192.0.2.1")), boost::system::system_error);
    asio::io_context context;
    CHECK_THROWS_AS(loopback_server(context.get_executor(), loopback_options{}.port(server.port())),
                    boost::system::system_error);
}

TEST_CASE("a server can be given its port") {
    std::uint16_t port = 0;
    {
        const loopback_server first;
        port = first.port();
    }
    const loopback_server second(loopback_options{}.port(port));
    CHECK(second.port() == port);
    raw_tls_client client(port, second.ca_pem());
    CHECK(client.exchange(request("POST", "/sessions")).result_int() == 200);
}

TEST_CASE("a server on the caller's context serves while that runs, and run returns after stop") {
    asio::io_context context;
    loopback_server server(context.get_executor());
    std::thread user([&] {
        raw_tls_client client(server.port(), server.ca_pem());
        CHECK(client.exchange(request("POST", "/sessions")).result_int() == 200);
        asio::post(context, [&] {
            server.close_idle_connections();             // inline: this is the context's only thread
            CHECK(server.stats().connections_open == 1); // until the client has seen it
            server.stop();
            CHECK(server.stats().connections_open == 0);
        });
        CHECK(client.read_to_end() == connection_end::close_notify);
    });
    context.run();
    user.join();
    CHECK(server.session_count() == 1);
}

TEST_CASE("a server on a context that never runs can be destroyed") {
    asio::io_context context;
    const loopback_server server(context.get_executor());
    CHECK(server.port() != 0);
}

TEST_CASE("a server can be destroyed before the last handlers of its context have run") {
    asio::io_context context;
    {
        std::optional<loopback_server> server(std::in_place, context.get_executor(),
                                              loopback_options{}.delay(1h));
        std::thread user([&] {
            raw_tls_client client(server->port(), server->ca_pem());
            client.send(request("POST", "/sessions"));
            CHECK(eventually([&] { return server->stats().requests_post > 0; }));
            context.stop();
            CHECK(client.read_to_end() != connection_end::close_notify);
        });
        context.run();
        server.reset();
        context.restart();
        context.run(); // what is left comes to its end
        user.join();
    }
}

TEST_CASE("a context can be destroyed with the server's connections still in it") {
    auto context = std::make_unique<asio::io_context>();
    auto server = std::make_unique<loopback_server>(context->get_executor());
    std::thread user([&] {
        raw_tls_client client(server->port(), server->ca_pem());
        CHECK(client.exchange(request("POST", "/sessions")).result_int() == 200);
        context->stop();
    });
    context->run();
    user.join();
    server.reset();
    context.reset();
}

TEST_CASE("a server runs on a context with several threads, and is used from several") {
    asio::thread_pool threads(3);
    loopback_server server(threads.get_executor(), loopback_options{}.record_requests(true));
    std::vector<std::thread> users;
    users.reserve(4);
    std::atomic<int> good{0};
    for (int i = 0; i < 4; ++i) {
        users.emplace_back([&] {
            raw_tls_client client(server.port(), server.ca_pem());
            for (int k = 0; k < 50; ++k) {
                server.inject(fault{}.on("PUT", "/nowhere").respond(418));
                good += client.exchange(request("POST", "/sessions")).result_int() == 200 ? 1 : 0;
                good += server.session_count() > 0 && server.stats().requests_post > 0 ? 1 : 0;
            }
        });
    }
    for (auto& user : users)
        user.join();
    CHECK(good == 400);
    CHECK(server.session_count() == 200);
    CHECK(server.received().size() == 200);
    CHECK(server.faults_left() == 200);
    server.stop();
    threads.join();
}

TEST_CASE("stopping while clients connect and ask harms nobody") {
    for (int round = 0; round < 20; ++round) {
        auto server = std::make_unique<loopback_server>();
        const auto port = server->port();
        const auto ca = server->ca_pem();
        std::atomic<int> answered{0};
        std::thread user([&] {
            try {
                for (;;) {
                    raw_tls_client client(port, ca);
                    client.exchange(request("POST", "/sessions"));
                    ++answered;
                }
            } catch (const std::exception&) { // the server is gone
            }
        });
        REQUIRE(eventually([&] { return answered >= 3; }));
        server.reset();
        user.join();
        CHECK(answered >= 3);
    }
}
