#include "pool/resend.hpp"

#include <algorithm>

#include "policy/backoff.hpp"

namespace bandwidth::webrtc::detail {

resend::resend(const settings& terms, counters& statistics)
    : settings_(terms)
    , counters_(statistics)
    , budget_(terms.budget_per_second, terms.budget_ratio)
    , jitter_(static_cast<std::minstd_rand::result_type>(terms.jitter_seed)) {}

bool resend::withdraw(time_point now) noexcept {
    if (budget_.withdraw(now))
        return true;
    increase(counters_.retries_refused);
    return false;
}

resend::verdict resend::after_response(call& value, const response& received, bool closes,
                                       std::optional<std::chrono::seconds> retry_after,
                                       std::optional<time_point> opens_at, time_point now) {
    const auto wanted =
        detail::after_response(responded_request{value.request.kind, value.allow_resend, closes,
                                                 value.last_response, retry_after.has_value()},
                               received.status, policy_of(value));
    switch (wanted) {
    case response_action::deliver:
        return {};
    case response_action::resend:
    case response_action::new_connection:
        if (value.resends >= settings_.max_resends || !withdraw(now))
            return {};
        ++value.resends;
        increase(counters_.resends);
        increase(counters_.resends_requested);
        if (wanted == response_action::new_connection)
            value.needs_new_connection = value.last_response = true;
        return {action::queue};
    case response_action::retry:
    case response_action::retry_throttled:
        break;
    }
    const bool throttled = wanted == response_action::retry_throttled;
    if (throttled && opens_at)
        return wait_for_origin(value, received.status, retry_after, *opens_at, now);
    const auto pause = retry(value, throttled ? counters_.retries_throttled : counters_.retries_status, now,
                             throttled, retry_after);
    if (!pause)
        return {};
    if (received.status == 425)
        value.last_response = true;
    else if (received.status != 429) // the server may have acted before it failed
        value.maybe_processed = true;
    return {action::pause, *pause};
}

resend::verdict resend::wait_for_origin(call& value, int status,
                                        std::optional<std::chrono::seconds> retry_after, time_point opens_at,
                                        time_point now) {
    const auto& policy = policy_of(value);
    const bool not_processed = status == 429;
    const std::chrono::nanoseconds asked = retry_after.value_or(std::chrono::seconds(0));
    const auto left = value.deadline() - now;
    if (policy.attempts() <= (not_processed ? 1 : value.retries + 1) ||
        asked > policy.longest_retry_after() || asked >= left || opens_at - now >= left)
        return {};
    budget_.charge(now);
    increase(counters_.retries);
    increase(counters_.retries_throttled);
    if (not_processed) {
        value.was_refused = true;
    } else {
        ++value.retries;
        value.maybe_processed = true;
    }
    if (now + asked > opens_at) // the client's policy waits for less than this call's own
        return {action::pause, asked};
    return {action::wait};
}

// The pause before the next attempt; nothing where there is no next attempt.
std::optional<std::chrono::nanoseconds> resend::retry(call& value, std::uint64_t& reason, time_point now,
                                                      bool throttled,
                                                      std::optional<std::chrono::seconds> retry_after) {
    const auto& policy = policy_of(value);
    if (value.retries + 1 >= policy.attempts())
        return std::nullopt;
    auto pause = backoff(policy, value.retries, throttled, chance());
    if (retry_after) {
        if (*retry_after > policy.longest_retry_after())
            return std::nullopt;
        pause = std::max<std::chrono::nanoseconds>(pause, *retry_after);
    }
    // If the next attempt could only start after the deadline, the call fails now, with the last error.
    if (pause >= value.deadline() - now || !withdraw(now))
        return std::nullopt;
    ++value.retries;
    increase(counters_.retries);
    increase(reason);
    return pause;
}

resend::verdict resend::after_loss(call& value, const lost_request& request, close_reason why,
                                   time_point now) {
    const auto found = detail::after_loss(request, why, settings_.max_resends);
    const bool by_server = is_failure(why) && why != close_reason::response_timeout &&
                           why != close_reason::protocol_error && why != close_reason::rejected;
    if (request.front && request.fresh && request.sent != send_state::unsent && by_server)
        ++value.fresh_losses;
    switch (found.action) {
    case loss_action::reassign:
        return {action::queue};
    case loss_action::resend:
        // A request behind an announced close was not processed, so it cannot be processed twice: it is
        // charged to the budget and never refused. Nor is a request refused whose connection this side has
        // closed without a failure of the server.
        if (!is_failure(why))
            budget_.charge(now);
        else if (!withdraw(now))
            break;
        ++value.resends;
        increase(counters_.resends);
        increase(why == close_reason::announced                              ? counters_.resends_announced
                 : !is_failure(why) || why == close_reason::response_timeout ? counters_.resends_given_up
                                                                             : counters_.resends_lost);
        if (found.delivery == delivery::maybe_processed)
            value.maybe_processed = true;
        return {action::queue};
    case loss_action::retry: {
        auto& reason =
            why == close_reason::response_timeout ? counters_.retries_timeout : counters_.retries_lost;
        if (const auto pause = retry(value, reason, now, false, std::nullopt)) {
            value.maybe_processed = true;
            return {action::pause, *pause};
        }
        break;
    }
    case loss_action::fail:
        break;
    }
    return {action::complete, {}, found.delivery};
}

resend::verdict resend::after_attempt(call& value, std::uint64_t& reason, time_point now) {
    if (value.repeatable()) {
        if (const auto pause = retry(value, reason, now, false, std::nullopt)) {
            value.maybe_processed = true;
            return {action::pause, *pause};
        }
    }
    return {};
}

} // namespace bandwidth::webrtc::detail
