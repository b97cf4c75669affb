#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "client/refusal.hpp"
#include "client/tls_trial.hpp"
#include "support/test_client.hpp"

// Client certificates (T17) and pinned keys: who the server is, and who we are.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::both_versions;
using support::good;
using support::options_for;
using support::refusal;
using support::responding;
using support::tls_trial;
using support::wait_for;
using testing::certificate;
using testing::certificate_authority;
using testing::certificate_options;
using testing::loopback_server;
using testing::public_key_pin;
using testing::scripted_options;
using testing::scripted_server;
using testing::tls_version;

namespace {

const certificate_authority& clients() {
    static const certificate_authority made("clients");
    return made;
}
const certificate& right_one() {
    static const auto made = clients().issue(certificate_options{}.common_name("a client"));
    return made;
}
const certificate& wrong_one() {
    static const auto made =
        certificate_authority("others").issue(certificate_options{}.common_name("a client"));
    return made;
}

client_options with(client_options options, const certificate& shown) {
    return options.client_certificate(shown.chain_pem(), shown.private_key_pem());
}

/// One operation of each kind: a POST, which goes alone, and a GET, which may be sent again.
template <class Check>
void each_kind(client& client, asio::io_context& context, Check check) {
    check(wait_for(context, client.try_create_session()));
    check(wait_for(context, client.try_get_session(session_id("s"))));
    check(wait_for(context, client.try_delete_session(session_id("s"))));
}

} // namespace

TEST_CASE("T17: the client certificate is shown to a server that asks for one") {
    for (const auto version : both_versions) {
        scripted_server server(scripted_options{}.client_authority(clients().pem()).max_tls_version(version));
        server.otherwise(responding());
        tls_trial trial(with(options_for(server), right_one()));
        trial.check_served();
        CHECK(server.handshake(0).client_certificate_pem == right_one().chain_pem());
    }
}

TEST_CASE("T17: a server that asks for no certificate sees none") {
    scripted_server server;
    server.otherwise(responding());
    tls_trial trial(with(options_for(server), right_one()));
    trial.check_served();
    CHECK(server.handshake(0).client_certificate_pem.empty());
}

TEST_CASE(
    "T17: no certificate, or one that the server does not take: every call fails at once, none is sent "
    "again") {
    for (const auto version : both_versions) {
        for (const bool wrong : {false, true}) {
            CAPTURE(wrong);
            const bool newest = version == tls_version::tls_1_3;
            CAPTURE(newest);
            scripted_server server(
                scripted_options{}.client_authority(clients().pem()).max_tls_version(version));
            server.otherwise(responding());
            const auto options = options_for(server);
            asio::io_context context;
            client client(context, wrong ? with(options, wrong_one()) : options);
            std::size_t calls = 0;
            each_kind(client, context, [&](const auto& outcome) {
                ++calls;
                REQUIRE(outcome.has_error());
                const auto& seen = outcome.error();
                CHECK(seen.code() == errc::tls_rejected);
                CHECK(seen.code() == condition::tls_error);
                CHECK_FALSE(seen.code() == condition::retryable);
                CHECK(seen.delivery() == delivery::not_sent);
                // In TLS 1.2 a missing certificate has no alert of its own.
                CHECK(seen.message().find(wrong    ? "unknown ca"
                                          : newest ? "certificate required"
                                                   : "handshake failure") != std::string::npos);
                CHECK(seen.attempts() == (newest ? 1 : 0));
                CHECK(client.stats().dials == calls); // one for each call
            });
            CHECK(client.stats().resends == 0);
            CHECK(server.connections() == calls);
            for (std::size_t i = 0; i < calls; ++i)
                CHECK(server.received(i).empty());
            CHECK(support::at_rest(client.stats()));

            // With the right certificate all is well, on the same client.
            client.reload_tls(with(options, right_one()));
            each_kind(client, context, [](const auto& outcome) { CHECK(outcome.has_value()); });
        }
    }
}

TEST_CASE("T17: many calls that wait for a server that refuses us fail together with its reason") {
    for (const auto version : both_versions) {
        scripted_server server(scripted_options{}.client_authority(clients().pem()).max_tls_version(version));
        server.otherwise(responding());
        asio::io_context context;
        client client(context, options_for(server).max_connections(2));
        support::collector<session> results;
        for (int i = 0; i < 10; ++i) {
            client.try_create_session()(results.next());
            client.try_get_session(session_id("s"))(results.next());
        }
        results.wait(context);
        CHECK(results.each_once());
        for (std::size_t i = 0; i < results.size(); ++i) {
            REQUIRE(results[i].has_error());
            CHECK(results[i].error().code() == errc::tls_rejected);
            CHECK(results[i].error().delivery() == delivery::not_sent);
            CHECK(results[i].error().attempts() <= 1);
        }
        CHECK(client.stats().resends == 0);
        CHECK(client.stats().dials <= results.size());
        client.reload_tls(with(options_for(server), right_one()));
        CHECK(wait_for(context, client.try_create_session()).has_value());
    }
}

TEST_CASE("T17: a client certificate that cannot be used is refused when the client is made, by its name") {
    const auto& own = right_one();
    CHECK(refusal(with(good(), own)).empty());
    CHECK(refusal(good().client_certificate(own.chain_pem(), "")).starts_with("client_certificate"));
    CHECK(refusal(good().client_certificate("", own.private_key_pem())).starts_with("client_certificate"));
    CHECK(refusal(good().client_certificate("nonsense", own.private_key_pem()))
              .starts_with("client_certificate"));
    CHECK(refusal(good().client_certificate(own.chain_pem(), wrong_one().private_key_pem()))
              .starts_with("client_certificate"));
    CHECK(
        refusal(good().client_certificate(own.chain_pem(), own.private_key_pem()).client_certificate("", ""))
            .empty()); // taken back
}

TEST_CASE("T17: neither the private key nor the certificate stands in a failure") {
    const auto text =
        refusal(good().client_certificate(right_one().chain_pem(), wrong_one().private_key_pem()));
    CHECK(text.find("BEGIN") == std::string::npos);
    CHECK(text.size() < 200);
}

TEST_CASE("T01: a pinned key, the server's or its authority's, lets it pass, any of several will do") {
    const certificate_authority authority;
    const auto shown = authority.issue(support::for_localhost());
    const auto nobody = public_key_pin(certificate_authority().pem());
    scripted_server server(scripted_options{}.server_certificate(shown));
    server.otherwise(responding());
    tls_trial(options_for(server).pin_public_key(public_key_pin(shown.chain_pem()))).check_served();
    tls_trial(options_for(server).pin_public_key(nobody).pin_public_key(public_key_pin(authority.pem())))
        .check_served();
}

TEST_CASE("T01: a trusted certificate without a pinned key is refused, and a resumed session too") {
    loopback_server server;
    const auto nobody = public_key_pin(certificate_authority().pem());
    tls_trial trial(options_for(server).pin_public_key(nobody));
    const auto seen = trial.refusal();
    CHECK(seen.code() == errc::tls_untrusted);
    CHECK(seen.message().find("pinned") != std::string::npos);
    CHECK(server.stats().requests() == 0);
    trial.client().reload_tls(options_for(server)); // without the pin
    trial.check_served();
    trial.client().reload_tls(options_for(server).pin_public_key(nobody));
    CHECK(trial.get("s").error().code() == errc::tls_untrusted); // though there was a session to resume
    CHECK(trial.client().stats().handshakes_resumed == 0);
}

TEST_CASE("T01: a pin does not replace the authority") {
    const auto shown = certificate_authority().issue(support::for_localhost());
    scripted_server server(scripted_options{}.server_certificate(shown));
    server.otherwise(responding());
    tls_trial trial(options_for(server)
                        .ca_pem(certificate_authority().pem())
                        .pin_public_key(public_key_pin(shown.chain_pem())));
    CHECK(trial.refusal().code() == errc::tls_untrusted);
}

TEST_CASE("a pin that is none is refused when the client is made, by its name") {
    const auto pin = public_key_pin(right_one().chain_pem());
    CHECK(refusal(good().pin_public_key(pin)).empty());
    for (const std::string& bad :
         {std::string(), pin.substr(1), "sha256/" + pin, pin + pin, std::string(44, ' ')}) {
        CHECK(refusal(good().pin_public_key(bad)).starts_with("pin_public_key"));
        CHECK(refusal(good().pin_public_key(pin).pin_public_key(bad)).starts_with("pin_public_key"));
    }
}
