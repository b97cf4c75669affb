#pragma once

#include <bandwidth/webrtc/detail/secret_text.hpp>
#include <bandwidth/webrtc/device_api_version.hpp>
#include <bandwidth/webrtc/ids.hpp>
#include <chrono>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bandwidth::webrtc {

namespace detail {
struct device_token_reader;
}

/// The secret that lets a device connect as a participant. Hand it to that device and to nobody else.
///
/// It is a type of its own so that it is never printed by accident: it does not convert to a string, and
/// `operator<<` writes "[redacted]". A value type: distinct objects may be used from distinct threads.
///
/// Empty where there is none: the service gives one only in the response that creates the participant. For
/// mocks it is made of a `std::string`.
class participant_token final : public detail::secret_text<participant_token> {
public:
    using secret_text::secret_text;
};

/// Writes "[redacted]", never the token.
std::ostream& operator<<(std::ostream& stream, const participant_token& token);

/// What a device token says about itself. Bandwidth does not document these claims, so each may be missing.
/// A value type: distinct objects may be used from distinct threads at once.
class device_token_claims {
public:
    /// No claims.
    device_token_claims() = default;

    /// The account's id (claim "a").
    [[nodiscard]] const std::optional<std::string>& account() const noexcept { return account_; }

    /// The participant that the token is for (claim "p").
    [[nodiscard]] const std::optional<webrtc::participant_id>& participant_id() const noexcept {
        return participant_id_;
    }

    /// The device API version (claim "v").
    [[nodiscard]] const std::optional<webrtc::device_api_version>& version() const noexcept {
        return version_;
    }

    /// When the token expires (claim "exp", RFC 7519 section 4.1.4; a number, or a string that holds one).
    /// Nothing when it is missing, negative, or after the year 2261 (`system_clock` in nanoseconds ends in
    /// April 2262, and comparing with its `now()` would overflow).
    [[nodiscard]] const std::optional<std::chrono::sys_seconds>& expires_at() const noexcept {
        return expires_at_;
    }

private:
    friend struct detail::device_token_reader;
    std::optional<std::string> account_;
    std::optional<webrtc::participant_id> participant_id_;
    std::optional<webrtc::device_api_version> version_;
    std::optional<std::chrono::sys_seconds> expires_at_;
};

/// Reads the claims of a device token (a JSON Web Token, RFC 7519) **without verifying its signature**: the
/// key is Bandwidth's. Good for logs of an expiry, never for a decision of trust.
///
/// Returns nothing when the text is not of the form `header.payload.signature` with a base64url (RFC 4648
/// section 5) JSON object as payload, or is longer than 16 KiB. A claim of an unexpected type is left out.
/// May be called from any thread.
[[nodiscard]] std::optional<device_token_claims> decode_device_token(std::string_view token);

/// The same for a token as `created_participant` holds it.
[[nodiscard]] std::optional<device_token_claims> decode_device_token(const participant_token& token);

} // namespace bandwidth::webrtc
