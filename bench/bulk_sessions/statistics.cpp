#include "bulk_sessions/statistics.hpp"

#include <algorithm>

namespace bandwidth::webrtc::bench {

std::chrono::nanoseconds percentile(std::span<const std::chrono::nanoseconds> sorted, std::size_t permille) {
    if (sorted.empty())
        return std::chrono::nanoseconds(0);
    // In whole numbers: 0.999 is no double, and the rank of p99.9 of 1000 values must be 999, not 1000.
    const auto rank = (sorted.size() * permille + 999) / 1000;
    return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

latency_summary summarize(std::vector<std::chrono::nanoseconds> latencies) {
    std::sort(latencies.begin(), latencies.end());
    latency_summary summary;
    summary.p50 = percentile(latencies, 500);
    summary.p90 = percentile(latencies, 900);
    summary.p99 = percentile(latencies, 990);
    summary.p99_9 = percentile(latencies, 999);
    summary.max = percentile(latencies, 1000);
    return summary;
}

double rate(std::size_t count, std::chrono::nanoseconds time) {
    if (time.count() <= 0)
        return 0;
    return static_cast<double>(count) / std::chrono::duration<double>(time).count();
}

} // namespace bandwidth::webrtc::bench
