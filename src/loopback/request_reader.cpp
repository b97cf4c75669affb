#include "loopback/request_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace bandwidth::webrtc::testing::detail {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t smallest_chunked_body = 5; // "0", CRLF, CRLF

} // namespace

request_parser::request_parser(http_request& request, bool keep_headers, std::size_t max_head)
    : request_(request), keep_headers_(keep_headers) {
    eager(true);
    header_limit(static_cast<std::uint32_t>(max_head));
    body_limit(request_reader::max_body);
}

void request_parser::on_request_impl(http::verb, string_view method_text, string_view target, int version,
                                     error_code&) {
    request_.method.assign(method_text.data(), method_text.size());
    request_.target.assign(target.data(), target.size());
    request_.http_1_0 = version == 10;
}

void request_parser::on_response_impl(int, string_view, int, error_code&) {}

void request_parser::on_field_impl(field name, string_view name_text, string_view value, error_code&) {
    if (header_done_)
        return; // a trailer, which must not change the request (RFC 9110 section 6.5.1)
    switch (name) {
    case field::authorization:
        request_.authorization.assign(value.data(), value.size());
        break;
    case field::content_type:
        request_.content_type.assign(value.data(), value.size());
        break;
    case field::host:
        ++hosts_;
        break;
    case field::content_length:
        has_length_ = true;
        break;
    case field::transfer_encoding:
        ++encodings_;
        encoding_is_chunked_ = boost::beast::iequals(value, "chunked");
        break;
    case field::expect:
        expects_continue_ = boost::beast::iequals(value, "100-continue");
        break;
    default:
        break;
    }
    if (keep_headers_) {
        request_.headers.emplace_back(std::string(name_text.data(), name_text.size()),
                                      std::string(value.data(), value.size()));
    }
}

#if BOOST_BEAST_VERSION >= 359
void request_parser::on_trailer_field_impl(field, string_view, string_view, error_code&) {}
#endif

void request_parser::on_header_impl(error_code& error) {
    header_done_ = true;
    // Beast 1.81 lets "Transfer-Encoding: gzip" with a Content-Length pass, and HTTP/1.0 with chunked: two
    // readings of one message, as RFC 9112 sections 6.1 and 6.3 warn of.
    if (encodings_ > 0 && (encodings_ > 1 || !encoding_is_chunked_ || has_length_ || request_.http_1_0)) {
        error = http::error::bad_transfer_encoding;
        return;
    }
    if (hosts_ > 1 || (hosts_ == 0 && !request_.http_1_0)) { // RFC 9112 section 3.2
        error = http::error::bad_field;
        return;
    }
    request_.keep_alive = keep_alive();
}

void request_parser::on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) {}

std::size_t request_parser::on_body_impl(string_view body, error_code&) {
    request_.body.append(body.data(), body.size());
    return body.size();
}

void request_parser::on_chunk_header_impl(std::uint64_t, string_view, error_code&) { chunk_seen_ = true; }

std::size_t request_parser::on_chunk_body_impl(std::uint64_t, string_view body, error_code& error) {
    return on_body_impl(body, error);
}

void request_parser::on_finish_impl(error_code&) {}

request_reader::outcome request_reader::read(std::string_view input, std::size_t& consumed) {
    consumed = 0;
    if (!parser_) {
        while (input.substr(consumed, 2) ==
               "\r\n") // RFC 9112 section 2.2: empty lines before a request are ignored
            consumed += 2;
        if (input.size() - consumed < 2)
            return outcome::need_more; // may be half an empty line
        request_.clear();
        parser_.emplace(request_, keep_headers_, max_head_);
    }
    while (consumed < input.size()) {
        if (parser_->before_first_chunk() && input.size() - consumed < smallest_chunked_body)
            return outcome::need_more; // Beast 1.81 asserts when "0\r\n" is followed by the next byte alone
        boost::beast::error_code error;
        const bool had_header = parser_->is_header_done();
        consumed +=
            parser_->put(boost::asio::buffer(input.data() + consumed, input.size() - consumed), error);
        if (error && error != http::error::need_more)
            return error == http::error::body_limit ? outcome::too_large : outcome::bad;
        if (parser_->is_done()) {
            parser_.reset();
            return outcome::complete;
        }
        if (!had_header && parser_->is_header_done())
            continue_due_ = parser_->expects_continue() && !request_.http_1_0 && consumed == input.size();
        if (error)
            break;
    }
    return input.size() - consumed > max_head_ ? outcome::bad : outcome::need_more;
}

bool request_reader::take_continue() { return std::exchange(continue_due_, false); }

} // namespace bandwidth::webrtc::testing::detail
