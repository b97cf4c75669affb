#include "bulk/figures/statistics.hpp"

namespace bandwidth::webrtc::bulk {

latency_summary summarize(const histogram& latencies) {
    latency_summary summary;
    summary.p50 = latencies.percentile(0.5);
    summary.p90 = latencies.percentile(0.9);
    summary.p99 = latencies.percentile(0.99);
    summary.p99_9 = latencies.percentile(0.999);
    summary.max = latencies.max();
    return summary;
}

double rate(std::size_t count, std::chrono::nanoseconds time) {
    if (time.count() <= 0)
        return 0;
    return static_cast<double>(count) / std::chrono::duration<double>(time).count();
}

} // namespace bandwidth::webrtc::bulk
