#include "bulk/figures/time_series.hpp"

namespace bandwidth::webrtc::bulk {

void second_record::add(const second_record& other) {
    failed += other.failed;
    mismatched += other.mismatched;
    latency.add(other.latency);
    retries += other.retries;
    throttled += other.throttled;
    queue_wait_ns += other.queue_wait_ns;
    dials += other.dials;
    in_flight += other.in_flight;
    queued += other.queued;
}

void time_series::add(const time_series& other) {
    for (const auto& [second, record] : other.records_)
        at(second).add(record);
}

} // namespace bandwidth::webrtc::bulk
