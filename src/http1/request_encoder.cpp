#include "http1/request_encoder.hpp"

#include <array>
#include <charconv>

namespace bandwidth::webrtc::detail {

request_encoder::request_encoder(std::string_view host, std::string_view user_agent) {
    common_.append("Host: ").append(host).append("\r\nUser-Agent: ").append(user_agent);
    // Without the second field any content coding would be acceptable (RFC 9110, section 12.5.3).
    common_.append("\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n");
    rebuild();
}

void request_encoder::set_authorization(std::string_view value) {
    authorization_ = std::make_shared<const std::string>(value);
    rebuild();
}

void request_encoder::rebuild() {
    tail_ = " HTTP/1.1\r\n" + common_;
    if (authorization_ && !authorization_->empty())
        tail_.append("Authorization: ").append(*authorization_).append("\r\n");
}

void request_encoder::append(const request& request, std::string& out) const {
    out.append(request.method).append(1, ' ').append(request.target).append(tail_);
    if (const auto lines = request.header_lines(); !lines.empty())
        out.append(lines);
    const auto body = request.body();
    if (request.has_content) {
        std::array<char, 20> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), body.size()).ptr;
        if (!body.empty())
            out.append("Content-Type: application/json; charset=utf-8\r\n");
        out.append("Content-Length: ").append(digits.data(), end).append("\r\n");
    }
    out.append("\r\n").append(body);
}

} // namespace bandwidth::webrtc::detail
