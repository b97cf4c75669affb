#include "loopback/tls_context.hpp"

#include <openssl/pem.h>

namespace bandwidth::webrtc::testing::detail {

namespace {

int select_http_1_1(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
    static const unsigned char http_1_1[] = "\x08http/1.1";
    unsigned char* match = nullptr;
    const int outcome =
        SSL_select_next_proto(&match, chosen_size, http_1_1, sizeof(http_1_1) - 1, offered, offered_size);
    if (outcome != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK; // nothing in common: go on without ALPN, as most servers do
    }
    *chosen = match;
    return SSL_TLSEXT_ERR_OK;
}

void use_certificate(SSL_CTX& context, const certificate& shown) {
    const auto& chain = shown.chain_pem();
    const openssl_ptr<BIO> text(BIO_new_mem_buf(chain.data(), static_cast<int>(chain.size())));
    require_openssl(text != nullptr, "cannot allocate a BIO");
    const openssl_ptr<X509> leaf(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    require_openssl(leaf != nullptr, "cannot read the server's certificate");
    require_openssl(SSL_CTX_use_certificate(&context, leaf.get()) == 1,
                    "cannot use the server's certificate");
    while (X509* next = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)) {
        if (SSL_CTX_add0_chain_cert(&context, next) != 1) {
            X509_free(next);
            require_openssl(false, "cannot use the server's certificate chain");
        }
    }
    ERR_clear_error(); // the loop above ends with "no start line"

    const auto& key_pem = shown.private_key_pem();
    const openssl_ptr<BIO> key_text(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
    require_openssl(key_text != nullptr, "cannot allocate a BIO");
    const openssl_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
    require_openssl(key != nullptr, "cannot read the server's private key");
    require_openssl(SSL_CTX_use_PrivateKey(&context, key.get()) == 1, "cannot use the server's private key");
}

} // namespace

certificate make_localhost_certificate() {
    const certificate_authority authority;
    return authority.issue(certificate_options{}
                               .common_name("localhost")
                               .dns_name("localhost")
                               .ip_address("127.0.0.1")
                               .ip_address("::1"));
}

openssl_ptr<SSL_CTX> make_server_context(const certificate& shown, tls_version newest) {
    openssl_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
    require_openssl(context != nullptr, "cannot make a TLS context");
    const int newest_version = newest == tls_version::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
    require_openssl(SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1 &&
                        SSL_CTX_set_max_proto_version(context.get(), newest_version) == 1,
                    "cannot set the TLS versions");
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    static const unsigned char session_context[] = "loopback";
    require_openssl(
        SSL_CTX_set_session_id_context(context.get(), session_context, sizeof(session_context) - 1) == 1,
        "cannot set the session context");
    SSL_CTX_set_alpn_select_cb(context.get(), select_http_1_1, nullptr);
    use_certificate(*context, shown);
    return context;
}

} // namespace bandwidth::webrtc::testing::detail
