#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "client/tls_trial.hpp"
#include "support/test_client.hpp"

// Certificates over real sockets: the reason is told apart, nothing was sent, and the same client is served
// once the server shows a good one.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::for_localhost;
using support::options_for;
using support::tls_trial;
using support::wait_for;
using testing::certificate;
using testing::certificate_authority;
using testing::certificate_options;
using testing::loopback_options;
using testing::loopback_server;

namespace {

/// The failure with a server that shows `bad`, where `trusted` is. The same client is served after that by a
/// server with a good certificate at the same port.
failure shown(const certificate& bad, const certificate_authority& trusted) {
    auto server = std::make_unique<loopback_server>(loopback_options{}.server_certificate(bad));
    const auto port = server->port();
    tls_trial trial(options_for(*server).ca_pem(trusted.pem()));
    const auto seen = trial.refusal();
    CHECK(server->stats().connections_accepted == 1);
    CHECK(server->stats().requests() == 0);
    server.reset();
    server = std::make_unique<loopback_server>(
        loopback_options{}.port(port).server_certificate(trusted.issue(for_localhost())));
    trial.check_served();
    return seen;
}

} // namespace

TEST_CASE("T01, T02: certificates that are not trusted") {
    const certificate_authority ours("ours");
    const certificate_authority others("others");
    const auto day = std::chrono::hours(24);
    const auto now = std::chrono::system_clock::now();
    SUBCASE("of another authority") {
        const auto seen = shown(others.issue(for_localhost()), ours);
        CHECK(seen.code() == errc::tls_untrusted);
        CHECK(seen.code() == condition::tls_error);
        CHECK_FALSE(seen.code() == condition::retryable);
        CHECK_FALSE(seen.message().empty());
    }
    SUBCASE("of another authority with the same name") {
        CHECK(shown(certificate_authority("ours").issue(for_localhost()), ours).code() ==
              errc::tls_untrusted);
    }
    SUBCASE("self-signed") {
        CHECK(shown(testing::make_self_signed_certificate(for_localhost()), ours).code() ==
              errc::tls_untrusted);
    }
    SUBCASE("not in the system's store") {
        loopback_server server;
        CHECK(tls_trial(options_for(server).ca_pem("")).refusal().code() == errc::tls_untrusted);
        CHECK(server.stats().requests() == 0);
    }
    SUBCASE("expired") {
        const auto seen =
            shown(ours.issue(for_localhost().valid_from(now - 2 * day).valid_until(now - day)), ours);
        CHECK(seen.code() == errc::tls_untrusted);
        CHECK(seen.message().find("expired") != std::string::npos);
    }
    SUBCASE("not valid yet") {
        CHECK(shown(ours.issue(for_localhost().valid_from(now + day).valid_until(now + 2 * day)), ours)
                  .code() == errc::tls_untrusted);
    }
}

TEST_CASE("T01: many calls that wait for a server that is not trusted fail together, after few handshakes") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).ca_pem("").timeout(2s));
    support::collector<session> results;
    for (int i = 0; i < 20; ++i)
        client.try_create_session()(results.next());
    results.wait(context);
    for (std::size_t i = 0; i < results.size(); ++i)
        CHECK(results[i].error().code() == errc::tls_untrusted);
    CHECK(client.stats().dials <= 8);
    CHECK(server.stats().connections_accepted <= 8);
}

TEST_CASE("T01: a self-signed certificate that the caller trusts is taken") {
    const auto self_signed = testing::make_self_signed_certificate(for_localhost());
    loopback_server server(loopback_options{}.server_certificate(self_signed));
    asio::io_context context;
    client client(context, options_for(server).ca_pem(self_signed.issuer_pem()));
    CHECK(wait_for(context, client.try_create_session()).has_value());
}

TEST_CASE("T03, T04: certificates for another host") {
    const certificate_authority authority;
    const auto check = [&](const certificate_options& options) {
        const auto seen = shown(authority.issue(options), authority);
        CHECK(seen.code() == errc::tls_host_mismatch);
        CHECK(seen.code() == condition::tls_error);
    };
    SUBCASE("another name") { check(certificate_options{}.dns_name("example.com")); }
    SUBCASE("the right name as common name alone") { check(certificate_options{}.common_name("localhost")); }
    SUBCASE("the right common name, another alternative name") {
        check(certificate_options{}.common_name("localhost").dns_name("example.com"));
    }
    SUBCASE("the address, where the name was asked for") {
        check(certificate_options{}.ip_address("127.0.0.1"));
    }
    SUBCASE("a partial wildcard") { check(certificate_options{}.dns_name("local*")); }
    SUBCASE("a wildcard for everything") { check(certificate_options{}.dns_name("*")); }
    SUBCASE("a name of another host below") {
        check(certificate_options{}.dns_name("a.localhost").dns_name("*.localhost"));
    }
    SUBCASE("T04: a name with a NUL behind the right one") {
        check(certificate_options{}.dns_name(std::string("localhost\0h", 11)));
    }
    SUBCASE("T04: a name with a NUL in it") {
        check(certificate_options{}.dns_name(std::string("localhost\0.evil.example", 23)));
    }
    SUBCASE("a name that goes on") { check(certificate_options{}.dns_name("localhost.evil.example")); }
}

TEST_CASE("T05: an address as the host needs an address in the certificate") {
    const certificate_authority authority;
    const auto at_address = [&](const certificate_options& shown_options) {
        loopback_server server(loopback_options{}.server_certificate(authority.issue(shown_options)));
        asio::io_context context;
        client client(context, options_for(server)
                                   .ca_pem(authority.pem())
                                   .base_url("https://127.0.0.1:" + std::to_string(server.port()) + "/v1"));
        const auto outcome = wait_for(context, client.try_create_session());
        return outcome.has_value() ? error_code() : outcome.error().code();
    };
    CHECK(at_address(certificate_options{}.ip_address("127.0.0.1")) == error_code());
    CHECK(at_address(certificate_options{}.ip_address("127.0.0.2")) == errc::tls_host_mismatch);
    CHECK(at_address(certificate_options{}.dns_name("127.0.0.1")) == errc::tls_host_mismatch);
    CHECK(at_address(certificate_options{}.common_name("127.0.0.1")) == errc::tls_host_mismatch);
}
