#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// How wide the counters of a histogram may be.
enum class precision : unsigned char {
    fine,   ///< 0.1 % of the latency (three significant digits), in at most 256 KB
    coarse, ///< 6 % of the latency, in at most 4 KB
};

/// Latencies in counters whose widths grow with the latency: at most a share of it that the precision tells,
/// and 64 ns at least. The layout is HdrHistogram's for a lowest value of 100 ns, so that a histogram of any
/// number of latencies has bounded memory, those of several runs can be added, and HdrHistogram's text can be
/// made of a fine one (percentile_text.hpp).
///
/// Counters stand in groups: the first has twice as many as the others, of 64 ns each, and every one behind it has
/// counters that are twice as wide as those before.
///
/// Thread safety: distinct objects safe.
class histogram {
public:
    /// A latency over it counts as this one.
    static constexpr std::chrono::nanoseconds longest = std::chrono::hours(24);

    explicit histogram(precision precision = precision::fine) noexcept : precision_(precision) {}

    /// \param value  below 0 it counts as 0
    void add(std::chrono::nanoseconds value, std::uint64_t times = 1);
    /// One of another precision is added by the largest values of its counters.
    void add(const histogram& other);

    std::uint64_t count() const noexcept { return count_; }
    /// Both exact; 0 when there is nothing.
    std::chrono::nanoseconds min() const noexcept { return min_; }
    std::chrono::nanoseconds max() const noexcept { return max_; }
    /// Both by the middles of the counters; 0 when there is nothing.
    std::chrono::nanoseconds mean() const noexcept;
    std::chrono::nanoseconds standard_deviation() const noexcept;
    /// The smallest value that at least this share of all values do not exceed: of the counter that it is in
    /// the largest value, so it is too large by the width of a counter at most; never over `max`. 0 when
    /// there is nothing.
    /// \param share  over 0, up to 1
    std::chrono::nanoseconds percentile(double share) const noexcept;

    /// The counters by number, from 0 on; behind the last all are 0.
    const std::vector<std::uint64_t>& counters() const noexcept { return counters_; }
    /// In each group but the first, which has twice as many.
    std::size_t counters_of_a_group() const noexcept;
    std::size_t counter_of(std::chrono::nanoseconds value) const noexcept;
    /// The smallest and the largest value that the counter is for.
    std::chrono::nanoseconds lowest_of(std::size_t counter) const noexcept;
    std::chrono::nanoseconds highest_of(std::size_t counter) const noexcept;

    /// A histogram as one was: for those that were written down.
    /// \param counters  no more than `longest` needs
    /// \throws std::invalid_argument when these figures cannot be a histogram's
    static histogram from_figures(precision precision, std::vector<std::uint64_t> counters,
                                  std::chrono::nanoseconds min, std::chrono::nanoseconds max);

private:
    precision precision_;
    std::vector<std::uint64_t> counters_; // as many as are needed
    std::uint64_t count_ = 0;
    std::chrono::nanoseconds min_{0};
    std::chrono::nanoseconds max_{0};
};

} // namespace bandwidth::webrtc::bulk
