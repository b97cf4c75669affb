#pragma once

#include <bandwidth/webrtc/credentials.hpp>
#include <bandwidth/webrtc/proxy.hpp>
#include <memory>
#include <string>

namespace bandwidth::webrtc::detail {

/// Whose calls a client makes, as the environment says.
struct environment_account {
    std::string account;
    std::shared_ptr<const credential_source> credentials;
};

/// Reads the variables that all clients have in common: see `client_options::from_environment`.
/// \param proxies whether access tokens are fetched through a proxy that the environment names
/// \throws api_error (`errc::invalid_options`)
environment_account read_account(environment_proxies proxies);

/// The value of a variable; empty where it is not set.
std::string read_variable(const char* name);

} // namespace bandwidth::webrtc::detail
