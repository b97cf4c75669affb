#pragma once

#include <openssl/ssl.h>

#include <string>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// The wire of a TLS connection without a socket: OpenSSL reads straight from what a socket has read, and
/// writes straight into what it will be given. (OpenSSL's own memory BIOs copy both.) Not movable: OpenSSL has
/// its address.
struct memory_bio {
    memory_bio() = default;
    memory_bio(const memory_bio&) = delete;
    memory_bio& operator=(const memory_bio&) = delete;

    /// Makes this the wire of a connection, which must not outlive it.
    /// \throws std::bad_alloc
    void attach(SSL* connection);

    std::string_view input; ///< received bytes that OpenSSL has not taken yet
    std::string output;
};

} // namespace bandwidth::webrtc::detail
