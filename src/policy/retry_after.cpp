#include "policy/retry_after.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

#include "core/http_grammar.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::string_view day_names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::string_view long_day_names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                               "Thursday", "Friday", "Saturday"};
constexpr std::string_view month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct date_parts {
    unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

// Takes one of the names off the front of `text`; `value` is its place among them, from 1.
bool take_name(std::string_view& text, std::span<const std::string_view> names, unsigned& value) noexcept {
    const auto found = std::find_if(names.begin(), names.end(),
                                    [&](std::string_view name) { return text.starts_with(name); });
    if (found == names.end())
        return false;
    text.remove_prefix(found->size());
    value = static_cast<unsigned>(found - names.begin()) + 1;
    return true;
}

// Takes off the front what a letter stands for, as in strftime.
bool take_part(std::string_view& text, char what, date_parts& to) noexcept {
    unsigned ignored = 0;
    switch (what) {
    case 'a':
        return take_name(text, day_names, ignored);
    case 'A':
        return take_name(text, long_day_names, ignored);
    case 'b':
        return take_name(text, month_names, to.month);
    case 'Y':
        return take_number(text, 4, to.year);
    case 'y':
        return take_number(text, 2, to.year);
    case 'e': // its first digit may be a space
        if (!text.starts_with(' '))
            return take_number(text, 2, to.day);
        text.remove_prefix(1);
        return take_number(text, 1, to.day);
    case 'd':
        return take_number(text, 2, to.day);
    case 'H':
        return take_number(text, 2, to.hour);
    case 'M':
        return take_number(text, 2, to.minute);
    default: // S
        return take_number(text, 2, to.second);
    }
}

std::optional<date_parts> read_date(std::string_view text, std::string_view form) noexcept {
    date_parts parts;
    for (; !form.empty(); form.remove_prefix(1)) {
        if (form.front() == '%') {
            form.remove_prefix(1);
            if (!take_part(text, form.front(), parts))
                return std::nullopt;
        } else if (text.starts_with(form.front())) {
            text.remove_prefix(1);
        } else {
            return std::nullopt;
        }
    }
    return text.empty() ? std::optional(parts) : std::nullopt;
}

std::optional<std::chrono::sys_seconds> to_time(const date_parts& parts) noexcept {
    const auto date = std::chrono::year(static_cast<int>(parts.year)) / std::chrono::month(parts.month) /
                      std::chrono::day(parts.day);
    if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60)
        return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(parts.hour) + std::chrono::minutes(parts.minute) +
           std::chrono::seconds(std::min(parts.second, 59U));
}

} // namespace

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text, std::chrono::sys_seconds now) {
    for (const auto* const form : {"%a, %d %b %Y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"})
        if (const auto parts = read_date(text, form))
            return to_time(*parts);
    auto parts = read_date(text, "%A, %d-%b-%y %H:%M:%S GMT");
    if (!parts)
        return std::nullopt;
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
    const auto this_year = static_cast<unsigned>(static_cast<int>(today.year()));
    parts->year += this_year - this_year % 100;
    const auto time = to_time(*parts);
    // 50 years of 365.2425 days: the exact day of the turn is nobody's concern.
    if (time && *time - now <= std::chrono::years(50))
        return time;
    parts->year -= 100;
    return to_time(*parts);
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::chrono::sys_seconds now) {
    std::int64_t value = 0;
    if (!text.starts_with('-') && read_number(text, value))
        return std::min(std::chrono::seconds(value), longest_retry_after);
    const auto date = parse_http_date(text, now);
    if (!date)
        return std::nullopt;
    return std::clamp(*date - now, std::chrono::seconds(0), longest_retry_after);
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::string_view date,
                                                      std::chrono::sys_seconds ours) {
    return parse_retry_after(text, parse_http_date(date, ours).value_or(ours));
}

} // namespace bandwidth::webrtc::detail
