#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bandwidth::webrtc::testing::detail {

/// The path of a request target, without its query; an absolute target (RFC 9112 section 3.2.2) counts by its
/// path.
std::string_view path_of(std::string_view target);

/// What stands behind the question mark of a request target.
std::string_view query_of(std::string_view target);

/// Puts the text without its percent-encoding (RFC 3986 section 2.1) in place of what `decoded` holds; false
/// when a percent sign is not followed by two hexadecimal digits.
bool decode_percent(std::string_view encoded, std::string& decoded);

/// A form's parameters, in their order.
using form = std::vector<std::pair<std::string, std::string>>;

/// Reads application/x-www-form-urlencoded, as bodies and queries have it; nothing when it is malformed.
std::optional<form> parse_form(std::string_view text);

/// The text without the encoding of forms; nothing when that is malformed.
std::optional<std::string> decode_form_text(std::string_view encoded);

} // namespace bandwidth::webrtc::testing::detail
