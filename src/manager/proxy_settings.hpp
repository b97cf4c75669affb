#pragma once

#include <bandwidth/webrtc/proxy.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "transport/host.hpp"

namespace bandwidth::webrtc::detail {

/// The value of a variable of the environment; empty where it is not set.
using environment = std::function<std::string(const char* name)>;

/// What stands behind the functions of `proxy_options`.
struct proxy_access {
    /// \param option what a refusal's text begins with
    static proxy_options parse(std::string_view option, std::string_view url);
    /// \param option what a refusal of the URL begins with
    static proxy_options choose(const environment& variable, std::string_view option,
                                std::string_view url_of_server);
    /// The same, with the variables of the process.
    static proxy_options from_environment(std::string_view option, std::string_view url);
    static const std::string& username(const proxy_options& of) { return of.username_.reveal(); }
    static const std::string& password(const proxy_options& of) { return of.password_.reveal(); }
};

/// Changes `to`, a server, into how it is connected to through the proxy. Reads the proxy's certificate
/// authorities.
/// \param key_log_file see `tls_settings`, for TLS to an https proxy
/// \throws api_error (`errc::invalid_options`)
void lead_through(const proxy_options& proxy, const std::string& key_log_file, endpoint& to);

} // namespace bandwidth::webrtc::detail
