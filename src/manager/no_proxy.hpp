#pragma once

#include <string_view>

namespace bandwidth::webrtc::detail {

/// Whether a list, as the variable `no_proxy` has it, names a server: see `proxy_options::from_environment`
/// for the rules. Pure.
/// \param host a DNS name, or an IP address without brackets
/// \param port decimal
[[nodiscard]] bool is_in_no_proxy(std::string_view list, std::string_view host, std::string_view port);

} // namespace bandwidth::webrtc::detail
