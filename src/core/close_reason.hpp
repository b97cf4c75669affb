#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <cstdint>
#include <string>

namespace bandwidth::webrtc::detail {

/// Why a connection ended. Transport, HTTP and the pool share these reasons. What becomes of the requests on
/// it (see `after_loss`), what follows for the next connection, and which statistic counts it: all of this
/// depends on the reason alone.
enum class close_reason : std::uint8_t {
    // The connection was never established.
    connect_failed,
    connect_timeout,
    // The server ended it.
    announced,      ///< its last complete response announced the close: nothing behind that was processed
                    ///< (RFC 9112, section 9.6)
    ended,          ///< FIN or close_notify
    early_response, ///< it responded before the request was written as a whole (RFC 9112, section 9.5)
    broken,         ///< a reset, an error of TLS, or a write that failed
    rejected,       ///< TLS 1.3: it refused our side of the handshake after that was done for us, so it has
                    ///< looked at no request
    protocol_error, ///< the front's response is not HTTP, or breaks a limit
    unsolicited,    ///< bytes that no request had asked for
    mismatched,     ///< a response that belongs to another request
    // This side ended it.
    response_timeout, ///< the front's response did not come, or did not go on, in time
    abandoned,        ///< too much of the response to an abandoned request was still to come
    idle,             ///< it was not used for too long, or has to make room
    drained,          ///< it was too old, or was replaced, and nothing was in flight any more
    shutdown,         ///< the client was closed
};

/// Whether the connection was lost by a failure: neither announced by the server nor ended by this side.
constexpr bool is_failure(close_reason reason) noexcept {
    switch (reason) {
    case close_reason::ended:
    case close_reason::early_response:
    case close_reason::broken:
    case close_reason::rejected:
    case close_reason::protocol_error:
    case close_reason::unsolicited:
    case close_reason::mismatched:
    case close_reason::response_timeout:
        return true;
    default:
        return false;
    }
}

/// Whether connecting would fail with that the next time too: a verdict on the options, the name, the certificate or
/// the right to use a proxy.
inline bool is_lasting(const error_code& code) noexcept {
    return code == errc::invalid_options || code == errc::host_not_found || code == errc::tls_untrusted ||
           code == errc::tls_host_mismatch || code == errc::tls_protocol || code == errc::tls_rejected ||
           code == errc::proxy_refused;
}

/// The name that observers and documents have for it.
constexpr const char* to_string(close_reason reason) noexcept {
    switch (reason) {
    case close_reason::connect_failed:
        return "connect_failed";
    case close_reason::connect_timeout:
        return "connect_timeout";
    case close_reason::announced:
        return "announced";
    case close_reason::ended:
        return "ended";
    case close_reason::early_response:
        return "early_response";
    case close_reason::broken:
        return "broken";
    case close_reason::rejected:
        return "rejected";
    case close_reason::protocol_error:
        return "protocol_error";
    case close_reason::unsolicited:
        return "unsolicited";
    case close_reason::mismatched:
        return "mismatched";
    case close_reason::response_timeout:
        return "response_timeout";
    case close_reason::abandoned:
        return "abandoned";
    case close_reason::idle:
        return "idle";
    case close_reason::drained:
        return "drained";
    case close_reason::shutdown:
        return "shutdown";
    }
    return "unknown";
}

/// The end of a connection, with what a failure tells of it.
struct close_info {
    close_reason reason = close_reason::broken;
    error_code code;
    std::string text; ///< detail for a failure's message
};

/// How the bytes from a server came to their end.
enum class stream_end : std::uint8_t {
    closed,    ///< a close_notify, or a FIN without TLS: the server has said all that it had to say
    truncated, ///< a FIN without a close_notify
    broken,    ///< a reset, an error of TLS, a write that failed
    rejected, ///< TLS 1.3: the server refused our side of the handshake after that was done for us, so it has
              ///< looked at nothing that was sent
};

} // namespace bandwidth::webrtc::detail
