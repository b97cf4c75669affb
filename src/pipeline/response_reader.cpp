#include "pipeline/response_reader.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <charconv>
#include <exception>
#include <new>

#include "pipeline/request_encoder.hpp"

namespace bandwidth::webrtc::detail {

namespace http = boost::beast::http;

namespace {

// A chunk's size has 16 digits at most, but for zeros before it.
constexpr std::size_t most_size_digits = 32;
// The memory of a large body is not kept for the next answer.
constexpr std::size_t most_kept_body = 64 * 1024;
constexpr std::chrono::seconds longest_keep_alive = std::chrono::hours(24);

bool is_hex_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Whether a quote is left open at the end of a chunk's line (RFC 9110, section 5.6.4).
bool has_open_quote(std::string_view line) noexcept {
    bool open = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"')
            open = !open;
        else if (line[i] == '\\' && open)
            ++i;
    }
    return open;
}

// field-name ":" OWS field-value OWS, or what continues the line before (RFC 9112, section 5).
bool valid_trailer(std::string_view line, bool first) noexcept {
    if (line.front() == ' ' || line.front() == '\t')
        return !first && valid_field_value(line);
    const auto colon = line.find(':');
    return colon != std::string_view::npos && valid_field_name(line.substr(0, colon)) &&
           valid_field_value(line.substr(colon + 1));
}

std::string_view trim(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

void assign(std::string& to, boost::beast::string_view from) { to.assign(from.data(), from.size()); }

} // namespace

response_reader::response_reader(const response_limits& limits) : limits_(limits) { start(); }

void response_reader::start() {
    done_ = false;
    message_ = {};
    if (body_.capacity() > most_kept_body)
        std::string().swap(body_);
    else
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
    date_.clear();
    message_.keep_alive_timeout.reset();
    part_ = part::head;
    chunk_seen_ = false;
    trailer_seen_ = false;
    retry_after_seen_ = false;
    header_done_ = false;
    chunked_ = false;
    content_length_ = false;
    close_ = false;
    message_.close_announced = false;
    grammar_.emplace(*this);
    grammar_->eager(false); // so that it stops behind the head, and behind each part of a chunk
    // put_head keeps the limit. Beast's own would come a byte early when a line comes in pieces.
    grammar_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes + 8));
    grammar_->body_limit(limits_.body_bytes);
}

response_reader::status response_reader::feed(std::string_view& input) {
    if (done_)
        start();
    for (;;) {
        const auto result = put(input);
        if (result == status::need_more)
            keep_piece();
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
    // `done` of a part means that the next one can begin; of the message, that its last byte was taken.
    while (!input.empty()) {
        auto result = status::done;
        switch (part_) {
        case part::head:
            result = put_head(input);
            if (result == status::done && grammar_->is_done())
                return finish();
            break;
        case part::chunk_line:
            result = put_chunk_line(input);
            break;
        case part::trailers:
            result = put_trailers(input);
            if (result == status::done)
                return finish();
            break;
        case part::body:
        case part::chunk_data: {
            std::size_t taken = 0;
            result = parse(input, taken);
            input.remove_prefix(taken);
            if (result == status::done && grammar_->is_done())
                return finish();
            break;
        }
        }
        if (result != status::done)
            return result;
    }
    return status::need_more;
}

response_reader::status response_reader::parse(std::string_view given, std::size_t& taken) {
    parser_error ec;
    try {
        taken = grammar_->put(boost::asio::const_buffer(given.data(), given.size()), ec);
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception&) { // Beast throws std::length_error on some oversized fields
        return fail(errc::response_too_large);
    }
    if (ec == http::error::need_more)
        return status::need_more;
    if (ec == http::error::body_limit || ec == http::error::header_limit)
        return fail(errc::response_too_large);
    return ec ? fail(errc::protocol_error) : status::done;
}

response_reader::status response_reader::put_head(std::string_view& input) {
    // Beast's own limit begins anew with each call. No byte over ours is shown to it, so that the verdict
    // does not depend on how the bytes were cut.
    const auto left = limits_.header_bytes - header_bytes_;
    std::size_t taken = 0;
    const auto result = parse(input.substr(0, left), taken);
    if (result == status::failed)
        return result;
    input.remove_prefix(taken);
    header_bytes_ += taken;
    if (result == status::done)
        part_ = chunked_ ? part::chunk_line : part::body;
    else if (input.size() > left - taken)
        return fail(errc::response_too_large);
    return result;
}

response_reader::status response_reader::put_chunk_line(std::string_view& input) {
    // Beast takes the CRLF behind a chunk's data with the line of the next one.
    const std::size_t begin = chunk_seen_ ? 2 : 0;
    if (chunk_seen_ && (input[0] != '\r' || (input.size() > 1 && input[1] != '\n')))
        return fail(errc::protocol_error);
    if (input.size() <= begin)
        return status::need_more;
    if (!is_hex_digit(input[begin]))
        return fail(errc::protocol_error);
    const auto end = input.find('\n', begin);
    if (std::min(end, input.size()) - begin > most_size_digits + limits_.chunk_extension)
        return fail(errc::response_too_large);
    if (end == std::string_view::npos)
        return status::need_more;
    const auto line = input.substr(begin, end - begin);
    if (!line.ends_with('\r') || has_open_quote(line))
        return fail(errc::protocol_error);
    const auto size = line.substr(0, line.size() - 1);
    const auto digits =
        static_cast<std::size_t>(std::find_if_not(size.begin(), size.end(), is_hex_digit) - size.begin());
    const bool last = size.substr(0, digits).find_first_not_of('0') == std::string_view::npos;
    auto given = input.substr(0, end + 1);
    std::string last_line;
    if (last) // without trailers, as far as Beast gets to know
        given = last_line.append(given).append("\r\n");
    std::size_t taken = 0;
    const auto result = parse(given, taken);
    if (result != status::done)
        return fail(result == status::failed ? error_ : errc::protocol_error);
    input.remove_prefix(end + 1);
    part_ = last ? part::trailers : part::chunk_data;
    return status::done;
}

response_reader::status response_reader::put_trailers(std::string_view& input) {
    for (;;) {
        const auto end = input.find('\n');
        const auto size = end == std::string_view::npos ? input.size() : end + 1;
        if (size > limits_.header_bytes - header_bytes_)
            return fail(errc::response_too_large);
        if (end == std::string_view::npos)
            return status::need_more;
        auto line = input.substr(0, end);
        if (!line.ends_with('\r'))
            return fail(errc::protocol_error);
        line.remove_suffix(1);
        if (!line.empty()) {
            if (!valid_trailer(line, !trailer_seen_))
                return fail(errc::protocol_error);
            if (++fields_ > limits_.fields)
                return fail(errc::response_too_large);
            trailer_seen_ = true;
        }
        header_bytes_ += size;
        input.remove_prefix(size);
        if (line.empty())
            return status::done;
    }
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
    message_.date = date_;
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
        if (http::token_list(value).exists("close")) {
            message_.close_announced = true;
            close_ = true;
        }
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
    case http::field::date:
        assign(date_, value);
        break;
    case http::field::keep_alive:
        if (!message_.keep_alive_timeout)
            read_keep_alive({value.data(), value.size()});
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

void response_reader::on_chunk_header(std::uint64_t size, string_view_type extensions, parser_error& ec) {
    if (extensions.size() > limits_.chunk_extension)
        ec = http::error::header_limit;
    chunk_left_ = size;
    chunk_seen_ = true;
}

std::size_t response_reader::on_body(string_view_type piece) {
    if (piece_.empty() && body_.empty()) {
        piece_ = std::string_view(piece.data(), piece.size());
    } else {
        keep_piece();
        body_.append(piece.data(), piece.size());
    }
    if (part_ == part::chunk_data) {
        chunk_left_ -= piece.size();
        if (chunk_left_ == 0)
            part_ = part::chunk_line;
    }
    return piece.size();
}

void response_reader::read_keep_alive(std::string_view value) noexcept {
    while (!value.empty()) {
        const auto comma = value.find(',');
        auto parameter = trim(value.substr(0, comma));
        value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
        const auto equals = parameter.find('=');
        if (equals == std::string_view::npos)
            continue;
        const auto name = trim(parameter.substr(0, equals));
        if (!boost::beast::iequals(string_view_type(name.data(), name.size()), "timeout"))
            continue;
        const auto digits = trim(parameter.substr(equals + 1));
        unsigned seconds = 0;
        const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
        if (ec == std::errc() && end == digits.data() + digits.size())
            message_.keep_alive_timeout = std::min(std::chrono::seconds(seconds), longest_keep_alive);
        return;
    }
}

} // namespace bandwidth::webrtc::detail
