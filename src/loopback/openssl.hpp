#pragma once

#include <stdexcept>
#include <string>

#include <openssl/err.h>

#include "core/openssl.hpp"

namespace bandwidth::webrtc::testing::detail {

using webrtc::detail::openssl_ptr;

/// The oldest error in OpenSSL's queue as text; empties the queue.
inline std::string take_openssl_error() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0)
        return "no reason given";
    char text[256];
    ERR_error_string_n(code, text, sizeof(text));
    return text;
}

/// Throws with OpenSSL's own reason unless `ok`.
/// \throws std::runtime_error
inline void require_openssl(bool ok, const char* what) {
    if (!ok)
        throw std::runtime_error(std::string(what) + ": " + take_openssl_error());
}

} // namespace bandwidth::webrtc::testing::detail
