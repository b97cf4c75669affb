#include "manager/message_call.hpp"

#include <algorithm>
#include <utility>

#include "core/ascii.hpp"
#include "core/http_grammar.hpp"
#include "core/redact.hpp"
#include "manager/header_lines.hpp"
#include "manager/response_info.hpp"

namespace bandwidth::webrtc::detail {

namespace {

namespace http = boost::beast::http;

// RFC 9110, section 9.2. What is not registered there may do anything.
request_class request_class_of(http::verb method) noexcept {
    switch (method) {
    case http::verb::get:
    case http::verb::head:
    case http::verb::options:
    case http::verb::trace:
        return request_class::safe;
    case http::verb::put:
    case http::verb::delete_:
        return request_class::idempotent;
    default:
        return request_class::unsafe;
    }
}

// Origin-form, or asterisk-form for OPTIONS (RFC 9112, section 3.2).
bool is_target(std::string_view target, http::verb method) noexcept {
    if (target == "*")
        return method == http::verb::options;
    return target.starts_with('/') &&
           std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
}

std::string_view view(boost::beast::string_view text) noexcept { return {text.data(), text.size()}; }

// What `http::fields::insert` takes without throwing.
bool fits_beast(std::string_view fields) noexcept {
    constexpr std::size_t longest = 65'533;
    if (fields.size() <= longest)
        return true;
    while (!fields.empty()) {
        const auto end = fields.find('\n');
        if (end > longest)
            return false;
        fields.remove_prefix(end + 1);
    }
    return true;
}

} // namespace

message_call::message_call(const std::shared_ptr<pool>& home, boost::intrusive_ptr<call_group> of) {
    this->home() = home;
    group = std::move(of);
}

std::optional<std::string> message_call::set_request(const connection_manager::request_type& message,
                                                     const call_options& options) {
    const auto method = message.method();
    const auto name = view(message.method_string());
    const auto target = view(message.target());
    if (!valid_field_name(name))
        return "method: it is not a token";
    if (method == http::verb::connect)
        return "method: CONNECT makes a tunnel of a connection, which no connection here can be";
    if (!is_target(target, method))
        return "target: not a path that begins with a slash, of printable ASCII, without a fragment";
    if (message.version() != 11)
        return "version: only HTTP/1.1 is sent";
    std::string lines;
    std::string refused;
    bool idempotent = options.idempotent();
    for (const auto& field : message) {
        append_header(view(field.name_string()), view(field.value()), lines, refused);
        if (field.name() == http::field::content_length)
            refused += "; leave out prepare_payload()";
        if (!refused.empty())
            return refused;
        idempotent = idempotent || (equals_ignoring_case(view(field.name_string()), "idempotency-key") &&
                                    !trim(view(field.value())).empty());
    }
    auto& rare = request.rare();
    merge_headers(lines, call_options_access::header_lines(options), rare.header_lines);
    // A server sends back what it was sent (RFC 9110, section 9.3.8).
    if (method == http::verb::trace &&
        (!message.body().empty() || has_field(rare.header_lines, "authorization") ||
         has_field(rare.header_lines, "cookie")))
        return "method: TRACE has no body, no Authorization and no Cookie";
    rare.method = name;
    request.method = rare.method;
    request.target = target;
    request.kind = request_class_of(method);
    if (request.kind == request_class::unsafe && idempotent)
        request.kind = request_class::idempotent;
    request.head = method == http::verb::head;
    rare.body = message.body();
    // RFC 9110, section 8.6: the methods that define a meaning for content say that there is none.
    const bool has_meaning =
        method == http::verb::post || method == http::verb::put || method == http::verb::patch;
    request.has_content = has_meaning || !rare.body.empty();
    // A server that expects no content may take it for the next request (RFC 9110, section 9.3.1).
    if (request.has_content && !has_meaning)
        request.dedicated_connection = true;
    request.keeps_fields = true;
    return std::nullopt;
}

settled message_call::settle(const response& received, std::chrono::nanoseconds elapsed) {
    if (auto* const into = info())
        response_info_access::fill(*into, received, *this, elapsed, secrets());
    if (!fits_beast(received.fields)) {
        failure_state known;
        known.code = errc::response_too_large;
        known.message = "a header field longer than Beast's fields hold";
        known.http_status = received.status;
        known.attempts = attempts;
        known.elapsed = elapsed;
        known.delivery = delivery::answered;
        reason_ = failure(std::move(known));
        return settled::failure;
    }
    status_ = received.status;
    http_1_1_ = received.http_1_1;
    fields_ = received.fields;
    body_ = received.body;
    return settled::value;
}

void message_call::settle(failure reason) {
    if (auto* const into = info())
        response_info_access::clear(*into, *this, reason.elapsed());
    reason_ = std::move(reason);
}

std::vector<std::string> message_call::secrets() const {
    std::vector<std::string> all;
    append_secrets_of_headers(request.header_lines(), all);
    return all;
}

connection_manager::response_type message_call::take_response() {
    connection_manager::response_type message;
    message.version(http_1_1_ ? 11 : 10);
    message.result(static_cast<unsigned>(status_));
    for_each_field(fields_, "\n", [&message](std::string_view name, std::string_view value) {
        message.insert(boost::beast::string_view(name.data(), name.size()),
                       boost::beast::string_view(value.data(), value.size()));
    });
    message.body() = std::move(body_);
    return message;
}

void message_call::recycle() noexcept {
    forget_handler();
    delete this;
}

} // namespace bandwidth::webrtc::detail
