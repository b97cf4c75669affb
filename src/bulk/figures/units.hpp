#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::bulk {

/// A count such as "5000", "10k" or "2M" (k: thousand, M: million).
/// \throws std::invalid_argument telling what is wrong.
std::uint64_t parse_count(std::string_view text);

/// A rate in each second, such as "500", "2.5k" or "0.1".
/// \throws std::invalid_argument telling what is wrong.
double parse_rate(std::string_view text);

/// A duration such as "500ms", "1.5s" or "3m". The units: us, ms, s, m (minutes), h.
/// \throws std::invalid_argument telling what is wrong.
std::chrono::nanoseconds parse_duration(std::string_view text);

/// "1,234,567".
std::string format_count(std::uint64_t value);

/// In the unit that fits and three significant digits: "842 us", "1.84 ms", "12.4 s"; from a minute on "2 m 5
/// s".
std::string format_duration(std::chrono::nanoseconds value);

/// "812 B", "1.84 MB". Units of 1000.
std::string format_bytes(std::uint64_t value);

/// The text on one line and without control characters, which could command a terminal: each becomes '?'.
std::string printable(std::string_view text);

} // namespace bandwidth::webrtc::bulk
