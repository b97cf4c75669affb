#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

namespace bandwidth::webrtc::bench {

/// The percentile of a sorted list by the nearest-rank rule: the smallest of its values that at least this
/// share of all values do not exceed. It is always one of the values, never something between two.
/// \param sorted in ascending order; of an empty list every percentile is 0
/// \param permille 1 to 1000: 999 is p99.9
std::chrono::nanoseconds percentile(std::span<const std::chrono::nanoseconds> sorted, std::size_t permille);

/// Latencies at a glance.
struct latency_summary {
    std::chrono::nanoseconds p50{0};
    std::chrono::nanoseconds p90{0};
    std::chrono::nanoseconds p99{0};
    std::chrono::nanoseconds p99_9{0};
    std::chrono::nanoseconds max{0};
};

/// Exact, from all values. All zero when there are none.
latency_summary summarize(std::vector<std::chrono::nanoseconds> latencies);

/// `count` in each second of `time`; 0 when no time has passed.
double rate(std::size_t count, std::chrono::nanoseconds time);

} // namespace bandwidth::webrtc::bench
