#include "core/clean_text.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// Characters that would break or forge a line of a log or a terminal.
bool is_space_or_control(char32_t c) noexcept {
    return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0x2028 || c == 0x2029 || c == 0x061C ||
           c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
           c == 0xFEFF;
}

} // namespace

std::string clean_text(std::string_view text, std::size_t max_bytes) {
    // What most texts are.
    if (text.size() <= max_bytes &&
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; }))
        return std::string(text);
    std::string clean;
    const char* position = text.data();
    const char* const end = position + text.size();
    bool space_due = false;
    while (position != end) {
        const utf8_char next = read_utf8(position, end);
        const std::string_view character =
            next.length == 0 ? std::string_view("\xEF\xBF\xBD") : std::string_view(position, next.length);
        position += next.length == 0 ? 1 : next.length;
        if (next.length != 0 && is_space_or_control(next.code)) {
            space_due = !clean.empty();
            continue;
        }
        if (clean.size() + (space_due ? 1 : 0) + character.size() > max_bytes)
            break;
        clean.append(space_due ? 1 : 0, ' ').append(character);
        space_due = false;
    }
    return clean;
}

} // namespace bandwidth::webrtc::detail
