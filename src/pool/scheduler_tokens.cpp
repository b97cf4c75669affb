#include <algorithm>
#include <utility>

#include "pool/scheduler.hpp"

// Calls that wait for an access token of their group. They are paused until their deadline, and in no queue, so that
// the calls of other groups do not wait behind them.

namespace bandwidth::webrtc::detail {

// Costs two comparisons where the token is good.
bool scheduler::has_token(call_group& group) {
    if (now_ >= group.token.ask_at)
        read_token(group);
    return group.token.usable(now_);
}

void scheduler::read_token(call_group& group) {
    if (!std::exchange(group.follows_token, true))
        token_groups_.emplace_back(&group);
    const auto failed_before = group.token.last_failure;
    group.token = host_.look_at_token(group);
    const auto& token = group.token;
    if (token.authorization && token.authorization != group.encoder.authorization()) {
        group.encoder.set_authorization(token.authorization);
        observed_.token_changed(nullptr);
    } else if (token.last_failure && token.last_failure != failed_before) {
        observed_.token_changed(&*token.last_failure);
    }
    timers_.remove(token_due_); // set anew at the end of the cycle
}

// The call is in no queue.
void scheduler::wait_for_token(call& value) {
    if (value.group->token.refusal) {
        fail_for_token(value, errc::token_refused);
        return;
    }
    if (waiting_for_token_ >= settings_.queue_limit && value.attempts == 0) {
        fail(value, errc::queue_full, std::to_string(waiting_for_token_) + " calls wait for an access token");
        return;
    }
    value.awaits_token = true;
    ++waiting_for_token_;
    queue_.pause(value, value.deadline());
}

// Whether the call has waited for a token.
bool scheduler::end_pause(call& value) noexcept {
    queue_.end_pause(value);
    if (!std::exchange(value.awaits_token, false))
        return false;
    --waiting_for_token_;
    return true;
}

// Once for each call: a 401 says that the request was not processed, so it is sent again whatever its method. Where the
// new token is refused as well, the response is the result.
bool scheduler::send_with_new_token(call& value) {
    const auto verdict =
        host_.refuse_token(*value.group, value.authorization()); // of use to other calls in any case
    if (verdict == token_lifecycle::verdict::deliver || value.had_new_token || !value.allow_resend)
        return false;
    value.had_new_token = true;
    again_.with_new_token(now_);
    read_token(*value.group);
    observed_.sent_again(value, resend_kind::new_token);
    if (verdict == token_lifecycle::verdict::resend)
        queue_again(value);
    else
        wait_for_token(value);
    return true;
}

void scheduler::follow_tokens() {
    for (const auto& each : token_groups_)
        if (active_calls_ != 0 || connections_.size() != 0)
            read_token(*each);
        else
            each->token.ask_at = time_point::min(); // the next call looks: who needs no token fetches none
    queue_.for_each_paused([this](call& value) {
        if (!value.awaits_token)
            return;
        const auto& token = value.group->token;
        const bool is_new = value.attempts == 0 || token.authorization != value.authorization();
        if (token.usable(now_) && is_new) {
            end_pause(value);
            queue_again(value);
        } else if (token.refusal) {
            end_pause(value);
            fail_for_token(value, errc::token_refused);
        }
    });
}

// With what the token endpoint has said.
void scheduler::fail_for_token(call& value, errc code) {
    const auto& token = value.group->token;
    const auto& why = code == errc::token_timeout ? token.last_failure : token.refusal;
    failure_state state;
    state.code = why && code != errc::token_timeout ? why->code() : error_code(code);
    if (why) {
        state.message = why->message();
        state.service_code = why->service_code();
    }
    state.attempts = value.attempts;
    state.elapsed = now_ - value.started;
    state.delivery = value.maybe_processed ? delivery::maybe_processed : delivery::not_sent;
    if (code == errc::token_timeout)
        increase(counters_.calls_timed_out);
    const auto error = state.code;
    value.settle(failure(std::move(state)));
    complete(value, error);
}

// At the end of a cycle. The timer is set as long as there is somebody to look for: a pool without calls and connections
// must not keep its execution context running.
void scheduler::tend_token_groups() noexcept {
    const auto closed = std::partition(
        token_groups_.begin(), token_groups_.end(),
        [this](const boost::intrusive_ptr<call_group>& each) { return !is_closed(each.get()); });
    for (auto at = closed; at != token_groups_.end(); ++at) {
        (*at)->follows_token = false;
        host_.leave_token(**at);
    }
    token_groups_.erase(closed, token_groups_.end());
    auto next = time_point::max();
    if (active_calls_ != 0 || connections_.size() != 0)
        for (const auto& each : token_groups_)
            next = std::min(next, each->token.ask_at);
    if (next == time_point::max())
        timers_.remove(token_due_);
    else if (!token_due_.is_linked())
        timers_.set(token_due_, next);
}

} // namespace bandwidth::webrtc::detail
