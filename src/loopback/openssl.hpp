#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace bandwidth::webrtc::testing::detail {

/// Frees OpenSSL's objects, each by its own function.
struct openssl_deleter {
    void operator()(BIO* object) const noexcept { BIO_free_all(object); }
    void operator()(EVP_PKEY* object) const noexcept { EVP_PKEY_free(object); }
    void operator()(X509* object) const noexcept { X509_free(object); }
    void operator()(X509_EXTENSION* object) const noexcept { X509_EXTENSION_free(object); }
    void operator()(GENERAL_NAMES* object) const noexcept { GENERAL_NAMES_free(object); }
    void operator()(SSL_CTX* object) const noexcept { SSL_CTX_free(object); }
    void operator()(SSL* object) const noexcept { SSL_free(object); }
};

template <class T>
using openssl_ptr = std::unique_ptr<T, openssl_deleter>;

/// The oldest error in OpenSSL's queue as text; empties the queue.
inline std::string take_openssl_error() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) {
        return "no reason given";
    }
    char text[256];
    ERR_error_string_n(code, text, sizeof(text));
    return text;
}

/// Throws with OpenSSL's own reason unless `ok`.
/// \throws std::runtime_error
inline void require_openssl(bool ok, const char* what) {
    if (!ok) {
        throw std::runtime_error(std::string(what) + ": " + take_openssl_error());
    }
}

} // namespace bandwidth::webrtc::testing::detail
