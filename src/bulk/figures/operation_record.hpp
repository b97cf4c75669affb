#pragma once

#include "bulk/figures/histogram.hpp"

#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/response_info.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace bandwidth::webrtc::bulk {

/// Failures of one kind.
struct error_record {
    std::uint64_t count = 0;
    std::string first; ///< what the first one said
};

/// All that is known of the calls of one operation. Records of the same operation can be added: those of several
/// threads, shards or runs. Not thread-safe.
struct operation_record {
    /// Of the calls that succeeded, from the time that a schedule had for the call to its result; without a
    /// schedule from the call itself. So a service that keeps the next calls from being made in time is not
    /// taken for a fast one.
    histogram latency;
    /// Of the same calls, from the call itself to its result. Empty without a schedule: then it is `latency`.
    histogram call_time;
    /// Of the same calls, all attempts together: what they waited for a connection that takes them and behind
    /// other requests of that; what those calls that waited for a connection to be made waited for it; and what the
    /// network and the service took. What is missing to the call time are pauses between attempts.
    histogram queueing, connecting, service;
    /// By the error code in words, such as "HTTP 503 Service Unavailable".
    std::map<std::string, error_record, std::less<>> errors;
    std::uint64_t failed = 0;
    std::uint64_t mismatched = 0; ///< of those that succeeded: the response belongs to another request
    std::uint64_t skipped = 0;    ///< not made, because what they need could not be created or joined
    std::uint64_t sent_again = 0; ///< attempts of the calls but the first one of each
    std::string first_mismatch;
    std::chrono::nanoseconds time{0}; ///< during which the calls were made

    /// Of a call that has succeeded, but for its latencies.
    void add_info(const response_info& info);
    void add_failure(const failure& failure);
    /// \param problem  what a check found; empty when all is well
    void add_check(const std::string& problem);

    /// \param at_the_same_time  whether the two were made at the same time: then `time` is the longer of both, else
    ///                          their sum
    void add(const operation_record& other, bool at_the_same_time);

    std::uint64_t succeeded() const noexcept { return latency.count(); }
    std::uint64_t calls() const noexcept { return latency.count() + failed; }
    bool empty() const noexcept { return calls() + skipped == 0; }
};

} // namespace bandwidth::webrtc::bulk
