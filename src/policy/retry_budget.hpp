#pragma once

#include <array>
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
    void deposit(time_point now) noexcept;
    /// Takes one request out; false when there is none left.
    bool withdraw(time_point now) noexcept;
    /// Takes one out even if there is none: for what is sent again because the server said that it had not
    /// been processed, which is never refused but leaves less for the others.
    void charge(time_point now) noexcept;
    /// What may still be withdrawn.
    double balance(time_point now) noexcept;

private:
    static constexpr int seconds = 10;
    void advance(time_point now) noexcept;

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
