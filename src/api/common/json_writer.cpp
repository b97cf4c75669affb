#include "api/common/json_writer.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// The letter of the short escape, or 0 where there is none.
char short_escape(char c) noexcept {
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const char letter = short_escape(c);
        if (letter != 0) {
            out += '\\';
            out += letter;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += hex[byte >> 4U];
            out += hex[byte & 0x0FU];
        } else {
            out += c;
        }
    }
    out += '"';
}

void append_json_key(std::string& out, std::string_view key) {
    if (out.back() != '{') {
        out += ',';
    }
    out.append(1, '"').append(key).append("\":");
}

} // namespace bandwidth::webrtc::detail
