#pragma once

#include <bandwidth/webrtc/account_options.hpp>
#include <bandwidth/webrtc/manager_options.hpp>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::brtc {

/// All options of a client of BRTC that has connections of its own: see `basic_account_options` for whose
/// calls it makes, and `basic_connection_options` for how it connects and behaves.
///
/// Thread safety: distinct objects safe.
class client_options : public basic_account_options<client_options>,
                       public basic_connection_options<client_options> {
public:
    /// Nothing is set: the defaults hold. An account and credentials have to be set.
    client_options() = default;

    /// Options from the environment: account and credentials from the variables that
    /// `webrtc::client_options::from_environment` reads, BANDWIDTH_TOKEN_URL too, and BANDWIDTH_BRTC_URL for
    /// another base URL.
    /// \throws api_error (`errc::invalid_options`) naming the variables that are missing.
    /// \param proxies as for `webrtc::client_options::from_environment`: they are chosen here, for the base
    ///        URL from the environment; where `base_url` is changed afterwards, choose again as is told there
    static client_options from_environment(environment_proxies proxies = environment_proxies::ignored);

    /// Replaces the whole prefix before "/accounts/...". The default: https://api.bandwidth.com/v2. Otherwise
    /// as `webrtc::client_options::base_url`.
    client_options& base_url(std::string_view value) {
        base_url_ = value;
        return *this;
    }
    /// What was set, or the default.
    [[nodiscard]] const std::string& base_url() const noexcept { return base_url_; }

private:
    std::string base_url_ = "https://api.bandwidth.com/v2";
};

} // namespace bandwidth::webrtc::brtc
