#include "http1/response_reader.hpp"

#include <algorithm>
#include <cstring>

#include "core/ascii.hpp"
#include "core/http_grammar.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// A chunk's size has 16 digits at most, but for zeros before it.
constexpr std::size_t most_size_digits = 32;
// The memory of a large body is not kept for the next response.
constexpr std::size_t most_kept_body = 64 * 1024;

bool is_hex_digit(char c) noexcept { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f'); }

bool is_line_end(std::string_view text, std::size_t at) noexcept {
    return at + 1 < text.size() && text[at] == '\r' && text[at + 1] == '\n';
}

std::string unfold(std::string_view value) {
    std::string whole;
    while (!value.empty()) {
        const auto end = value.find('\r');
        const auto piece = trim(value.substr(0, end));
        if (!piece.empty() && !whole.empty())
            whole += ' ';
        whole += piece;
        value.remove_prefix(end == std::string_view::npos ? value.size() : end + 2);
    }
    return whole;
}

void keep_view(std::string_view& view, std::string& storage) {
    if (!view.data() || view.data() == storage.data()) // none, or kept already
        return;
    storage.assign(view);
    view = storage;
}

} // namespace

void response_reader::start() {
    done_ = false;
    started_ = false;
    if (body_.capacity() > most_kept_body)
        std::string().swap(body_);
    else
        body_.clear();
    piece_ = {};
    header_bytes_ = 0;
    body_bytes_ = 0;
    fields_ = 0;
    interim_ = 0;
    start_head();
}

void response_reader::release_buffers() noexcept {
    if (started())
        return;
    message_ = {};
    piece_ = {};
    for (auto* const kept :
         {&body_, &content_type_, &content_coding_, &request_id_, &retry_after_, &date_, &fields_text_})
        std::string().swap(*kept);
}

void response_reader::start_head() noexcept {
    message_ = {};
    fields_text_.clear();
    part_ = part::status_line;
    chunk_seen_ = false;
    chunked_ = false;
    keep_alive_ = false;
    content_length_.reset();
}

response_reader::status response_reader::feed(std::string_view& input) {
    if (done_)
        start();
    started_ = started_ || !input.empty();
    for (;;) {
        const auto result = put(input);
        if (result == status::need_more)
            keep();
        if (result != status::done)
            return result;
        if (message_.status >= 200)
            return finish();
        // RFC 9110, section 15.2: any number of interim responses may come before the final one. They share
        // one budget of bytes and fields with it, so a server cannot hold a connection with them.
        if (++interim_ > limits_.interim)
            return fail(errc::protocol_error, "more interim responses than are taken");
        start_head();
    }
}

// `done` with the message's last byte.
response_reader::status response_reader::put(std::string_view& input) {
    while (!input.empty()) {
        auto result = status::need_more;
        switch (part_) {
        case part::status_line:
            result = put_status_line(input);
            if (result == status::done)
                continue;
            return result;
        case part::chunk_line:
            result = put_chunk_line(input);
            if (result == status::done)
                continue;
            return result;
        case part::fields:
            result = put_fields(input);
            if (result != status::done)
                return result;
            result = head_ended();
            break;
        case part::trailers:
            return put_fields(input);
        case part::body:
        case part::to_end:
        case part::chunk_data:
            result = put_body(input);
            break;
        }
        if (result != status::need_more)
            return result;
    }
    return status::need_more;
}

// No byte over the limit is looked at, so that the verdict does not depend on how the bytes were cut.
inline std::string_view response_reader::within_limit(std::string_view input) const noexcept {
    return {input.data(), std::min(input.size(), limits_.header_bytes - header_bytes_)};
}

// Which error it is that the first control character, at `at`, does not end the line.
response_reader::status response_reader::no_line_end(std::string_view window, std::size_t at,
                                                     std::string_view input) noexcept {
    const bool may_follow = at == window.size() || (window[at] == '\r' && at + 1 == window.size());
    if (!may_follow)
        return fail(errc::protocol_error, "a character in a line that must not be there");
    return window.size() < input.size() ? fail(errc::response_too_large, "a header section over its limit")
                                        : status::need_more;
}

response_reader::status response_reader::put_status_line(std::string_view& input) {
    // HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112, section 4). Servers that give no reason may
    // leave out the second space as well.
    constexpr std::string_view name = "HTTP/1.";
    if (input.substr(0, name.size()) != name.substr(0, input.size()))
        return fail(errc::protocol_error, "something else where a status line should begin");
    const auto window = within_limit(input);
    const auto end = find_control(window, scanned_);
    if (!is_line_end(window, end)) {
        scanned_ = end;
        return no_line_end(window, end, input);
    }
    const auto line = window.substr(0, end);
    if (line.size() < 12 || (line[7] != '0' && line[7] != '1') || line[8] != ' ' ||
        (line.size() > 12 && line[12] != ' ') || !is_digit(line[9]) || !is_digit(line[10]) ||
        !is_digit(line[11]))
        return fail(errc::protocol_error, "a malformed status line");
    message_.http_1_1 = line[7] == '1';
    message_.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    if (message_.status < 100 || message_.status > 599 || message_.status == 101)
        return fail(errc::protocol_error, "a status that is none, or that nobody asked for");
    input.remove_prefix(end + 2);
    header_bytes_ += end + 2;
    scanned_ = 0;
    part_ = part::fields;
    return status::done;
}

response_reader::status response_reader::put_fields(std::string_view& input) {
    const auto window = within_limit(input);
    auto result = status::done;
    std::size_t begin = 0; // of the line
    for (;;) {
        const auto end = find_control(window, begin + scanned_);
        if (!is_line_end(window, end)) {
            scanned_ = end - begin;
            result = no_line_end(window, end, input);
            break;
        }
        const auto next = end + 2;
        if (end == begin) { // the empty line
            begin = next;
            break;
        }
        // The line goes on where the next one begins with a space.
        if (next == input.size()) {
            scanned_ = end - begin;
            result = status::need_more;
            break;
        }
        if (is_blank(input[next])) {
            folded_ = true;
            scanned_ = next - begin;
            continue;
        }
        scanned_ = 0;
        if (!take_field({window.data() + begin, end - begin}))
            return status::failed;
        begin = next;
    }
    input.remove_prefix(begin);
    header_bytes_ += begin;
    if (result == status::done)
        scanned_ = 0;
    return result;
}

// field-name ":" OWS field-value OWS (RFC 9112, section 5)
inline bool response_reader::take_field(std::string_view line) {
    if (++fields_ > limits_.fields)
        return refuse(errc::response_too_large, "more header fields than are taken");
    const char* const begin = line.data();
    const char* const end = begin + line.size();
    const auto* const colon = static_cast<const char*>(std::memchr(begin, ':', line.size()));
    if (!colon)
        return refuse(errc::protocol_error, "a header line without a colon");
    const std::string_view name(begin, static_cast<std::size_t>(colon - begin));
    const auto value = trim({colon + 1, static_cast<std::size_t>(end - colon - 1)});
    if (part_ == part::fields && !folded_)
        return on_field(name, value);
    folded_ = false;
    if (part_ == part::trailers)
        return valid_field_name(name) || refuse(errc::protocol_error, "a trailer whose name is none");
    const auto whole = unfold(value);
    const bool accepted = on_field(name, whole);
    keep(); // views into `whole`
    return accepted;
}

// Which framing the header section says (RFC 9112, section 6.3). `need_more` where a body follows.
response_reader::status response_reader::head_ended() noexcept {
    // "close" wins (RFC 9112, section 9.3); HTTP/1.0 keeps the connection only where it says so.
    message_.keep_alive = !message_.close_announced && (message_.http_1_1 || keep_alive_);
    // A server that announces a body which must not be there (RFC 9110, section 8.6; RFC 9112, section 6.1)
    // may send it too, and it would be read as the next response. A 304 may rightly tell the length of the
    // body that it stands for, but that is in doubt as well, since no request asked for a 304.
    const bool announces_body = chunked_ || content_length_.value_or(0) != 0;
    if (message_.status < 200)
        return announces_body ? fail(errc::protocol_error, "an interim response that announces a body")
                              : status::done;
    if (expected_.head)
        return status::done;
    if (message_.status == 204 || message_.status == 304) {
        if (announces_body)
            message_.keep_alive = false;
        return status::done;
    }
    if (chunked_) {
        part_ = part::chunk_line;
        return status::need_more;
    }
    if (!content_length_) {
        message_.keep_alive = false;
        part_ = part::to_end;
        return status::need_more;
    }
    if (*content_length_ > limits_.body_bytes)
        return fail(errc::response_too_large, "a body over its limit");
    left_ = *content_length_;
    part_ = part::body;
    return left_ == 0 ? status::done : status::need_more;
}

response_reader::status response_reader::put_body(std::string_view& input) {
    if (part_ == part::to_end) {
        body_bytes_ += input.size();
        if (body_bytes_ > limits_.body_bytes)
            return fail(errc::response_too_large, "a body over its limit");
        left_ = input.size();
    }
    const auto piece =
        input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
    add_to_body(piece);
    input.remove_prefix(piece.size());
    left_ -= piece.size();
    if (left_ == 0 && part_ == part::chunk_data)
        part_ = part::chunk_line;
    return left_ == 0 && part_ == part::body ? status::done : status::need_more;
}

response_reader::status response_reader::put_chunk_line(std::string_view& input) {
    const std::size_t begin = chunk_seen_ ? 2 : 0;
    if (chunk_seen_ && (input[0] != '\r' || (input.size() > 1 && input[1] != '\n')))
        return fail(errc::protocol_error, "a chunk that does not end where its size says");
    if (input.size() <= begin)
        return status::need_more;
    if (!is_hex_digit(input[begin]))
        return fail(errc::protocol_error, "a chunk size that is no number");
    const auto end = input.find('\n', begin);
    if (std::min(end, input.size()) - begin > most_size_digits + limits_.chunk_extension)
        return fail(errc::response_too_large, "a chunk size with more extensions than are taken");
    if (end == std::string_view::npos)
        return status::need_more;
    auto line = input.substr(begin, end - begin);
    if (!line.ends_with('\r'))
        return fail(errc::protocol_error, "a chunk size line that does not end with CRLF");
    line.remove_suffix(1);
    const auto digits =
        static_cast<std::size_t>(std::find_if_not(line.begin(), line.end(), is_hex_digit) - line.begin());
    const auto extensions = line.substr(digits);
    if (!read_number(line.substr(0, digits), left_, 16) || !valid_chunk_extensions(extensions))
        return fail(errc::protocol_error, "a malformed chunk size line");
    if (extensions.size() > limits_.chunk_extension || left_ > limits_.body_bytes - body_bytes_)
        return fail(errc::response_too_large, "a body over its limit");
    body_bytes_ += left_;
    chunk_seen_ = true;
    input.remove_prefix(end + 1);
    part_ = left_ == 0 ? part::trailers : part::chunk_data;
    return status::done;
}

// In one piece it stays in the caller's buffer.
void response_reader::add_to_body(std::string_view piece) {
    if (piece_.empty() && body_.empty()) {
        piece_ = piece;
        return;
    }
    body_.append(piece_).append(piece);
    piece_ = {};
}

response_reader::status response_reader::end_of_stream(bool clean) {
    return !done_ && part_ == part::to_end && clean
               ? finish()
               : fail(errc::incomplete_response, "the end of the connection in the middle of a response");
}

response_reader::status response_reader::finish() noexcept {
    done_ = true;
    message_.body = body_.empty() ? piece_ : std::string_view(body_);
    message_.fields = fields_text_;
    return status::done;
}

// The caller's buffer is about to go.
void response_reader::keep() {
    body_.append(piece_);
    piece_ = {};
    keep_view(message_.content_type, content_type_);
    keep_view(message_.content_coding, content_coding_);
    keep_view(message_.request_id, request_id_);
    keep_view(message_.retry_after, retry_after_);
    keep_view(message_.date, date_);
}

response_reader::status response_reader::fail(errc value, const char* what) noexcept {
    refuse(value, what);
    return status::failed;
}

bool response_reader::refuse(errc value, const char* what) noexcept {
    error_ = value;
    refused_ = what;
    return false;
}

} // namespace bandwidth::webrtc::detail
