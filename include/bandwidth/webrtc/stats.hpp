#pragma once

#include <cstdint>

namespace bandwidth::webrtc {

/// A snapshot of what a client has done and holds. Each number is exact; together they may be a moment apart.
/// Thread safety: distinct objects safe.
struct client_stats {
    /// \name Now
    /// @{

    std::uint64_t connections_connecting = 0; ///< resolving, connecting or in the handshake
    std::uint64_t connections_idle = 0;       ///< open, nothing in flight
    std::uint64_t connections_active = 0;     ///< open, with requests in flight
    std::uint64_t connections_draining = 0;   ///< taking no more calls, closing after their last response
    std::uint64_t queue_depth = 0;            ///< calls that wait for a connection
    std::uint64_t in_flight = 0; ///< requests on connections, without those whose caller has gone
    std::uint64_t abandoned = 0; ///< requests whose caller has gone and whose response is still due
    /// @}

    /// \name Since the client was made
    /// @{

    std::uint64_t calls_started = 0;   ///< calls that began, refused ones among them
    std::uint64_t calls_succeeded = 0; ///< of a manager: a response of any status came
    std::uint64_t calls_failed = 0;    ///< calls that ended without a value
    std::uint64_t calls_timed_out = 0; ///< of the failed ones: by the deadline, or another of our timeouts
    std::uint64_t calls_cancelled = 0; ///< of the failed ones
    std::uint64_t calls_cancelled_queued = 0;    ///< of these: while they waited for a connection
    std::uint64_t calls_cancelled_in_flight = 0; ///< of these: when a connection had them
    /// Responses with a status of 200 to 299, those included that nobody waits for.
    std::uint64_t responses_2xx = 0;
    /// Responses with a status of 400 to 499, those included after which the call is sent again.
    std::uint64_t responses_4xx = 0;
    std::uint64_t responses_5xx = 0; ///< the same of 500 to 599
    /// Responses that named another session, participant or endpoint than was asked for: the server has mixed
    /// them up.
    std::uint64_t responses_mismatched = 0;
    std::uint64_t requests_sent = 0;     ///< requests given to a connection, resends included
    std::uint64_t resends = 0;           ///< requests sent again at once, on another connection
    std::uint64_t resends_announced = 0; ///< of these: behind an announced close
    std::uint64_t resends_lost = 0;      ///< of these: the connection was lost
    std::uint64_t resends_given_up = 0;  ///< of these: this side closed it, for an earlier response
    std::uint64_t resends_requested = 0; ///< of these: the response asked for it (408, 421)
    std::uint64_t retries = 0;           ///< requests sent again after a pause, by policy
    std::uint64_t retries_throttled = 0; ///< of these: after 429 or 503
    std::uint64_t retries_status = 0;    ///< of these: after another status
    std::uint64_t retries_timeout = 0;   ///< of these: no response in time
    std::uint64_t retries_lost = 0;      ///< of these: the connection was lost before its first response
    std::uint64_t retries_refused = 0;   ///< retries and resends that the retry budget did not allow
    /// Times that a response was late, so that its connection took no more calls until it came.
    std::uint64_t slow_responses = 0;
    /// Times that the server was found to break pipelines, so that for a while one request at a time was
    /// sent.
    std::uint64_t pipelining_disabled = 0;
    /// Times that the service asked for fewer requests (429, or 503 with Retry-After), so that calls waited.
    std::uint64_t origin_paced = 0;
    std::uint64_t queue_wait_ns = 0; ///< sum over all calls: from the start to the first connection
    /// Sum over all responses: behind others, and until the request was written.
    std::uint64_t head_of_line_wait_ns = 0;
    std::uint64_t dials = 0;                   ///< connections that were begun to be made
    std::uint64_t dials_failed = 0;            ///< of these: could not be made
    std::uint64_t dials_failed_resolving = 0;  ///< of these: the name was not found, or not in time
    std::uint64_t dials_failed_connecting = 0; ///< of these: TCP
    std::uint64_t dials_failed_tls = 0;        ///< of these: TLS, certificates included
    std::uint64_t dials_failed_proxy = 0;      ///< of these: the proxy refused, failed or was too slow
    /// TLS handshakes with a certificate; where the base URL is http, connections.
    std::uint64_t handshakes_full = 0;
    std::uint64_t handshakes_resumed = 0;           ///< those that resumed an earlier TLS session
    std::uint64_t connections_closed = 0;           ///< connections that were open and have ended
    std::uint64_t connections_closed_announced = 0; ///< of these: the server had announced it in a response
    std::uint64_t connections_closed_ended = 0;     ///< of these: by the server, not announced in HTTP
    std::uint64_t connections_closed_broken = 0;    ///< of these: by a reset, or an error of TLS
    std::uint64_t connections_closed_protocol = 0;  ///< of these: what came was not HTTP, or not asked for
    std::uint64_t connections_closed_timeout = 0;   ///< of these: no response in time
    std::uint64_t connections_closed_idle = 0;      ///< of these: idle for too long
    std::uint64_t connections_closed_drained = 0;   ///< of these: too old, or replaced by newer ones
    std::uint64_t connections_closed_abandoned = 0; ///< of these: for too much data of abandoned requests
    std::uint64_t connections_lost = 0;             ///< of the closed ones: with responses still due
    /// Bytes that no request had asked for; each time the connection is closed.
    std::uint64_t unsolicited_bytes = 0;
    std::uint64_t bytes_sent = 0;     ///< TLS records included
    std::uint64_t bytes_received = 0; ///< TLS records included
    std::uint64_t writes = 0; ///< batches written: requests_sent / writes tells how well they coalesce
    std::uint64_t deepest_pipeline = 0; ///< most requests ever in flight on one connection
    /// @}
};

} // namespace bandwidth::webrtc
