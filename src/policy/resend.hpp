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

/// What becomes of a request whose connection ended. Pure. The columns are reasons of `close_reason`, `broken`
/// stands for `ended`, `early_response` and `mismatched`, too, and `abandoned` for all that this side does
/// without a fault of the server's. "fail" is with `maybe_processed` where nothing else is said.
///
/// | request                   | announced       | broken           | protocol_error   | response_timeout | abandoned |
/// |---------------------------|-----------------|------------------|------------------|------------------|-----------|
/// | no byte sent              | reassign        | reassign         | reassign         | reassign         | reassign  |
/// | unsafe, resend forbidden  | fail (not_sent) | fail             | fail             | fail             | fail      |
/// | idempotent, the front     | resend          | retry if fresh,  | retry if policy  | retry            | resend    |
/// |                           |                 | else resend      | wants it or fail |                  |           |
/// | idempotent, behind it     | resend          | resend           | resend           | resend           | resend    |
/// | ... `max_resends` reached | fail (not_sent) | fail             | fail             | fail             | fail      |
///
/// rejected: every one fails (not_sent); the next connection would be refused in the same way.
///
/// A connection that ends before its first response is no victim of an idle timeout, so there is no reason to
/// think that the next one fares better: the front is tried once more, after a pause, and fails the second
/// time. RFC 9110, section 9.2.2: only what is idempotent is sent again by itself. RFC 9112, sections 9.3.2
/// and 9.6: unanswered requests of a pipeline may be sent again, and were not processed behind an announced
/// close.
loss_verdict after_loss(const lost_request& request, close_reason why, int max_resends,
                        bool retry_protocol_error) noexcept;

enum class response_action : std::uint8_t {
    deliver,
    resend,         ///< at once, on another connection; counted, and charged to the budget
    new_connection, ///< once more, on a connection that nobody has used
    retry,          ///< another attempt after a pause
    retry_throttled ///< the same, the server asks for less
};

struct responded_request {
    request_class kind = request_class::safe;
    bool resend_allowed = true; ///< by the caller
    bool closes = false;        ///< the response announced that the connection closes
    bool last = false;          ///< it was sent again for this response's reason before
};

/// What becomes of a response. Pure. Whatever it says, the policy's attempts, the budget, the deadline and
/// `max_resends` have the last word, and then the response is delivered.
///
/// | status                         | idempotent                           | unsafe                                |
/// |--------------------------------|--------------------------------------|---------------------------------------|
/// | 408 that closes the connection | resend (RFC 9110, 15.5.9)            | deliver                               |
/// | 421, the first one             | new_connection (RFC 9110, 15.5.20)   | new_connection                        |
/// | 425, the first one             | retry (RFC 8470, 5.2: not processed) | retry                                 |
/// | 429, if the policy retries it  | retry_throttled                      | deliver, or retry_throttled by policy |
/// | 503, if the policy retries it  | retry_throttled                      | deliver                               |
/// | others that the policy retries | retry                                | deliver                               |
///
/// A call whose resending the caller has forbidden gets every response.
response_action after_response(const responded_request& request, int status,
                               const retry_policy& policy) noexcept;

} // namespace bandwidth::webrtc::detail
