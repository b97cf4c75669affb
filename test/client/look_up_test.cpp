#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <future>
#include <memory>
#include <string>

#include "support/network.hpp"
#include "support/test_client.hpp"
#include "transport/system_resolver.hpp"

// What a client makes of the answers of its name server, and what it leaves to it when it closes.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::collector;
using support::run_until;
using testing::script;
using testing::scripted_server;

namespace {

/// Runs all that can be run without waiting.
void settle(asio::io_context& context) {
    context.restart();
    while (context.poll() != 0) {
    }
}

/// Options for a host that a fake name server knows.
client_options options_for_host(std::uint16_t port, const std::shared_ptr<support::fake_resolver>& resolver) {
    return support::with_resolver(client_options{}
                                      .base_url("https://api.example:" + std::to_string(port))
                                      .account("9900000")
                                      .credentials("user", "secret")
                                      .retry(retry_policy::none()),
                                  resolver);
}

/// A name server that says nothing until it is told to.
struct silent_name_server {
    std::promise<void> asked;
    std::promise<void> release;
    std::promise<void> over;
};
std::shared_ptr<silent_name_server> silent;

support::detail::address_list ask_silent(const std::string&, const std::string&, support::error_code&) {
    const auto server = silent;
    server->asked.set_value();
    server->release.get_future().wait();
    server->over.set_value();
    return {support::address("127.0.0.1", 443)};
}

} // namespace

TEST_CASE("O20: a client that closes waits for no name server") {
    const auto server = std::make_shared<silent_name_server>();
    silent = server;
    collector<session> results;
    {
        asio::io_context context;
        client client(
            context, support::with_resolver(client_options{}
                                                .base_url("https://api.example")
                                                .account("9900000")
                                                .credentials("user", "secret"),
                                            std::make_shared<support::detail::system_resolver>(&ask_silent)));
        client.async_get_session(session_id("s"), results.next());
        run_until(context, [&] { return client.stats().connections_connecting == 1; });
        server->asked.get_future().wait();
        client.close();
        context.restart();
        context.run(); // ends, though the name server has not answered
        CHECK(results.each_once());
        CHECK(results[0].error().code() == errc::client_closed);
    } // and the context is destroyed
    server->release.set_value();
    server->over.get_future().wait();
    silent.reset();
}

TEST_CASE("W19: a dial that this side ends says nothing against its address") {
    asio::io_context context;
    const auto resolver = std::make_shared<support::fake_resolver>();
    collector<session> results;
    SUBCASE("while it connects") {
        const support::blackhole hole("127.0.0.1");
        resolver->addresses = {hole.where()};
        const auto options = options_for_host(hole.where().port(), resolver);
        client client(context, options);
        client.async_get_session(session_id("s"), results.next());
        settle(context);
        CHECK(client.stats().dials == 1);
        client.reload_tls(options); // so another dial takes its place
        settle(context);
        CHECK(client.stats().dials == 2);
        CHECK(resolver->look_ups == 1); // else the addresses would be in doubt
        client.close();
        results.wait(context);
    }
    SUBCASE("while it shakes hands") {
        scripted_server server;
        server.otherwise(script{}.handshake_stall());
        const auto port = server.port();
        const scripted_server other;
        resolver->addresses = {support::address("127.0.0.1", port),
                               support::address("127.0.0.1", other.port())};
        const auto options = options_for_host(port, resolver);
        client client(context, options);
        client.async_get_session(session_id("s"), results.next());
        run_until(context, [&] { return server.connections() == 1; });
        settle(context);
        client.reload_tls(options);
        run_until(context, [&] { return server.connections() + other.connections() == 2; });
        CHECK(server.connections() == 2); // the first address is still the first
        client.close();
        results.wait(context);
    }
}
