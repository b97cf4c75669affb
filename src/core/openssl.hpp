#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

namespace bandwidth::webrtc::detail {

/// Frees OpenSSL's objects, each by its own function.
struct openssl_deleter {
    void operator()(BIO* object) const noexcept { BIO_free_all(object); }
    void operator()(EVP_PKEY* object) const noexcept { EVP_PKEY_free(object); }
    void operator()(GENERAL_NAMES* object) const noexcept { GENERAL_NAMES_free(object); }
    void operator()(SSL* object) const noexcept { SSL_free(object); }
    void operator()(SSL_CTX* object) const noexcept { SSL_CTX_free(object); }
    void operator()(SSL_SESSION* object) const noexcept { SSL_SESSION_free(object); }
    void operator()(X509* object) const noexcept { X509_free(object); }
    void operator()(X509_EXTENSION* object) const noexcept { X509_EXTENSION_free(object); }
    void operator()(X509_STORE_CTX* object) const noexcept { X509_STORE_CTX_free(object); }
};

template <class T>
using openssl_ptr = std::unique_ptr<T, openssl_deleter>;

} // namespace bandwidth::webrtc::detail
