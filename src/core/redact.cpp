#include "core/redact.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <iterator>

#include "core/ascii.hpp"
#include "core/base64.hpp"
#include "core/http_grammar.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::string_view replacement = "[redacted]";
constexpr std::string_view blanks = " \t\r\n";
// How the names of secret fields, parameters and headers end.
constexpr std::string_view secret_names[] = {"token", "password", "secret", "api-key"};

// Where a secret is, from the begin of a text on: what stands before it is kept.
struct finding {
    std::size_t kept = 0;
    std::size_t secret = 0;
};

// How much of `text` may be credentials (token68, RFC 9110 section 11.2), also where JSON escapes slashes.
std::size_t credentials_length(std::string_view text) noexcept {
    constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=\\";
    const auto length = std::min(text.find_first_not_of(allowed), text.size());
    return length != 0 && text[length - 1] == '\\' ? length - 1 : length; // that one escapes a quote
}

// The length of a string's content, up to its closing quote or the end.
std::size_t content_length(std::string_view text, std::string_view quote) noexcept {
    std::size_t length = 0;
    while (length < text.size() && !text.substr(length).starts_with(quote))
        length += quote.size() == 1 && text[length] == '\\' ? 2 : 1;
    return std::min(length, text.size());
}

// The value of name=value or "name": "value", also within a string of JSON. `text` begins with the name.
finding find_value(const std::string_view text, std::size_t name_size) noexcept {
    auto rest = text.substr(name_size);
    const auto skip = [&rest](std::string_view characters) {
        rest.remove_prefix(std::min(rest.find_first_not_of(characters), rest.size()));
    };
    skip("\\\"");
    skip(blanks);
    const bool is_field = rest.starts_with(':');
    if (!is_field && !rest.starts_with('='))
        return {};
    rest.remove_prefix(1);
    skip(blanks);
    std::string_view quote;
    for (const std::string_view possible : {"\"", "'", "\\\""})
        quote = rest.starts_with(possible) ? possible : quote;
    if (is_field && quote.empty()) // null or a number
        return {};
    rest.remove_prefix(quote.size());
    const auto length = quote.empty() ? std::min(rest.find_first_of("&;,<>\"'\\ \t\r\n"), rest.size())
                                      : content_length(rest, quote);
    return {text.size() - rest.size(), length};
}

finding find_secret(std::string_view text) noexcept {
    if (text.starts_with(
            "eyJ")) // a JSON Web Token: its header is a JSON object, and this is `{"` in base64url
        return {0, credentials_length(text)};
    constexpr std::string_view authority = "://";
    if (text.starts_with(authority)) { // the user information of a URL
        const auto end = text.find_first_of("@/?#<>\" \t\r\n", authority.size());
        const bool has_user = end != std::string_view::npos && text[end] == '@';
        return has_user ? finding{authority.size(), end - authority.size()} : finding{};
    }
    for (const std::string_view scheme : {"basic ", "bearer "}) { // services echo the credentials they refuse
        const auto length =
            starts_with_ignoring_case(text, scheme) ? credentials_length(text.substr(scheme.size())) : 0;
        if (length >= 8) // short words are prose
            return {scheme.size(), length};
    }
    for (const auto name : secret_names)
        if (starts_with_ignoring_case(text, name))
            return find_value(text, name.size());
    return {};
}

// How what `find_secret` finds begins, so that it is not called for each character.
constexpr std::string_view first_characters = "e:BbTtPpSsAa";

// Whether JSON writes it as it is.
bool is_plain_in_json(std::string_view text) noexcept {
    return std::all_of(
        text.begin(), text.end(), [](char c) { return c >= ' ' && c != '"' && c != '\\' && c != '\x7F'; });
}

// What has a name of its own in `find_secret` is checked here, so that a new one is not forgotten above.
static_assert(std::ranges::all_of(secret_names, [](std::string_view name) {
    return first_characters.find(name.front()) != std::string_view::npos;
}));

void replace_all(std::string& text, std::string_view secret) {
    for (auto at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + replacement.size()))
        text.replace(at, secret.size(), replacement);
}

// The whole value, and that of each cookie (RFC 6265, section 4.2.1).
void append_cookies(std::string_view value, std::vector<std::string>& secrets) {
    secrets.emplace_back(value);
    while (!value.empty()) {
        const auto end = std::min(value.find(';'), value.size());
        const auto one = value.substr(0, end);
        if (const auto equals = one.find('='); equals != std::string_view::npos)
            secrets.emplace_back(one.substr(equals + 1));
        value.remove_prefix(std::min(end + 1, value.size()));
    }
}

} // namespace

std::string redact_tokens(std::string_view body) {
    std::string clean;
    clean.reserve(body.size());
    while (!body.empty()) {
        const auto passed = std::min(body.find_first_of(first_characters), body.size());
        clean.append(body.substr(0, passed));
        body.remove_prefix(passed);
        if (body.empty())
            break;
        const auto found = find_secret(body);
        if (found.kept + found.secret == 0) {
            clean += body.front();
            body.remove_prefix(1);
            continue;
        }
        clean.append(body.substr(0, found.kept)).append(replacement);
        body.remove_prefix(found.kept + found.secret);
    }
    return clean;
}

std::string redact_values(std::string text, const std::vector<std::string>& secrets) {
    constexpr std::size_t least = 4;
    for (const auto& secret : secrets) {
        if (secret.size() >= least) {
            replace_all(text, secret);
            if (is_plain_in_json(secret))
                continue;
            const auto quoted = boost::json::serialize(boost::json::string_view(secret));
            const auto in_json = std::string_view(quoted).substr(1, quoted.size() - 2);
            replace_all(text, in_json);
        }
    }
    return text;
}

void append_secrets_of_authorization(std::string_view value, std::vector<std::string>& secrets) {
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
}

void append_secrets_of_headers(std::string_view header_lines, std::vector<std::string>& secrets) {
    for_each_field(
        header_lines, "\r\n",
        [&secrets](std::string_view name, std::string_view value) {
            if (equals_ignoring_case(name, "authorization"))
                append_secrets_of_authorization(value, secrets);
            else if (equals_ignoring_case(name, "cookie"))
                append_cookies(value, secrets);
            else if (std::any_of(
                         std::begin(secret_names), std::end(secret_names),
                         [name](std::string_view end) { return ends_with_ignoring_case(name, end); }))
                secrets.emplace_back(value);
        });
}

} // namespace bandwidth::webrtc::detail
