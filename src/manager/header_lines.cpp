#include "manager/header_lines.hpp"

#include <algorithm>
#include <iterator>

#include "core/ascii.hpp"
#include "core/http_grammar.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::string_view owned_by_connection =
    " connection content-length expect host http2-settings keep-alive "
    "proxy-authenticate proxy-authorization proxy-connection te "
    "trailer transfer-encoding upgrade ";

bool is_one_of(std::string_view words, std::string_view name) {
    std::string word(" ");
    std::transform(name.begin(), name.end(), std::back_inserter(word), to_lower);
    return words.find(word += ' ') != std::string_view::npos;
}

} // namespace

void append_header(std::string_view name, std::string_view value, std::string_view owned, std::string& lines,
                   std::string& refused) {
    // The name may hold anything: it is repeated only where it is harmless.
    if (!valid_field_name(name))
        refused = "header: the name is not a token";
    else if (is_one_of(owned_by_connection, name) || is_one_of(owned, name))
        refused = "header: " + std::string(name) + " belongs to the library";
    else if (!valid_field_value(value))
        refused = "header: the value of " + std::string(name) + " has control characters";
    else
        lines.append(name).append(": ").append(value).append("\r\n");
}

} // namespace bandwidth::webrtc::detail
