#include "bulk/figures/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace bandwidth::webrtc::bulk {

namespace {

constexpr unsigned unit_bits = 6;   // 64 ns, the largest power of two that 100 ns have room for
constexpr unsigned group_bits = 11; // 2048 counters tell three significant digits apart
constexpr std::size_t half_group = histogram::counters_of_a_group;
static_assert(half_group == std::size_t{1} << (group_bits - 1));

double middle_of(std::size_t counter) noexcept {
    return (static_cast<double>(histogram::lowest_of(counter).count()) +
            static_cast<double>(histogram::highest_of(counter).count())) /
           2;
}

} // namespace

std::size_t histogram::counter_of(std::chrono::nanoseconds value) noexcept {
    const auto units = static_cast<std::uint64_t>(value.count()) >> unit_bits;
    const auto bits = static_cast<unsigned>(std::bit_width(units));
    const unsigned group = bits > group_bits ? bits - group_bits : 0; // how often the width doubles
    return group * half_group + static_cast<std::size_t>(units >> group);
}

std::chrono::nanoseconds histogram::lowest_of(std::size_t counter) noexcept {
    const auto group = counter < 2 * half_group ? 0 : counter / half_group - 1;
    const auto units = static_cast<std::uint64_t>(counter - group * half_group) << group;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(units << unit_bits));
}

std::chrono::nanoseconds histogram::highest_of(std::size_t counter) noexcept {
    return lowest_of(counter + 1) - std::chrono::nanoseconds(1);
}

void histogram::add(std::chrono::nanoseconds value, std::uint64_t times) {
    if (times == 0)
        return;
    value = std::clamp<std::chrono::nanoseconds>(value, std::chrono::nanoseconds(0), longest);
    const auto counter = counter_of(value);
    if (counter >= counters_.size())
        counters_.resize(counter + 1);
    counters_[counter] += times;
    min_ = count_ == 0 ? value : std::min(min_, value);
    max_ = std::max(max_, value);
    count_ += times;
}

void histogram::add(const histogram& other) {
    if (other.count_ == 0)
        return;
    if (counters_.size() < other.counters_.size())
        counters_.resize(other.counters_.size());
    for (std::size_t i = 0; i < other.counters_.size(); ++i)
        counters_[i] += other.counters_[i];
    min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
    count_ += other.count_;
}

std::chrono::nanoseconds histogram::mean() const noexcept {
    if (count_ == 0)
        return std::chrono::nanoseconds(0);
    double sum = 0;
    for (std::size_t i = 0; i < counters_.size(); ++i)
        sum += static_cast<double>(counters_[i]) * middle_of(i);
    return std::chrono::nanoseconds(std::llround(sum / static_cast<double>(count_)));
}

std::chrono::nanoseconds histogram::standard_deviation() const noexcept {
    if (count_ == 0)
        return std::chrono::nanoseconds(0);
    const auto middle = static_cast<double>(mean().count());
    double sum = 0;
    for (std::size_t i = 0; i < counters_.size(); ++i) {
        const auto off = middle_of(i) - middle;
        sum += static_cast<double>(counters_[i]) * off * off;
    }
    return std::chrono::nanoseconds(std::llround(std::sqrt(sum / static_cast<double>(count_))));
}

std::chrono::nanoseconds histogram::percentile(double share) const noexcept {
    // 0.999 is no double: the rank of p99.9 of 1000 values must be 999, and not 1000.
    const auto exact = share * static_cast<double>(count_);
    const auto rank = static_cast<std::uint64_t>(std::max(1.0, std::ceil(exact - exact * 1e-12)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counters_.size(); ++i) {
        seen += counters_[i];
        if (seen >= rank)
            return std::min(highest_of(i), max_);
    }
    return max_;
}

} // namespace bandwidth::webrtc::bulk
