#pragma once

#include <string>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// The two alphabets of RFC 4648, sections 4 and 5.
enum class base64 : unsigned char { standard, url };

/// With padding in the standard alphabet, without it in that for URLs.
[[nodiscard]] std::string encode_base64(std::string_view bytes, base64 alphabet = base64::standard);

/// Decodes the base64 that `text` begins with, and leaves in `text` what is none: padding, for instance.
[[nodiscard]] std::string decode_base64(std::string_view& text, base64 alphabet);

} // namespace bandwidth::webrtc::detail
