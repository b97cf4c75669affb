#pragma once

#include <bandwidth/webrtc/account_options.hpp>
#include <bandwidth/webrtc/manager_options.hpp>
#include <string>
#include <string_view>

namespace bandwidth::webrtc {

/// All options of a client that has connections of its own: see `basic_account_options` for whose calls it
/// makes, and `basic_connection_options` for how it connects and behaves.
///
/// Thread safety: distinct objects safe.
class client_options : public basic_account_options<client_options>,
                       public basic_connection_options<client_options> {
public:
    /// Nothing is set: the defaults hold. An account and credentials have to be set.
    client_options() = default;

    /// Options from the environment: BW_ACCOUNT_ID, and BW_CLIENT_ID with BW_CLIENT_SECRET for
    /// `client_credentials`. Where neither of these two is set, BW_USERNAME and BW_PASSWORD for
    /// `basic_credentials`, which Bandwidth has deprecated. BANDWIDTH_WEBRTC_CALL_CONTROL_URL is for another
    /// base URL, and BANDWIDTH_TOKEN_URL for another `token_options::token_url`: without it the client's id
    /// and secret go to Bandwidth, whatever the base URL is.
    /// \throws api_error (`errc::invalid_options`) naming the variables that are missing, or what is wrong
    ///         with the credentials or the token's URL.
    ///
    /// \param proxies `used`: the client's connections and those to the token endpoint go through the proxies
    ///        that the environment names, see `proxy_options::from_environment`. They are chosen here, for
    ///        the base URL from the environment: where `base_url` is changed afterwards, choose again, by
    ///        `options.proxy(proxy_options::from_environment(options.base_url()))`, or `no_proxy` is taken
    ///        for the URL before.
    static client_options from_environment(environment_proxies proxies = environment_proxies::ignored);

    /// Replaces the whole prefix before "/accounts/...". The default: https://api.webrtc.bandwidth.com/v1.
    /// Only https; for a mock also http, without TLS, where the host is in 127.0.0.0/8, is ::1, or is
    /// "localhost" and resolves to nothing but such addresses (else calls fail with `errc::invalid_options`,
    /// and nothing is sent). The options of TLS have no effect then. No credentials, query or fragment in it.
    client_options& base_url(std::string_view value) {
        base_url_ = value;
        return *this;
    }
    /// What was set, or the default.
    [[nodiscard]] const std::string& base_url() const noexcept { return base_url_; }

private:
    std::string base_url_ = "https://api.webrtc.bandwidth.com/v1";
};

} // namespace bandwidth::webrtc
