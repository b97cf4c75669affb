#pragma once

#include <string>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// A copy of an answer's body in which everything that looks like a participant token reads "[redacted]":
/// a JSON Web Token anywhere, and the value of a "token" field, also in JSON that is broken or cut off; and
/// what follows "Basic" or "Bearer", which a service may echo. For bodies that are kept in a failure.
[[nodiscard]] std::string redact_tokens(std::string_view body);

} // namespace bandwidth::webrtc::detail
