#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/named_host.hpp"
#include "support/network.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// Proxies that fail before there is a tunnel, or as soon as there is one. Each is played by a script.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::fake_resolver;
using support::named_host;
using support::names;
using support::wait_for;
using support::with_resolver;
using testing::script;
using testing::scripted_options;
using testing::scripted_server;

namespace {

const std::string connected = "HTTP/1.1 200 Connection established\r\n\r\n";

scripted_options plain_tcp() { return scripted_options{}.plain_tcp(true); }

/// Options for a server behind the proxy that nobody else could find.
client_options behind(const scripted_server& proxy, const std::string& scheme = "http") {
    auto via = proxy_options(scheme + "://127.0.0.1:" + std::to_string(proxy.port()));
    if (scheme == "https")
        via.ca_pem(proxy.ca_pem());
    return named_host().base_url("https://api.example.com/v1").proxy(via).retry(retry_policy().attempts(3));
}

/// The failure of one call, of which nothing was sent.
failure failure_of(const client_options& options, std::size_t dials = 1, bool dial_goes_on = false) {
    asio::io_context context;
    client client(context, options);
    const auto outcome = wait_for(context, client.try_create_session());
    REQUIRE(outcome.has_error());
    const auto& why = outcome.error();
    CAPTURE(why.describe());
    CHECK(why.delivery() == delivery::not_sent);
    CHECK(why.attempts() == 0);
    CHECK(client.stats().requests_sent == 0);
    CHECK(client.stats().dials == dials);
    CHECK(client.stats().dials_failed == (dial_goes_on ? 0 : dials));
    CHECK(support::at_rest(client.stats()));
    return why;
}

/// The failure where a proxy plays these steps on each connection.
failure played(const script& steps, errc code, std::size_t dials = 1, const std::string& scheme = "http",
               const scripted_options& options = plain_tcp()) {
    scripted_server proxy(options);
    proxy.otherwise(steps);
    auto why = failure_of(behind(proxy, scheme).connect_timeout(20s), dials);
    CHECK(why.code() == code);
    CHECK_MESSAGE(names(why.message(), "proxy 127.0.0.1 port " + std::to_string(proxy.port())),
                  why.message());
    // What it saw has nothing of the call.
    for (std::size_t i = 0; i < proxy.connections(); ++i)
        for (const std::string part : {"\r\nAuthorization", "sessions", "9900000", "dXNlcjpzZWNyZXQ="})
            CHECK_FALSE(names(proxy.received(i), part));
    return why;
}

script after_connect() { return script{}.expect_requests(); }

} // namespace

TEST_CASE("W01, X01: the name server knows no such proxy") {
    const auto resolver = std::make_shared<fake_resolver>();
    resolver->code = asio::error::host_not_found;
    const auto why =
        failure_of(with_resolver(named_host().proxy(proxy_options("proxy.example:3128")), resolver));
    CHECK(why.code() == errc::host_not_found);
    CHECK(names(why.message(), "proxy proxy.example: "));
}

TEST_CASE("W04, X01: the proxy refuses connections") {
    const auto port = std::to_string(support::unused_port());
    for (const std::string scheme : {"http", "https", "socks5h"}) {
        const auto options = named_host().retry(retry_policy::none());
        const auto why =
            failure_of(client_options(options).proxy(proxy_options(scheme + "://127.0.0.1:" + port)));
        CHECK(why.code() == errc::connect_failed);
        CHECK(names(why.message(), "proxy 127.0.0.1 port " + port + ": "));
    }
}

TEST_CASE("W05, X01: the proxy does not respond to the SYN") {
    const support::blackhole nobody("127.0.0.1");
    const auto port = std::to_string(nobody.where().port());
    const auto why =
        failure_of(named_host().connect_timeout(200ms).proxy(proxy_options("http://127.0.0.1:" + port)));
    CHECK(why.code() == errc::connect_timeout);
    CHECK(names(why.message(), "proxy 127.0.0.1 port " + port));
}

TEST_CASE("X02: the proxy wants credentials, or does not allow it: no second attempt") {
    for (const int status : {407, 403, 405, 302}) {
        CAPTURE(status);
        const auto response =
            "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 1000\r\n\r\n<html>";
        const auto why = played(after_connect().send(response).stall(), errc::proxy_refused);
        CHECK(names(why.message(), "HTTP " + std::to_string(status)));
        CHECK_FALSE(why.code() == condition::retryable);
    }
    const std::string socks_hello("\5\1\0", 3);
    played(script{}.expect_bytes(socks_hello).send("\5\xff"), errc::proxy_refused, 1, "socks5h");
}

TEST_CASE("X03: the proxy does not reach the server: that may be tried again") {
    for (const int status : {502, 503, 504}) {
        const auto why =
            played(after_connect().send("HTTP/1.1 " + std::to_string(status) + " X\r\n\r\n").fin(),
                   errc::proxy_failed, 3);
        CHECK(names(why.message(),
                    "it did not connect to api.example.com port 443: HTTP " + std::to_string(status)));
        CHECK(why.code() == condition::retryable);
    }
    const std::string socks_hello("\5\1\0", 3);
    const auto why = played(script{}
                                .expect_bytes(socks_hello)
                                .send(std::string("\5\0", 2))
                                .expect_bytes("api.example.com")
                                .send("\5\4"),
                            errc::proxy_failed, 3, "socks5h");
    CHECK(names(why.message(), "host unreachable"));
}

TEST_CASE("X04: the proxy speaks another protocol, or without end") {
    for (const std::string& garbage :
         {std::string("SSH-2.0-OpenSSH_9.2\r\n"), std::string("\x15\x03\x01\x00\x02\x02\x28", 7),
          "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x')}) {
        played(script{}.send(garbage).stall(), errc::proxy_failed, 3);
        played(script{}.send(garbage).stall(), errc::proxy_failed, 3, "socks5h");
    }
    // TLS is expected, and that is what it is told.
    CHECK(names(
        played(script{}.send("HTTP/1.1 400 Bad Request\r\n\r\n"), errc::tls_protocol, 1, "https").message(),
        "proxy"));
}

TEST_CASE("X05: the proxy is silent, or slow: the connect timeout ends it, or the call's own") {
    for (const std::string sent : {"", "HTTP/1.1 200 ", "HTTP/1.1 200 OK\r\nVia: x\r\n"}) {
        for (const bool own : {false, true}) {
            scripted_server proxy(plain_tcp());
            proxy.otherwise(sent.empty() ? after_connect() : after_connect().send_split(sent));
            const auto options = own ? behind(proxy).timeout(300ms) : behind(proxy).connect_timeout(300ms);
            const auto why = failure_of(options, 1, own);
            CHECK(why.code() == errc::proxy_timeout);
            CHECK(why.code() == condition::timeout);
            CHECK_MESSAGE(names(why.message(), "the proxy had not connected to the server"), why.message());
        }
    }
    scripted_server socks(plain_tcp());
    socks.otherwise(script{}.expect_bytes(std::string("\5\1\0", 3)).send(std::string("\5\0", 2)));
    CHECK(failure_of(behind(socks, "socks5h").connect_timeout(300ms)).code() == errc::proxy_timeout);
    scripted_server tls;
    tls.otherwise(script{}.handshake_stall(100));
    CHECK(failure_of(behind(tls, "https").connect_timeout(300ms)).code() == errc::proxy_timeout);
    // What an http:// proxy does with the first bytes of another protocol: it waits for more.
    scripted_server silent(plain_tcp());
    silent.otherwise(script{}.stall());
    const auto no_tls = failure_of(behind(silent, "https").connect_timeout(300ms));
    CHECK_MESSAGE(names(no_tls.message(), "it did not answer the TLS handshake"), no_tls.message());
    const auto no_socks = failure_of(behind(silent, "socks5h").connect_timeout(300ms));
    CHECK_MESSAGE(names(no_socks.message(), "it did not answer the SOCKS 5 greeting"), no_socks.message());
    scripted_server silent_in_tls;
    silent_in_tls.otherwise(after_connect());
    CHECK(failure_of(behind(silent_in_tls, "https").connect_timeout(300ms)).code() == errc::proxy_timeout);
}

TEST_CASE("X06: the proxy ends the connection before there is a tunnel") {
    for (const std::string sent : {"", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\n"}) {
        auto asked = after_connect();
        if (!sent.empty())
            asked.send(sent);
        const auto why = played(script(asked).fin(), errc::proxy_failed, 3);
        CHECK(names(why.message(), "it ended the connection before it had connected to the server"));
        played(script(asked).rst(), errc::proxy_failed, 3);
    }
    played(script{}.expect_bytes(std::string("\5\1\0", 3)).send("\5").fin(), errc::proxy_failed, 3,
           "socks5h");
    // In TLS: in its handshake, and behind it.
    played(script{}.expect_bytes("\x16").fin(), errc::proxy_failed, 3, "https");
    played(after_connect().close_notify().fin(), errc::proxy_failed, 3, "https", scripted_options{});
    played(after_connect().close_notify(), errc::proxy_failed, 3, "https", scripted_options{});
    played(after_connect().fin(), errc::proxy_failed, 3, "https", scripted_options{});
    played(after_connect().send_raw("garbage"), errc::tls_failed, 3, "https", scripted_options{});
}

TEST_CASE("X07: the tunnel ends, or is silent, in the handshake with the server") {
    const auto open = after_connect().send(connected);
    const auto why = played(script(open).fin(), errc::handshake_failed, 3);
    CHECK(names(why.message(),
                "the server ended the connection during the handshake (through proxy 127.0.0.1"));
    played(script(open).rst(), errc::handshake_failed, 3);
    played(after_connect().send(connected).close_notify().fin(), errc::handshake_failed, 3, "https",
           scripted_options{});
    scripted_server silent(plain_tcp());
    silent.otherwise(open);
    const auto late = failure_of(behind(silent).connect_timeout(1s));
    CHECK(late.code() == errc::handshake_timeout);
    CHECK_MESSAGE(names(late.message(), "proxy 127.0.0.1 port "), late.message());
}

TEST_CASE("X08: bytes behind the response are the server's, whatever length it tells") {
    for (const std::string head : {"", "Content-Length: 2\r\n", "Transfer-Encoding: chunked\r\n"})
        played(after_connect().send("HTTP/1.1 200 OK\r\n" + head + "\r\n{\"error\":0}").stall(),
               errc::tls_protocol);
    // An alert: the server's "handshake_failure".
    played(after_connect().send(connected + std::string("\x15\x03\x03\x00\x02\x02\x28", 7)).stall(),
           errc::handshake_failed, 3);
}

TEST_CASE("T01, T03, X10: an https proxy has to show a certificate for its name") {
    scripted_server other(scripted_options{}.server_certificate(
        testing::certificate_authority().issue(testing::certificate_options{}.dns_name("localhost"))));
    other.otherwise(after_connect().send(connected));
    const auto at = "https://localhost:" + std::to_string(other.port());
    const testing::certificate_authority another;
    const auto untrusted =
        failure_of(named_host().ca_pem(other.ca_pem()).proxy(proxy_options(at).ca_pem(another.pem())));
    CHECK(untrusted.code() == errc::tls_untrusted);
    CHECK_MESSAGE(names(untrusted.message(), "proxy localhost port "), untrusted.message());

    const auto shown = another.issue(testing::certificate_options{}.dns_name("proxy.example"));
    scripted_server wrong(scripted_options{}.server_certificate(shown));
    wrong.otherwise(after_connect().send(connected));
    const auto mismatch = failure_of(named_host().proxy(
        proxy_options("https://localhost:" + std::to_string(wrong.port())).ca_pem(another.pem())));
    CHECK(mismatch.code() == errc::tls_host_mismatch);
    CHECK(wrong.received(0).empty());
}
