#pragma once

#include "bulk/figures/style.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// Where a run stands, and how it went of late.
struct live_state {
    /// What happened in one second.
    struct second {
        std::uint64_t calls = 0;  ///< that have ended, those that failed among them
        std::uint64_t failed = 0; ///< failed calls and mismatches
        std::chrono::nanoseconds p50{};
        std::chrono::nanoseconds p99{};
    };

    std::string title; ///< such as "run 7f3a · https://localhost:8443/v1"
    std::string phase;
    std::string unit = "calls";   ///< what `done`, `total` and `in_flight` count
    std::size_t phase_number = 0; ///< from 1
    std::size_t phase_count = 0;
    std::uint64_t done = 0;  ///< calls
    std::uint64_t total = 0; ///< calls; 0 where it is not known, as in a run that lasts a given time
    std::chrono::nanoseconds elapsed{};
    std::optional<std::chrono::nanoseconds> left; ///< nothing where it is not known
    std::size_t in_flight = 0;
    std::size_t queued = 0;
    std::uint64_t failed = 0;
    std::uint64_t mismatched = 0;
    std::uint64_t retries = 0;
    std::uint64_t throttled = 0;
    std::optional<double> target_rate; ///< calls in each second
    std::vector<second> recent;        ///< whole seconds, oldest first
};

/// The state as lines for a terminal: title and phase, progress, time, then rate, median, 99th percentile and
/// errors of the last whole second with how they went before, then what is under way. The number of lines
/// depends on `columns` alone: 8, or 9 below 64 columns.
/// \param columns  that a line may take; it is never wider, and beyond 120 the lines do not grow
std::vector<std::string> render(const live_state& state, const style& style, std::size_t columns);

} // namespace bandwidth::webrtc::bulk
