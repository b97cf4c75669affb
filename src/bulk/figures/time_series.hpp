#pragma once

#include "bulk/figures/histogram.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

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

/// A run second by second, in whole seconds of the system's clock, so that those of several shards can be added.
/// Not thread-safe.
class time_series {
public:
    using seconds = std::chrono::seconds; ///< since 1970, as the system's clock counts

    /// No more than so many seconds behind each other: eleven days.
    static constexpr std::size_t longest = 1'000'000;

    /// The record of a second, made if need be. One that is too far from the others is the nearest that there may be.
    second_record& at(seconds second);
    void add(const time_series& other);

    bool empty() const noexcept { return records_.empty(); }
    /// Of the first record.
    seconds first() const noexcept { return first_; }
    /// One for each second from the first on, without gaps.
    const std::vector<second_record>& records() const noexcept { return records_; }

private:
    seconds first_{0};
    std::vector<second_record> records_;
};

} // namespace bandwidth::webrtc::bulk
