#include "loopback/url_text.hpp"

#include <algorithm>
#include <cstddef>

namespace bandwidth::webrtc::testing::detail {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

} // namespace

std::string_view path_of(std::string_view target) {
    target = target.substr(0, target.find_first_of("?#"));
    if (target.starts_with("https://") || target.starts_with("http://")) {
        const auto authority = target.find("//") + 2;
        const auto slash = target.find('/', authority);
        return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
    }
    return target;
}

std::string_view query_of(std::string_view target) {
    target = target.substr(0, target.find('#'));
    const auto mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

bool decode_percent(std::string_view encoded, std::string& decoded) {
    decoded.clear();
    for (std::size_t i = 0; i < encoded.size(); ++i) {
        if (encoded[i] != '%') {
            decoded += encoded[i];
            continue;
        }
        if (encoded.size() - i < 3)
            return false;
        const int high = hex_digit(encoded[i + 1]);
        const int low = hex_digit(encoded[i + 2]);
        if (high < 0 || low < 0)
            return false;
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return true;
}

std::optional<std::string> decode_form_text(std::string_view encoded) {
    std::string spaced(encoded);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    std::string decoded;
    if (!decode_percent(spaced, decoded))
        return std::nullopt;
    return decoded;
}

std::optional<form> parse_form(std::string_view text) {
    form read;
    while (!text.empty()) {
        const auto part = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        if (part.empty())
            continue;
        const auto equals = std::min(part.find('='), part.size());
        auto name = decode_form_text(part.substr(0, equals));
        auto value = decode_form_text(part.substr(std::min(equals + 1, part.size())));
        if (!name || !value)
            return std::nullopt;
        read.emplace_back(std::move(*name), std::move(*value));
    }
    return read;
}

} // namespace bandwidth::webrtc::testing::detail
