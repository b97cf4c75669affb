#pragma once

#include <string>
#include <string_view>

namespace bandwidth::webrtc::detail {

// Header fields that a caller adds to a request, as they go onto the wire: "Name: value" and CRLF each.

/// Appends a field to `lines`, or says in `refused` why it may not be sent. Nothing of the value is told, since it
/// may be a secret. No caller may set what frames a message, names the host, belongs to one connection or asks for
/// what no connection here can do (RFC 9110, sections 7.6.1, 7.8 and 10.1.1).
/// \param owned more names that are refused, in lower case, each between spaces.
void append_header(std::string_view name, std::string_view value, std::string_view owned, std::string& lines,
                   std::string& refused);

/// What the typed operations set themselves.
inline constexpr std::string_view owned_by_operations =
    " accept accept-encoding authorization content-type cookie user-agent ";

/// Calls `function` with name, value and the whole line of each of `lines`.
template <class Function>
void for_each_header(std::string_view lines, Function function) {
    while (!lines.empty()) {
        const auto end = lines.find("\r\n");
        const auto line = lines.substr(0, end);
        const auto colon = line.find(": ");
        function(line.substr(0, colon), line.substr(colon + 2), lines.substr(0, end + 2));
        lines.remove_prefix(end + 2);
    }
}

} // namespace bandwidth::webrtc::detail
