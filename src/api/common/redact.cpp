#include "api/common/redact.hpp"

#include <algorithm>
#include <array>

#include "api/common/json_writer.hpp"
#include "core/ascii.hpp"
#include "core/base64.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::string_view replacement = "[redacted]";
constexpr std::string_view white_space = " \t\r\n";

// As in a JSON Web Token, and in the name of a field or parameter.
bool is_name_character(char c) noexcept {
    return (to_lower(c) >= 'a' && to_lower(c) <= 'z') || is_digit(c) || c == '-' || c == '_' || c == '.';
}

// The length of the JSON Web Token that `text` begins with, or 0. Its header is a JSON object, and `{"` is
// "eyJ" in base64url.
std::size_t web_token_length(std::string_view text) noexcept {
    if (!text.starts_with("eyJ")) {
        return 0;
    }
    std::size_t length = 0;
    while (length != text.size() && is_name_character(text[length])) {
        ++length;
    }
    return length;
}

// Whether a field, parameter or header of this name holds a secret.
bool is_secret_name(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 9> ends = {"token",   "password",      "passwd",
                                                      "secret",  "authorization", "apikey",
                                                      "api_key", "api-key",       "signature"};
    return std::any_of(ends.begin(), ends.end(),
                       [name](std::string_view end) { return ends_with_ignoring_case(name, end); });
}

constexpr std::size_t longest_name = 64;

// A secret that was found: the text before it is kept, the secret itself is not.
struct finding {
    std::size_t kept = 0;
    std::size_t secret = 0;

    explicit operator bool() const noexcept { return kept + secret != 0; }
};

// The length of a JSON string's content, up to its closing quote or the end. `quote` is how the quotes of
// this text are written: within a string of JSON they are escaped.
std::size_t content_length(std::string_view text, std::string_view quote) noexcept {
    std::size_t length = 0;
    while (length < text.size() && !text.substr(length).starts_with(quote))
        length += quote.size() == 1 && text[length] == '\\' ? 2 : 1;
    return std::min(length, text.size());
}

// A field of JSON, `text` beginning with the quote of its name.
finding find_field(std::string_view text) noexcept {
    for (const std::string_view quote : {"\"", "\\\""}) {
        if (!text.starts_with(quote))
            continue;
        const auto name_end =
            text.substr(0, quote.size() + longest_name + quote.size()).find(quote, quote.size());
        if (name_end == std::string_view::npos ||
            !is_secret_name(text.substr(quote.size(), name_end - quote.size())))
            return {};
        const auto colon = text.find_first_not_of(white_space, name_end + quote.size());
        if (colon == std::string_view::npos || text[colon] != ':')
            return {};
        const auto value = text.find_first_not_of(white_space, colon + 1);
        if (value == std::string_view::npos || !text.substr(value).starts_with(quote))
            return {};
        const auto begin = value + quote.size();
        return {begin, content_length(text.substr(begin), quote)};
    }
    return {};
}

// name=value, `text` beginning with the name.
finding find_parameter(std::string_view text) noexcept {
    std::size_t length = 0;
    while (length < text.size() && length <= longest_name && is_name_character(text[length]))
        ++length;
    if (length == text.size() || text[length] != '=' || !is_secret_name(text.substr(0, length)))
        return {};
    auto begin = length + 1;
    std::string_view ends = "&;,<>\"'\\ \t\r\n";
    if (begin < text.size() && (text[begin] == '"' || text[begin] == '\''))
        ends = text.substr(begin++, 1);
    const auto end = std::min(text.find_first_of(ends, begin), text.size());
    return {begin, end - begin};
}

// The user information of a URL, `text` beginning with "://".
finding find_user_information(std::string_view text) noexcept {
    constexpr std::string_view start = "://";
    if (!text.starts_with(start))
        return {};
    const auto end = text.find_first_of("@/?#<>\" \t\r\n", start.size());
    if (end == std::string_view::npos || text[end] != '@')
        return {};
    return {start.size(), end - start.size()};
}

bool is_credentials_character(char c) noexcept { // token68, RFC 9110 section 11.2
    return is_name_character(c) || c == '~' || c == '+' || c == '/' || c == '=';
}

// Credentials as they are written, also in JSON that escapes slashes.
std::size_t credentials_length(std::string_view text) noexcept {
    std::size_t length = 0;
    while (length != text.size()) {
        if (is_credentials_character(text[length]))
            ++length;
        else if (text.substr(length).starts_with("\\/"))
            length += 2;
        else
            break;
    }
    return length;
}

// If `text` begins with an authentication scheme and a space, as an Authorization field's value does: the
// length up to its credentials, otherwise 0. Services echo what they refuse.
std::size_t scheme_length(std::string_view text) noexcept {
    for (const std::string_view scheme : {"basic ", "bearer "}) {
        if (!starts_with_ignoring_case(text, scheme))
            continue;
        // Short words are prose ("basic authentication" is not, but loses nothing worth keeping).
        if (credentials_length(text.substr(scheme.size())) >= 8)
            return scheme.size();
    }
    return 0;
}

finding find_secret(std::string_view text, bool at_word) noexcept {
    finding found;
    switch (text.front()) { // most characters begin none of them
    case '"':
    case '\\':
        return find_field(text);
    case ':':
        return find_user_information(text);
    case 'b':
    case 'B':
        if (const auto scheme = scheme_length(text); scheme != 0)
            found = {scheme, credentials_length(text.substr(scheme))};
        break;
    case 'e':
        found = {0, web_token_length(text)};
        break;
    default:
        break;
    }
    return found || !at_word ? found : find_parameter(text);
}

void replace_all(std::string& text, std::string_view secret) {
    for (auto at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + replacement.size()))
        text.replace(at, secret.size(), replacement);
}

} // namespace

std::string redact_tokens(std::string_view body) {
    std::string clean;
    clean.reserve(body.size());
    bool at_word = true; // no name goes on here
    while (!body.empty()) {
        const auto found = find_secret(body, at_word);
        if (!found) {
            at_word = !is_name_character(body.front());
            clean += body.front();
            body.remove_prefix(1);
            continue;
        }
        clean.append(body.substr(0, found.kept)).append(replacement);
        body.remove_prefix(found.kept + found.secret);
        at_word = false;
    }
    return clean;
}

std::string redact_values(std::string text, const std::vector<std::string>& secrets) {
    constexpr std::size_t least = 4;
    for (const auto& secret : secrets) {
        if (secret.size() < least)
            continue;
        replace_all(text, secret);
        std::string written;
        append_json_string(written, secret);
        written = written.substr(1, written.size() - 2);
        if (written != secret)
            replace_all(text, written);
    }
    return text;
}

std::vector<std::string> secrets_of_authorization(std::string_view value) {
    std::vector<std::string> secrets;
    const auto space = value.find(' ');
    const auto credentials = space == std::string_view::npos ? value : value.substr(space + 1);
    if (space != std::string_view::npos && ends_with_ignoring_case(value.substr(0, space), "basic")) {
        auto encoded = credentials;
        auto both = decode_base64(encoded, base64::standard); // whatever stands behind it
        const auto colon = both.find(':');
        if (colon != std::string::npos) {
            auto password = both.substr(colon + 1);
            secrets.push_back(std::move(both)); // the longer one first: it holds the other
            secrets.push_back(std::move(password));
        }
    }
    secrets.emplace_back(credentials);
    return secrets;
}

void append_secrets_of_headers(std::string_view header_lines, std::vector<std::string>& secrets) {
    while (!header_lines.empty()) {
        const auto end = std::min(header_lines.find("\r\n"), header_lines.size());
        const auto line = header_lines.substr(0, end);
        const auto colon = line.find(": ");
        if (colon != std::string_view::npos && is_secret_name(line.substr(0, colon)))
            secrets.emplace_back(line.substr(colon + 2));
        header_lines.remove_prefix(std::min(end + 2, header_lines.size()));
    }
}

} // namespace bandwidth::webrtc::detail
