#include <bandwidth/webrtc/error.hpp>
#include <utility>

#include "policy/backoff.hpp"
#include "policy/retry_after.hpp"
#include "pool/dispatcher.hpp"

// The part of the dispatcher that sends requests again.

namespace bandwidth::webrtc::detail {

// True: it is on its way again, and the answer is forgotten.
bool dispatcher::send_again(call& value, const member& from, const response& answer) {
    const auto action =
        after_answer(answered_request{value.request.kind, value.allow_replay,
                                      from.link->requests().last_answer_closes(), value.last_answer},
                     answer.status, policy_of(value));
    switch (action) {
    case answer_action::deliver:
        return false;
    case answer_action::replay:
    case answer_action::fresh:
        if (value.replays >= settings_.max_replays)
            return false;
        if (!budget_.withdraw(now_)) {
            ++counters_.retries_refused;
            return false;
        }
        ++value.replays;
        ++counters_.replays;
        ++counters_.replays_answered;
        if (action == answer_action::fresh)
            value.needs_fresh = value.last_answer = true;
        enqueue_front(value);
        return true;
    case answer_action::retry:
    case answer_action::retry_throttled:
        break;
    }
    const bool throttled = action == answer_action::retry_throttled;
    std::optional<std::chrono::seconds> retry_after;
    if (!answer.retry_after.empty())
        retry_after = parse_retry_after(answer.retry_after, answer.date, host_.time_of_day());
    auto& reason = throttled ? counters_.retries_throttled : counters_.retries_status;
    if (!retry_later(value, reason, throttled, retry_after))
        return false;
    if (answer.status == 425)
        value.last_answer = true;
    else if (answer.status != 429) // it may have acted before it failed
        value.maybe_processed = true;
    return true;
}

// True: it waits for its next attempt. It is in no list and on no connection when this is called.
bool dispatcher::retry_later(call& value, counter& reason, bool throttled,
                             std::optional<std::chrono::seconds> retry_after) {
    const auto& policy = policy_of(value);
    if (value.retries + 1 >= policy.attempts())
        return false;
    auto pause = backoff(policy, value.retries, throttled, chance());
    if (retry_after) {
        if (*retry_after > policy.longest_retry_after())
            return false;
        pause = std::max<std::chrono::nanoseconds>(pause, *retry_after);
    }
    // Never sleep past the deadline: what is known now is all that will ever be known.
    if (pause >= value.deadline() - now_)
        return false;
    if (!budget_.withdraw(now_)) {
        ++counters_.retries_refused;
        return false;
    }
    ++value.retries;
    ++counters_.retries;
    ++reason;
    value.carrier = nullptr;
    value.where = call::state::waiting;
    waiting_.push_back(value);
    timers_.set(value, now_ + pause);
    return true;
}

void dispatcher::settle_lost(member& value, loss how, const error_code& code, std::string_view text) {
    const auto& requests = value.requests();
    const bool failure = how != loss::graceful && how != loss::abandoned;
    if (failure && requests.outstanding() != 0) {
        if (requests.outstanding() > requests.zombies())
            ++counters_.connections_lost;
        if (requests.outstanding() > 1)
            health_.failed(value.opened, now_);
        proven_places_ = 0; // RFC 9112, section 9.3.2: the next one is not pipelined on at once
    }
    const bool fresh = !value.has_answered && !requests.answer_started();
    // From the last to the first, so that putting each in front keeps their order.
    for (std::size_t i = requests.outstanding(); i-- > 0;) {
        const auto& slot = requests.at(i);
        if (!slot.owner)
            continue;
        auto& lost = static_cast<call&>(*slot.owner);
        --counters_.in_flight;
        settle_lost(lost,
                    lost_request{slot.kind, requests.state_of(slot), i == 0, fresh, lost.allow_replay,
                                 lost.replays, lost.fresh_losses},
                    how, i == 0 ? code : error_code(errc::connection_lost), text);
    }
}

void dispatcher::settle_lost(call& lost, const lost_request& request, loss how, const error_code& code,
                             std::string_view text) {
    const auto verdict =
        after_loss(request, how, settings_.max_replays, policy_of(lost).retry_protocol_error());
    if (request.head && request.fresh && request.sent != send_state::unsent &&
        (how == loss::ended || how == loss::failed))
        ++lost.fresh_losses;
    switch (verdict.action) {
    case replay_action::reassign:
        enqueue_front(lost);
        return;
    case replay_action::replay:
        // Behind an announced close nothing was processed, so that nothing is doubled: charged, never
        // refused.
        // What this side has abandoned is nobody's fault.
        if (how == loss::graceful || how == loss::abandoned) {
            budget_.charge(now_);
        } else if (!budget_.withdraw(now_)) {
            ++counters_.retries_refused;
            break;
        }
        ++lost.replays;
        ++counters_.replays;
        ++(how == loss::graceful                            ? counters_.replays_announced
           : how == loss::abandoned || how == loss::stalled ? counters_.replays_given_up
                                                            : counters_.replays_lost);
        if (verdict.delivery == delivery::maybe_processed)
            lost.maybe_processed = true;
        enqueue_front(lost);
        return;
    case replay_action::retry:
        if (!retry_later(lost, how == loss::stalled  ? counters_.retries_timeout
                               : how == loss::faulty ? counters_.retries_protocol
                                                     : counters_.retries_lost))
            break;
        lost.maybe_processed = true;
        return;
    case replay_action::fail:
        break;
    }
    fail(lost, code, text, verdict.delivery);
}

} // namespace bandwidth::webrtc::detail
