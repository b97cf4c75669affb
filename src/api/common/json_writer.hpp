#pragma once

#include <string>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// Appends `text` as a JSON string with its quotes. `text` must be well-formed UTF-8, which passes unchanged;
/// quotes, backslashes and control characters are escaped (RFC 8259 section 7).
void append_json_string(std::string& out, std::string_view text);

/// Appends `"key":` to an object in `out` whose opening brace is there already, with the comma that is due
/// before it. `key` needs no escaping.
void append_json_key(std::string& out, std::string_view key);

} // namespace bandwidth::webrtc::detail
