#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bandwidth::webrtc::detail {

/// A copy of a response's body, or of a part of it, in which everything that looks like a secret reads
/// "[redacted]":
/// - a JSON Web Token anywhere;
/// - what follows "Basic" or "Bearer", which a service may echo (RFC 9110, section 11.4);
/// - the value of a field or parameter whose name ends in token, password, secret or api-key, in JSON (also
///   broken, cut off, or inside of a string) and as `name=value`;
/// - the user information of a URL (RFC 3986, section 3.2.1).
/// For texts that are kept in a failure.
[[nodiscard]] std::string redact_tokens(std::string_view body);

/// A copy of `text` in which each of `secrets` reads "[redacted]", also where it is written as JSON writes
/// it. Those of less than four bytes are left: too many words hold them.
[[nodiscard]] std::string redact_values(std::string text, const std::vector<std::string>& secrets);

/// Appends what is secret of an Authorization field's value: the credentials, and for Basic (RFC 7617) also what
/// they encode and the password in it.
void append_secrets_of_authorization(std::string_view value, std::vector<std::string>& secrets);

/// Appends the values of those header lines (each ended by CRLF) whose names tell that they are secret, the credentials of an
/// Authorization among them, and each cookie's value.
void append_secrets_of_headers(std::string_view header_lines, std::vector<std::string>& secrets);

} // namespace bandwidth::webrtc::detail
