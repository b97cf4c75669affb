#include "policy/retry_after.hpp"

#include <array>
#include <string>

#include "fuzz/targets.hpp"

namespace fuzz {

namespace {

using namespace bandwidth::webrtc::detail;
using std::chrono::sys_seconds;

std::string imf_fixdate(sys_seconds time) {
    constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto midnight = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(midnight);
    const std::chrono::hh_mm_ss clock(time - midnight);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                  days[std::chrono::weekday(midnight).c_encoding()], static_cast<unsigned>(date.day()),
                  months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

} // namespace

void retry_after(std::string_view input) {
    decisions choose(input);
    // From 1970 to 2139 or so.
    long long seconds = 0;
    for (int i = 0; i < 4; ++i)
        seconds = seconds * 256 + choose.byte();
    const sys_seconds now{std::chrono::seconds(seconds + seconds / 4)};
    const auto text = choose.rest();
    if (const auto wait = parse_retry_after(text, now))
        require(wait->count() >= 0 && *wait <= longest_retry_after, "a wait within its bounds");
    if (const auto date = parse_http_date(text, now)) {
        const auto again = imf_fixdate(*date);
        require(parse_http_date(again, now) == date, "a date reads the same when it is written again");
        require(parse_retry_after(text, now).has_value(), "a date is a wait");
    }
}

} // namespace fuzz
