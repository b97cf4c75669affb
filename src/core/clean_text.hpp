#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// Makes untrusted text fit for one line of a log: control characters and runs of white space become one
/// space, also Unicode's line breaks and direction overrides; malformed UTF-8 becomes U+FFFD; cut at a
/// character's boundary to at most `max_bytes`.
[[nodiscard]] std::string clean_text(std::string_view text, std::size_t max_bytes);

/// `max_bytes` for the id that a server gives to a request.
constexpr std::size_t longest_request_id = 128;

} // namespace bandwidth::webrtc::detail
