#pragma once

#include <bandwidth/webrtc/credentials.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "manager/token_store.hpp"

namespace bandwidth::webrtc::detail {

/// What is not for the callers to see of their credentials.
struct credential_access {
    /// Null where its value is always there.
    static std::shared_ptr<token_store> tokens(const credential_source& of) noexcept { return of.tokens(); }
};

/// The value of an Authorization header with both (RFC 7617, section 2): the first colon ends the user name, and
/// control characters are not allowed.
/// \param user_name and password_name  what an error calls them
/// \throws api_error (`errc::invalid_options`), never with the password in it.
std::string basic_authorization(std::string_view user, std::string_view password, std::string_view user_name,
                                std::string_view password_name);

} // namespace bandwidth::webrtc::detail
