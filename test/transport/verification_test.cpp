// Which certificates are accepted for a host: by subjectAltName only (RFC 9110, section 4.3.4; RFC 9525).
#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "transport/tls_peer.hpp"

using namespace test;
using namespace std::chrono_literals;
using testing::certificate_options;

namespace {

struct verdict {
    status result;
    bandwidth::webrtc::error_code code;
};

verdict connect_to(const testing::certificate& shown, const std::string& host) {
    detail::tls_context context(trusting(), 4);
    const tls_server server(shown);
    tls_pair pair(context, server, host);
    const auto result = pair.handshake();
    return {result, pair.client.code()};
}

void check_refused(const testing::certificate& shown, const std::string& host, errc code) {
    CAPTURE(host);
    const auto [result, why] = connect_to(shown, host);
    CHECK(result == status::failed);
    CHECK(why == code);
}

void check_accepted(const testing::certificate& shown, const std::string& host) {
    CAPTURE(host);
    CHECK(connect_to(shown, host).result == status::ok);
}

// The server name that the client asked for; "-" for none.
std::string server_name(const std::string& host) {
    detail::tls_context context(trusting(), 4);
    const tls_server server(localhost_certificate());
    tls_pair pair(context, server, host);
    CHECK(pair.client.handshake() == status::want_input);
    pair.to_server();
    SSL_do_handshake(pair.server());
    const char* const name = SSL_get_servername(pair.server(), TLSEXT_NAMETYPE_host_name);
    return name ? name : "-";
}

} // namespace

TEST_CASE("T01: a certificate of an unknown authority is refused") {
    const testing::certificate_authority other;
    check_refused(other.issue(certificate_options{}.dns_name("localhost")), "localhost", errc::tls_untrusted);
    check_refused(testing::make_self_signed_certificate(certificate_options{}.dns_name("localhost")),
                  "localhost", errc::tls_untrusted);
}

TEST_CASE("T02: a certificate is valid in its time only") {
    const auto now = std::chrono::system_clock::now();
    check_refused(
        authority().issue(
            certificate_options{}.dns_name("localhost").valid_from(now - 48h).valid_until(now - 1h)),
        "localhost", errc::tls_untrusted);
    check_refused(
        authority().issue(
            certificate_options{}.dns_name("localhost").valid_from(now + 1h).valid_until(now + 48h)),
        "localhost", errc::tls_untrusted);
}

TEST_CASE("T03: another name is refused") {
    const auto shown = authority().issue(certificate_options{}.dns_name("api.example").dns_name("b.example"));
    check_accepted(shown, "api.example");
    check_accepted(shown, "API.Example");
    check_accepted(shown, "b.example");
    check_accepted(shown, "b.example."); // the dot is the resolver's
    for (const std::string host : {"c.example", "example", "x.api.example", "api.example.org", "pi.example"})
        check_refused(shown, host, errc::tls_host_mismatch);
}

TEST_CASE("T03: a common name is no name") {
    check_refused(authority().issue(certificate_options{}.common_name("api.example")), "api.example",
                  errc::tls_host_mismatch);
    check_refused(authority().issue(certificate_options{}.common_name("api.example").dns_name("b.example")),
                  "api.example", errc::tls_host_mismatch);
}

TEST_CASE("T03: a wildcard stands for one whole label, the first") {
    const auto shown = authority().issue(certificate_options{}.dns_name("*.api.example"));
    check_accepted(shown, "a.api.example");
    for (const std::string host : {"api.example", "a.b.api.example", "b.example"})
        check_refused(shown, host, errc::tls_host_mismatch);
    check_refused(authority().issue(certificate_options{}.dns_name("f*.api.example")), "foo.api.example",
                  errc::tls_host_mismatch);
    check_refused(authority().issue(certificate_options{}.dns_name("*o.api.example")), "foo.api.example",
                  errc::tls_host_mismatch);
    check_refused(authority().issue(certificate_options{}.dns_name("a.*.example")), "a.b.example",
                  errc::tls_host_mismatch);
    check_refused(authority().issue(certificate_options{}.dns_name("*")), "example", errc::tls_host_mismatch);
}

TEST_CASE("T04: a name with a NUL in it is not the part before") {
    using namespace std::string_literals;
    for (const auto& name : {"localhost\0.evil.example"s, "localhost\0h"s, "localhost\0"s, "\0localhost"s})
        check_refused(authority().issue(certificate_options{}.dns_name(name)), "localhost",
                      errc::tls_host_mismatch);
}

TEST_CASE("T05: an address needs a subjectAltName of type IP") {
    check_accepted(localhost_certificate(), "127.0.0.1");
    check_accepted(localhost_certificate(), "::1");
    check_accepted(localhost_certificate(), "0:0:0:0:0:0:0:1");
    check_refused(localhost_certificate(), "127.0.0.2", errc::tls_host_mismatch);
    check_refused(authority().issue(certificate_options{}.dns_name("127.0.0.1").common_name("127.0.0.1")),
                  "127.0.0.1", errc::tls_host_mismatch);
}

TEST_CASE("T05, T06: the server is told the name without its dot, and no address") {
    CHECK(server_name("localhost") == "localhost");
    CHECK(server_name("localhost.") == "localhost");
    CHECK(server_name("127.0.0.1") == "-");
    CHECK(server_name("::1") == "-");
}
