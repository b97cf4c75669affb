#include "bulk/figures/hint.hpp"

namespace bandwidth::webrtc::bulk {

std::string_view hint_for(const error_code& code) noexcept {
    if (code == condition::throttled)
        return "a lower --rate, fewer --callers or more --attempts would help";
    if (code.category() != webrtc_category())
        return {};
    switch (static_cast<errc>(code.value())) {
    case errc::host_not_found:
    case errc::resolve_failed:
        return "--base-url names the host";
    case errc::tls_untrusted:
        return "--ca-file names the certificate authorities to trust";
    case errc::queue_timeout:
    case errc::queue_full:
        return "more --connections, fewer --callers or a longer --timeout would help";
    case errc::response_timeout:
        return "a longer --timeout would help, if the service is only slow";
    case errc::token_refused:
        return "BW_CLIENT_ID and BW_CLIENT_SECRET are the credentials";
    default:
        return {};
    }
}

} // namespace bandwidth::webrtc::bulk
