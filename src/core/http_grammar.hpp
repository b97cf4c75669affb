#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "core/ascii.hpp"

namespace bandwidth::webrtc::detail {

// The lexical rules of RFC 9110, section 5 and RFC 9112 that both directions share.

/// Which bytes may stand in a token (RFC 9110, section 5.6.2).
inline constexpr std::array<bool, 256> token_chars = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

/// Where the token at the front of `text` ends.
inline std::size_t token_size(std::string_view text) noexcept {
    std::size_t size = 0;
    while (size < text.size() && token_chars[static_cast<unsigned char>(text[size])])
        ++size;
    return size;
}

/// The first control character other than HTAB from `from` on, which no field's value may hold (RFC 9110,
/// section 5.5); `text.size()` where there is none.
inline std::size_t find_control(std::string_view text, std::size_t from = 0) noexcept {
    std::size_t i = from;
    // Many bytes at a time: most of what a response has is looked at here.
#ifdef __SSE2__
    const auto highest_control = _mm_set1_epi8(0x1f);
    const auto del = _mm_set1_epi8(0x7f);
    while (text.size() - i >= sizeof(__m128i)) {
        const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
        const auto controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, highest_control), bytes);
        const auto found =
            static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(controls, _mm_cmpeq_epi8(bytes, del))));
        if (found == 0) {
            i += sizeof bytes;
            continue;
        }
        i += static_cast<std::size_t>(std::countr_zero(found));
        if (text[i] != '\t')
            return i;
        ++i;
    }
#endif
    while (i < text.size() && (!is_control(text[i]) || text[i] == '\t'))
        ++i;
    return i;
}

/// Whether `value` may stand as a header field's value. A CR or LF would put a second line on the wire.
inline bool valid_field_value(std::string_view value) noexcept { return find_control(value) == value.size(); }
/// Whether `name` is a token.
inline bool valid_field_name(std::string_view name) noexcept {
    return !name.empty() && token_size(name) == name.size();
}
/// *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] ) (RFC 9112, section 7.1.1).
bool valid_chunk_extensions(std::string_view text) noexcept;

/// Whether it is SP or HTAB.
inline bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// Without the spaces and tabs at both ends.
inline std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

/// The first element of a comma-separated list, trimmed; takes it and its comma off the front of `list`.
std::string_view take_element(std::string_view& list) noexcept;

/// Calls `function` with the name and the value of each field in `lines`, which are "name: value" and `line_end` each.
template <class Function>
void for_each_field(std::string_view lines, std::string_view line_end, Function function) {
    while (!lines.empty()) {
        const auto line = lines.substr(0, lines.find(line_end));
        lines.remove_prefix(std::min(line.size() + line_end.size(), lines.size()));
        if (const auto colon = line.find(": "); colon != std::string_view::npos)
            function(line.substr(0, colon), line.substr(colon + 2));
    }
}

/// "host:port", an IPv6 address in brackets (RFC 3986, section 3.2.2).
std::string authority(std::string_view host, unsigned port);

/// Whether a field of that name, in whatever case, is among the lines of a request.
bool has_field(std::string_view lines, std::string_view name);

/// Whether all of `digits` is a number that `value` can hold, which it is then.
template <class Number>
bool read_number(std::string_view digits, Number& value, int base = 10) noexcept {
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    return ec == std::errc() && end == digits.data() + digits.size();
}

/// Takes a number of exactly so many digits off the front of `text`.
inline bool take_number(std::string_view& text, std::size_t digits, unsigned& value) noexcept {
    if (text.size() < digits || !read_number(text.substr(0, digits), value))
        return false;
    text.remove_prefix(digits);
    return true;
}

/// Whether `text`, in which there is no control character, is `lower`, in whatever case. `lower` is of
/// lower-case letters, digits and hyphens: under these terms faster than `equals_ignoring_case`.
inline bool equals_token(std::string_view text, std::string_view lower) noexcept {
    if (text.size() != lower.size())
        return false;
    // What has the bit of lower case set in `lower` may lack it in `text`: a letter is then the same in upper
    // case, and a digit or hyphen a control character.
    constexpr std::uint64_t case_bits = 0x2020202020202020;
    const auto word_at = [](std::string_view from, std::size_t at) {
        std::uint64_t word = 0;
        std::memcpy(&word, from.data() + at, sizeof word);
        return word;
    };
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8)
        if ((word_at(text, i) | case_bits) != word_at(lower, i))
            return false;
    for (; i < text.size(); ++i)
        if ((static_cast<unsigned char>(text[i]) | 0x20U) != static_cast<unsigned char>(lower[i]))
            return false;
    return true;
}

} // namespace bandwidth::webrtc::detail
