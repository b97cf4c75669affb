#pragma once

#include <bandwidth/webrtc/credentials.hpp>
#include <bandwidth/webrtc/manager_options.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace bandwidth::webrtc {

namespace detail {
struct token_options_access;
}

/// How `client_credentials` fetches its access tokens. Setters do not check; `client_credentials` does.
///
/// Thread safety: distinct objects safe.
class token_options {
public:
    /// Bandwidth's token endpoint, one connection, 10 s for a request, 1 s until an idle connection is
    /// closed, and one attempt.
    token_options();

    /// Where tokens come from. Only https, or http for a loopback address, as for `client_options::base_url`.
    /// Default: https://api.bandwidth.com/api/v1/oauth2/token.
    token_options& token_url(std::string_view value) {
        token_url_ = value;
        return *this;
    }
    /// Another secret of the same client id, for rotation: where the service refuses one of the two, the
    /// other one is tried at once, and the one that worked last comes first the next time. Default: none.
    token_options& second_secret(std::string_view value) {
        second_secret_ = value;
        return *this;
    }
    /// What the token is to be good for (RFC 6749, section 3.3). Default: none is asked for.
    token_options& scope(std::string_view value) {
        scope_ = value;
        return *this;
    }
    /// How the token endpoint is connected to: authorities, timeouts, resolver and all else, in place of all
    /// that the constructor sets. To change one of them and keep the others:
    /// `options.connection().ca_file(path)`. A request that fails is tried again by the credentials
    /// themselves, see `client_credentials`; `manager_options::retry` comes on top.
    token_options& connection(const manager_options& value) {
        connection_ = value;
        return *this;
    }
    /// The same, to be changed in place.
    [[nodiscard]] manager_options& connection() noexcept { return connection_; }

    /// \name What was set
    /// @{

    /// What was set, or the default.
    [[nodiscard]] const std::string& token_url() const noexcept { return token_url_; }
    [[nodiscard]] const std::string& scope() const noexcept { return scope_; }
    [[nodiscard]] const manager_options& connection() const noexcept { return connection_; }
    /// @}

private:
    friend struct detail::token_options_access;

    std::string token_url_;
    std::string second_secret_;
    std::string scope_;
    manager_options connection_;
};

/// OAuth 2.0 client credentials (RFC 6749, section 4.4), which Bandwidth wants in place of API users:
/// requests carry an access token, which is fetched before the first of them and renewed before it expires.
///
/// One object serves any number of clients, and one token is fetched for all of them at a time:
/// - A call waits for the first token, within its deadline (`errc::token_timeout`) and, counted with the
///   others that wait, within `queue_limit`. It may be cancelled meanwhile.
/// - The token is renewed behind 75 to 85 % of its life, in the background, as long as a client has calls or
///   connections. Where that fails it stays in use until it expires. By whose clock it was issued does not
///   matter.
/// - A response 401 to a call has the token fetched anew, and the call sent once more, a POST too: 401 says
///   that the request was not processed. When a token that was fetched for a 401 is refused within 30 s, the
///   401 is the result: then it is not the token that is wrong.
/// - A fetch that fails is tried again after 0.25 to 30 s, growing, or after Retry-After, for as long as
///   calls wait. When the endpoint says that the credentials are wrong (a status 4xx but for 408 and 429; RFC
///   6749, section 5.2), or sends what is no token, the calls that wait fail with that: `errc::token_refused`
///   with the error code in `failure::service_code()`, or `errc::token_failed`. So do later ones until the
///   next fetch is due. The same holds where the endpoint cannot be connected to, and would
///   not be the next time: its name does not exist, its certificate is not trusted, the proxy refuses
///   (`errc::host_not_found`, `tls_untrusted`, `proxy_refused` and others; the message begins with "token
///   endpoint").
///
/// Fetches run on the executor of a client that needs the token, over connections of their own. A fetch whose
/// client is closed or drained ends. One without an end a second after its timeout (with two secrets: twice
/// its timeout) is given up, since nobody may be running that executor. Then another client that needs the
/// token begins one. Certificates are read here, once. No text of a failure holds a secret or a token.
///
/// Thread safety: safe.
///
/// \param id the client id, without a colon.
/// \param secret its secret.
/// \param options where and how tokens are fetched. They are copied.
/// \returns what `client_options::credentials` and `account_options::credentials` take.
/// \throws api_error (`errc::invalid_options`) naming what is wrong, and never the secret.
std::shared_ptr<const credential_source> client_credentials(std::string_view id, std::string_view secret,
                                                            const token_options& options = {});

} // namespace bandwidth::webrtc
