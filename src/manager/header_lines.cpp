#include "manager/header_lines.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "core/ascii.hpp"
#include "core/http_grammar.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::string_view owned_by_connection[] = {"connection",
                                                    "content-length",
                                                    "expect",
                                                    "host",
                                                    "http2-settings",
                                                    "keep-alive",
                                                    "proxy-authenticate",
                                                    "proxy-authorization",
                                                    "proxy-connection",
                                                    "te",
                                                    "trailer",
                                                    "transfer-encoding",
                                                    "upgrade"};
constexpr std::string_view set_by_operations[] = {"accept",       "accept-encoding", "authorization",
                                                  "content-type", "cookie",          "user-agent"};

template <std::size_t Count>
bool is_one_of(const std::string_view (&names)[Count], std::string_view name) noexcept {
    return std::any_of(
        std::begin(names), std::end(names),
        [name](std::string_view each) { return equals_ignoring_case(each, name); });
}

} // namespace

bool is_owned_by_operations(std::string_view name) noexcept { return is_one_of(set_by_operations, name); }

std::string why_owned(std::string_view name) {
    return "header: " + std::string(name) + " belongs to the library";
}

void append_header(std::string_view name, std::string_view value, std::string& lines, std::string& refused) {
    // The name may hold anything: it is repeated only where it is harmless.
    if (!valid_field_name(name))
        refused = "header: the name is not a token";
    else if (is_one_of(owned_by_connection, name))
        refused = why_owned(name);
    else if (!valid_field_value(value))
        refused = "header: the value of " + std::string(name) + " has control characters";
    else
        lines.append(name).append(": ").append(value).append("\r\n");
}

void merge_headers(std::string_view base, std::string_view over, std::string& out) {
    for_each_field(base, "\r\n", [&](std::string_view name, std::string_view value) {
        if (!has_field(over, name))
            out.append(name).append(": ").append(value).append("\r\n");
    });
    out += over;
}

} // namespace bandwidth::webrtc::detail
