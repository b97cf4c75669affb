#include "core/http_grammar.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// Takes blanks off the front.
void skip_blanks(std::string_view& text) noexcept {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
}

bool take_token(std::string_view& text) noexcept {
    const auto size = token_size(text);
    text.remove_prefix(size);
    return size != 0;
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

bool valid_field_value(std::string_view value) noexcept { return find_control(value) == value.size(); }

bool valid_field_name(std::string_view name) noexcept {
    return !name.empty() && token_size(name) == name.size();
}

bool valid_chunk_extensions(std::string_view text) noexcept {
    if (!valid_field_value(text))
        return false;
    while (!text.empty()) {
        skip_blanks(text);
        if (text.empty() || text.front() != ';')
            return false;
        text.remove_prefix(1);
        skip_blanks(text);
        if (!take_token(text))
            return false;
        auto rest = text;
        skip_blanks(rest);
        if (rest.empty() || rest.front() != '=')
            continue;
        rest.remove_prefix(1);
        skip_blanks(rest);
        const bool quoted = !rest.empty() && rest.front() == '"';
        if (!(quoted ? take_quoted_string(rest) : take_token(rest)))
            return false;
        text = rest;
    }
    return true;
}

std::string_view take_element(std::string_view& list) noexcept {
    const auto comma = list.find(',');
    const auto element = trim(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    return element;
}

} // namespace bandwidth::webrtc::detail
