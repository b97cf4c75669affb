#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace bandwidth::webrtc {

namespace detail {
struct credential_access;
class token_store;
} // namespace detail

/// Where a client gets the value of its Authorization header from.
///
/// The kinds that ship are `basic_credentials`, `bearer_token` and `client_credentials` (in a header of its
/// own). Others derive from this: `generation()` changes when a new value is there, and requests sent from
/// then on carry it.
/// Thread safety: both functions are called by the client's constructor, and then on its strand (that of the
/// manager, where it shares one) while other threads may use the object; with several shards
/// (`client_options::shards`) on several strands at once.
class credential_source {
public:
    virtual ~credential_source() = default;
    credential_source(const credential_source&) = delete;
    credential_source& operator=(const credential_source&) = delete;

    /// The whole header value, such as "Basic dXNlcjpwYXNz". Where a new value has control characters, or
    /// this throws, the client goes on with the one it has, and asks again after 100 ms, when there is a call
    /// to make; the first one makes its constructor throw.
    [[nodiscard]] virtual std::string authorization() const = 0;
    /// Another number whenever `authorization()` would give another value.
    [[nodiscard]] virtual unsigned long long generation() const noexcept { return 0; }

protected:
    credential_source() = default;

private:
    friend struct detail::credential_access;

    /// Of `client_credentials` alone: calls wait for a token.
    [[nodiscard]] virtual std::shared_ptr<detail::token_store> tokens() const noexcept { return nullptr; }
};

/// HTTP Basic (RFC 7617), the scheme of Bandwidth's API users: both parts are case-sensitive.
///
/// \throws api_error (`errc::invalid_options`) when the user name is empty or has a colon, or when either
/// part has control characters. The text of the error never holds the password.
std::shared_ptr<const credential_source> basic_credentials(std::string_view username,
                                                           std::string_view password);

/// An access token that the caller has, as "Bearer" credentials (RFC 6750). It is not renewed:
/// `client_credentials` is.
///
/// \throws api_error (`errc::invalid_options`) when it is empty, or has a character that no token has (RFC
///         6750, section 2.1). The text of the error never holds it.
std::shared_ptr<const credential_source> bearer_token(std::string_view token);

} // namespace bandwidth::webrtc
