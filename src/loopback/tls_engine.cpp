#include "loopback/tls_engine.hpp"

#include <algorithm>
#include <utility>

#include <openssl/pem.h>

namespace bandwidth::webrtc::testing::detail {

namespace {

constexpr std::size_t max_record = 16384; // RFC 8446 section 5.1

} // namespace

tls_engine::tls_engine(SSL_CTX& context) : ssl_(SSL_new(&context)) {
    require_openssl(ssl_ != nullptr, "cannot make a TLS connection");
    wire_.attach(ssl_.get());
    SSL_set_accept_state(ssl_.get());
    SSL_set_app_data(ssl_.get(), this);
}

tls_engine::state tls_engine::receive(std::string_view ciphertext, std::string& plaintext) {
    if (state_ == state::closed || state_ == state::failed)
        return state_;
    wire_.input = ciphertext;
    ERR_clear_error();
    char scratch[max_record];
    for (;;) {
        std::size_t size = 0;
        const int done = SSL_read_ex(ssl_.get(), scratch, sizeof(scratch), &size); // makes the handshake too
        if (state_ == state::handshaking && SSL_is_init_finished(ssl_.get()) == 1)
            state_ = state::open;
        if (done == 1) {
            plaintext.append(scratch, size);
            continue;
        }
        const int why = SSL_get_error(ssl_.get(), done);
        if (why == SSL_ERROR_ZERO_RETURN)
            state_ = state::closed;
        else if (why != SSL_ERROR_WANT_READ)
            fail();
        wire_.input = {};
        return state_;
    }
}

void tls_engine::send(std::string_view plaintext) {
    while (!plaintext.empty()) {
        std::size_t written = 0;
        ERR_clear_error();
        // One record each: SSL_write_ex would do the same, but keeps all of it in its own buffer meanwhile.
        const std::size_t size = std::min(plaintext.size(), max_record);
        if (SSL_write_ex(ssl_.get(), plaintext.data(), size, &written) != 1) {
            fail();
            return;
        }
        plaintext.remove_prefix(written);
    }
}

void tls_engine::close_notify() {
    if ((state_ == state::open || state_ == state::closed) && !std::exchange(close_notify_sent_, true)) {
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
        ERR_clear_error();
    }
}

bool tls_engine::key_update() {
    ERR_clear_error();
    return SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(ssl_.get()) == 1;
}

bool tls_engine::renegotiate() {
    ERR_clear_error();
    SSL_clear_options(ssl_.get(), SSL_OP_NO_RENEGOTIATION);
    return SSL_renegotiate(ssl_.get()) == 1 && SSL_do_handshake(ssl_.get()) == 1;
}

handshake_record tls_engine::handshake() const {
    handshake_record record;
    record.server_name = server_name_;
    record.alpn = alpn_;
    record.done = state_ != state::handshaking && SSL_is_init_finished(ssl_.get()) == 1;
    record.resumed = record.done && resumed();
    if (X509* const shown = SSL_get0_peer_certificate(ssl_.get())) {
        const openssl_ptr<BIO> memory(BIO_new(BIO_s_mem()));
        require_openssl(memory != nullptr && PEM_write_bio_X509(memory.get(), shown) == 1,
                        "cannot write a certificate");
        char* data = nullptr;
        const long size = BIO_get_mem_data(memory.get(), &data);
        record.client_certificate_pem.assign(data, static_cast<std::size_t>(size));
    }
    return record;
}

void tls_engine::note_client_hello(std::string server_name, std::vector<std::string> alpn) {
    server_name_ = std::move(server_name);
    alpn_ = std::move(alpn);
}

void tls_engine::fail() {
    error_ = take_openssl_error();
    state_ = state::failed;
}

} // namespace bandwidth::webrtc::testing::detail
