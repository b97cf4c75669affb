#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// Checks an id that goes into a URL's path. Returns what is wrong ("session id is empty", `field` being
/// "session id"), never the id itself; nothing when it is fine.
///
/// Refused: the empty id (it would name the collection), an id of dots only (RFC 3986 section 5.2.4 removes
/// "." and ".." from paths, however they are encoded), `/`, `\` and control characters (some servers decode
/// the path before they split it), and more than 256 bytes. Anything else is left to percent-encoding.
[[nodiscard]] std::optional<std::string> validate_id(std::string_view field, std::string_view id);

/// Checks a text that goes into a JSON body: well-formed UTF-8 and at most `max_code_points`. Returns what
/// is wrong, never the text itself; nothing when it is fine.
[[nodiscard]] std::optional<std::string> validate_text(std::string_view field, std::string_view text,
                                                       std::size_t max_code_points);

/// Checks a session's or participant's tag: `validate_text` with the service's limit of 50 characters.
[[nodiscard]] std::optional<std::string> validate_tag(std::string_view tag);

/// Checks the URL of a callback: UTF-8, and not empty. The rest is for the service to check.
[[nodiscard]] std::optional<std::string> validate_url(std::string_view field, std::string_view url);

} // namespace bandwidth::webrtc::detail
