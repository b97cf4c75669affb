#pragma once

#include <string>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// Whether `text` is its own percent-encoding: made only of the unreserved characters of RFC 3986 section 2.3
/// (ASCII letters and digits, "-", ".", "_", "~").
[[nodiscard]] bool is_unreserved(std::string_view text) noexcept;

/// Appends `text` as one segment of a URL's path: unreserved characters as they are, every other
/// byte as %XX (a space is %20, never '+').
void append_path_segment(std::string& out, std::string_view text);

} // namespace bandwidth::webrtc::detail
