#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// The longest wait that `parse_retry_after` tells: what is longer means "do not come back", and no sum of it
/// and a time point may overflow.
constexpr std::chrono::seconds longest_retry_after = std::chrono::hours(24 * 3650);

/// An HTTP-date in each of its three forms (RFC 9110, section 5.6.7): IMF-fixdate
/// ("Sun, 06 Nov 1994 08:49:37 GMT"), RFC 850 ("Sunday, 06-Nov-94 08:49:37 GMT") and asctime
/// ("Sun Nov  6 08:49:37 1994"). Names are case-sensitive, the name of the day need not be the right one, and
/// a leap second counts as the one before it. `now` is for the century of RFC 850: a date that would be more
/// than 50 years ahead is one of the century before. Nothing for any other text.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text, std::chrono::sys_seconds now);

/// How long to wait, as a Retry-After field says (RFC 9110, section 10.2.3): seconds, or a date, from which
/// `now` is taken off. A date in the past is 0, a wait over `longest_retry_after` is that. Nothing for
/// anything else: a sign, a fraction, a number that no 64 bits hold, garbage.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::chrono::sys_seconds now);

/// The same for a response with that Date field. A date in Retry-After is by the server's clock, and so is
/// its Date; where that is missing, `ours` has to do.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::string_view date,
                                                      std::chrono::sys_seconds ours);

} // namespace bandwidth::webrtc::detail
