#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace bandwidth::webrtc::detail {

// Characters of ASCII, whatever the locale is. Bytes above 0x7F are none of these.

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Whether it is a control character (C0 or DEL).
constexpr bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

inline bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(
        a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

inline bool starts_with_ignoring_case(std::string_view text, std::string_view start) noexcept {
    return equals_ignoring_case(text.substr(0, start.size()), start);
}

inline bool ends_with_ignoring_case(std::string_view text, std::string_view end) noexcept {
    return text.size() >= end.size() && equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

} // namespace bandwidth::webrtc::detail
