#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bandwidth::webrtc::testing {

/// What a `loopback_server` has seen so far: a snapshot. All figures but `connections_open` only grow. Thread
/// safety: distinct objects safe.
struct loopback_stats {
    std::uint64_t connections_accepted = 0; ///< TCP connections, with a handshake or without
    std::uint64_t connections_open = 0;     ///< those that have not ended yet
    std::uint64_t handshakes_full = 0;      ///< TLS handshakes with a certificate
    std::uint64_t handshakes_resumed = 0;   ///< TLS handshakes that resumed an earlier session
    std::uint64_t requests_get = 0;         ///< requests with the method GET
    std::uint64_t requests_post = 0;        ///< requests with the method POST
    std::uint64_t requests_put = 0;         ///< requests with the method PUT
    std::uint64_t requests_delete = 0;      ///< requests with the method DELETE
    std::uint64_t requests_other = 0;       ///< other methods, and what could not be parsed
    std::uint64_t responses_2xx = 0;        ///< responses with a status of 200 to 299
    std::uint64_t responses_4xx = 0;        ///< responses with a status of 400 to 499
    std::uint64_t responses_5xx = 0;        ///< responses with a status of 500 to 599
    std::uint64_t responses_other = 0;      ///< other statuses, and raw bytes sent by a fault
    std::uint64_t responses_lost = 0;       ///< responses that a fault held back, wholly or in part
    /// Most requests that ever waited together for their responses on one connection: 1 without pipelining.
    std::uint64_t max_pipelined = 0;
    std::uint64_t bytes_received = 0; ///< HTTP bytes, before encryption
    std::uint64_t bytes_sent = 0;     ///< HTTP bytes, before encryption
    std::uint64_t tokens_issued = 0;  ///< access tokens that the token endpoint has issued
    /// Requests for an access token that it has refused; those to which a fault has responded are in neither.
    std::uint64_t tokens_refused = 0;
    std::uint64_t events_delivered = 0;   ///< events that a callback URL, or its fallback, took with 2xx
    std::uint64_t event_posts_failed = 0; ///< posts without a 2xx: up to two for an event
    std::uint64_t events_dropped = 0; ///< events that were not posted, since 10,000 others waited for that

    /// All requests together.
    [[nodiscard]] std::uint64_t requests() const noexcept {
        return requests_get + requests_post + requests_put + requests_delete + requests_other;
    }
};

/// A request as a `loopback_server` received it. Thread safety: distinct objects safe.
class received_request {
public:
    /// An empty request.
    received_request() = default;
    /// For the server.
    received_request(std::size_t connection, std::string method, std::string target,
                     std::vector<std::pair<std::string, std::string>> headers, std::string body);

    /// Which connection it came on: 0 for the first that was accepted.
    [[nodiscard]] std::size_t connection() const noexcept { return connection_; }
    /// The method, such as "GET".
    [[nodiscard]] const std::string& method() const noexcept { return method_; }
    /// The request target as it was sent, percent-encoded.
    [[nodiscard]] const std::string& target() const noexcept { return target_; }
    /// All headers in the order of arrival.
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& headers() const noexcept {
        return headers_;
    }
    /// The value of the first header of this name (letter case ignored), or nothing ("") when there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
    /// The body as it came; empty where there was none.
    [[nodiscard]] const std::string& body() const noexcept { return body_; }

private:
    std::size_t connection_ = 0;
    std::string method_;
    std::string target_;
    std::vector<std::pair<std::string, std::string>> headers_;
    std::string body_;
};

} // namespace bandwidth::webrtc::testing
