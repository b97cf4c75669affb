#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// A point in time as the services' JSON tells it.
using timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

// No time is before or from these on: `system_clock` in nanoseconds goes from 1677 to 2262, and to compare a
// time outside with its `now()` would overflow.
constexpr timestamp earliest_timestamp = std::chrono::sys_days(std::chrono::year(1678) / 1 / 1);
constexpr timestamp end_of_timestamps = std::chrono::sys_days(std::chrono::year(2262) / 1 / 1);

/// Reads a date and time of ISO 8601 in its extended form, of which RFC 3339 is a part:
/// "2021-01-01T00:00:00Z", "2021-01-01T01:00:00.123+01:00".
///
/// Read besides, since services write it: a lower-case "t" or a space for "T", a lower-case "z", a time
/// without seconds, a comma before the fraction, an offset as "+01" or "+0100", and no offset at all, which
/// is taken for UTC. Of a fraction whatever is below a millisecond is cut off. A leap second counts as the
/// one before it, as in HTTP dates.
///
/// Nothing for any other text: a date alone, a date that there is not (29 February 2021), 24:00, an offset of
/// a day or more, week dates, a year of other than four digits, white space around it, and a time before 1678
/// or after 2261.
[[nodiscard]] std::optional<timestamp> parse_iso8601(std::string_view text) noexcept;

/// Reads a number of milliseconds since 1970 (whole, or with a fraction, which is cut off), or else what
/// `parse_iso8601` reads: the services' events have both, also the number as a string. Nothing for any other
/// text, such as a number with an exponent.
[[nodiscard]] std::optional<timestamp> parse_timestamp(std::string_view text) noexcept;

} // namespace bandwidth::webrtc::detail
