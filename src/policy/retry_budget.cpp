#include "policy/retry_budget.hpp"

#include <algorithm>
#include <chrono>

namespace bandwidth::webrtc::detail {

void retry_budget::advance(time_point now) noexcept {
    const auto second_now = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    if (second_now == current_)
        return;
    const auto passed = std::min<std::int64_t>(second_now - current_, seconds);
    for (std::int64_t i = 1; i <= passed; ++i) {
        auto& oldest = window_[static_cast<std::size_t>((second_now - passed + i) % seconds)];
        calls_ -= oldest.calls;
        again_ -= oldest.again;
        oldest = {};
    }
    current_ = second_now;
}

void retry_budget::deposit(time_point now) noexcept {
    advance(now);
    ++window_[static_cast<std::size_t>(current_ % seconds)].calls;
    ++calls_;
}

double retry_budget::balance(time_point now) noexcept {
    advance(now);
    return std::max(floor_, static_cast<double>(calls_) * ratio_) - static_cast<double>(again_);
}

void retry_budget::charge(time_point now) noexcept {
    advance(now);
    ++window_[static_cast<std::size_t>(current_ % seconds)].again;
    ++again_;
}

bool retry_budget::withdraw(time_point now) noexcept {
    if (balance(now) < 1)
        return false;
    charge(now);
    return true;
}

} // namespace bandwidth::webrtc::detail
