#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// Latencies in counters whose widths grow with the latency: at most 0.1 % of it (three significant digits), and 64 ns at
/// least. The layout is HdrHistogram's for a lowest value of 100 ns, so that a histogram of any number of latencies has
/// at most 256 KB of counters, those of several runs can be added, and HdrHistogram's text can be made of it (percentile_text.hpp).
///
/// Counters stand in groups: the first has 2048 of 64 ns each, and every one behind it 1024 that are twice as wide as
/// those before.
///
/// Thread safety: distinct objects safe.
class histogram {
public:
    /// A latency over it counts as this one.
    static constexpr std::chrono::nanoseconds longest = std::chrono::hours(24);

    static constexpr std::size_t counters_of_a_group = 1024;

    /// \param value  below 0 it counts as 0
    void add(std::chrono::nanoseconds value, std::uint64_t times = 1);
    void add(const histogram& other);

    std::uint64_t count() const noexcept { return count_; }
    /// Both exact; 0 when there is nothing.
    std::chrono::nanoseconds min() const noexcept { return min_; }
    std::chrono::nanoseconds max() const noexcept { return max_; }
    /// Both by the middles of the counters; 0 when there is nothing.
    std::chrono::nanoseconds mean() const noexcept;
    std::chrono::nanoseconds standard_deviation() const noexcept;
    /// The smallest value that at least this share of all values do not exceed: of the counter that it is in the largest
    /// value, so it is at most 0.1 % too large; never over `max`. 0 when there is nothing.
    /// \param share  over 0, up to 1
    std::chrono::nanoseconds percentile(double share) const noexcept;

    /// The counters by number, from 0 on; behind the last all are 0.
    const std::vector<std::uint64_t>& counters() const noexcept { return counters_; }
    static std::size_t counter_of(std::chrono::nanoseconds value) noexcept;
    /// The smallest and the largest value that the counter is for.
    static std::chrono::nanoseconds lowest_of(std::size_t counter) noexcept;
    static std::chrono::nanoseconds highest_of(std::size_t counter) noexcept;

private:
    std::vector<std::uint64_t> counters_; // as many as are needed
    std::uint64_t count_ = 0;
    std::chrono::nanoseconds min_{0};
    std::chrono::nanoseconds max_{0};
};

} // namespace bandwidth::webrtc::bulk
