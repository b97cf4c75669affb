// T14, T16: TLS sessions are resumed, as both sides confirm.
#include <doctest/doctest.h>

#include <chrono>

#include "transport/tls_peer.hpp"

using namespace test;

namespace {

enum class ending { close_notify, cut };

// One connection with a response on it; whether it was resumed.
bool connect_once(detail::tls_context& context, const tls_server& server, ending how) {
    tls_pair pair(context, server);
    REQUIRE(pair.handshake() == status::ok);
    REQUIRE(pair.client.write("GET") == status::ok);
    CHECK(pair.server_read() == "GET");
    pair.server_write("response");
    std::string received;
    CHECK(pair.receive(received) == status::want_input);
    CHECK(received == "response");
    const bool resumed = pair.client.resumed();
    CHECK((SSL_session_reused(pair.server()) == 1) == resumed);
    if (how == ending::close_notify) {
        pair.client.close_notify();
        pair.to_server();
    }
    // A server, too, forgets the session of a connection that was cut.
    SSL_set_shutdown(pair.server(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    return resumed;
}

} // namespace

TEST_CASE("T14: the second connection resumes, after an abrupt end too") {
    for (const int version : both_versions) {
        for (const auto how : {ending::close_notify, ending::cut}) {
            CAPTURE(version);
            detail::tls_context context(trusting(), 4);
            const tls_server server(localhost_certificate(), version);
            CHECK_FALSE(connect_once(context, server, how));
            CHECK(connect_once(context, server, how));
        }
    }
}

TEST_CASE("T14: every later connection resumes, in TLS 1.2 too, where a resumed one brings no new ticket") {
    for (const int version : both_versions) {
        CAPTURE(version);
        detail::tls_context context(trusting(), 4);
        const tls_server server(localhost_certificate(), version);
        connect_once(context, server, ending::cut);
        for (int i = 0; i < 5; ++i)
            CHECK(connect_once(context, server, ending::cut));
    }
}

TEST_CASE("a session is used by one connection at a time, the newest first") {
    detail::tls_context context(trusting(), 4);
    const tls_server server(localhost_certificate(), TLS1_3_VERSION);
    connect_once(context, server, ending::close_notify); // OpenSSL's server gives two tickets
    const auto first = context.take_session();
    const auto second = context.take_session();
    CHECK(first);
    CHECK(second);
    CHECK(first.get() != second.get());
    CHECK_FALSE(context.take_session());
}

TEST_CASE("no more sessions are kept than the limit") {
    detail::tls_context context(trusting(), 1);
    const tls_server server(localhost_certificate(), TLS1_3_VERSION);
    connect_once(context, server, ending::close_notify);
    CHECK(context.take_session());
    CHECK_FALSE(context.take_session());
}

TEST_CASE("T16: a server that does not know the session shakes hands in full") {
    for (const int version : both_versions) {
        detail::tls_context context(trusting(), 4);
        const tls_server server(localhost_certificate(), version);
        const tls_server restarted(localhost_certificate(), version);
        connect_once(context, server, ending::close_notify);
        CHECK_FALSE(connect_once(context, restarted, ending::close_notify));
        CHECK(connect_once(context, restarted, ending::close_notify));
    }
}

TEST_CASE("a handshake that failed leaves no session") {
    detail::tls_context context(trusting(), 4);
    const testing::certificate_authority other;
    const tls_server server(other.issue(testing::certificate_options{}.dns_name("localhost")));
    {
        tls_pair pair(context, server);
        CHECK(pair.handshake() == status::failed);
    }
    CHECK_FALSE(context.take_session());
}

namespace {

// A session that one context has, offered by another: whether the server resumed it, or the error.
struct crossing {
    bool resumed;
    bandwidth::webrtc::error_code code;
};

crossing carry_over(detail::tls_context& from, detail::tls_context& to, const tls_server& server,
                    const std::string& host = "localhost") {
    connect_once(from, server, ending::close_notify);
    to.put_session(from.take_session());
    tls_pair pair(to, server, host);
    const auto result = pair.handshake();
    return {result == status::ok && pair.client.resumed(), pair.client.code()};
}

} // namespace

TEST_CASE("T14, T21: a session is verified again before it is offered") {
    const testing::certificate_authority other;
    for (const int version : both_versions) {
        CAPTURE(version);
        const tls_server server(localhost_certificate(), version);
        detail::tls_context known(trusting(), 4);
        { // nothing has changed
            detail::tls_context same(trusting(), 4);
            const auto outcome = carry_over(known, same, server);
            CHECK(outcome.resumed);
            CHECK_FALSE(outcome.code);
        }
        { // another authority
            detail::tls_context distrusting({other.pem(), ""}, 4);
            const auto outcome = carry_over(known, distrusting, server);
            CHECK_FALSE(outcome.resumed);
            CHECK(outcome.code == errc::tls_untrusted);
        }
        { // another host
            detail::tls_context same(trusting(), 4);
            const auto outcome = carry_over(known, same, server, "api.example");
            CHECK_FALSE(outcome.resumed);
            CHECK(outcome.code == errc::tls_host_mismatch);
        }
        { // pins that match, then pins that do not
            auto settings = trusting();
            settings.pins.push_back(
                detail::parse_public_key_pin(testing::public_key_pin(authority().pem())).value());
            detail::tls_context pinning(settings, 4);
            CHECK(carry_over(known, pinning, server).resumed);
            settings.pins.front().fill(0);
            detail::tls_context elsewhere(settings, 4);
            const auto outcome = carry_over(known, elsewhere, server);
            CHECK_FALSE(outcome.resumed);
            CHECK(outcome.code == errc::tls_untrusted);
        }
    }
}

TEST_CASE("T02, T14: a certificate that has expired since is not resumed") {
    const auto now = std::chrono::system_clock::now();
    const auto day = std::chrono::hours(24);
    const auto shown = authority().issue(testing::certificate_options{}
                                             .dns_name("localhost")
                                             .valid_from(now - 3 * day)
                                             .valid_until(now - day));
    for (const int version : both_versions) {
        const tls_server server(shown, version);
        detail::tls_context earlier(trusting(), 4); // which does not look at the time
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(earlier.native()), X509_V_FLAG_NO_CHECK_TIME);
        detail::tls_context today(trusting(), 4);
        CHECK(connect_once(earlier, server, ending::cut) == false);
        CHECK(connect_once(earlier, server, ending::cut)); // it could be resumed ...
        const auto outcome = carry_over(earlier, today, server);
        CHECK_FALSE(outcome.resumed); // ... and is not
        CHECK(outcome.code == errc::tls_untrusted);
    }
}
