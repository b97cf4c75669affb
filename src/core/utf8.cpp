#include "core/utf8.hpp"

namespace bandwidth::webrtc::detail {

namespace {

struct lead_byte {
    unsigned length;    // of the whole sequence
    char32_t bits;      // that the lead byte itself contributes
    unsigned char low;  // range of the second byte: this is where RFC 3629 section 4 rules out
    unsigned char high; // overlong forms, surrogates and what is above U+10FFFF
};

lead_byte classify(unsigned char byte) noexcept {
    if (byte < 0x80) {
        return {1, byte, 0, 0};
    }
    if (byte >= 0xC2 && byte <= 0xDF) {
        return {2, byte & 0x1FU, 0x80, 0xBF};
    }
    if ((byte & 0xF0U) == 0xE0) {
        const unsigned char low = byte == 0xE0 ? 0xA0 : 0x80;
        const unsigned char high = byte == 0xED ? 0x9F : 0xBF;
        return {3, byte & 0x0FU, low, high};
    }
    if (byte >= 0xF0 && byte <= 0xF4) {
        const unsigned char low = byte == 0xF0 ? 0x90 : 0x80;
        const unsigned char high = byte == 0xF4 ? 0x8F : 0xBF;
        return {4, byte & 0x07U, low, high};
    }
    return {0, 0, 0, 0};
}

} // namespace

utf8_char read_utf8(const char* begin, const char* end) noexcept {
    const lead_byte lead = classify(static_cast<unsigned char>(*begin));
    if (lead.length == 0 || static_cast<std::size_t>(end - begin) < lead.length) {
        return {};
    }
    char32_t code = lead.bits;
    unsigned char low = lead.low;
    unsigned char high = lead.high;
    for (unsigned i = 1; i < lead.length; ++i) {
        const auto byte = static_cast<unsigned char>(begin[i]);
        if (byte < low || byte > high) {
            return {};
        }
        code = (code << 6U) | (byte & 0x3FU);
        low = 0x80;
        high = 0xBF;
    }
    return {code, lead.length};
}

std::optional<std::size_t> count_code_points(std::string_view text) noexcept {
    const char* position = text.data();
    const char* const end = position + text.size();
    std::size_t count = 0;
    for (; position != end; ++count) {
        const unsigned length = read_utf8(position, end).length;
        if (length == 0) {
            return std::nullopt;
        }
        position += length;
    }
    return count;
}

} // namespace bandwidth::webrtc::detail
