#pragma once

#include <cstdint>

namespace bandwidth::webrtc {

/// A snapshot of what a client has done and holds. Each number is exact; together they may be a moment apart.
struct client_stats {
    // Now.
    std::uint64_t connections_connecting = 0; ///< resolving, connecting or in the handshake
    std::uint64_t connections_idle = 0;       ///< open, nothing in flight
    std::uint64_t connections_active = 0;     ///< open, with requests in flight
    std::uint64_t connections_draining = 0;   ///< taking no more calls, closing when the last is answered
    std::uint64_t queue_depth = 0;            ///< calls that wait for a connection
    std::uint64_t in_flight = 0; ///< requests on connections, without those whose caller has gone
    std::uint64_t zombies = 0;   ///< requests whose caller has gone and whose answer is still due

    // Since the client was made.
    std::uint64_t calls_started = 0;
    std::uint64_t calls_succeeded = 0;
    std::uint64_t calls_failed = 0;
    std::uint64_t calls_cancelled = 0; ///< of the failed ones
    std::uint64_t requests_sent = 0;   ///< requests given to a connection, replays included
    std::uint64_t replays = 0;         ///< requests sent again at once, on another connection
    std::uint64_t retries = 0;         ///< requests sent again after a pause, by policy
    std::uint64_t retries_refused = 0; ///< ... that the retry budget did not allow
    /// Times that an answer was late, so that its connection took no more calls until it came.
    std::uint64_t suspects = 0;
    /// Times that the server was found to break pipelines, so that for a while one request at a time was
    /// sent.
    std::uint64_t fallbacks = 0;
    std::uint64_t queue_wait_ns = 0; ///< sum over all calls: from the start to the first connection
    std::uint64_t hol_wait_ns = 0;   ///< sum over all answers: behind others on the same connection
    std::uint64_t dials = 0;
    std::uint64_t dials_failed = 0;
    std::uint64_t handshakes_full = 0;
    std::uint64_t handshakes_resumed = 0;
    std::uint64_t connections_closed = 0;
    std::uint64_t connections_lost = 0; ///< of the closed ones: with requests unanswered
    /// Bytes that no request had asked for; each time the connection is closed.
    std::uint64_t unsolicited_bytes = 0;
    std::uint64_t bytes_sent = 0; ///< TLS records included
    std::uint64_t bytes_received = 0;
    std::uint64_t writes = 0; ///< batches written: requests_sent / writes tells how well they coalesce
    std::uint64_t deepest_pipeline = 0; ///< most requests ever in flight on one connection
};

} // namespace bandwidth::webrtc
