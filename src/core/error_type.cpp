#include <bandwidth/webrtc/observer.hpp>

namespace bandwidth::webrtc {

namespace {

// The enumerator's own name: short, and the same for ever.
const char* name_of(errc value) noexcept {
    switch (value) {
    case errc::invalid_argument:
        return "invalid_argument";
    case errc::invalid_options:
        return "invalid_options";
    case errc::host_not_found:
        return "host_not_found";
    case errc::resolve_failed:
        return "resolve_failed";
    case errc::resolve_timeout:
        return "resolve_timeout";
    case errc::connect_failed:
        return "connect_failed";
    case errc::connect_timeout:
        return "connect_timeout";
    case errc::handshake_timeout:
        return "handshake_timeout";
    case errc::handshake_failed:
        return "handshake_failed";
    case errc::tls_untrusted:
        return "tls_untrusted";
    case errc::tls_host_mismatch:
        return "tls_host_mismatch";
    case errc::tls_protocol:
        return "tls_protocol";
    case errc::tls_rejected:
        return "tls_rejected";
    case errc::tls_failed:
        return "tls_failed";
    case errc::queue_full:
        return "queue_full";
    case errc::queue_timeout:
        return "queue_timeout";
    case errc::response_timeout:
        return "response_timeout";
    case errc::body_timeout:
        return "body_timeout";
    case errc::connection_lost:
        return "connection_lost";
    case errc::incomplete_response:
        return "incomplete_response";
    case errc::protocol_error:
        return "protocol_error";
    case errc::response_too_large:
        return "response_too_large";
    case errc::bad_json:
        return "bad_json";
    case errc::cancelled:
        return "cancelled";
    case errc::client_closed:
        return "client_closed";
    case errc::no_usable_connection:
        return "no_usable_connection";
    case errc::throttled:
        return "throttled";
    case errc::token_refused:
        return "token_refused";
    case errc::token_failed:
        return "token_failed";
    case errc::token_timeout:
        return "token_timeout";
    case errc::proxy_refused:
        return "proxy_refused";
    case errc::proxy_failed:
        return "proxy_failed";
    case errc::proxy_timeout:
        return "proxy_timeout";
    }
    return "unknown";
}

} // namespace

std::string error_type(const error_code& error) {
    if (!error)
        return {};
    if (error.category() == http_category())
        return std::to_string(error.value());
    if (error.category() == webrtc_category())
        return name_of(static_cast<errc>(error.value()));
    return std::string(error.category().name()) + ':' + std::to_string(error.value());
}

const char* to_string(resend_kind value) noexcept {
    switch (value) {
    case resend_kind::at_once:
        return "at_once";
    case resend_kind::after_pause:
        return "after_pause";
    case resend_kind::paced:
        return "paced";
    case resend_kind::new_token:
        return "new_token";
    }
    return "unknown";
}

} // namespace bandwidth::webrtc
