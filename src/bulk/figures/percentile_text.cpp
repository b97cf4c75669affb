#include "bulk/figures/percentile_text.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace bandwidth::webrtc::bulk {

namespace {

constexpr int lines_in_each_half = 5;

double in_ms(std::chrono::nanoseconds value) {
    return std::chrono::duration<double, std::milli>(value).count();
}

template <class... Values>
void add_line(std::string& to, const char* format, Values... values) {
    std::array<char, 128> text{};
    std::snprintf(text.data(), text.size(), format, values...);
    to += text.data();
}

// The next line is so much further on, in percent: a fifth of the half in which `level` is.
double distance_to_next(double level) {
    const auto halves = std::floor(std::log2(100 / (100 - level))) + 1;
    return 100 / (lines_in_each_half * std::exp2(halves));
}

} // namespace

std::string percentile_text(const histogram& latencies) {
    std::string text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
    const auto& counters = latencies.counters();
    const auto all = latencies.count();
    double level = 0; // of the next line, in percent
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counters.size(); ++i) {
        seen += counters[i];
        const auto reached = 100 * static_cast<double>(seen) / static_cast<double>(all);
        const auto value = in_ms(latencies.highest_of(i));
        const auto count = static_cast<unsigned long long>(seen);
        for (; counters[i] != 0 && level <= reached && level < 100; level += distance_to_next(level)) {
            add_line(text, "%12.3f %2.12f %10llu %14.2f\n", value, level / 100, count, 100 / (100 - level));
            if (seen == all)
                break; // what is left of the distance is one line, the last
        }
        if (seen == all) {
            add_line(text, "%12.3f %2.12f %10llu\n", value, 1.0, count);
            break;
        }
    }
    add_line(text, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", in_ms(latencies.mean()),
             in_ms(latencies.standard_deviation()));
    add_line(text, "#[Max     = %12.3f, Total count    = %12llu]\n", in_ms(latencies.max()),
             static_cast<unsigned long long>(all));
    add_line(text, "#[Buckets = %12zu, SubBuckets     = %12zu]\n",
             latencies.counter_of(histogram::longest) / latencies.counters_of_a_group(),
             2 * latencies.counters_of_a_group());
    return text;
}

} // namespace bandwidth::webrtc::bulk
