#include "bulk/figures/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace {

constexpr unsigned unit_bits = 6; // 64 ns, the largest power of two that 100 ns have room for

// 2048 counters tell three significant digits apart.
constexpr unsigned bits_of_first_group(precision precision) noexcept {
    return precision == precision::fine ? 11 : 5;
}

double middle_of(const histogram& of, std::size_t counter) noexcept {
    return (static_cast<double>(of.lowest_of(counter).count()) +
            static_cast<double>(of.highest_of(counter).count())) /
           2;
}

} // namespace

std::size_t histogram::counters_of_a_group() const noexcept {
    return std::size_t{1} << (bits_of_first_group(precision_) - 1);
}

std::size_t histogram::counter_of(std::chrono::nanoseconds value) const noexcept {
    const auto group_bits = bits_of_first_group(precision_);
    const auto units = static_cast<std::uint64_t>(value.count()) >> unit_bits;
    const auto bits = static_cast<unsigned>(std::bit_width(units));
    const unsigned group = bits > group_bits ? bits - group_bits : 0; // how often the width doubles
    return group * counters_of_a_group() + static_cast<std::size_t>(units >> group);
}

std::chrono::nanoseconds histogram::lowest_of(std::size_t counter) const noexcept {
    const auto half_group = counters_of_a_group();
    const auto group = counter < 2 * half_group ? 0 : counter / half_group - 1;
    const auto units = static_cast<std::uint64_t>(counter - group * half_group) << group;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(units << unit_bits));
}

std::chrono::nanoseconds histogram::highest_of(std::size_t counter) const noexcept {
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
    if (other.precision_ != precision_) {
        for (std::size_t i = 0; i < other.counters_.size(); ++i)
            add(std::clamp(other.highest_of(i), other.min_, other.max_), other.counters_[i]);
        return;
    }
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
        sum += static_cast<double>(counters_[i]) * middle_of(*this, i);
    return std::chrono::nanoseconds(std::llround(sum / static_cast<double>(count_)));
}

std::chrono::nanoseconds histogram::standard_deviation() const noexcept {
    if (count_ == 0)
        return std::chrono::nanoseconds(0);
    const auto middle = static_cast<double>(mean().count());
    double sum = 0;
    for (std::size_t i = 0; i < counters_.size(); ++i) {
        const auto off = middle_of(*this, i) - middle;
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

histogram histogram::from_figures(precision precision, std::vector<std::uint64_t> counters,
                                  std::chrono::nanoseconds min, std::chrono::nanoseconds max) {
    histogram made(precision);
    const auto refuse = [] { throw std::invalid_argument("a histogram's figures contradict each other"); };
    if (min.count() < 0 || max < min || max > longest)
        refuse();
    while (!counters.empty() && counters.back() == 0)
        counters.pop_back();
    if (counters.empty())
        return made;
    const auto first = std::find_if(counters.begin(), counters.end(), [](auto count) { return count != 0; });
    if (made.counter_of(max) + 1 != counters.size() ||
        made.counter_of(min) != static_cast<std::size_t>(first - counters.begin()))
        refuse();
    // So many that a double is exact, and that those of a thousand histograms can be added.
    constexpr std::uint64_t most = std::uint64_t{1} << 53;
    for (const auto count : counters) {
        if (count > most - made.count_)
            refuse();
        made.count_ += count;
    }
    made.counters_ = std::move(counters);
    made.min_ = min;
    made.max_ = max;
    return made;
}

} // namespace bandwidth::webrtc::bulk
