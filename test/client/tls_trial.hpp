#pragma once

#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/testing/certificate.hpp>
#include <string>
#include <utility>

#include "support/test_client.hpp"

namespace support {

/// One client that meets a fault of TLS, and a healthy server afterwards.
class tls_trial {
public:
    /// One attempt for each call, whatever the options say.
    explicit tls_trial(webrtc::client_options options)
        : client_(context_, options.retry(webrtc::retry_policy::none())) {}

    /// The failure of one call when the first connection could not be made: nothing was sent, nothing tried
    /// again.
    webrtc::failure refusal() {
        const auto outcome = wait_for(context_, client_.try_create_session());
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().delivery() == webrtc::delivery::not_sent);
        CHECK(outcome.error().attempts() == 0);
        CHECK(client_.stats().dials == 1); // no second try: it would end the same
        CHECK(client_.stats().dials_failed == 1);
        CHECK(client_.stats().requests_sent == 0);
        CHECK(at_rest(client_.stats()));
        return outcome.error();
    }

    /// A fresh call, now that the server is healthy: the fault has left nothing behind.
    void check_served() {
        const auto outcome = wait_for(context_, client_.try_create_session());
        CHECK_MESSAGE(outcome.has_value(), (outcome ? "" : outcome.error().describe()));
        CHECK(at_rest(client_.stats()));
    }

    webrtc::result<webrtc::session> get(const std::string& id,
                                        const webrtc::call_options& options = webrtc::call_options{}) {
        return wait_for(context_, client_.try_get_session(webrtc::session_id(id), options));
    }

    webrtc::client& client() { return client_; }
    asio::io_context& context() { return context_; }

private:
    asio::io_context context_;
    webrtc::client client_;
};

inline constexpr auto both_versions = {webrtc::testing::tls_version::tls_1_2,
                                       webrtc::testing::tls_version::tls_1_3};

/// A certificate for localhost and nothing else.
inline webrtc::testing::certificate_options for_localhost() {
    return webrtc::testing::certificate_options{}.dns_name("localhost");
}

/// A server's script that responds to any number of calls one after the other, up to ten.
inline webrtc::testing::script responding(const std::string& id = "s") {
    webrtc::testing::script steps;
    for (int i = 0; i < 10; ++i)
        steps.expect_requests().send(session_response(id));
    return steps;
}

} // namespace support
