#include "bulk/figures/sparkline.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace bandwidth::webrtc::bulk {

namespace {

using spark_levels = std::array<const char*, 8>;

constexpr spark_levels unicode_levels = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr spark_levels ascii_levels = {"_", ".", ":", "-", "=", "+", "*", "#"};

} // namespace

std::string sparkline(std::span<const double> values, std::size_t columns, bool unicode) {
    const auto& levels = unicode ? unicode_levels : ascii_levels;
    const auto shown = values.last(std::min(values.size(), columns));
    constexpr double highest = 7; // level
    double largest = 0;
    for (const double value : shown)
        largest = std::fmax(largest, value); // which passes over NaN
    std::string row;
    for (const double value : shown) {
        if (std::isnan(value)) {
            row += ' ';
            continue;
        }
        const auto level = static_cast<std::size_t>(value > 0 ? std::lround(value / largest * highest) : 0);
        row += levels[std::clamp<std::size_t>(level, value > 0 ? 1 : 0, levels.size() - 1)];
    }
    return row;
}

} // namespace bandwidth::webrtc::bulk
