#include <doctest/doctest.h>

#include <bandwidth/webrtc/brtc/client.hpp>
#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/client_credentials.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <string>
#include <utility>

#include "interop/proxy_process.hpp"
#include "support/network.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// X10, X02, X03 with proxies that we did not write: tinyproxy, Dante and microsocks.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using interop::proxy_process;
using support::wait_for;
using testing::loopback_server;

namespace {

/// Where the proxy's program is; empty, and prints so, when it is not installed.
std::string proxy_program(const std::string& name, const std::string& package) {
    auto program = interop::find_program(name);
    if (program.empty()) {
        std::cerr << "\n*** SKIPPED: " << name << " is not installed. Install it with: apt-get install "
                  << package << "\n\n";
        MESSAGE("SKIPPED: " << name << " is not installed");
    }
    return program;
}

/// Sessions, endpoints and tokens through the proxy.
void use_both_services(const loopback_server& server, const proxy_options& proxy) {
    asio::io_context context;
    client webrtc(context, support::options_for(server).proxy(proxy));
    const auto made = wait_for(context, webrtc.try_create_session());
    REQUIRE_MESSAGE(made.has_value(), made.error().describe());
    support::collector<session> results;
    for (int i = 0; i < 500; ++i) {
        auto operation = webrtc.try_get_session(made->id());
        std::move(operation)(results.next());
    }
    results.wait(context);
    CHECK(results.succeeded() == 500);

    auto tokens = token_options().token_url(server.token_url());
    tokens.connection().ca_pem(server.ca_pem()).proxy(proxy);
    brtc::client brtc(
        context, brtc::client_options()
                     .base_url(server.brtc_url())
                     .account(server.account())
                     .ca_pem(server.ca_pem())
                     .proxy(proxy)
                     .credentials(client_credentials(server.client_id(), server.client_secret(), tokens)));
    const auto wanted = brtc::endpoint_request(brtc::endpoint_direction::bidirectional);
    const auto endpoint = wait_for(context, brtc.try_create_endpoint(wanted));
    REQUIRE_MESSAGE(endpoint.has_value(), endpoint.error().describe());
    CHECK(wait_for(context, brtc.try_delete_endpoint(endpoint->endpoint().id())).has_value());
}

/// How a call ends that goes to the base URL through the proxy.
failure failure_through(const client_options& options) {
    asio::io_context context;
    client client(context, options);
    const auto outcome = wait_for(context, client.try_create_session());
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().delivery() == delivery::not_sent);
    return outcome.error();
}

void check_faults(const loopback_server& server, const proxy_process& proxy, const std::string& scheme) {
    const auto options = support::options_for(server);
    const auto nobody = "https://localhost:" + std::to_string(support::unused_port()) + "/v1";
    const auto why = failure_through(
        client_options(options).base_url(nobody).proxy(proxy_options(proxy.url(scheme + "user:s3cret@"))));
    CHECK_MESSAGE(why.code() == errc::proxy_failed, why.describe());
    for (const std::string user : {"user:wr0ng@", "nobody:s3cret@", ""}) {
        const auto refused =
            failure_through(client_options(options).proxy(proxy_options(proxy.url(scheme + user))));
        CHECK_MESSAGE(refused.code() == errc::proxy_refused, refused.describe());
        CHECK(support::names(refused.message(), "credentials"));
    }
}

} // namespace

TEST_CASE("X02, X03, X10: tinyproxy") {
    const auto program = proxy_program("tinyproxy", "tinyproxy-bin");
    if (program.empty())
        return;
    const loopback_server server;
    const proxy_process proxy(proxy_process::tinyproxy(), program);
    use_both_services(server, proxy_options(proxy.url("http://user:s3cret@")));
    check_faults(server, proxy, "http://");
}

TEST_CASE("X03, X10: Dante") {
    const auto program = proxy_program("danted", "dante-server");
    if (program.empty())
        return;
    const loopback_server server;
    const proxy_process proxy(proxy_process::dante(), program);
    use_both_services(server, proxy_options(proxy.url("socks5h://")));
    use_both_services(server, proxy_options(proxy.url("socks5h://user:s3cret@"))); // which it does not want
    const auto nobody = "https://localhost:" + std::to_string(support::unused_port()) + "/v1";
    const auto why = failure_through(
        support::options_for(server).base_url(nobody).proxy(proxy_options(proxy.url("socks5h://"))));
    CHECK_MESSAGE(why.code() == errc::proxy_failed, why.describe());
    CHECK(support::names(why.message(), "connection refused"));
}

TEST_CASE("X02, X03, X10: microsocks") {
    const auto program = proxy_program("microsocks", "microsocks");
    if (program.empty())
        return;
    const loopback_server server;
    const proxy_process proxy(proxy_process::microsocks(), program);
    use_both_services(server, proxy_options(proxy.url("socks5h://user:s3cret@")));
    check_faults(server, proxy, "socks5h://");
}
