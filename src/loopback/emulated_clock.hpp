#pragma once

#include <atomic>
#include <chrono>
#include <stdexcept>

namespace bandwidth::webrtc::testing::detail {

/// The time of the emulation: real time, plus what tests have moved it ahead by. It never goes back.
/// Thread-safe.
class emulated_clock {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// For ages and limits.
    time_point now() const noexcept { return std::chrono::steady_clock::now() + ahead(); }
    /// For points in time that are told to clients.
    std::chrono::system_clock::time_point date() const noexcept {
        return std::chrono::system_clock::now() + ahead();
    }

    /// \throws std::invalid_argument when the duration is negative, or would take the clock more than a hundred
    ///         years ahead of real time; nothing has happened then
    void advance(std::chrono::nanoseconds duration) {
        if (duration.count() < 0)
            throw std::invalid_argument("the emulation's clock cannot go back");
        auto before = ahead_.load(std::memory_order_relaxed);
        do {
            if (duration.count() > most_ahead.count() - before)
                throw std::invalid_argument(
                    "the emulation's clock cannot go more than a hundred years ahead");
        } while (!ahead_.compare_exchange_weak(before, before + duration.count(), std::memory_order_relaxed));
    }

private:
    // Nanoseconds since 1970 in 64 bits end in the year 2262.
    static constexpr std::chrono::nanoseconds most_ahead = std::chrono::hours(24 * 365) * 100;

    std::chrono::nanoseconds ahead() const noexcept {
        return std::chrono::nanoseconds(ahead_.load(std::memory_order_relaxed));
    }

    std::atomic<std::chrono::nanoseconds::rep> ahead_{0};
};

} // namespace bandwidth::webrtc::testing::detail
