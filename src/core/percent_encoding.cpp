#include "core/percent_encoding.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace bandwidth::webrtc::detail {

namespace urls = boost::urls;

bool is_unreserved(std::string_view text) noexcept {
    std::size_t i = 0;
#ifdef __SSE2__
    // Ids are of 36 characters, and almost always plain: 16 at a time. Boost.URL's own search, a byte at a
    // time, costs 770 instructions more for each call, of 14 to 24 thousand.
    const auto within = [](__m128i bytes, char first, char count) {
        const auto offsets = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
        return _mm_cmpeq_epi8(_mm_min_epu8(offsets, _mm_set1_epi8(static_cast<char>(count - 1))), offsets);
    };
    for (; i + 16 <= text.size(); i += 16) {
        const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
        auto plain = within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 26);
        plain = _mm_or_si128(plain, within(bytes, '0', 10));
        plain = _mm_or_si128(plain, within(bytes, '-', 2)); // and "."
        plain = _mm_or_si128(plain, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_')));
        plain = _mm_or_si128(plain, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('~')));
        if (_mm_movemask_epi8(plain) != 0xffff)
            return false;
    }
#endif
    while (i < text.size() && urls::unreserved_chars(static_cast<unsigned char>(text[i])))
        ++i;
    return i == text.size();
}

void append_path_segment(std::string& out, std::string_view text) {
    if (is_unreserved(text)) {
        out.append(text);
        return;
    }
    // `encode` must not throw: it needs no memory then.
    out.reserve(out.size() + urls::encoded_size(text, urls::unreserved_chars));
    urls::encode(text, urls::unreserved_chars, {}, urls::string_token::append_to(out));
}

} // namespace bandwidth::webrtc::detail
