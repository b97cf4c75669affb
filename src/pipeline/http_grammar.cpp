#include "pipeline/http_grammar.hpp"

#include <bit>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace bandwidth::webrtc::detail {

namespace {

bool is_control(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

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

// Many bytes at a time: most of what a response has is looked at here.
std::size_t find_control(std::string_view text, std::size_t from) noexcept {
    std::size_t i = from;
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
        if (is_control(text[i]))
            return i;
        ++i; // a tab
    }
#endif
    while (i < text.size() && !is_control(text[i]))
        ++i;
    return i;
}

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
