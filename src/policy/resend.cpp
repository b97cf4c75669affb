#include "policy/resend.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr int most_fresh_losses = 2;

} // namespace

loss_verdict after_loss(const lost_request& request, close_reason why, int max_resends,
                        bool retry_protocol_error) noexcept {
    if (why == close_reason::rejected)
        return {loss_action::fail, delivery::not_sent};
    if (request.sent == send_state::unsent)
        return {loss_action::reassign, delivery::not_sent};
    const auto known = why == close_reason::announced ? delivery::not_sent : delivery::maybe_processed;
    if (request.kind == request_class::unsafe || !request.resend_allowed)
        return {loss_action::fail, known};
    if (request.front) {
        switch (why) {
        case close_reason::protocol_error: // the same server would most likely say the same again
            return {retry_protocol_error ? loss_action::retry : loss_action::fail, known};
        case close_reason::response_timeout:
            return {loss_action::retry, known};
        case close_reason::ended:
        case close_reason::early_response:
        case close_reason::broken:
        case close_reason::unsolicited:
        case close_reason::mismatched:
            if (request.fresh)
                return {request.fresh_losses + 1 < most_fresh_losses ? loss_action::retry : loss_action::fail,
                        known};
            break;
        default:
            break;
        }
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
    switch (status) {
    case 408:
        if (repeatable && request.closes)
            return response_action::resend;
        break;
    case 421:
        if (!request.last)
            return response_action::new_connection;
        break;
    case 425:
        if (!request.last)
            return response_action::retry;
        break;
    case 429:
        if (policy.retries_status(status) && (repeatable || policy.retry_throttled_unsafe()))
            return response_action::retry_throttled;
        return response_action::deliver;
    case 503:
        if (policy.retries_status(status) && repeatable)
            return response_action::retry_throttled;
        return response_action::deliver;
    default:
        break;
    }
    return policy.retries_status(status) && repeatable ? response_action::retry : response_action::deliver;
}

} // namespace bandwidth::webrtc::detail
