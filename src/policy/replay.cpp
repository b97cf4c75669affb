#include "policy/replay.hpp"

namespace bandwidth::webrtc::detail {

replay_verdict after_loss(const lost_request& request, loss how, int max_replays) noexcept {
    if (how == loss::rejected)
        return {replay_action::fail, delivery::not_sent};
    if (request.sent == send_state::unsent)
        return {replay_action::reassign, delivery::not_sent};
    const auto known = how == loss::graceful ? delivery::not_sent : delivery::maybe_processed;
    if (request.kind == request_class::unsafe || !request.replay_allowed)
        return {replay_action::fail, known};
    // The same server would most likely say the same again, or be silent again.
    if (request.head && (how == loss::faulty || how == loss::stalled))
        return {replay_action::fail, delivery::maybe_processed};
    if (request.replays >= max_replays)
        return {replay_action::fail, known};
    return {replay_action::replay, known};
}

} // namespace bandwidth::webrtc::detail
