#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/result.hpp>
#include <boost/beast/http/status.hpp>
#include <chrono>
#include <ostream>
#include <utility>

namespace bandwidth::webrtc {

namespace {

class library_category final : public boost::system::error_category {
public:
    library_category() : error_category(0x6277776562727463) {}
    const char* name() const noexcept override { return "bandwidth.webrtc"; }
    std::string message(int value) const override { return text(value); }
    const char* message(int value, char*, std::size_t) const noexcept override { return text(value); }

private:
    static const char* text(int value) noexcept {
        switch (static_cast<errc>(value)) {
        case errc::invalid_argument:
            return "invalid argument";
        case errc::invalid_options:
            return "invalid client options";
        case errc::host_not_found:
            return "host not found";
        case errc::resolve_failed:
            return "the host's name could not be resolved";
        case errc::resolve_timeout:
            return "timeout while resolving the host's name";
        case errc::connect_failed:
            return "connection failed";
        case errc::connect_timeout:
            return "timeout while connecting";
        case errc::handshake_timeout:
            return "timeout in the TLS handshake";
        case errc::handshake_failed:
            return "TLS handshake failed";
        case errc::tls_untrusted:
            return "the server's certificate is not trusted";
        case errc::tls_host_mismatch:
            return "the server's certificate is for another host";
        case errc::tls_protocol:
            return "the server does not speak our TLS";
        case errc::tls_rejected:
            return "the server refused us in the TLS handshake";
        case errc::tls_failed:
            return "TLS error";
        case errc::queue_full:
            return "the queue for a connection is full";
        case errc::queue_timeout:
            return "timeout while waiting for a connection";
        case errc::response_timeout:
            return "timeout while waiting for the response";
        case errc::body_timeout:
            return "timeout in the response body";
        case errc::connection_lost:
            return "connection lost before the response";
        case errc::incomplete_response:
            return "connection lost in the middle of the response";
        case errc::protocol_error:
            return "the response is not valid HTTP, or another request's";
        case errc::response_too_large:
            return "the response is over a limit";
        case errc::bad_json:
            return "the response body is not what the operation promises";
        case errc::cancelled:
            return "cancelled";
        case errc::client_closed:
            return "client closed";
        case errc::no_usable_connection:
            return "no connection could be used";
        }
        return "unknown error";
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
        switch (static_cast<condition>(value)) {
        case condition::client_error:
            return "client error";
        case condition::server_error:
            return "server error";
        case condition::throttled:
            return "throttled";
        case condition::timeout:
            return "timeout";
        case condition::not_found:
            return "not found";
        case condition::unauthorized:
            return "unauthorized";
        case condition::tls_error:
            return "TLS error";
        case condition::retryable:
            return "retryable";
        }
        return "unknown condition";
    }
    bool equivalent(const error_code& code, int value) const noexcept override {
        const auto asked = static_cast<condition>(value);
        if (code.category() == http_category())
            return status_is(code.value(), asked);
        if (code.category() == webrtc_category())
            return error_is(static_cast<errc>(code.value()), asked);
        return false;
    }

private:
    static bool status_is(int status, condition asked) noexcept {
        switch (asked) {
        case condition::client_error:
            return status >= 400 && status < 500;
        case condition::server_error:
            return status >= 500;
        case condition::throttled:
            return status == 429 || status == 503;
        case condition::not_found:
            return status == 404 || status == 410;
        case condition::unauthorized:
            return status == 401 || status == 403;
        case condition::timeout:
            return status == 408 || status == 504;
        case condition::retryable:
            return status == 408 || status == 421 || status == 425 || status == 429 || status == 500 ||
                   status == 502 || status == 503 || status == 504;
        case condition::tls_error:
            return false;
        }
        return false;
    }

    static bool error_is(errc value, condition asked) noexcept {
        switch (value) {
        case errc::resolve_timeout:
        case errc::connect_timeout:
        case errc::queue_timeout:
        case errc::response_timeout:
        case errc::body_timeout:
            return asked == condition::timeout || asked == condition::retryable;
        case errc::handshake_timeout:
            return asked == condition::timeout || asked == condition::tls_error ||
                   asked == condition::retryable;
        case errc::handshake_failed:
        case errc::tls_failed:
            return asked == condition::tls_error || asked == condition::retryable;
        case errc::tls_untrusted:
        case errc::tls_host_mismatch:
        case errc::tls_protocol:
        case errc::tls_rejected:
            return asked == condition::tls_error;
        case errc::resolve_failed:
        case errc::connect_failed:
        case errc::queue_full:
        case errc::connection_lost:
        case errc::incomplete_response:
        case errc::no_usable_connection:
            return asked == condition::retryable;
        case errc::invalid_argument:
        case errc::invalid_options:
        case errc::host_not_found:
        case errc::protocol_error:
        case errc::response_too_large:
        case errc::bad_json:
        case errc::cancelled:
        case errc::client_closed:
            return false;
        }
        return false;
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
    switch (value) {
    case delivery::not_sent:
        return "not_sent";
    case delivery::maybe_processed:
        return "maybe_processed";
    case delivery::answered:
        return "answered";
    }
    return "unknown";
}

failure::failure(error_code code, std::string message) {
    auto state = std::make_shared<detail::failure_state>();
    state->code = code;
    state->message = std::move(message);
    state_ = std::move(state);
}

failure::failure(detail::failure_state state)
    : state_(std::make_shared<const detail::failure_state>(std::move(state))) {}

const detail::failure_state& failure::state() const noexcept {
    static const detail::failure_state none;
    return state_ ? *state_ : none;
}

std::string failure::describe() const {
    std::string text = code().message();
    if (!message().empty())
        text += ": " + message();
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
