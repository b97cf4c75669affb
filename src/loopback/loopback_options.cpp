#include <bandwidth/webrtc/testing/loopback_options.hpp>

#include <stdexcept>
#include <utility>

#include "loopback/access_tokens.hpp"

namespace bandwidth::webrtc::testing {

loopback_options::loopback_options() = default;

loopback_options& loopback_options::address(std::string ip_address) {
    address_ = std::move(ip_address);
    return *this;
}

loopback_options& loopback_options::port(std::uint16_t port) {
    port_ = port;
    return *this;
}

loopback_options& loopback_options::account(std::string id) {
    account_ = std::move(id);
    return *this;
}

loopback_options& loopback_options::credentials(std::string username, std::string password) {
    username_ = std::move(username);
    password_ = std::move(password);
    return *this;
}

loopback_options& loopback_options::client_credentials(std::string id, std::string secret,
                                                       std::string second_secret) {
    client_id_ = std::move(id);
    client_secrets_ = detail::as_secrets(std::move(secret), std::move(second_secret));
    return *this;
}

loopback_options& loopback_options::token_lifetime(std::chrono::seconds lifetime) {
    if (lifetime.count() <= 0)
        throw std::invalid_argument("the lifetime of a token must be positive");
    token_lifetime_ = lifetime;
    return *this;
}

loopback_options& loopback_options::delay(std::chrono::nanoseconds duration) {
    delay_ = duration;
    return *this;
}

loopback_options& loopback_options::rate_limit(std::size_t requests, std::chrono::nanoseconds period) {
    if (period.count() <= 0)
        throw std::invalid_argument("the period of a rate limit must be positive");
    rate_limit_ = requests;
    rate_period_ = period;
    return *this;
}

loopback_options& loopback_options::max_endpoints(std::size_t count) {
    max_endpoints_ = count;
    return *this;
}

loopback_options& loopback_options::endpoint_events(endpoint_event_format format) {
    endpoint_events_ = format;
    return *this;
}

loopback_options& loopback_options::event_ca_pem(std::string pem) {
    event_ca_pem_ = std::move(pem);
    return *this;
}

loopback_options& loopback_options::event_timeout(std::chrono::nanoseconds duration) {
    if (duration.count() <= 0)
        throw std::invalid_argument("the timeout of an event must be positive");
    event_timeout_ = duration;
    return *this;
}

loopback_options& loopback_options::events_to_any_host(bool enabled) {
    events_to_any_host_ = enabled;
    return *this;
}

loopback_options& loopback_options::requests_per_connection(std::size_t count) {
    requests_per_connection_ = count;
    return *this;
}

loopback_options& loopback_options::empty_lists_as_204(bool enabled) {
    empty_lists_as_204_ = enabled;
    return *this;
}

loopback_options& loopback_options::older_device_api_versions(bool enabled) {
    older_device_api_versions_ = enabled;
    return *this;
}

loopback_options& loopback_options::metrics(bool enabled) {
    metrics_ = enabled;
    return *this;
}

loopback_options& loopback_options::record_requests(bool enabled) {
    record_requests_ = enabled;
    return *this;
}

loopback_options& loopback_options::on_response(response_function called) {
    on_response_ = std::move(called);
    return *this;
}

loopback_options& loopback_options::max_tls_version(tls_version version) {
    max_tls_version_ = version;
    return *this;
}

loopback_options& loopback_options::server_certificate(certificate shown) {
    server_certificate_ = std::move(shown);
    return *this;
}

} // namespace bandwidth::webrtc::testing
