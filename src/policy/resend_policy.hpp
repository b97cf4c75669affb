#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/retry_policy.hpp>

#include "core/close_reason.hpp"
#include "core/exchange.hpp"

namespace bandwidth::webrtc::detail {

/// A request that was on a lost connection.
struct lost_request {
    request_class kind = request_class::safe;
    send_state sent = send_state::unsent;
    bool front = false;         ///< its response was the next one due
    bool fresh = false;         ///< not a byte of a response had ever come on that connection
    bool resend_allowed = true; ///< by the caller
    int resends = 0;            ///< times it was sent again before
    int fresh_losses = 0;       ///< times it was lost on a fresh connection before
};

enum class loss_action : std::uint8_t {
    reassign, ///< not a byte was sent: to another connection, free of charge
    resend,   ///< again on another connection, at once; counted, and charged to the budget
    retry,    ///< another attempt, after a pause, if the policy has one left
    fail,
};

struct loss_verdict {
    loss_action action = loss_action::fail;
    webrtc::delivery delivery = webrtc::delivery::maybe_processed; ///< if it fails

    friend bool operator==(const loss_verdict&, const loss_verdict&) = default;
};

/// What becomes of a request whose connection ended. Pure. The rows are the reasons of `close_reason`:
/// `early_response`, `unsolicited` and `mismatched` count as `ended`; whatever this side does without a fault
/// of the server's counts as `abandoned`. "No resend": the caller has forbidden it.
///
/// | reason           | unsafe, or no resend   | idempotent, the front  | idempotent, behind |
/// |------------------|------------------------|------------------------|--------------------|
/// | announced        | fail (not_sent)        | resend                 | resend             |
/// | ended, broken    | fail (maybe_processed) | resend; retry if fresh | resend             |
/// | protocol_error   | fail (maybe_processed) | fail                   | resend             |
/// | response_timeout | fail (maybe_processed) | retry                  | resend             |
/// | abandoned        | fail (maybe_processed) | resend                 | resend             |
///
/// After `rejected` every request fails (not_sent), since the next connection would be refused in the same
/// way. After any other reason, a request of which no byte was sent is reassigned. A request that was sent
/// again `max_resends` times before fails where the table says resend.
///
/// A connection that ends before its first response has not ended for being idle, so the next one will hardly
/// do better: the front is tried once more, after a pause, and fails the second time. RFC 9110, section
/// 9.2.2: only what is idempotent is sent again without asking the caller. RFC 9112, sections 9.3.2 and 9.6:
/// requests of a pipeline without a response may be sent again, and were not processed if they stood behind
/// an announced close.
loss_verdict after_loss(const lost_request& request, close_reason why, int max_resends) noexcept;

enum class response_action : std::uint8_t {
    deliver,
    resend,         ///< at once, on another connection; counted, and charged to the budget
    new_connection, ///< once more, on a connection that has carried no request
    retry,          ///< another attempt after a pause
    retry_throttled ///< another attempt after a longer pause, or when the origin takes requests again
};

struct responded_request {
    request_class kind = request_class::safe;
    bool resend_allowed = true; ///< by the caller
    bool closes = false;        ///< the response announced that the connection closes
    bool last = false;          ///< it was sent again for this response's reason before
    bool retry_after = false;   ///< the response says when to come back
};

/// Whether a response with this status may say that the origin takes fewer requests than it gets. A 429 does; a 503
/// does with Retry-After.
constexpr bool may_limit_rate(int status) noexcept { return status == 429 || status == 503; }

/// What becomes of a response. Pure. Where the policy's attempts, the budget, the deadline or `max_resends`
/// do not allow what the table says, the response is delivered. "By policy": where
/// `retry_policy::retry_unavailable_unsafe` says so, else the response is delivered.
///
/// | status                         | idempotent                         | unsafe                      |
/// |--------------------------------|------------------------------------|-----------------------------|
/// | 408 that closes the connection | resend (RFC 9110, 15.5.9)          | deliver                     |
/// | 421, the first one             | new_connection (RFC 9110, 15.5.20) | new_connection              |
/// | 425, the first one             | retry (RFC 8470, 5.2)              | retry: it was not processed |
/// | 429, if the policy retries it  | retry_throttled                    | retry_throttled: it was not |
/// |                                |                                    | processed (RFC 6585, 4)     |
/// | 503 with Retry-After, if the   | retry_throttled                    | retry_throttled by policy   |
/// | policy retries it              |                                    |                             |
/// | 503, if the policy retries it  | retry_throttled                    | deliver                     |
/// | others that the policy retries | retry                              | deliver                     |
///
/// A call whose caller has forbidden resending gets every response.
response_action after_response(const responded_request& request, int status,
                               const retry_policy& policy) noexcept;

} // namespace bandwidth::webrtc::detail
