#include "api/percent_encoding.hpp"

#include <array>

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::array<bool, 256> needs_encoding = [] {
    std::array<bool, 256> table{};
    table.fill(true);
    for (const char c :
         std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")) {
        table[static_cast<unsigned char>(c)] = false;
    }
    return table;
}();

} // namespace

bool is_unreserved(std::string_view text) noexcept {
    // No branch on a character, since ids are almost always plain, and four of them at a time.
    const auto encode_at = [&text](std::size_t i) {
        return needs_encoding[static_cast<unsigned char>(text[i])];
    };
    bool encode = false;
    std::size_t i = 0;
    for (; i + 4 <= text.size(); i += 4)
        encode |= encode_at(i) | encode_at(i + 1) | encode_at(i + 2) | encode_at(i + 3);
    for (; i < text.size(); ++i)
        encode |= encode_at(i);
    return !encode;
}

void append_path_segment(std::string& out, std::string_view text) {
    if (is_unreserved(text)) {
        out.append(text);
        return;
    }
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::size_t plain = 0; // start of the run that needs no encoding
    for (std::size_t i = 0; i != text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (needs_encoding[byte]) {
            out.append(text, plain, i - plain);
            out += '%';
            out += hex[byte >> 4U];
            out += hex[byte & 0x0FU];
            plain = i + 1;
        }
    }
    out.append(text, plain);
}

} // namespace bandwidth::webrtc::detail
