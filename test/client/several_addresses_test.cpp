#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/named_host.hpp"
#include "support/network.hpp"
#include "support/test_client.hpp"

// A name with several addresses, whose connections share them.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using detail::name_settings;
using support::address;
using support::answered;
using support::fake_resolver;
using support::named_host;
using support::run_until;
using support::wait_for;
using support::with_resolver;
using testing::loopback_options;
using testing::loopback_server;

namespace {

constexpr std::size_t places = 3;

/// Servers on addresses of their own, with one name and one certificate, and a name server that knows them all.
struct servers {
    servers() {
        for (std::size_t i = 0; i < places; ++i)
            start(i);
    }
    /// Also again, on the address where it was.
    void start(std::size_t index) {
        auto& one = all[index];
        const auto ip = "127.0.0." + std::to_string(index + 1);
        const auto port = index < names->addresses.size() ? names->addresses[index].port() : std::uint16_t{0};
        one.emplace(loopback_options{}.address(ip).port(port).server_certificate(shown));
        if (index == names->addresses.size())
            names->addresses.push_back(address(ip, one->port()));
    }
    /// How many connections each has.
    std::string open() const {
        std::string counts;
        for (const auto& one : all)
            counts.append(counts.empty() ? "" : " ")
                .append(std::to_string(one ? one->stats().connections_open : 0));
        return counts;
    }
    /// Options for a client that makes 36 connections at once.
    client_options options(const name_settings& settings = {}) const {
        return with_resolver(named_host().ca_pem(authority.pem()).max_connections(36).min_connections(36),
                             names, settings);
    }

    testing::certificate_authority authority;
    testing::certificate shown = authority.issue(testing::certificate_options{}.dns_name("localhost"));
    std::shared_ptr<fake_resolver> names = std::make_shared<fake_resolver>();
    std::optional<loopback_server> all[places];
};

void wait_for_connections(asio::io_context& context, const client& client) {
    run_until(
        context, [&] { return client.stats().connections_idle == 36; });
}

} // namespace

TEST_CASE("W03: the connections spread evenly over the addresses of the name") {
    servers servers;
    asio::io_context context;
    const client client(context, servers.options());
    wait_for_connections(context, client);
    CHECK(servers.open() == "12 12 12");
    CHECK(servers.names->look_ups == 1);
}

TEST_CASE("W03: an address that refuses is passed over, and the others share what it would have had") {
    servers servers;
    servers.all[1].reset();
    asio::io_context context;
    const client client(context, servers.options());
    wait_for_connections(context, client);
    CHECK(servers.open() == "18 0 18");
    CHECK(client.stats().dials_failed == 0);
}

TEST_CASE("W03: an address that is back gets connections again once the name was looked up anew") {
    servers servers;
    servers.all[1].reset();
    asio::io_context context;
    // Connections come and go all the time. How many there are at once depends on how fast the machine is.
    client client(context, servers.options(name_settings{{}, 50ms, 5s})
                               .max_connections(6)
                               .min_connections(6)
                               .max_connection_age(60ms));
    run_until(context, [&] {
        return servers.all[0]->stats().connections_accepted > 3 &&
               servers.all[2]->stats().connections_accepted > 3;
    });
    servers.start(1);
    run_until(context, [&] { return servers.all[1]->stats().connections_accepted != 0; });
    CHECK(client.stats().dials_failed == 0);
    CHECK(answered(wait_for(context, client.try_get_session(session_id("none")))));
}

TEST_CASE("W03: the shards of a client do not all begin with the same address") {
    servers servers;
    asio::io_context context;
    const client client(context, servers.options().max_connections(6).min_connections(6).shards(6));
    run_until(context, [&] { return client.stats().connections_idle == 6; });
    CHECK(servers.open() == "2 2 2");
}
