#include "core/percent_encoding.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/grammar/charset.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace bandwidth::webrtc::detail {

namespace urls = boost::urls;

bool is_unreserved(std::string_view text) noexcept {
    const auto* const end = text.data() + text.size();
    return urls::grammar::find_if_not(text.data(), end, urls::unreserved_chars) == end;
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
