#pragma once

#include "bulk/report/report.hpp"

#include <string>
#include <string_view>

namespace bandwidth::webrtc::bulk {

/// What a condition is about.
enum class threshold_metric {
    percentile,
    mean,
    max,
    rate, ///< calls that succeeded, in each second
    calls,
    failed,
    mismatched,
    skipped,
    retries,     ///< of the client, so of all operations together
    error_share, ///< failed calls of all calls, in percent
};

/// How what was measured has to stand to the limit.
enum class threshold_relation { less, at_most, more, at_least };

/// A condition that a report is to fulfil.
struct threshold {
    std::string condition; ///< as it was given, such as "get_session.p99<20ms"
    std::string operation; ///< its name, or "all"
    threshold_metric metric = threshold_metric::percentile;
    double share = 0; ///< of a percentile: over 0 and below 1
    threshold_relation relation = threshold_relation::less;
    double limit = 0; ///< nanoseconds, calls per second, a count, or percent
};

/// Reads OPERATION.METRIC, one of < <= > >=, and a value: a duration such as 20ms for p50, p99.9 and others,
/// mean and max; a number for rate; a count such as 10k for calls, failed, mismatched, skipped and retries; a
/// percentage such as 0.1% for error_share. Spaces around the relation do not count.
/// \throws std::invalid_argument telling what is wrong and what would be right
threshold parse_threshold(std::string_view text);

/// Latencies are those of the calls that succeeded, `all` are those of all operations together. An operation
/// of which nothing was measured fulfils no condition but one on its counts, which are 0 then.
threshold_result evaluate(const threshold& threshold, const report& report);

} // namespace bandwidth::webrtc::bulk
