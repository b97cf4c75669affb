#pragma once

#include "bulk/figures/histogram.hpp"

#include <chrono>
#include <cstdint>
#include <map>

namespace bandwidth::webrtc::bulk {

/// What happened in one second, by the wall clock. Counts of calls are those that ended in it.
struct second_record {
    std::uint64_t failed = 0;
    std::uint64_t mismatched = 0;
    histogram latency{precision::coarse}; ///< of the calls that succeeded
    std::uint64_t retries = 0;            ///< requests that were sent again after a pause
    std::uint64_t throttled = 0;          ///< of these: after 429 or 503
    std::uint64_t queue_wait_ns = 0; ///< that calls had waited in the client's queue, of all that left it
    std::uint64_t dials = 0;
    std::uint64_t in_flight = 0; ///< calls, at the end of the second
    std::uint64_t queued = 0;    ///< of these, in the client's queue

    std::uint64_t succeeded() const noexcept { return latency.count(); }
    void add(const second_record& other);
};

/// A run second by second, in whole seconds of the system's clock, so that those of several shards can be
/// added. Seconds in which there was no run, such as those before it was resumed, take no room. Not
/// thread-safe.
class time_series {
public:
    using seconds = std::chrono::seconds; ///< since 1970, as the system's clock counts

    /// The record of a second, made if need be. It stays where it is.
    second_record& at(seconds second) { return records_[second]; }
    void add(const time_series& other);

    bool empty() const noexcept { return records_.empty(); }
    /// Of the first record; 0 when there is none.
    seconds first() const noexcept { return records_.empty() ? seconds(0) : records_.begin()->first; }
    /// Those that were made, in the order of time.
    const std::map<seconds, second_record>& records() const noexcept { return records_; }

private:
    std::map<seconds, second_record> records_;
};

} // namespace bandwidth::webrtc::bulk
