#include <algorithm>
#include <bandwidth/webrtc/brtc/client_options.hpp>
#include <bandwidth/webrtc/brtc/endpoint.hpp>
#include <ostream>

#include "api/common/environment.hpp"
#include "core/ascii.hpp"

namespace bandwidth::webrtc::brtc {

template <class Enum>
open_enum<Enum>::open_enum(std::string_view text) {
    // The values are numbered from 1, behind `unknown`.
    for (int number = 1; !to_string(static_cast<Enum>(number)).empty(); ++number) {
        if (webrtc::detail::equals_ignoring_case(text, to_string(static_cast<Enum>(number)))) {
            value_ = static_cast<Enum>(number);
            return;
        }
    }
    text_ = text;
}

template class open_enum<endpoint_type>;
template class open_enum<endpoint_direction>;
template class open_enum<connection_status>;

std::ostream& operator<<(std::ostream& stream, const endpoint_token&) { return stream << "[redacted]"; }

client_options client_options::from_environment(environment_proxies proxies) {
    const auto found = webrtc::detail::read_account(proxies);
    client_options options;
    options.account(found.account).credentials(found.credentials);
    if (const auto url = webrtc::detail::read_variable("BANDWIDTH_BRTC_URL"); !url.empty())
        options.base_url(url);
    if (proxies == environment_proxies::used)
        options.proxy(proxy_options::from_environment(options.base_url()));
    return options;
}

} // namespace bandwidth::webrtc::brtc
