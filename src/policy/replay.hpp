#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/retry_policy.hpp>

#include "core/exchange.hpp"
#include "http1/pipeline.hpp"

namespace bandwidth::webrtc::detail {

/// How the connection was lost, as far as the requests on it are concerned.
enum class loss : std::uint8_t {
    graceful,  ///< the last complete answer announced the close: what is behind it was not processed
    ended,     ///< FIN or close_notify
    failed,    ///< reset or TLS error
    faulty,    ///< the head's answer was no HTTP
    stalled,   ///< the head's answer did not come in time
    abandoned, ///< closed from this side, because a caller went and the rest of his answer is too long to
               ///< read
    rejected,  ///< the server refused our side of the TLS handshake: nothing was processed, nothing will be
};

/// A request that was on a lost connection.
struct lost_request {
    request_class kind = request_class::safe;
    send_state sent = send_state::unsent;
    bool head = false;          ///< its answer was the next one due
    bool fresh = false;         ///< not a byte of an answer had ever come on that connection
    bool replay_allowed = true; ///< by the caller
    int replays = 0;            ///< times it was replayed before
    int fresh_losses = 0;       ///< times it was lost on a fresh connection before
};

enum class replay_action : std::uint8_t {
    reassign, ///< not a byte was sent: to another connection, free of charge
    replay,   ///< again on another connection, at once; counted, and charged to the budget
    retry,    ///< another attempt, after a pause, if the policy has one left
    fail,
};

struct replay_verdict {
    replay_action action = replay_action::fail;
    webrtc::delivery delivery = webrtc::delivery::maybe_processed; ///< if it fails

    friend bool operator==(const replay_verdict&, const replay_verdict&) = default;
};

/// What becomes of a request whose connection was lost. Pure.
///
/// | request                              | graceful        | ended, failed           | faulty                 | stalled                 | abandoned              |
/// |--------------------------------------|-----------------|-------------------------|------------------------|-------------------------|------------------------|
/// | no byte sent                         | reassign        | reassign                | reassign               | reassign                | reassign               |
/// | unsafe, or replay not allowed        | fail (not_sent) | fail (maybe_processed)  | fail (maybe_processed) | fail (maybe_processed)  | fail (maybe_processed) |
/// | idempotent, the head                 | replay          | replay; retry if fresh  | fail, or retry by      | retry                   | replay                 |
/// |                                      |                 |                         | the caller's policy    |                         |                        |
/// | idempotent, behind the head          | replay          | replay                  | replay                 | replay                  | replay                 |
/// | ... and replayed `max_replays` times | fail (not_sent) | fail (maybe_processed)  | fail (maybe_processed) | fail (maybe_processed)  | fail (maybe_processed) |
///
/// rejected: every one fails (not_sent); the next connection would be refused in the same way.
///
/// A connection that dies before its first answer is no victim of an idle timeout, so there is no reason to
/// think that the next one fares better: the head is tried once more, after a pause, and fails the second time.
/// RFC 9110, section 9.2.2: only what is idempotent is sent again by itself. RFC 9112, section 9.3.2 and 9.6:
/// unanswered requests of a pipeline may be sent again, and were not processed behind an announced close.
replay_verdict after_loss(const lost_request& request, loss how, int max_replays,
                          bool retry_protocol_error) noexcept;

enum class answer_action : std::uint8_t {
    deliver,
    replay,         ///< at once, on another connection; counted, and charged to the budget
    fresh,          ///< once more, on a connection that nobody has used
    retry,          ///< another attempt after a pause
    retry_throttled ///< the same, the server asks for less
};

struct answered_request {
    request_class kind = request_class::safe;
    bool replay_allowed = true; ///< by the caller
    bool closes = false;        ///< the answer announced that the connection closes
    bool last = false;          ///< it was sent again for this answer's reason before
};

/// What becomes of an answer. Pure. Whatever it says, the policy's attempts, the budget, the deadline and
/// `max_replays` have the last word, and then the answer is delivered.
///
/// | status                              | idempotent                     | unsafe                                  |
/// |-------------------------------------|--------------------------------|-----------------------------------------|
/// | 408 that closes the connection      | replay (RFC 9110, 15.5.9)      | deliver                                 |
/// | 421, the first one                  | fresh (RFC 9110, 15.5.20: whatever the method)                          ||
/// | 425, the first one                  | retry (RFC 8470, 5.2: it was not processed)                             ||
/// | 429, if the policy retries it       | retry_throttled                | deliver, or retry_throttled by policy   |
/// | 503, if the policy retries it       | retry_throttled                | deliver                                 |
/// | others that the policy retries      | retry                          | deliver                                 |
///
/// A call whose replay the caller has forbidden gets every answer.
answer_action after_answer(const answered_request& request, int status, const retry_policy& policy) noexcept;

} // namespace bandwidth::webrtc::detail
