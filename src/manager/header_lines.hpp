#pragma once

#include <bandwidth/webrtc/call_options.hpp>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::detail {

// Header fields that a caller adds to a request, as they go onto the wire: "Name: value" and CRLF each.

/// Appends a field to `lines`, or says in `refused` why it may not be sent. Nothing of the value is told, since it
/// may be a secret. No caller may set what frames a message, names the host, belongs to one connection or asks for
/// what no connection here can do (RFC 9110, sections 7.6.1, 7.8 and 10.1.1).
void append_header(std::string_view name, std::string_view value, std::string& lines, std::string& refused);

/// Whether the typed operations set this field themselves.
bool is_owned_by_operations(std::string_view name) noexcept;
/// Why it is refused then; `name` is a token.
std::string why_owned(std::string_view name);

/// Appends the lines of `base` to `out`, but for those whose name is in `over` too, and then those of `over`.
void merge_headers(std::string_view base, std::string_view over, std::string& out);

/// What is not for the callers to see of their options.
struct call_options_access {
    static const std::string& header_lines(const call_options& of) { return of.rare_->header_lines; }
    static const std::string& refused_header(const call_options& of) { return of.rare_->refused_header; }
    static const std::string& refused_operations(const call_options& of) {
        return of.rare_->refused_operations;
    }
};

} // namespace bandwidth::webrtc::detail
