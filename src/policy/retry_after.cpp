#include "policy/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::array<std::string_view, 7> day_names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_day_names = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                            "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Takes a date apart from its front. Once something is not there, nothing is any more.
class date_reader {
public:
    explicit date_reader(std::string_view text) noexcept : left_(text) {}

    bool literal(std::string_view text) noexcept {
        if (good_ && left_.starts_with(text))
            left_.remove_prefix(text.size());
        else
            good_ = false;
        return good_;
    }
    // The position of the name that comes next.
    template <std::size_t Size>
    unsigned one_of(const std::array<std::string_view, Size>& names) noexcept {
        for (unsigned i = 0; good_ && i != Size; ++i) {
            if (left_.starts_with(names[i])) {
                left_.remove_prefix(names[i].size());
                return i;
            }
        }
        good_ = false;
        return 0;
    }
    // Exactly so many digits; where `padded`, the first may be a space.
    int digits(std::size_t count, bool padded = false) noexcept {
        int value = 0;
        for (std::size_t i = 0; i != count; ++i) {
            const char c = i < left_.size() ? left_[i] : '\0';
            if (padded && i == 0 && c == ' ')
                continue;
            good_ = good_ && c >= '0' && c <= '9';
            if (!good_)
                return 0;
            value = value * 10 + (c - '0');
        }
        left_.remove_prefix(count);
        return value;
    }
    bool finished() const noexcept { return good_ && left_.empty(); }

private:
    std::string_view left_;
    bool good_ = true;
};

struct date_parts {
    int year = 0;
    unsigned month = 0; // from 0
    int day = 0, hour = 0, minute = 0, second = 0;
};

void read_time(date_reader& in, date_parts& to) noexcept {
    to.hour = in.digits(2);
    in.literal(":");
    to.minute = in.digits(2);
    in.literal(":");
    to.second = in.digits(2);
}

std::optional<date_parts> read_fixdate(std::string_view text) noexcept {
    date_reader in(text);
    date_parts to;
    in.one_of(day_names);
    in.literal(", ");
    to.day = in.digits(2);
    in.literal(" ");
    to.month = in.one_of(month_names);
    in.literal(" ");
    to.year = in.digits(4);
    in.literal(" ");
    read_time(in, to);
    in.literal(" GMT");
    return in.finished() ? std::optional(to) : std::nullopt;
}

// The year has two digits still.
std::optional<date_parts> read_rfc850(std::string_view text) noexcept {
    date_reader in(text);
    date_parts to;
    in.one_of(long_day_names);
    in.literal(", ");
    to.day = in.digits(2);
    in.literal("-");
    to.month = in.one_of(month_names);
    in.literal("-");
    to.year = in.digits(2);
    in.literal(" ");
    read_time(in, to);
    in.literal(" GMT");
    return in.finished() ? std::optional(to) : std::nullopt;
}

std::optional<date_parts> read_asctime(std::string_view text) noexcept {
    date_reader in(text);
    date_parts to;
    in.one_of(day_names);
    in.literal(" ");
    to.month = in.one_of(month_names);
    in.literal(" ");
    to.day = in.digits(2, true);
    in.literal(" ");
    read_time(in, to);
    in.literal(" ");
    to.year = in.digits(4);
    return in.finished() ? std::optional(to) : std::nullopt;
}

std::optional<std::chrono::sys_seconds> to_time(const date_parts& parts) noexcept {
    const auto date = std::chrono::year(parts.year) / std::chrono::month(parts.month + 1) /
                      std::chrono::day(static_cast<unsigned>(parts.day));
    if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60)
        return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(parts.hour) + std::chrono::minutes(parts.minute) +
           std::chrono::seconds(std::min(parts.second, 59));
}

} // namespace

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text, std::chrono::sys_seconds now) {
    if (const auto parts = read_fixdate(text))
        return to_time(*parts);
    if (const auto parts = read_asctime(text))
        return to_time(*parts);
    auto parts = read_rfc850(text);
    if (!parts)
        return std::nullopt;
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
    const int this_year = static_cast<int>(today.year());
    parts->year += this_year - this_year % 100;
    const auto time = to_time(*parts);
    // 50 years of 365.2425 days: the exact day of the turn is nobody's concern.
    if (time && *time - now <= std::chrono::years(50))
        return time;
    parts->year -= 100;
    return to_time(*parts);
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::chrono::sys_seconds now) {
    if (text.empty())
        return std::nullopt;
    if (text.front() >= '0' && text.front() <= '9') {
        std::int64_t value = 0;
        const char* const last = text.data() + text.size();
        const auto [end, ec] = std::from_chars(text.data(), last, value);
        if (ec != std::errc() || end != last)
            return std::nullopt;
        return std::min(std::chrono::seconds(value), longest_retry_after);
    }
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
