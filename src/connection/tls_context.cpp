#include "connection/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <bandwidth/webrtc/error.hpp>
#include <climits>
#include <new>

namespace bandwidth::webrtc::detail {

namespace {

struct bio_free {
    void operator()(BIO* value) const noexcept { BIO_free(value); }
};
struct x509_free {
    void operator()(X509* value) const noexcept { X509_free(value); }
};

int context_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

int keep_session(SSL* ssl, SSL_SESSION* session) {
    tls_context::of(ssl).put_session(ssl_session_ptr(session));
    return 1; // the reference is ours now
}

[[noreturn]] void refuse(const std::string& text) { throw api_error(failure(errc::invalid_options, text)); }

void trust_pem(SSL_CTX* context, const std::string& pem) {
    if (pem.size() > INT_MAX)
        refuse("ca_pem: too large");
    const std::unique_ptr<BIO, bio_free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!bio)
        throw std::bad_alloc();
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    int count = 0;
    for (;; ++count) {
        const std::unique_ptr<X509, x509_free> certificate(
            PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
        if (!certificate)
            break;
        if (X509_STORE_add_cert(store, certificate.get()) != 1)
            refuse("ca_pem: a certificate cannot be used");
    }
    // The end of the text is the one error that is none.
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (count == 0 || !at_end)
        refuse("ca_pem: no PEM certificate in it, or a damaged one");
}

} // namespace

tls_context::tls_context(const tls_settings& settings, std::size_t session_limit)
    : context_(SSL_CTX_new(TLS_client_method())), session_limit_(session_limit) {
    if (!context_)
        throw std::bad_alloc();
    SSL_CTX* const context = context_.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1); // one read of the BIO for all the records that came
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);

    if (settings.ca_pem.empty() && settings.ca_file.empty()) {
        if (SSL_CTX_set_default_verify_paths(context) != 1)
            refuse("the system's certificate authorities cannot be loaded");
    }
    if (!settings.ca_pem.empty())
        trust_pem(context, settings.ca_pem);
    if (!settings.ca_file.empty() && SSL_CTX_load_verify_file(context, settings.ca_file.c_str()) != 1) {
        ERR_clear_error();
        refuse("ca_file: no PEM certificates can be read from it");
    }
    ERR_clear_error();

    static constexpr unsigned char alpn[] = "\x08http/1.1";
    if (SSL_CTX_set_alpn_protos(context, alpn, sizeof alpn - 1) != 0)
        throw std::bad_alloc();

    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, &keep_session);
    if (SSL_CTX_set_ex_data(context, context_index(), this) != 1)
        throw std::bad_alloc();
    sessions_.reserve(session_limit_ + 1);
}

tls_context& tls_context::of(SSL* ssl) noexcept {
    return *static_cast<tls_context*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index()));
}

ssl_session_ptr tls_context::take_session() {
    while (!sessions_.empty()) {
        auto session = std::move(sessions_.back());
        sessions_.pop_back();
        if (SSL_SESSION_is_resumable(session.get()) == 1)
            return session;
    }
    return nullptr;
}

void tls_context::put_session(ssl_session_ptr session) {
    sessions_.push_back(
        std::move(session)); // within the capacity reserved: OpenSSL calls this, nothing may throw
    if (sessions_.size() > session_limit_)
        sessions_.erase(sessions_.begin());
}

} // namespace bandwidth::webrtc::detail
