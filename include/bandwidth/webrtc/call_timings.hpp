#pragma once

#include <chrono>

namespace bandwidth::webrtc {

/// Where the time of a call went, for one attempt or for all of its attempts together. Each part is exact to
/// a cycle of the client, in which all that happens has the same time.
///
/// | part       | from                              | to                                                   |
/// |------------|-----------------------------------|------------------------------------------------------|
/// | `queue`    | the call is ready to be sent      | a connection takes it, or is begun to be made for it |
/// | `connect`  | that connection begins to be made | it is open                                           |
/// | `pipeline` | a connection takes it             | the responses to the requests before it have come    |
/// | `wait`     | its response is the next one due  | the first byte of that                               |
/// | `receive`  | the first byte of the response    | its last one                                         |
///
/// An attempt that ends without a response (a lost connection, a timeout, a cancellation) ends in the part in
/// which it is; a call that no connection takes has waited in `queue` alone. While a service has asked for
/// fewer requests (429) calls wait in `queue`, too. What is in none of them: pauses between attempts, and
/// waiting for an access token. Thread safety: distinct objects safe.
struct call_timings {
    std::chrono::nanoseconds queue{0};    ///< it waited for a connection that takes it
    std::chrono::nanoseconds connect{0};  ///< name look-up, TCP and TLS of a connection that it waited for
    std::chrono::nanoseconds pipeline{0}; ///< behind the responses to other requests of its connection
    std::chrono::nanoseconds wait{0}; ///< the network and the service, up to the first byte of the response
    std::chrono::nanoseconds receive{0}; ///< the rest of the response

    /// Adds each part.
    call_timings& operator+=(const call_timings& other) noexcept {
        queue += other.queue;
        connect += other.connect;
        pipeline += other.pipeline;
        wait += other.wait;
        receive += other.receive;
        return *this;
    }
    /// Whether all parts are equal.
    friend bool operator==(const call_timings&, const call_timings&) = default;
};

/// How long the steps took that made a connection. Thread safety: distinct objects safe.
struct connection_timings {
    std::chrono::nanoseconds name{
        0}; ///< the look-up, or the wait for one that was under way; 0 for an address
    std::chrono::nanoseconds tcp{0}; ///< until an address, of the proxy if there is one, had accepted it
    std::chrono::nanoseconds tls{
        0}; ///< the handshake, and before it the tunnel through a proxy; 0 without TLS

    /// Whether all parts are equal.
    friend bool operator==(const connection_timings&, const connection_timings&) = default;
};

} // namespace bandwidth::webrtc
