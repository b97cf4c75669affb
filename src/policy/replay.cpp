#include "policy/replay.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr int most_fresh_losses = 2;

} // namespace

replay_verdict after_loss(const lost_request& request, loss how, int max_replays,
                          bool retry_protocol_error) noexcept {
    if (how == loss::rejected)
        return {replay_action::fail, delivery::not_sent};
    if (request.sent == send_state::unsent)
        return {replay_action::reassign, delivery::not_sent};
    const auto known = how == loss::graceful ? delivery::not_sent : delivery::maybe_processed;
    if (request.kind == request_class::unsafe || !request.replay_allowed)
        return {replay_action::fail, known};
    if (request.head) {
        switch (how) {
        case loss::faulty: // the same server would most likely say the same again
            return {retry_protocol_error ? replay_action::retry : replay_action::fail, known};
        case loss::stalled:
            return {replay_action::retry, known};
        case loss::ended:
        case loss::failed:
            if (request.fresh)
                return {
                    request.fresh_losses + 1 < most_fresh_losses ? replay_action::retry : replay_action::fail,
                    known};
            break;
        default:
            break;
        }
    }
    if (request.replays >= max_replays)
        return {replay_action::fail, known};
    return {replay_action::replay, known};
}

answer_action after_answer(const answered_request& request, int status, const retry_policy& policy) noexcept {
    if (status < 400 || !request.replay_allowed)
        return answer_action::deliver;
    const bool repeatable = request.kind != request_class::unsafe;
    switch (status) {
    case 408:
        if (repeatable && request.closes)
            return answer_action::replay;
        break;
    case 421:
        if (!request.last)
            return answer_action::fresh;
        break;
    case 425:
        if (!request.last)
            return answer_action::retry;
        break;
    case 429:
        if (policy.retries_status(status) && (repeatable || policy.retry_throttled_unsafe()))
            return answer_action::retry_throttled;
        return answer_action::deliver;
    case 503:
        if (policy.retries_status(status) && repeatable)
            return answer_action::retry_throttled;
        return answer_action::deliver;
    default:
        break;
    }
    return policy.retries_status(status) && repeatable ? answer_action::retry : answer_action::deliver;
}

} // namespace bandwidth::webrtc::detail
