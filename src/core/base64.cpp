#include "core/base64.hpp"

namespace bandwidth::webrtc::detail {

std::string decode_base64(std::string_view& text, base64 alphabet) {
    constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    constexpr std::string_view url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const auto characters = alphabet == base64::url ? url : standard;
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    unsigned bits = 0;
    unsigned count = 0;
    while (!text.empty()) {
        const auto value = characters.find(text.front());
        if (value == std::string_view::npos)
            break;
        text.remove_prefix(1);
        bits = (bits << 6U) | static_cast<unsigned>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(bits >> count);
            bits &= (1U << count) - 1U;
        }
    }
    return bytes;
}

} // namespace bandwidth::webrtc::detail
