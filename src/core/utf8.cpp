#include "core/utf8.hpp"

namespace bandwidth::webrtc::detail {

utf8_char read_utf8(const char* begin, const char* end) noexcept {
    const auto lead = static_cast<unsigned char>(*begin);
    if (lead < 0x80)
        return {lead, 1};
    const unsigned length = lead >= 0xF0 ? 4 : (lead >= 0xE0 ? 3 : 2);
    if (lead < 0xC0 || lead >= 0xF8 || static_cast<std::size_t>(end - begin) < length)
        return {};
    char32_t code = lead & (0x7FU >> length);
    for (unsigned i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(begin[i]);
        if ((byte & 0xC0U) != 0x80)
            return {};
        code = (code << 6U) | (byte & 0x3FU);
    }
    const char32_t least = length == 2 ? 0x80 : (length == 3 ? 0x800 : 0x10000);
    const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < least || is_surrogate || code > 0x10FFFF ? utf8_char{} : utf8_char{code, length};
}

std::optional<std::size_t> count_code_points(std::string_view text) noexcept {
    std::size_t count = 0;
    for (; !text.empty(); ++count) {
        const unsigned length = read_utf8(text.data(), text.data() + text.size()).length;
        if (length == 0)
            return std::nullopt;
        text.remove_prefix(length);
    }
    return count;
}

} // namespace bandwidth::webrtc::detail
