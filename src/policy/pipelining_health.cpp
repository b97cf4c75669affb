#include "policy/pipelining_health.hpp"

#include <algorithm>

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::chrono::seconds failure_window(30);
constexpr std::chrono::seconds first_pause(60);
constexpr std::chrono::seconds longest_pause(600);

} // namespace

void pipelining_health::answered(bool closes, bool http_1_1, time_point now) noexcept {
    ++responses_;
    if (!http_1_1) // HTTP/1.0 knows no pipelining
        fall_back(now);
    if (!closes)
        return;
    closes_[next_close_] = responses_;
    next_close_ = (next_close_ + 1) % closes_allowed;
    if (responses_ - closes_[next_close_] < of_responses)
        fall_back(now);
}

void pipelining_health::failed(time_point connected, time_point now) noexcept {
    if (last_failure_ != time_point::min() && connected <= last_failure_)
        return;
    const bool second = first_failure_ != time_point::min() && now - first_failure_ <= failure_window;
    first_failure_ = last_failure_ = now;
    if (second)
        fall_back(now);
}

void pipelining_health::fall_back(time_point now) noexcept {
    if (!trusted(now))
        return;
    const bool soon_again = fallback_until_ != time_point::min() && now - fallback_until_ < longest_pause;
    pause_ = soon_again ? std::min(pause_ * 2, longest_pause) : first_pause;
    fallback_until_ = now + pause_;
    closes_.fill(0);
    responses_ = of_responses;
    first_failure_ = time_point::min();
}

} // namespace bandwidth::webrtc::detail
