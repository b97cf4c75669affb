#include "pipeline/response_reader.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <exception>
#include <new>

namespace bandwidth::webrtc::detail {

namespace http = boost::beast::http;

namespace {

// A chunk header, the CRLF before it included, and what must follow it are never shorter than this. Beast
// 1.81 aborts (by assertion) when it meets a last chunk in fewer bytes.
constexpr std::size_t least_chunk_bytes = 5;

void assign(std::string& to, boost::beast::string_view from) { to.assign(from.data(), from.size()); }

} // namespace

response_reader::response_reader(const response_limits& limits) : limits_(limits) { start(); }

void response_reader::start() {
    done_ = false;
    message_ = {};
    body_.clear();
    piece_ = {};
    header_bytes_ = 0;
    fields_ = 0;
    interim_ = 0;
    start_grammar();
}

void response_reader::start_grammar() {
    content_type_.clear();
    request_id_.clear();
    retry_after_.clear();
    retry_after_seen_ = false;
    header_done_ = false;
    chunked_ = false;
    content_length_ = false;
    close_ = false;
    grammar_.emplace(*this);
    grammar_->eager(false); // until the head is complete, so that its bytes can be counted
    grammar_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
    grammar_->body_limit(limits_.body_bytes);
}

response_reader::status response_reader::feed(std::string_view& input) {
    if (done_)
        start();
    for (;;) {
        const auto result = put(input);
        if (result != status::done)
            return result;
        if (message_.status >= 200) {
            done_ = true;
            return result;
        }
        // RFC 9110, section 15.2: any number of interim responses may come before the final one. They share
        // one budget of bytes and fields with it, so a server cannot hold a connection with them.
        if (++interim_ > limits_.interim)
            return fail(errc::protocol_error);
        start_grammar();
    }
}

response_reader::status response_reader::put(std::string_view& input) {
    if (input.empty() || (header_done_ && chunked_ && input.size() < least_chunk_bytes))
        return status::need_more;
    parser_error ec;
    const bool in_head = !grammar_->is_header_done();
    std::size_t taken = 0;
    try {
        taken = grammar_->put(boost::asio::const_buffer(input.data(), input.size()), ec);
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception&) { // Beast throws std::length_error on some oversized fields
        return fail(errc::response_too_large);
    }
    input.remove_prefix(taken);
    if (in_head)
        header_bytes_ += taken; // the parser stops behind the head: see start_grammar
    const bool need_more = ec == http::error::need_more;
    // Whatever cannot be taken yet is a line that has not ended, or a trailer section.
    if (header_bytes_ > limits_.header_bytes ||
        (need_more && input.size() > limits_.header_bytes - (in_head ? header_bytes_ : 0)))
        return fail(errc::response_too_large);
    if (need_more) {
        keep_piece();
        return status::need_more;
    }
    if (ec == http::error::body_limit || ec == http::error::header_limit)
        return fail(errc::response_too_large);
    if (ec)
        return fail(errc::protocol_error);
    if (grammar_->is_done())
        return finish();
    if (in_head) { // now the body, all that came of it at once
        grammar_->eager(true);
        return put(input);
    }
    keep_piece();
    return status::need_more;
}

response_reader::status response_reader::end_of_stream(bool clean) {
    if (done_ || !header_done_ || grammar_->is_done() || !grammar_->need_eof() || !clean)
        return fail(errc::incomplete_response);
    parser_error ec;
    grammar_->put_eof(ec);
    if (ec)
        return fail(errc::incomplete_response);
    done_ = true;
    return finish();
}

response_reader::status response_reader::finish() {
    message_.body = body_.empty() ? piece_ : std::string_view(body_);
    message_.content_type = content_type_;
    message_.request_id = request_id_;
    message_.retry_after = retry_after_;
    return status::done;
}

response_reader::status response_reader::fail(errc value) noexcept {
    error_ = value;
    return status::failed;
}

void response_reader::keep_piece() {
    body_.append(piece_);
    piece_ = {};
}

void response_reader::on_status_line(int code, int version, parser_error& ec) {
    if (code < 100 || code > 599 || code == 101)
        ec = http::error::bad_status;
    message_.status = code;
    message_.http_1_1 = version >= 11;
}

void response_reader::on_field(http::field name, string_view_type text, string_view_type value,
                               parser_error& ec) {
    if (++fields_ > limits_.fields) {
        ec = http::error::header_limit;
        return;
    }
    if (header_done_) { // a trailer: dropped, but its bytes count
        header_bytes_ += text.size() + value.size();
        if (header_bytes_ > limits_.header_bytes)
            ec = http::error::header_limit;
        return;
    }
    switch (name) {
    case http::field::transfer_encoding:
        if (chunked_ || content_length_ || !message_.http_1_1 || !boost::beast::iequals(value, "chunked"))
            ec = http::error::bad_transfer_encoding;
        chunked_ = true;
        break;
    case http::field::content_length:
        if (chunked_)
            ec = http::error::bad_content_length;
        content_length_ = true;
        break;
    case http::field::connection:
        // Beast lets "keep-alive" win over "close" in HTTP/1.0 (RFC 9112, section 9.3, has it the other way).
        if (!message_.http_1_1 && http::token_list(value).exists("close"))
            close_ = true;
        break;
    case http::field::content_encoding:
        // None was offered (no Accept-Encoding), and none is decoded.
        if (!value.empty() && !boost::beast::iequals(value, "identity"))
            ec = http::error::bad_value;
        break;
    case http::field::content_type:
        assign(content_type_, value);
        break;
    case http::field::retry_after:
        if (!retry_after_seen_)
            assign(retry_after_, value);
        retry_after_seen_ = true;
        break;
    case http::field::unknown:
        if (boost::beast::iequals(text, "x-amzn-requestid") || boost::beast::iequals(text, "x-request-id"))
            assign(request_id_, value);
        break;
    default:
        break;
    }
}

void response_reader::on_header(parser_error&) {
    header_done_ = message_.status >= 200;
    message_.keep_alive = grammar_->keep_alive() && !close_;
}

void response_reader::on_chunk_header(string_view_type extensions, parser_error& ec) {
    if (extensions.size() > limits_.chunk_extension)
        ec = http::error::header_limit;
}

std::size_t response_reader::on_body(string_view_type piece) {
    if (piece_.empty() && body_.empty()) {
        piece_ = std::string_view(piece.data(), piece.size());
    } else {
        keep_piece();
        body_.append(piece.data(), piece.size());
    }
    return piece.size();
}

} // namespace bandwidth::webrtc::detail
