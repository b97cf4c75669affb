#include <doctest/doctest.h>

#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/system/system_error.hpp>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "client/named_host.hpp"
#include "support/test_client.hpp"

// A name that is looked up by the user's own function.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::answered;
using support::collector;
using support::wait_for;
using testing::certificate_options;
using testing::loopback_options;
using testing::loopback_server;

namespace {

using addresses = std::vector<asio::ip::address>;

/// Options for a server that shows a certificate for a name which no name server knows.
struct made_up_name {
    client_options options() const {
        return support::named_host()
            .base_url("https://webrtc.invalid:" + std::to_string(server.port()) + "/v1")
            .ca_pem(authority.pem())
            .retry(retry_policy::none());
    }
    testing::certificate_authority authority;
    loopback_server server{loopback_options{}.server_certificate(
        authority.issue(certificate_options{}.dns_name("webrtc.invalid")))};
};

} // namespace

TEST_CASE("W01: the user's function gives the address, once for all the connections of a client") {
    const made_up_name host;
    const auto asked = std::make_shared<std::atomic<int>>(0);
    asio::io_context context;
    client client(context, host.options().resolver([asked](const std::string& name) {
        CHECK(name == "webrtc.invalid");
        ++*asked;
        return addresses{asio::ip::make_address("127.0.0.1")};
    }));
    collector<session> results;
    for (int i = 0; i < 20; ++i)
        client.try_create_session()(results.next());
    results.wait(context);
    CHECK(results.succeeded() == 20);
    CHECK(client.stats().dials > 1);
    CHECK(*asked == 1);
}

TEST_CASE("W01: no address means no such host, for the calls that follow, too") {
    const auto asked = std::make_shared<std::atomic<int>>(0);
    asio::io_context context;
    client client(context,
                  support::named_host().retry(retry_policy::none()).resolver([asked](const std::string&) {
                      return ++*asked, addresses();
                  }));
    for (int i = 0; i < 2; ++i) {
        const auto outcome = wait_for(context, client.try_create_session());
        CHECK(outcome.error().code() == errc::host_not_found);
        CHECK(outcome.error().delivery() == delivery::not_sent);
    }
    CHECK(*asked == 1);
}

TEST_CASE("W02: a user's function that throws has failed, and is asked again") {
    const made_up_name host;
    const auto asked = std::make_shared<std::atomic<int>>(0);
    asio::io_context context;
    client client(context, host.options().resolver([asked](const std::string&) {
        if (++*asked == 1)
            throw boost::system::system_error(asio::error::host_not_found_try_again);
        return addresses{asio::ip::make_address("127.0.0.1")};
    }));
    CHECK(wait_for(context, client.try_create_session()).error().code() == errc::resolve_failed);
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(*asked == 2);
}

TEST_CASE("W01: the user's function is asked for the host of connect_to, and not for an IP address") {
    const made_up_name host;
    const auto asked = std::make_shared<std::atomic<int>>(0);
    const auto resolve = [asked](const std::string& name) {
        CHECK(name == "edge.invalid");
        ++*asked;
        return addresses{asio::ip::make_address("127.0.0.1")};
    };
    for (const bool by_name : {true, false}) {
        CAPTURE(by_name);
        asio::io_context context;
        client client(context, host.options().resolver(resolve).connect_to(
                                   by_name ? "edge.invalid" : "127.0.0.1", host.server.port()));
        CHECK(answered(wait_for(context, client.try_get_session(session_id("none")))));
        CHECK(*asked == 1);
    }
}

TEST_CASE("W01: a user's function that blocks holds up no other call, and may end after the client") {
    struct gate {
        std::promise<void> asked;
        std::promise<void> release;
        std::promise<void> over;
    };
    const auto shared = std::make_shared<gate>();
    collector<session> results;
    {
        asio::io_context context;
        client client(context, support::named_host().resolver([shared](const std::string&) {
            shared->asked.set_value();
            shared->release.get_future().wait();
            shared->over.set_value();
            return addresses();
        }));
        client.try_create_session()(results.next());
        support::run_until(context, [&] { return client.stats().connections_connecting == 1; });
        shared->asked.get_future().wait();
        client.close();
        context.restart();
        context.run();
        CHECK(results[0].error().code() == errc::client_closed);
    }
    shared->release.set_value();
    shared->over.get_future().wait();
}
