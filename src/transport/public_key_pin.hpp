#pragma once

#include <openssl/x509.h>

#include <array>
#include <optional>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// SHA-256 of a certificate's SubjectPublicKeyInfo in DER (RFC 7469, section 2.4).
using public_key_hash = std::array<unsigned char, 32>;

/// The hash that a pin in base64 stands for; none where the text is anything but the base64 of 32 bytes.
std::optional<public_key_hash> parse_public_key_pin(std::string_view text);

/// The hash of a certificate's key; none where OpenSSL cannot encode it. Leaves OpenSSL's error queue as it
/// comes.
std::optional<public_key_hash> public_key_of(X509* certificate) noexcept;

} // namespace bandwidth::webrtc::detail
