#pragma once

#include <bandwidth/webrtc/error.hpp>

#include "pipeline/exchange.hpp"
#include "pipeline/pipeline.hpp"

namespace bandwidth::webrtc::detail {

/// How the connection was lost, as far as the requests on it are concerned.
enum class loss : std::uint8_t {
    graceful, ///< the last complete answer announced the close: what is behind it was not processed
    ended,    ///< FIN or close_notify
    failed,   ///< reset or TLS error
    faulty,   ///< the head's answer was no HTTP
    stalled,  ///< the head's answer did not come in time
    rejected, ///< the server refused our side of the TLS handshake: nothing was processed, nothing will be
};

/// A request that was on a lost connection.
struct lost_request {
    request_class kind = request_class::safe;
    send_state sent = send_state::unsent;
    bool head = false;           ///< its answer was the next one due
    bool answer_started = false; ///< a part of its answer had come
    bool replay_allowed = true;  ///< by the caller
    int replays = 0;             ///< times it was replayed before
};

enum class replay_action : std::uint8_t {
    reassign, ///< not a byte was sent: to another connection, free of charge
    replay,   ///< again on another connection, counted
    fail,
};

struct replay_verdict {
    replay_action action = replay_action::fail;
    webrtc::delivery delivery = webrtc::delivery::maybe_processed; ///< if it fails

    friend bool operator==(const replay_verdict&, const replay_verdict&) = default;
};

// clang-format off
/// What becomes of a request whose connection was lost. Pure.
///
/// | request                             | graceful        | ended, failed          | faulty, stalled        |
/// |-------------------------------------|-----------------|------------------------|------------------------|
/// | no byte sent                        | reassign        | reassign               | reassign               |
/// | unsafe, or replay not allowed       | fail (not_sent) | fail (maybe_processed) | fail (maybe_processed) |
/// | idempotent, the head                | replay          | replay                 | fail (maybe_processed) |
/// | idempotent, behind the head         | replay          | replay                 | replay                 |
/// | ... and replayed `max_replays` times| fail (not_sent) | fail (maybe_processed) | fail (maybe_processed) |
///
/// rejected: every one fails (not_sent); the next connection would be refused in the same way.
///
// clang-format on
/// RFC 9110, section 9.2.2: only what is idempotent is sent again by itself. RFC 9112, section 9.3.2 and 9.6:
/// unanswered requests of a pipeline may be sent again, and were not processed behind an announced close.
replay_verdict after_loss(const lost_request& request, loss how, int max_replays) noexcept;

} // namespace bandwidth::webrtc::detail
