#include <algorithm>
#include <utility>

#include "core/http_grammar.hpp"
#include "http1/response_reader.hpp"

// What the reader takes from header fields.

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::chrono::seconds longest_keep_alive = std::chrono::hours(24);

} // namespace

bool response_reader::on_field(std::string_view name, std::string_view value) {
    if (expected_.keeps_fields)
        fields_text_.append(name).append(": ").append(value).append(1, '\n');
    const auto set = [value](std::string_view& field) {
        field = value;
        return true;
    };
    // By their sizes, so that most are compared with one name, or none.
    switch (name.size()) {
    case 4:
        if (equals_token(name, "date"))
            return set(message_.date);
        break;
    case 10:
        if (equals_token(name, "connection"))
            return on_connection(value);
        if (equals_token(name, "keep-alive")) {
            on_keep_alive(value);
            return true;
        }
        break;
    case 11:
        if (equals_token(name, "retry-after")) {
            if (!message_.retry_after.data()) // the first one counts
                message_.retry_after = value;
            return true;
        }
        break;
    case 12:
        if (equals_token(name, "content-type"))
            return set(message_.content_type);
        if (equals_token(name, "x-request-id"))
            return set(message_.request_id);
        break;
    case 14:
        if (equals_token(name, "content-length"))
            return on_content_length(value);
        break;
    case 16:
        if (equals_token(name, "x-amzn-requestid"))
            return set(message_.request_id);
        if (equals_token(name, "content-encoding"))
            return value.empty() || equals_token(value, "identity") || !message_.content_coding.empty() ||
                   set(message_.content_coding); // the first one is named
        break;
    case 17:
        if (equals_token(name, "transfer-encoding"))
            return on_transfer_encoding(value);
        break;
    default:
        break;
    }
    return valid_field_name(name) || refuse(errc::protocol_error, "a header field whose name is none");
}

bool response_reader::on_transfer_encoding(std::string_view value) noexcept {
    if (chunked_ || content_length_ || !message_.http_1_1 || !equals_token(value, "chunked"))
        return refuse(errc::protocol_error, "a transfer coding other than chunked, or beside a length");
    chunked_ = true;
    return true;
}

// One number, or the same one several times (RFC 9110, section 8.6).
bool response_reader::on_content_length(std::string_view value) noexcept {
    if (chunked_)
        return refuse(errc::protocol_error, "a length beside a transfer coding");
    if (std::uint64_t length = 0; !content_length_ && read_number(value, length)) { // as nearly always
        content_length_ = length;
        return true;
    }
    bool more = true;
    while (more) {
        more = value.find(',') != std::string_view::npos;
        std::uint64_t length = 0;
        if (!read_number(take_element(value), length) || content_length_.value_or(length) != length)
            return refuse(errc::protocol_error, "a length that is no number, or two that differ");
        content_length_ = length;
    }
    return true;
}

bool response_reader::on_connection(std::string_view value) noexcept {
    if (equals_token(value, "keep-alive")) { // as nearly always
        keep_alive_ = true;
        return true;
    }
    while (!value.empty()) {
        const auto option = take_element(value);
        if (equals_token(option, "close"))
            message_.close_announced = true;
        else if (equals_token(option, "keep-alive"))
            keep_alive_ = true;
        else if (!option.empty() && !valid_field_name(option)) // a token, as names are
            return refuse(errc::protocol_error, "a connection option that is none");
    }
    return true;
}

// Where a parameter comes twice the first one counts; garbage is ignored.
void response_reader::on_keep_alive(std::string_view value) noexcept {
    bool timeout_seen = message_.keep_alive_timeout.has_value();
    bool max_seen = message_.keep_alive_max.has_value();
    while (!value.empty()) {
        const auto parameter = take_element(value);
        const auto equals = parameter.find('=');
        if (equals == std::string_view::npos)
            continue;
        const auto name = trim(parameter.substr(0, equals));
        unsigned number = 0;
        const bool readable = read_number(trim(parameter.substr(equals + 1)), number);
        if (equals_token(name, "timeout") && !std::exchange(timeout_seen, true) && readable)
            message_.keep_alive_timeout = std::min(std::chrono::seconds(number), longest_keep_alive);
        else if (equals_token(name, "max") && !std::exchange(max_seen, true) && readable)
            message_.keep_alive_max = number;
    }
}

} // namespace bandwidth::webrtc::detail
