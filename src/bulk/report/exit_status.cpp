#include "bulk/report/exit_status.hpp"

namespace bandwidth::webrtc::bulk {

int exit_code(const verdict& verdict) noexcept {
    if (verdict.signal != 0)
        return 128 + verdict.signal;
    if (verdict.no_connection)
        return static_cast<int>(exit_status::no_connection);
    if (verdict.refused)
        return static_cast<int>(exit_status::configuration);
    if (verdict.incomplete || verdict.failed + verdict.mismatched + verdict.left_behind > 0)
        return static_cast<int>(exit_status::operations_failed);
    return static_cast<int>(exit_status::ok);
}

bool is_connection_failure(const error_code& code, bool ever_connected) noexcept {
    if (code.category() != webrtc_category())
        return false;
    switch (static_cast<errc>(code.value())) {
    case errc::host_not_found:
    case errc::resolve_failed:
    case errc::resolve_timeout:
    case errc::connect_failed:
    case errc::connect_timeout:
    case errc::handshake_timeout:
    case errc::handshake_failed:
    case errc::tls_untrusted:
    case errc::tls_host_mismatch:
    case errc::tls_protocol:
    case errc::tls_rejected:
        return true;
    case errc::queue_timeout:
    case errc::token_timeout:
        return !ever_connected;
    default:
        return false;
    }
}

} // namespace bandwidth::webrtc::bulk
