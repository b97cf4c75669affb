#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bandwidth/webrtc/testing/certificate.hpp>
#include <bandwidth/webrtc/testing/tls_version.hpp>

namespace bandwidth::webrtc::testing {

/// Bandwidth documents the events of BRTC's endpoints twice; `parse_event` reads both.
enum class endpoint_event_format {
    openapi,      ///< as its OpenAPI description has them: DEVICE_CONNECTED and DEVICE_DISCONNECTED
    webhooks_page ///< as its page on webhooks has them: endpointConnected and endpointDisconnected
};

/// How a `loopback_server` is set up. Every setter returns the options again, so that calls can be chained.
/// Not thread-safe; copies are independent.
class loopback_options {
public:
    /// Takes the method and the target of a request, and the status of its response.
    using response_function =
        std::function<void(std::string_view method, std::string_view target, int status)>;

    /// Address 127.0.0.1, a free port, account "9900000", user "user", password "secret", client id "client",
    /// client secret "client-secret", no delay.
    loopback_options();

    /// The IP address to listen on, in text form. Default "127.0.0.1".
    loopback_options& address(std::string ip_address);
    /// The port to listen on; 0, the default, lets the system choose a free one.
    loopback_options& port(std::uint16_t port);
    /// The one account that the service knows. Requests for any other get 401, or 403 from BRTC. Default
    /// "9900000".
    loopback_options& account(std::string id);
    /// What a request must carry as HTTP Basic credentials, unless it has an access token; others get 401.
    /// Default "user" and "secret".
    loopback_options& credentials(std::string username, std::string password);
    /// The client credentials (OAuth 2.0, RFC 6749 section 4.4) for which the token endpoint issues access
    /// tokens, and a second secret that is valid too, as while secrets are changed; empty, the default: none.
    /// `loopback_server::set_client_secrets` changes them later. Default "client" and "client-secret".
    loopback_options& client_credentials(std::string id, std::string secret, std::string second_secret = {});
    /// How long an access token is valid, by the emulation's clock. Default an hour.
    /// \throws std::invalid_argument when it is not positive
    loopback_options& token_lifetime(std::chrono::seconds lifetime);
    /// Every response leaves no earlier than this long after its request arrived. Responses keep their order,
    /// and pipelined requests wait at the same time, not one after the other: this stands in for a network's
    /// latency.
    loopback_options& delay(std::chrono::nanoseconds duration);
    /// Takes this many requests in a period, which begins with a request behind the end of the last one;
    /// those beyond get 429 with a `Retry-After` that tells how long the period lasts. Requests with the
    /// wrong account or credentials do not count, nor those that a fault responds to, nor those for an access
    /// token. The period is one of the emulation's clock (`loopback_server::advance`). 0 requests, the
    /// default, means no limit.
    /// \throws std::invalid_argument when the period is not positive
    loopback_options& rate_limit(std::size_t requests,
                                 std::chrono::nanoseconds period = std::chrono::seconds(1));
    /// How many BRTC endpoints there may be at a time; the creation of one more gets 429
    /// `too_many_endpoints`, with a `Retry-After` that tells when the oldest ends by itself. 0, the default,
    /// means no limit.
    loopback_options& max_endpoints(std::size_t count);
    /// In which form the events of endpoints are posted. Default `openapi`.
    loopback_options& endpoint_events(endpoint_event_format format);
    /// Which certificates to trust, in PEM, where events are posted to https:// URLs. Default: none, so that
    /// such posts fail. Only the first certificate counts.
    loopback_options& event_ca_pem(std::string pem);
    /// For how long one post of an event may take before it counts as failed, from the look-up of the host's
    /// name to the end of the response. More than a year is a year. Default 5 s.
    /// \throws std::invalid_argument when it is not positive
    loopback_options& event_timeout(std::chrono::nanoseconds duration);
    /// Whether events are posted to other machines, too. Default false: since this is a testing server on the
    /// developer's machine, and URLs in tests are often made up, it posts to "localhost" and to loopback
    /// addresses only; other posts count as failed, and their names are not even looked up.
    loopback_options& events_to_any_host(bool enabled);
    /// After this many requests on a connection the response carries `Connection: close` and the connection
    /// ends. 0, the default, means no limit.
    loopback_options& requests_per_connection(std::size_t count);
    /// Responds with 204 and no body, in place of `[]` and `{}`, when a session has no participants or a
    /// participant has no subscriptions. Bandwidth documents both forms. Default false.
    loopback_options& empty_lists_as_204(bool enabled);
    /// Takes "V2", and "v2" and "v3" in lower case, for the `deviceApiVersion` of a participant, as Bandwidth
    /// did before its description 2.0.0, which has "V3" alone. Default false: others than "V3" get 400.
    loopback_options& older_device_api_versions(bool enabled);
    /// Responds to GET /metrics, without credentials, in Prometheus' text format: requests by operation and
    /// status, connections, bytes, access tokens, events, sessions, participants and endpoints. Faults, the
    /// delay and the rate limit pass it by. Default false: that path is as unknown as any other.
    loopback_options& metrics(bool enabled);
    /// Keeps every request for `loopback_server::received`. Costs memory without bound. Default false.
    loopback_options& record_requests(bool enabled);
    /// Called for every response, on the server's thread or strand, when the response is made: to print what
    /// goes on. It must not throw, and must not call the server.
    loopback_options& on_response(response_function called);
    /// The newest TLS version on offer. The oldest is 1.2, or 1.0 where the newest is older than 1.2. Default
    /// TLS 1.3.
    loopback_options& max_tls_version(tls_version version);
    /// The certificate to show. Default: one for localhost, 127.0.0.1 and ::1, of an authority made at start.
    loopback_options& server_certificate(certificate shown);

    /// \name What was set
    /// @{

    /// What was set, or the default.
    [[nodiscard]] const std::string& address() const noexcept { return address_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] const std::string& account() const noexcept { return account_; }
    [[nodiscard]] const std::string& username() const noexcept { return username_; }
    [[nodiscard]] const std::string& password() const noexcept { return password_; }
    [[nodiscard]] const std::string& client_id() const noexcept { return client_id_; }
    /// One or two.
    [[nodiscard]] const std::vector<std::string>& client_secrets() const noexcept { return client_secrets_; }
    [[nodiscard]] std::chrono::seconds token_lifetime() const noexcept { return token_lifetime_; }
    [[nodiscard]] std::chrono::nanoseconds delay() const noexcept { return delay_; }
    [[nodiscard]] std::size_t rate_limit() const noexcept { return rate_limit_; }
    [[nodiscard]] std::chrono::nanoseconds rate_period() const noexcept { return rate_period_; }
    [[nodiscard]] std::size_t max_endpoints() const noexcept { return max_endpoints_; }
    [[nodiscard]] endpoint_event_format endpoint_events() const noexcept { return endpoint_events_; }
    [[nodiscard]] const std::string& event_ca_pem() const noexcept { return event_ca_pem_; }
    [[nodiscard]] std::chrono::nanoseconds event_timeout() const noexcept { return event_timeout_; }
    [[nodiscard]] bool events_to_any_host() const noexcept { return events_to_any_host_; }
    [[nodiscard]] std::size_t requests_per_connection() const noexcept { return requests_per_connection_; }
    [[nodiscard]] bool empty_lists_as_204() const noexcept { return empty_lists_as_204_; }
    [[nodiscard]] bool older_device_api_versions() const noexcept { return older_device_api_versions_; }
    [[nodiscard]] bool metrics() const noexcept { return metrics_; }
    [[nodiscard]] bool record_requests() const noexcept { return record_requests_; }
    [[nodiscard]] const response_function& on_response() const noexcept { return on_response_; }
    [[nodiscard]] tls_version max_tls_version() const noexcept { return max_tls_version_; }
    [[nodiscard]] const std::optional<certificate>& server_certificate() const noexcept {
        return server_certificate_;
    }
    /// @}

private:
    std::string address_ = "127.0.0.1";
    std::uint16_t port_ = 0;
    std::string account_ = "9900000";
    std::string username_ = "user";
    std::string password_ = "secret";
    std::string client_id_ = "client";
    std::vector<std::string> client_secrets_ = {"client-secret"};
    std::chrono::seconds token_lifetime_{3600};
    std::chrono::nanoseconds delay_{0};
    std::size_t rate_limit_ = 0;
    std::chrono::nanoseconds rate_period_{std::chrono::seconds(1)};
    std::size_t max_endpoints_ = 0;
    endpoint_event_format endpoint_events_ = endpoint_event_format::openapi;
    std::string event_ca_pem_;
    std::chrono::nanoseconds event_timeout_{std::chrono::seconds(5)};
    bool events_to_any_host_ = false;
    std::size_t requests_per_connection_ = 0;
    bool empty_lists_as_204_ = false;
    bool older_device_api_versions_ = false;
    bool metrics_ = false;
    bool record_requests_ = false;
    response_function on_response_;
    tls_version max_tls_version_ = tls_version::tls_1_3;
    std::optional<certificate> server_certificate_;
};

} // namespace bandwidth::webrtc::testing
