#include "api/redact.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::string_view replacement = "[redacted]";
constexpr std::string_view white_space = " \t\r\n";

bool is_token_character(char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

// The length of the JSON Web Token that `text` begins with, or 0. Its header is a JSON object, and `{"` is
// "eyJ" in base64url.
std::size_t web_token_length(std::string_view text) noexcept {
    if (!text.starts_with("eyJ")) {
        return 0;
    }
    std::size_t length = 0;
    while (length != text.size() && is_token_character(text[length])) {
        ++length;
    }
    return length;
}

// If `text` begins with a "token" field whose value is a string: the length up to that value's first
// character, otherwise 0.
std::size_t token_field_length(std::string_view text) noexcept {
    constexpr std::string_view key = "\"token\"";
    if (!text.starts_with(key)) {
        return 0;
    }
    const std::size_t colon = text.find_first_not_of(white_space, key.size());
    if (colon == std::string_view::npos || text[colon] != ':') {
        return 0;
    }
    const std::size_t quote = text.find_first_not_of(white_space, colon + 1);
    return quote != std::string_view::npos && text[quote] == '"' ? quote + 1 : 0;
}

bool is_credentials_character(char c) noexcept { // token68, RFC 9110 section 11.2
    return is_token_character(c) || c == '~' || c == '+' || c == '/' || c == '=';
}

// If `text` begins with an authentication scheme and a space, as an Authorization field's value does: the
// length up to its credentials, otherwise 0. Services echo what they refuse.
std::size_t scheme_length(std::string_view text) noexcept {
    for (const std::string_view scheme : {"basic ", "bearer "}) {
        if (text.size() <= scheme.size())
            continue;
        bool same = true;
        for (std::size_t i = 0; i != scheme.size(); ++i)
            same = same && (text[i] | (scheme[i] == ' ' ? 0 : 0x20)) == scheme[i];
        if (!same)
            continue;
        // Short words are prose ("basic authentication" is not, but loses nothing worth keeping).
        std::size_t length = scheme.size();
        while (length != text.size() && is_credentials_character(text[length]))
            ++length;
        if (length - scheme.size() >= 8)
            return scheme.size();
    }
    return 0;
}

// The length of a string's content, up to its closing quote or the end.
std::size_t content_length(std::string_view text) noexcept {
    std::size_t length = 0;
    while (length < text.size() && text[length] != '"') {
        length += text[length] == '\\' ? 2 : 1;
    }
    return length < text.size() ? length : text.size();
}

} // namespace

std::string redact_tokens(std::string_view body) {
    std::string clean;
    clean.reserve(body.size());
    while (!body.empty()) {
        if (const std::size_t field = token_field_length(body); field != 0) {
            clean.append(body.substr(0, field)).append(replacement);
            body.remove_prefix(field);
            body.remove_prefix(content_length(body));
        } else if (const std::size_t scheme = scheme_length(body); scheme != 0) {
            clean.append(body.substr(0, scheme)).append(replacement);
            body.remove_prefix(scheme);
            while (!body.empty() && is_credentials_character(body.front()))
                body.remove_prefix(1);
        } else if (const std::size_t token = web_token_length(body); token != 0) {
            clean.append(replacement);
            body.remove_prefix(token);
        } else {
            clean += body.front();
            body.remove_prefix(1);
        }
    }
    return clean;
}

} // namespace bandwidth::webrtc::detail
