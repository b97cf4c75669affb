#include <algorithm>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/result.hpp>
#include <boost/beast/http/status.hpp>
#include <chrono>
#include <iterator>
#include <ostream>
#include <utility>

namespace bandwidth::webrtc {

namespace {

// Answers to the questions of `condition`, a bit for each.
constexpr unsigned bit(condition asked) { return 1U << static_cast<unsigned>(asked); }
constexpr unsigned again = bit(condition::retryable);
constexpr unsigned late = bit(condition::timeout) | again;
constexpr unsigned tls = bit(condition::tls_error);

namespace portable = boost::system::errc;

struct error_row {
    errc value;
    const char* text;
    unsigned conditions;
    portable::errc_t equal_to; // the error of the system that asks for the same reaction
};

constexpr error_row errors[] = {
    {errc::invalid_argument, "invalid argument", 0, portable::invalid_argument},
    {errc::invalid_options, "invalid client options", 0, portable::invalid_argument},
    {errc::host_not_found, "host not found", 0, portable::address_not_available},
    {errc::resolve_failed, "the host's name could not be resolved", again,
     portable::resource_unavailable_try_again},
    {errc::resolve_timeout, "timeout while resolving the host's name", late, portable::timed_out},
    {errc::connect_failed, "connection failed", again, portable::connection_refused},
    {errc::connect_timeout, "timeout while connecting", late, portable::timed_out},
    {errc::handshake_timeout, "timeout in the TLS handshake", late | tls, portable::timed_out},
    {errc::handshake_failed, "TLS handshake failed", again | tls, portable::connection_aborted},
    {errc::tls_untrusted, "the server's certificate is not trusted", tls, portable::permission_denied},
    {errc::tls_host_mismatch, "the server's certificate is for another host", tls,
     portable::permission_denied},
    {errc::tls_protocol, "the server does not speak our TLS", tls, portable::protocol_not_supported},
    {errc::tls_rejected, "the server refused us in the TLS handshake", tls, portable::permission_denied},
    {errc::tls_failed, "TLS error", again | tls, portable::protocol_error},
    {errc::queue_full, "the queue for a connection is full", again, portable::resource_unavailable_try_again},
    {errc::queue_timeout, "timeout while waiting for a connection", late, portable::timed_out},
    {errc::response_timeout, "timeout while waiting for the response", late, portable::timed_out},
    {errc::body_timeout, "timeout in the response body", late, portable::timed_out},
    {errc::connection_lost, "connection lost before the response", again, portable::connection_reset},
    {errc::incomplete_response, "connection lost in the middle of the response", again,
     portable::connection_reset},
    {errc::protocol_error, "the response is not valid HTTP, or another request's", 0,
     portable::protocol_error},
    {errc::response_too_large, "the response is over a limit", 0, portable::message_size},
    {errc::bad_json, "the response body is not what the operation promises", 0, portable::bad_message},
    {errc::cancelled, "cancelled", 0, portable::operation_canceled},
    {errc::client_closed, "client closed", 0, portable::operation_canceled},
    {errc::no_usable_connection, "no connection could be used", again, portable::connection_aborted},
    {errc::throttled, "the service takes no more requests in time", late | bit(condition::throttled),
     portable::timed_out},
    {errc::token_refused, "no access token was granted", bit(condition::unauthorized),
     portable::permission_denied},
    {errc::token_failed, "an access token could not be fetched", again,
     portable::resource_unavailable_try_again},
    {errc::token_timeout, "timeout while waiting for an access token", late, portable::timed_out},
    {errc::proxy_refused, "the proxy refused us", 0, portable::permission_denied},
    {errc::proxy_failed, "the proxy did not connect to the server", again, portable::connection_aborted},
    {errc::proxy_timeout, "timeout while the proxy connected to the server", late, portable::timed_out},
};

constexpr const char* condition_texts[] = {"client error", "server error", "throttled", "timeout",
                                           "not found",    "unauthorized", "TLS error", "retryable"};
static_assert(std::size(condition_texts) == static_cast<std::size_t>(condition::retryable));

// Errors and conditions are numbered from 1.
constexpr bool in_order() {
    int number = 0;
    return std::all_of(std::begin(errors), std::end(errors),
                       [&](const error_row& row) { return static_cast<int>(row.value) == ++number; }) &&
           number == static_cast<int>(errc::proxy_timeout);
}
static_assert(in_order());

constexpr error_row unknown_error{errc(), "unknown error", 0, portable::success};

const error_row& row_of(int value) noexcept {
    return value >= 1 && value <= std::ssize(errors) ? errors[value - 1] : unknown_error;
}

unsigned conditions_of(int status) noexcept {
    unsigned met = 0;
    const auto when = [&](bool is, condition asked) { met |= is ? bit(asked) : 0U; };
    when(status >= 400 && status < 500, condition::client_error);
    when(status >= 500, condition::server_error);
    when(status == 429 || status == 503, condition::throttled);
    when(status == 404 || status == 410, condition::not_found);
    when(status == 401 || status == 403, condition::unauthorized);
    when(status == 408 || status == 504, condition::timeout);
    constexpr int retryable[] = {408, 421, 425, 429, 500, 502, 503, 504};
    when(std::find(std::begin(retryable), std::end(retryable), status) != std::end(retryable),
         condition::retryable);
    return met;
}

class library_category final : public boost::system::error_category {
public:
    library_category() : error_category(0x6277776562727463) {}
    const char* name() const noexcept override { return "bandwidth.webrtc"; }
    std::string message(int value) const override { return row_of(value).text; }
    const char* message(int value, char*, std::size_t) const noexcept override { return row_of(value).text; }
    boost::system::error_condition default_error_condition(int value) const noexcept override {
        const auto equal = row_of(value).equal_to;
        return equal == portable::success ? boost::system::error_condition(value, *this) : equal;
    }
};

class status_category final : public boost::system::error_category {
public:
    status_category() : error_category(0x6277776562687474) {}
    const char* name() const noexcept override { return "http"; }
    std::string message(int value) const override {
        std::string text = "HTTP " + std::to_string(value);
        const auto known = boost::beast::http::int_to_status(static_cast<unsigned>(value));
        if (known != boost::beast::http::status::unknown)
            text.append(1, ' ').append(boost::beast::http::obsolete_reason(known));
        return text;
    }
};

class question_category final : public boost::system::error_category {
public:
    question_category() : error_category(0x6277776562636f6e) {}
    const char* name() const noexcept override { return "bandwidth.webrtc.condition"; }
    std::string message(int value) const override {
        return value >= 1 && value <= std::ssize(condition_texts) ? condition_texts[value - 1]
                                                                  : "unknown condition";
    }
    bool equivalent(const error_code& code, int value) const noexcept override {
        if (value < 1 || value > std::ssize(condition_texts))
            return false;
        const unsigned asked = bit(static_cast<condition>(value));
        if (code.category() == http_category())
            return (conditions_of(code.value()) & asked) != 0;
        return code.category() == webrtc_category() && (row_of(code.value()).conditions & asked) != 0;
    }
};

} // namespace

const boost::system::error_category& webrtc_category() noexcept {
    static const library_category category;
    return category;
}

const boost::system::error_category& http_category() noexcept {
    static const status_category category;
    return category;
}

const boost::system::error_category& condition_category() noexcept {
    static const question_category category;
    return category;
}

error_code make_error_code(errc value) noexcept { return {static_cast<int>(value), webrtc_category()}; }

boost::system::error_condition make_error_condition(condition value) noexcept {
    return {static_cast<int>(value), condition_category()};
}

error_code make_http_error(int status) noexcept { return {status, http_category()}; }

const char* to_string(delivery value) noexcept {
    return value == delivery::not_sent          ? "not_sent"
           : value == delivery::maybe_processed ? "maybe_processed"
           : value == delivery::answered        ? "answered"
                                                : "unknown";
}

failure::failure(error_code code, std::string message) {
    auto state = std::make_shared<detail::failure_state>();
    state->code = code;
    if (code.category() == http_category()) {
        state->http_status = code.value();
        state->delivery = delivery::answered;
    }
    state->message = std::move(message);
    state_ = std::move(state);
}

failure::failure(detail::failure_state state)
    : state_(std::make_shared<const detail::failure_state>(std::move(state))) {}

const detail::failure_state& failure::state() const noexcept {
    static const detail::failure_state none;
    return state_ ? *state_ : none;
}

failure& failure::delivery(webrtc::delivery value) {
    auto changed = state();
    changed.delivery = value;
    return *this = failure(std::move(changed));
}

failure& failure::retry_after(std::optional<std::chrono::seconds> value) {
    auto changed = state();
    changed.retry_after = value;
    return *this = failure(std::move(changed));
}

std::string failure::describe() const {
    std::string text = code().message();
    if (!message().empty())
        text += ": " + message();
    if (!service_code().empty())
        text += " (code " + service_code() + ")";
    if (!request_id().empty())
        text += " (request id " + request_id() + ")";
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed()).count();
    text += std::string(" [") + to_string(delivery()) + ", attempts: " + std::to_string(attempts()) + ", " +
            std::to_string(milliseconds) + " ms]";
    return text;
}

std::ostream& operator<<(std::ostream& out, const failure& value) { return out << value.describe(); }

api_error::api_error(const webrtc::failure& failure)
    : system_error(failure.code(), failure.message()), failure_(failure) {}

void throw_exception_from_error(const failure& error, const boost::source_location&) {
    throw api_error(error);
}

} // namespace bandwidth::webrtc
