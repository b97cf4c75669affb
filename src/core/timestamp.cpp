#include "core/timestamp.hpp"

#include <algorithm>
#include <cstdint>

#include "core/ascii.hpp"
#include "core/http_grammar.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// Takes one of the characters off the front of `text`.
bool take(std::string_view& text, std::string_view one_of) noexcept {
    if (text.empty() || one_of.find(text.front()) == std::string_view::npos)
        return false;
    text.remove_prefix(1);
    return true;
}

// Takes digits off the front, one at least.
std::string_view take_digits(std::string_view& text) noexcept {
    const auto size =
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
    const auto digits = text.substr(0, size);
    text.remove_prefix(size);
    return digits;
}

// Takes "12:34", "12:34:56" or "12:34:56.789" off the front.
bool take_time_of_day(std::string_view& text, std::chrono::milliseconds& time) noexcept {
    unsigned hour = 0, minute = 0, second = 0;
    if (!take_number(text, 2, hour) || !take(text, ":") || !take_number(text, 2, minute))
        return false;
    std::chrono::milliseconds fraction{0};
    if (take(text, ":")) {
        if (!take_number(text, 2, second))
            return false;
        if (take(text, ".,")) {
            const auto digits = take_digits(text);
            if (digits.empty())
                return false;
            for (std::size_t i = 0; i < 3; ++i)
                fraction = fraction * 10 + std::chrono::milliseconds(i < digits.size() ? digits[i] - '0' : 0);
        }
    }
    time = std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(std::min(second, 59U)) + fraction;
    return hour <= 23 && minute <= 59 && second <= 60;
}

// Takes "Z", "+01:00", "+0100", "+01" or nothing off the front.
bool take_offset(std::string_view& text, std::chrono::minutes& offset) noexcept {
    offset = std::chrono::minutes(0);
    if (text.empty() || take(text, "Zz"))
        return true;
    const bool is_west = text.front() == '-';
    unsigned hours = 0, minutes = 0;
    if (!take(text, "+-") || !take_number(text, 2, hours))
        return false;
    const bool has_colon = take(text, ":");
    if ((has_colon || !text.empty()) && !take_number(text, 2, minutes))
        return false;
    offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
    if (is_west)
        offset = -offset;
    return hours <= 23 && minutes <= 59;
}

std::optional<timestamp> within_limits(timestamp time) noexcept {
    return time >= earliest_timestamp && time < end_of_timestamps ? std::optional(time) : std::nullopt;
}

std::optional<timestamp> parse_milliseconds(std::string_view text) noexcept {
    const bool is_negative = take(text, "-");
    std::int64_t count = 0;
    if (!read_number(take_digits(text), count) || (take(text, ".") && take_digits(text).empty()) ||
        !text.empty())
        return std::nullopt;
    return within_limits(timestamp(std::chrono::milliseconds(is_negative ? -count : count)));
}

} // namespace

std::optional<timestamp> parse_iso8601(std::string_view text) noexcept {
    unsigned year = 0, month = 0, day = 0;
    if (!take_number(text, 4, year) || !take(text, "-") || !take_number(text, 2, month) || !take(text, "-") ||
        !take_number(text, 2, day) || !take(text, "Tt "))
        return std::nullopt;
    const auto date =
        std::chrono::year(static_cast<int>(year)) / std::chrono::month(month) / std::chrono::day(day);
    std::chrono::milliseconds time_of_day{0};
    std::chrono::minutes offset{0};
    if (!date.ok() || !take_time_of_day(text, time_of_day) || !take_offset(text, offset) || !text.empty())
        return std::nullopt;
    return within_limits(std::chrono::sys_days(date) + time_of_day - offset);
}

std::optional<timestamp> parse_timestamp(std::string_view text) noexcept {
    const auto number = parse_milliseconds(text);
    return number ? number : parse_iso8601(text);
}

} // namespace bandwidth::webrtc::detail
