#pragma once

#include "bulk/figures/histogram.hpp"

#include <chrono>
#include <cstddef>

namespace bandwidth::webrtc::bulk {

/// Latencies at a glance.
struct latency_summary {
    std::chrono::nanoseconds p50{0};
    std::chrono::nanoseconds p90{0};
    std::chrono::nanoseconds p99{0};
    std::chrono::nanoseconds p99_9{0};
    std::chrono::nanoseconds max{0};
};

/// All zero when there is nothing.
latency_summary summarize(const histogram& latencies);

/// `count` in each second of `time`; 0 when no time has passed.
double rate(std::size_t count, std::chrono::nanoseconds time);

} // namespace bandwidth::webrtc::bulk
