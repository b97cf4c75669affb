#include "bulk/figures/time_series.hpp"

#include <algorithm>

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

second_record& time_series::at(seconds second) {
    if (records_.empty()) {
        first_ = second;
        records_.resize(1);
    }
    const auto most = static_cast<seconds::rep>(longest);
    const auto size = static_cast<seconds::rep>(records_.size());
    const auto earliest = first_.count() - (most - size);
    second = std::clamp(second, seconds(earliest), seconds(first_.count() + most - 1));
    if (second < first_) { // the system's clock was set back, or another series began earlier
        records_.insert(records_.begin(), static_cast<std::size_t>((first_ - second).count()),
                        second_record());
        first_ = second;
    }
    const auto number = static_cast<std::size_t>((second - first_).count());
    if (number >= records_.size())
        records_.resize(number + 1);
    return records_[number];
}

void time_series::add(const time_series& other) {
    for (std::size_t number = 0; number < other.records_.size(); ++number)
        at(other.first_ + seconds(static_cast<seconds::rep>(number))).add(other.records_[number]);
}

} // namespace bandwidth::webrtc::bulk
