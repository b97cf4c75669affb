#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// One code point and the number of bytes that it takes; 0 bytes when there is no well-formed one.
struct utf8_char {
    char32_t code = 0;
    unsigned length = 0;
};

/// Reads the code point at `begin` (which must be before `end`) by the rules of RFC 3629: no overlong form,
/// no surrogate, nothing above U+10FFFF.
[[nodiscard]] utf8_char read_utf8(const char* begin, const char* end) noexcept;

/// The number of code points in `text`, or nothing when it is not well-formed UTF-8.
[[nodiscard]] std::optional<std::size_t> count_code_points(std::string_view text) noexcept;

} // namespace bandwidth::webrtc::detail
