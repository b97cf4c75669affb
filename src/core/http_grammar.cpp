#include "core/http_grammar.hpp"

#include "core/ascii.hpp"

#include <algorithm>

namespace bandwidth::webrtc::detail {

namespace {

bool take_token(std::string_view& text) noexcept {
    const auto size = token_size(text);
    text.remove_prefix(size);
    return size != 0;
}

// Takes `c` off the front, with the blanks around it.
bool take_separator(std::string_view& text, char c) noexcept {
    const auto skip_blanks = [](std::string_view from) {
        return from.substr(std::min(from.find_first_not_of(" \t"), from.size()));
    };
    const auto rest = skip_blanks(text);
    if (!rest.starts_with(c))
        return false;
    text = skip_blanks(rest.substr(1));
    return true;
}

// Up to and with the closing quote.
bool take_quoted_string(std::string_view& text) noexcept {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return true;
        }
        if (text[i] == '\\')
            ++i;
    }
    return false;
}

} // namespace

bool valid_chunk_extensions(std::string_view text) noexcept {
    if (!valid_field_value(text))
        return false;
    while (!text.empty()) {
        if (!take_separator(text, ';') || !take_token(text))
            return false;
        if (take_separator(text, '=') &&
            !(text.starts_with('"') ? take_quoted_string(text) : take_token(text)))
            return false;
    }
    return true;
}

std::string_view take_element(std::string_view& list) noexcept {
    const auto comma = list.find(',');
    const auto element = trim(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    return element;
}

std::string authority(std::string_view host, unsigned port) {
    const bool is_ipv6 = host.find(':') != std::string_view::npos;
    return (is_ipv6 ? '[' + std::string(host) + ']' : std::string(host)) + ':' + std::to_string(port);
}

bool has_field(std::string_view lines, std::string_view name) {
    bool found = false;
    for_each_field(lines, "\r\n", [&](std::string_view other, std::string_view) {
        found = found || equals_ignoring_case(name, other);
    });
    return found;
}

} // namespace bandwidth::webrtc::detail
