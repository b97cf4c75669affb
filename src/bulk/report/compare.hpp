#pragma once

#include "bulk/report/report.hpp"

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// What a figure has become.
enum class change {
    better,
    worse,
    same,    ///< no difference was found, or none over the tolerance
    unknown, ///< too little was measured for a statement
};

/// A figure with what it may be as well: an interval with 99 % confidence, as far as one run can tell.
struct estimate {
    double value = 0;
    bool has_interval = false; ///< too little was measured when it has none
    double low = 0;
    double high = 0;
};

/// One figure of one operation, in both.
struct comparison_row {
    std::string operation; ///< "all" is all together
    /// "rate" (per second), "p50", "p90", "p99" (nanoseconds), or "error_share" (percent)
    std::string metric;
    estimate base;
    estimate now;
    /// From the base to the new one in percent of the base; of an error share in percentage points. Nothing
    /// when the base is 0.
    std::optional<double> difference;
    /// What the difference may be as well, by both intervals.
    std::optional<std::pair<double, double>> range;
    change verdict = change::unknown;
};

/// Two runs, or several of each side, beside each other.
struct comparison {
    double tolerance = 0; ///< in percent
    std::size_t base_count = 0;
    std::size_t new_count = 0;
    std::vector<comparison_row> rows; ///< of the operations that all reports have
    /// What the command lines asked for differently: "depth: 8, 16"; and operations that are not everywhere.
    std::vector<std::string> warnings;

    bool any_worse() const noexcept;
};

/// Percentiles have distribution-free intervals (from the ranks that a binomial distribution tells), error
/// shares Wilson's, and the rate of all operations one from the seconds that are in the run as a whole, if
/// there are at least five; of an operation's own rate no statement is made, as there are no seconds of it. A
/// figure is better or worse where the intervals do not overlap and the difference is over the tolerance.
///
/// The intervals know what happened within a run, and nothing of what makes one run differ from the next:
/// another neighbour on the machine, another state of the network. So there may be several reports of each
/// side: the value is then the one in the middle, and the interval reaches over those of all.
/// \param base       at least one
/// \param now        at least one
/// \param tolerance  in percent of the base
comparison compare(std::span<const report> base, std::span<const report> now, double tolerance = 5);

/// A percentage as `--tolerance` takes it: "10%", "2.5%".
/// \throws std::invalid_argument telling what is wrong
double parse_tolerance(std::string_view text);

/// For people, in 80 columns.
std::string format_comparison(const comparison& comparison);
/// `rows` with the members of `comparison_row`; estimates as objects with `value`, `low` and `high`.
boost::json::object to_json(const comparison& comparison);

/// The ranks, as shares of the count, between which the percentile of what the values were drawn from is with
/// 99 % confidence. Nothing when there are too few values.
std::optional<std::pair<double, double>> percentile_interval(std::uint64_t count, double share);

} // namespace bandwidth::webrtc::bulk
