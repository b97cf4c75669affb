#pragma once

#include "bulk/figures/histogram.hpp"

#include <bandwidth/webrtc/error.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace bandwidth::webrtc::bulk {

/// Failures of one kind.
struct error_record {
    std::uint64_t count = 0;
    std::string first; ///< what the first one said
};

/// All that is known of the calls of one operation.
struct call_record {
    /// Of the calls that succeeded, from the call to its result.
    histogram latencies;
    std::map<error_code, error_record> errors;
    std::uint64_t failed = 0;
    std::uint64_t mismatched = 0; ///< of those that succeeded: the response belongs to another request
    std::uint64_t skipped = 0;    ///< not made, because what they need could not be created or joined
    std::string first_mismatch;
    std::chrono::nanoseconds time{0}; ///< during which the calls were made

    void add_success(std::chrono::nanoseconds latency) { latencies.add(latency); }
    void add_failure(const failure& failure);
    /// \param problem  what a check found; empty when all is well
    void add_check(const std::string& problem);

    std::uint64_t succeeded() const noexcept { return latencies.count(); }
    std::uint64_t calls() const noexcept { return latencies.count() + failed; }
};

} // namespace bandwidth::webrtc::bulk
