#include "loopback/tls_context.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <openssl/pem.h>

#include "loopback/tls_engine.hpp"

namespace bandwidth::webrtc::testing::detail {

namespace {

void free_settings(void*, void* settings, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<server_tls*>(settings);
}

// The context owns its settings: a connection may keep it alive for longer than the server is.
int settings_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_settings);
    return index;
}

const server_tls& settings_of(SSL* ssl) {
    return *static_cast<const server_tls*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), settings_index()));
}

int select_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                const unsigned char* offered, unsigned int offered_size, void*) {
    if (const auto& forced = settings_of(ssl).alpn) {
        if (forced->empty())
            return SSL_TLSEXT_ERR_NOACK;
        *chosen = reinterpret_cast<const unsigned char*>(forced->data());
        *chosen_size = static_cast<unsigned char>(forced->size());
        return SSL_TLSEXT_ERR_OK;
    }
    static const unsigned char http_1_1[] = "\x08http/1.1";
    unsigned char* match = nullptr;
    const int outcome =
        SSL_select_next_proto(&match, chosen_size, http_1_1, sizeof(http_1_1) - 1, offered, offered_size);
    if (outcome != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK; // nothing in common: go on without ALPN, as most servers do
    *chosen = match;
    return SSL_TLSEXT_ERR_OK;
}

std::string_view extension(SSL* ssl, unsigned int type) {
    const unsigned char* bytes = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(ssl, type, &bytes, &size) != 1)
        return {};
    return {reinterpret_cast<const char*>(bytes), size};
}

// RFC 6066 section 3: the size of the list, then one name: its type, its size, itself.
std::string read_server_name(std::string_view bytes) {
    return std::string(bytes.substr(std::min<std::size_t>(bytes.size(), 5)));
}

// RFC 7301 section 3.1: the size of the list, then each name behind its size.
std::vector<std::string> read_alpn(std::string_view bytes) {
    std::vector<std::string> names;
    bytes.remove_prefix(std::min<std::size_t>(bytes.size(), 2));
    while (!bytes.empty()) {
        const auto size = static_cast<unsigned char>(bytes.front());
        names.emplace_back(bytes.substr(1, size));
        bytes.remove_prefix(std::min<std::size_t>(bytes.size(), size + 1U));
    }
    return names;
}

int look_at_client_hello(SSL* ssl, int* alert, void*) {
    const auto name = read_server_name(extension(ssl, TLSEXT_TYPE_server_name));
    if (auto* const engine = static_cast<tls_engine*>(SSL_get_app_data(ssl))) {
        engine->note_client_hello(
            name, read_alpn(extension(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation)));
    }
    const auto& required = settings_of(ssl).required_server_name;
    if (!required.empty() && name != required) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_CLIENT_HELLO_ERROR;
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}

void demand_client_certificate(SSL_CTX& context, const std::string& ca_pem) {
    const openssl_ptr<BIO> text(BIO_new_mem_buf(ca_pem.data(), static_cast<int>(ca_pem.size())));
    require_openssl(text != nullptr, "cannot allocate a BIO");
    const openssl_ptr<X509> root(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    require_openssl(root != nullptr &&
                        X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), root.get()) == 1 &&
                        SSL_CTX_add_client_CA(&context, root.get()) == 1,
                    "cannot use the clients' authority");
    SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

void set_versions(SSL_CTX& context, tls_version newest) {
    static constexpr int numbers[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
    const bool old = newest < tls_version::tls_1_2;
    require_openssl(SSL_CTX_set_min_proto_version(&context, old ? TLS1_VERSION : TLS1_2_VERSION) == 1 &&
                        SSL_CTX_set_max_proto_version(&context, numbers[static_cast<int>(newest)]) == 1,
                    "cannot set the TLS versions");
    if (old)
        SSL_CTX_set_security_level(&context, 0); // their signatures are SHA-1
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

openssl_ptr<SSL_CTX> make_server_context(server_tls settings) {
    openssl_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
    require_openssl(context != nullptr, "cannot make a TLS context");
    auto kept = std::make_unique<server_tls>(std::move(settings));
    const auto& chosen = *kept;
    require_openssl(SSL_CTX_set_ex_data(context.get(), settings_index(), kept.get()) == 1,
                    "cannot keep the TLS settings");
    static_cast<void>(kept.release()); // the context's
    set_versions(*context, chosen.newest);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    static const unsigned char session_context[] = "loopback";
    require_openssl(
        SSL_CTX_set_session_id_context(context.get(), session_context, sizeof(session_context) - 1) == 1,
        "cannot set the session context");
    SSL_CTX_set_client_hello_cb(context.get(), look_at_client_hello, nullptr);
    SSL_CTX_set_alpn_select_cb(context.get(), select_alpn, nullptr);
    use_certificate(*context, chosen.shown);
    if (!chosen.client_ca_pem.empty())
        demand_client_certificate(*context, chosen.client_ca_pem);
    return context;
}

} // namespace bandwidth::webrtc::testing::detail
