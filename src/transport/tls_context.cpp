#include "transport/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <bandwidth/webrtc/error.hpp>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

namespace bandwidth::webrtc::detail {

namespace {

int context_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

int keep_session(SSL* ssl, SSL_SESSION* session) {
    tls_context::of(ssl).put_session(ssl_session_ptr(session));
    return 1; // the reference is ours now
}

[[noreturn]] void refuse(const std::string& text) {
    ERR_clear_error();
    throw api_error(failure(errc::invalid_options, text));
}

openssl_ptr<BIO> text_of(const char* option, const std::string& pem) {
    if (pem.size() > INT_MAX)
        refuse(std::string(option) + ": too large");
    openssl_ptr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!bio)
        throw std::bad_alloc();
    return bio;
}

// In place of OpenSSL's own, which asks for the password at the terminal.
int no_password(char*, int, int, void*) { return -1; }

std::vector<openssl_ptr<X509>> read_certificates(const char* option, const std::string& pem) {
    const auto bio = text_of(option, pem);
    std::vector<openssl_ptr<X509>> certificates;
    while (auto* const next = PEM_read_bio_X509(bio.get(), nullptr, &no_password, nullptr))
        certificates.emplace_back(next);
    // The end of the text is the one error that is none.
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (certificates.empty() || !at_end)
        refuse(std::string(option) + ": no PEM certificate in it, or a damaged one");
    return certificates;
}

void trust_pem(SSL_CTX* context, const std::string& pem) {
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    for (const auto& certificate : read_certificates("ca_pem", pem)) {
        // Reads the extensions now: what runs out of memory when they are first used stays invalid for ever.
        if (X509_check_purpose(certificate.get(), -1, 0) != 1 ||
            X509_STORE_add_cert(store, certificate.get()) != 1)
            refuse("ca_pem: a certificate cannot be used");
    }
}

void trust_file(SSL_CTX* context, const std::string& file) {
    if (SSL_CTX_load_verify_file(context, file.c_str()) == 1)
        return;
    // Why it cannot be read, of which OpenSSL tells in a text of its own alone. Its name is not told: what stands in
    // its place by mistake may be a secret.
    const std::ifstream readable(file);
    refuse("ca_file: " +
           (readable ? "no PEM certificates can be read from it" : std::generic_category().message(errno)));
}

void use_client_certificate(SSL_CTX* context, const tls_settings& settings) {
    const auto chain = read_certificates("client_certificate", settings.certificate_pem);
    const auto bio = text_of("client_certificate", settings.private_key_pem);
    const openssl_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_password, nullptr));
    ERR_clear_error();
    if (!key)
        refuse("client_certificate: no PEM private key in it, or one that is encrypted or damaged");
    if (X509_check_private_key(chain.front().get(), key.get()) != 1)
        refuse("client_certificate: the private key is not that of the first certificate");
    bool taken = SSL_CTX_use_certificate(context, chain.front().get()) == 1;
    for (std::size_t i = 1; taken && i < chain.size(); ++i)
        taken = SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
    taken = taken && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
    if (!taken) { // such as a key that is too short for the system's security level
        const char* const reason = ERR_reason_error_string(ERR_peek_error());
        refuse(std::string("client_certificate: cannot be used: ") + (reason ? reason : "no reason"));
    }
}

// A file of them is in the store already; those of a folder are looked up by the hashes of their names when they are
// needed.
bool has_authorities(X509_STORE* store) {
    if (sk_X509_OBJECT_num(X509_STORE_get0_objects(store)) > 0)
        return true;
    const char* const chosen = std::getenv(X509_get_default_cert_dir_env());
    std::string_view folders = chosen ? chosen : X509_get_default_cert_dir();
    while (!folders.empty()) {
        const auto end = std::min(folders.find(':'), folders.size());
        std::error_code failed;
        std::filesystem::directory_iterator entry(folders.substr(0, end), failed);
        for (; !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
            const auto name = entry->path().filename().string();
            if (name.size() > 9 && name[8] == '.' && name.find_first_not_of("0123456789abcdef") == 8)
                return true;
        }
        folders.remove_prefix(std::min(end + 1, folders.size()));
    }
    return false;
}

} // namespace

// All that does not depend on the settings.
tls_context::tls_context(std::vector<public_key_hash> pins, std::size_t session_limit)
    : context_((ERR_clear_error(), SSL_CTX_new(TLS_client_method())))
    , pins_(std::move(pins))
    , session_limit_(session_limit) {
    // Some of what OpenSSL could not allocate is missing in a context that it gives nevertheless.
    if (const bool whole = ERR_peek_error() == 0; !context_ || !whole) {
        ERR_clear_error();
        throw std::bad_alloc();
    }
    SSL_CTX* const context = context_.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1); // one read of the BIO for all the records that came
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(context, &tls_context::verify_chain, this);
    SSL_CTX_set_max_cert_list(context, longest_chain);

    static constexpr unsigned char alpn[] = "\x08http/1.1";
    if (SSL_CTX_set_alpn_protos(context, alpn, sizeof alpn - 1) != 0)
        throw std::bad_alloc();

    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, &keep_session);
    if (SSL_CTX_set_ex_data(context, context_index(), this) != 1)
        throw std::bad_alloc();
    sessions_.reserve(session_limit_ + 1);
}

tls_context::tls_context(const tls_settings& settings, std::size_t session_limit)
    : tls_context(settings.pins, session_limit) {
    SSL_CTX* const context = native();
    if (settings.ca_pem.empty() && settings.ca_file.empty()) {
        if (SSL_CTX_set_default_verify_paths(context) != 1)
            refuse("the system's certificate authorities cannot be loaded");
        trusts_nobody_ = !has_authorities(SSL_CTX_get_cert_store(context));
    }
    if (!settings.ca_pem.empty()) {
        trust_pem(context, settings.ca_pem);
        authorities_ = "ca_pem";
    }
    if (!settings.ca_file.empty()) {
        trust_file(context, settings.ca_file);
        authorities_ = "ca_file";
    }
    // What is trusted need not be a root: a chain may end at an intermediate certificate, as it may for curl.
    X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
    ERR_clear_error();
    if (!settings.certificate_pem.empty() || !settings.private_key_pem.empty())
        use_client_certificate(context, settings);
    if (!settings.key_log_file.empty())
        log_keys_to(std::make_shared<key_log>(settings.key_log_file));
}

// Authorities, certificates and keys count their owners, and OpenSSL lets threads use them together.
tls_context::tls_context(const tls_context& like, std::size_t session_limit)
    : tls_context(like.pins_, session_limit) {
    trusts_nobody_ = like.trusts_nobody_;
    authorities_ = like.authorities_;
    if (like.key_log_)
        log_keys_to(like.key_log_);
    SSL_CTX_set1_cert_store(native(), SSL_CTX_get_cert_store(like.native()));
    X509* const certificate = SSL_CTX_get0_certificate(like.native());
    if (!certificate)
        return;
    STACK_OF(X509)* chain = nullptr;
    SSL_CTX_get0_chain_certs(like.native(), &chain);
    if (SSL_CTX_use_certificate(native(), certificate) != 1 || SSL_CTX_set1_chain(native(), chain) != 1 ||
        SSL_CTX_use_PrivateKey(native(), SSL_CTX_get0_privatekey(like.native())) != 1) {
        ERR_clear_error();
        throw std::bad_alloc(); // they were taken before
    }
}

void tls_context::log_keys_to(std::shared_ptr<key_log> log) {
    key_log_ = std::move(log);
    SSL_CTX_set_keylog_callback(native(),
                                [](const SSL* ssl, const char* line) { of(ssl).key_log_->append(line); });
}

tls_context& tls_context::of(const SSL* ssl) noexcept {
    return *static_cast<tls_context*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index()));
}

bool tls_context::has_pinned_key(STACK_OF(X509) * chain) const noexcept {
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        const auto key = public_key_of(sk_X509_value(chain, i));
        if (key && std::find(pins_.begin(), pins_.end(), *key) != pins_.end())
            return true;
    }
    return false;
}

// Called by OpenSSL in place of X509_verify_cert, so that a chain without a pinned key ends the handshake as
// any other that is not trusted does: with an alert, and before our own certificate is shown.
int tls_context::verify_chain(X509_STORE_CTX* chain, void* self) noexcept {
    const int verified = X509_verify_cert(chain);
    const auto& context = *static_cast<const tls_context*>(self);
    if (verified != 1 || context.pins_.empty() || context.has_pinned_key(X509_STORE_CTX_get0_chain(chain)))
        return verified;
    X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

bool tls_context::verifies(SSL* ssl) const noexcept {
    X509* const shown = SSL_get0_peer_certificate(ssl);
    const openssl_ptr<X509_STORE_CTX> chain(X509_STORE_CTX_new());
    if (!shown || !chain ||
        X509_STORE_CTX_init(chain.get(), SSL_CTX_get_cert_store(native()), shown,
                            SSL_get_peer_cert_chain(ssl)) != 1 ||
        X509_STORE_CTX_set_default(chain.get(), "ssl_server") != 1)
        return false;
    X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(chain.get());
    X509_VERIFY_PARAM_set_auth_level(parameters, SSL_get_security_level(ssl));
    if (X509_VERIFY_PARAM_set1(parameters, SSL_get0_param(ssl)) != 1) // the host among them
        return false;
    const bool verified = verify_chain(chain.get(), const_cast<tls_context*>(this)) == 1;
    ERR_clear_error();
    return verified;
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
