#include "core/utf8.hpp"

#include <boost/locale/utf.hpp>

namespace bandwidth::webrtc::detail {

namespace utf = boost::locale::utf;

utf8_char read_utf8(const char* begin, const char* end) noexcept {
    const char* next = begin;
    const auto code = utf::utf_traits<char>::decode(next, end);
    return code == utf::illegal || code == utf::incomplete
               ? utf8_char{}
               : utf8_char{code, static_cast<unsigned>(next - begin)};
}

std::optional<std::size_t> count_code_points(std::string_view text) noexcept {
    std::size_t count = 0;
    for (; !text.empty(); ++count) {
        const unsigned length = read_utf8(text.data(), text.data() + text.size()).length;
        if (length == 0)
            return std::nullopt;
        text.remove_prefix(length);
    }
    return count;
}

} // namespace bandwidth::webrtc::detail
