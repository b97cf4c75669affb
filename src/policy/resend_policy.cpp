#include "policy/resend_policy.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr int most_fresh_losses = 2;

} // namespace

loss_verdict after_loss(const lost_request& request, close_reason why, int max_resends) noexcept {
    if (why == close_reason::rejected)
        return {loss_action::fail, delivery::not_sent};
    if (request.sent == send_state::unsent)
        return {loss_action::reassign, delivery::not_sent};
    const auto known = why == close_reason::announced ? delivery::not_sent : delivery::maybe_processed;
    if (request.kind == request_class::unsafe || !request.resend_allowed)
        return {loss_action::fail, known};
    if (request.front) {
        if (why == close_reason::response_timeout)
            return {loss_action::retry, known};
        if (why == close_reason::protocol_error) // the same server would most likely say the same again
            return {loss_action::fail, known};
        if (is_failure(why) && request.fresh)
            return {request.fresh_losses + 1 < most_fresh_losses ? loss_action::retry : loss_action::fail,
                    known};
    }
    if (request.resends >= max_resends)
        return {loss_action::fail, known};
    return {loss_action::resend, known};
}

response_action after_response(const responded_request& request, int status,
                               const retry_policy& policy) noexcept {
    if (status < 400 || !request.resend_allowed)
        return response_action::deliver;
    const bool repeatable = request.kind != request_class::unsafe;
    if (status == 408 && repeatable && request.closes)
        return response_action::resend;
    if (status == 421 && !request.last)
        return response_action::new_connection;
    if (status == 425 && !request.last)
        return response_action::retry;
    const bool allowed = repeatable || status == 429 ||
                         (status == 503 && request.retry_after && policy.retry_unavailable_unsafe());
    if (!allowed || !policy.retries_status(status))
        return response_action::deliver;
    return may_limit_rate(status) ? response_action::retry_throttled : response_action::retry;
}

} // namespace bandwidth::webrtc::detail
