#include "policy/token_lifecycle.hpp"

#include <algorithm>
#include <utility>

namespace bandwidth::webrtc::detail {

namespace {

using namespace std::chrono_literals;

// Renewed behind three quarters of its life, spread over a tenth of it.
constexpr double renewed_at = 0.75;
constexpr double renewal_spread = 0.1;
// So long before its end it is not used any more: the request that carries it has a way to go.
constexpr std::chrono::nanoseconds longest_reserve = 10s;
constexpr int reserve_divisor = 20;
// No sum of a time and a life may overflow.
constexpr std::chrono::seconds longest_life = std::chrono::hours(24 * 365);

constexpr std::chrono::nanoseconds first_pause = 500ms;
constexpr std::chrono::nanoseconds longest_pause = 30s;
constexpr std::chrono::seconds longest_retry_after_token = 5min;

// A token that was fetched for a refusal and is refused too stays so long.
constexpr std::chrono::nanoseconds refusals_apart = 30s;

} // namespace

token_view token_lifecycle::view() const {
    token_view seen;
    seen.authorization = authorization_;
    seen.expires_at = authorization_ ? expires_at_ : time_point::min();
    seen.refusal = refusal_;
    seen.last_failure = last_failure_;
    switch (state_) {
    case state::absent:
        seen.ask_at = time_point::min();
        break;
    case state::fetching:
        seen.ask_at = fetch_began_ + longest_fetch_;
        break;
    case state::renewing:
        seen.ask_at = std::min(expires_at_, fetch_began_ + longest_fetch_);
        break;
    case state::valid:
    case state::failed:
        seen.ask_at = ask_at_;
        break;
    }
    return seen;
}

bool token_lifecycle::want(time_point now) {
    const bool has_expired = authorization_ && now >= expires_at_;
    if (has_expired)
        authorization_ = nullptr;
    switch (state_) {
    case state::absent:
        return begin(state::fetching, now);
    case state::renewing:
        if (has_expired)
            state_ = state::fetching;
        [[fallthrough]];
    case state::fetching:
        return now >= fetch_began_ + longest_fetch_ && begin(state_, now);
    case state::valid:
        if (!has_expired)
            return now >= ask_at_ && begin(state::renewing, now);
        state_ = state::failed; // its renewals have failed, and the next one has its time
        [[fallthrough]];
    case state::failed:
        return now >= ask_at_ && begin(state::fetching, now);
    }
    return false;
}

token_lifecycle::refusal_result token_lifecycle::refuse(const std::shared_ptr<const std::string>& used,
                                                        time_point now) {
    if (authorization_ && used != authorization_ && now < expires_at_)
        return {verdict::resend, false};
    if (state_ != state::valid || now >= expires_at_)
        return {verdict::wait, want(now)};
    if (after_refusal_ && now - began_ < refusals_apart)
        return {verdict::deliver, false};
    fetch_is_for_refusal_ = true;
    if (failures_ != 0 && now < ask_at_) // a fetch has just failed
        return {refusal_ ? verdict::deliver : verdict::wait, false};
    return {verdict::wait, begin(state::renewing, now)};
}

time_point token_lifecycle::expiry(std::chrono::seconds life, time_point asked_at) noexcept {
    const std::chrono::nanoseconds lives = std::min(life, longest_life);
    return asked_at + lives - std::min<std::chrono::nanoseconds>(lives / reserve_divisor, longest_reserve);
}

void token_lifecycle::fetched(std::string_view token, std::chrono::seconds life, time_point asked_at,
                              double chance) {
    const std::chrono::nanoseconds lives = std::min(life, longest_life);
    authorization_ = std::make_shared<const std::string>(std::string("Bearer ").append(token));
    began_ = asked_at;
    expires_at_ = expiry(life, asked_at);
    ask_at_ = asked_at + std::chrono::duration_cast<std::chrono::nanoseconds>(
                             lives * (renewed_at + renewal_spread * chance));
    refusal_ = last_failure_ = nullptr;
    failures_ = 0;
    after_refusal_ = std::exchange(fetch_is_for_refusal_, false);
    state_ = state::valid;
}

void token_lifecycle::fetch_lost() noexcept {
    if (state_ == state::fetching)
        state_ = state::absent;
    if (state_ == state::renewing) {
        state_ = state::valid;
        ask_at_ = time_point::min(); // it may have begun for a 401, before its time
    }
}

void token_lifecycle::failed(failure why, bool final, std::optional<std::chrono::seconds> retry_after,
                             time_point now, double chance) {
    last_failure_ = std::make_shared<const failure>(std::move(why));
    refusal_ = final ? last_failure_ : nullptr;
    auto pause = std::min(longest_pause, first_pause * (1U << std::min(failures_, 10U)));
    pause = std::chrono::duration_cast<std::chrono::nanoseconds>(pause * (0.5 + 0.5 * chance));
    if (retry_after)
        pause = std::max<std::chrono::nanoseconds>(pause, std::min(*retry_after, longest_retry_after_token));
    ++failures_;
    ask_at_ = now + pause;
    state_ = authorization_ && now < expires_at_ ? state::valid : state::failed;
    if (state_ == state::failed)
        authorization_ = nullptr;
}

} // namespace bandwidth::webrtc::detail
