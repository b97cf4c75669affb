#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace bandwidth::webrtc::bulk {

/// Where a run stands.
struct progress_snapshot {
    std::string phase;
    std::string unit = "calls";   ///< what an item is: calls, or lives
    std::size_t phase_number = 0; ///< from 1
    std::size_t phase_count = 0;
    std::uint64_t done = 0; ///< items (calls, or lives), of all phases
    std::uint64_t total = 0;
    /// Of a phase that lasts for a time: how much of it is left. Then `total` is of the other phases.
    std::optional<std::chrono::nanoseconds> left_of_phase;
    std::size_t in_flight = 0; ///< items
    std::size_t queued = 0;    ///< calls that wait for a connection
    std::uint64_t failed = 0;  ///< calls
    std::uint64_t mismatched = 0;
    std::uint64_t retries = 0;
    std::uint64_t throttled = 0; ///< of the retries
};

} // namespace bandwidth::webrtc::bulk
