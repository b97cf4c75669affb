#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "core/clock.hpp"

namespace bandwidth::webrtc::detail {

/// How many requests may be sent again, whatever the single call is allowed: so that a server in trouble gets
/// at most a fifth more requests than it would without retries, and not three times as many. Pure: the time
/// is an argument.
///
/// Over the last ten seconds, `ratio` times the calls that were sent, or `per_second` times ten where that is
/// more. Not their sum: with both, a busy client would go over its ratio.
class retry_budget {
public:
    retry_budget(double per_second, double ratio) noexcept : floor_(per_second * seconds), ratio_(ratio) {}

    /// A call was sent for the first time.
    void deposit(time_point now) noexcept {
        advance(now);
        ++window_[static_cast<std::size_t>(current_ % seconds)].calls;
        ++calls_;
    }
    /// Takes one request out; false when there is none left.
    bool withdraw(time_point now) noexcept {
        if (balance(now) < 1)
            return false;
        charge(now);
        return true;
    }
    /// Takes one out even if there is none: for what is sent again because the server said that it had not
    /// been processed, which is never refused but leaves less for the others.
    void charge(time_point now) noexcept {
        advance(now);
        ++window_[static_cast<std::size_t>(current_ % seconds)].again;
        ++again_;
    }
    /// What may still be withdrawn.
    double balance(time_point now) noexcept {
        advance(now);
        return std::max(floor_, static_cast<double>(calls_) * ratio_) - static_cast<double>(again_);
    }

private:
    static constexpr int seconds = 10;
    void advance(time_point now) noexcept {
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

    struct second {
        std::uint32_t calls = 0;
        std::uint32_t again = 0;
    };
    std::array<second, seconds> window_{};
    std::int64_t current_ = 0; // the second that it is
    std::uint64_t calls_ = 0;  // sums of the window
    std::uint64_t again_ = 0;
    double floor_;
    double ratio_;
};

} // namespace bandwidth::webrtc::detail
