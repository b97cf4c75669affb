#include "core/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace bandwidth::webrtc::detail {

std::string encode_base64(std::string_view bytes, base64 alphabet) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0'); // EVP_EncodeBlock ends with a NUL
    const auto* const from = reinterpret_cast<const unsigned char*>(bytes.data());
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), from, static_cast<int>(bytes.size()));
    text.pop_back();
    if (alphabet == base64::url) {
        std::replace(text.begin(), text.end(), '+', '-');
        std::replace(text.begin(), text.end(), '/', '_');
        text.erase(std::find(text.begin(), text.end(), '='), text.end());
    }
    return text;
}

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
