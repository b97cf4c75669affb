#include "http1/request_encoder.hpp"

#include <array>
#include <bandwidth/webrtc/error.hpp>
#include <charconv>
#include <utility>

#include "core/http_grammar.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// A source that fails is asked again, and not for every request.
constexpr std::chrono::milliseconds pause_after_failed_credentials(100);

} // namespace

request_encoder::request_encoder(std::string lines, std::shared_ptr<const credential_source> source)
    : lines_(std::move(lines)), tail_(" HTTP/1.1\r\n" + lines_), source_(std::move(source)) {
    if (source_) {
        generation_ = source_->generation();
        take_credentials();
    }
}

// What a source gives goes onto the wire, so it is checked each time.
void request_encoder::take_credentials() {
    auto value = source_->authorization();
    if (!valid_field_value(value))
        throw api_error(
            failure(errc::invalid_options, "credentials: the authorization has control characters"));
    put_together(value);
    authorization_ = std::make_shared<const std::string>(std::move(value));
}

void request_encoder::put_together(std::string_view authorization) {
    tail_ = " HTTP/1.1\r\n" + lines_;
    if (!authorization.empty())
        tail_.append("Authorization: ").append(authorization).append("\r\n");
}

void request_encoder::set_authorization(std::shared_ptr<const std::string> value) {
    put_together(*value);
    authorization_ = std::move(value);
}

void request_encoder::refresh_credentials(time_point now) noexcept {
    if (!source_)
        return;
    const auto generation = source_->generation();
    if (generation == generation_ || (generation == failed_generation_ && now < ask_again_at_))
        return;
    try {
        take_credentials();
        generation_ = generation;
    } catch (...) {
        failed_generation_ = generation;
        ask_again_at_ = now + pause_after_failed_credentials;
    }
}

void request_encoder::append(const request& request, std::string& out) const {
    out.append(request.method).append(1, ' ').append(request.target).append(tail_);
    if (const auto lines = request.header_lines(); !lines.empty())
        out.append(lines);
    if (const auto lines = request.trace_lines(); !lines.empty())
        out.append(lines);
    const auto body = request.body();
    if (request.has_content) {
        std::array<char, 20> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), body.size()).ptr;
        if (!body.empty() && request.content_type)
            out.append("Content-Type: ").append(request.content_type).append("\r\n");
        out.append("Content-Length: ").append(digits.data(), end).append("\r\n");
    }
    out.append("\r\n").append(body);
}

} // namespace bandwidth::webrtc::detail
