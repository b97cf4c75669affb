#pragma once

namespace bandwidth::webrtc::detail {

/// Whether XML has this character: Char of XML 1.0, section 2.2. Surrogates, which it does not have, are no UTF-8.
constexpr bool is_xml_char(char32_t c) noexcept {
    return c >= 0x20 ? c != 0xFFFE && c != 0xFFFF : c == '\t' || c == '\n' || c == '\r';
}

} // namespace bandwidth::webrtc::detail
