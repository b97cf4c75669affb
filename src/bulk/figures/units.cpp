#include "bulk/figures/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <stdexcept>
#include <system_error>

namespace bandwidth::webrtc::bulk {

namespace {

[[noreturn]] void refuse(std::string_view text, const char* what) {
    throw std::invalid_argument('\'' + std::string(text) + "' is no " + what);
}

// Three significant digits of a value from 0 to 999.
std::string three_digits(double value) {
    std::array<char, 16> text{};
    const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
    return text.data();
}

} // namespace

std::uint64_t parse_count(std::string_view text) {
    constexpr const char* what = "count, such as 5000, 10k or 2M";
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc())
        refuse(text, what);
    const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
    std::uint64_t factor = 1;
    if (unit == "k" || unit == "K")
        factor = 1'000;
    else if (unit == "M")
        factor = 1'000'000;
    else if (!unit.empty())
        refuse(text, what);
    if (value > std::numeric_limits<std::uint64_t>::max() / factor)
        refuse(text, what);
    return value * factor;
}

double parse_rate(std::string_view text) {
    constexpr const char* what = "rate in each second, such as 500, 2.5k or 0.1";
    if (text.empty() || text.front() < '0' || text.front() > '9')
        refuse(text, what);
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
    const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
    if (unit == "k" || unit == "K")
        value *= 1e3;
    else if (unit == "M")
        value *= 1e6;
    else if (!unit.empty())
        refuse(text, what);
    if (error != std::errc() || value <= 0 || value > 1e9)
        refuse(text, what);
    return value;
}

std::chrono::nanoseconds parse_duration(std::string_view text) {
    constexpr const char* what = "duration, such as 500ms, 1.5s or 3m";
    // Digits first: from_chars would also take a sign, "inf" and "nan".
    if (text.empty() || text.front() < '0' || text.front() > '9')
        refuse(text, what);
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
    if (error != std::errc())
        refuse(text, what);
    const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
    double factor = 0;
    if (unit == "us")
        factor = 1e3;
    else if (unit == "ms")
        factor = 1e6;
    else if (unit == "s")
        factor = 1e9;
    else if (unit == "m")
        factor = 60e9;
    else if (unit == "h")
        factor = 3600e9;
    else
        refuse(text, what);
    const double nanoseconds = std::round(value * factor);
    if (nanoseconds > 9e18)
        refuse(text, what);
    return std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds));
}

std::string format_count(std::uint64_t value) {
    auto text = std::to_string(value);
    for (auto at = text.size(); at > 3; at -= 3)
        text.insert(at - 3, 1, ',');
    return text;
}

std::string format_duration(std::chrono::nanoseconds value) {
    const auto ns = static_cast<double>(value.count());
    if (ns < 999.5e3)
        return three_digits(ns / 1e3) + " us";
    if (ns < 999.5e6)
        return three_digits(ns / 1e6) + " ms";
    if (ns < 59.95e9)
        return three_digits(ns / 1e9) + " s";
    const auto seconds = std::llround(ns / 1e9);
    return std::to_string(seconds / 60) + " m " + std::to_string(seconds % 60) + " s";
}

std::string format_bytes(std::uint64_t value) {
    if (value < 1000)
        return std::to_string(value) + " B";
    constexpr std::array<const char*, 4> units = {" kB", " MB", " GB", " TB"};
    auto scaled = static_cast<double>(value) / 1e3;
    std::size_t unit = 0;
    for (; scaled >= 999.5 && unit + 1 < units.size(); ++unit)
        scaled /= 1e3;
    return three_digits(scaled) + units[unit];
}

std::string printable(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            c = '?';
    return out;
}

} // namespace bandwidth::webrtc::bulk
