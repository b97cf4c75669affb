#pragma once

#include <string>
#include <string_view>

#include "loopback/openssl.hpp"

namespace bandwidth::webrtc::testing::detail {

/// The server's side of one TLS connection, without a socket: ciphertext in, plaintext out, and back.
///
/// Everything that one read from the socket brought is decrypted in one go, and everything that became ready
/// leaves in one write: this is what lets pipelined answers share system calls. Not thread-safe, not movable.
class tls_engine {
public:
    enum class state {
        handshaking,
        open,
        closed, ///< close_notify was received
        failed  ///< see `error`
    };

    explicit tls_engine(SSL_CTX& context);
    tls_engine(const tls_engine&) = delete;
    tls_engine& operator=(const tls_engine&) = delete;
    ~tls_engine() = default;

    /// Takes what the socket brought; appends what it decrypts to. What the handshake has to say, and alerts,
    /// are added to `outgoing`.
    state receive(std::string_view ciphertext, std::string& plaintext);

    /// Encrypts into `outgoing`, in records of at most 16 KiB. Only once the handshake is done.
    void send(std::string_view plaintext);

    /// Adds the close_notify alert to `outgoing`, if the handshake is done. A second call does nothing.
    void close_notify();

    /// Ciphertext for the socket. The caller erases what it has written.
    std::string& outgoing() noexcept { return outgoing_; }

    state current() const noexcept { return state_; }
    /// Whether the handshake resumed an earlier session; only once it is done.
    bool resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }
    /// Why the connection failed.
    const std::string& error() const noexcept { return error_; }

private:
    static BIO_METHOD* bio_method();
    static int bio_read(BIO* bio, char* data, int size);
    static int bio_write(BIO* bio, const char* data, int size);
    static long bio_control(BIO* bio, int command, long number, void* pointer);

    void fail();

    openssl_ptr<SSL> ssl_;
    std::string_view incoming_; // ciphertext given to `receive` that OpenSSL has not taken yet
    std::string outgoing_;
    std::string error_;
    state state_ = state::handshaking;
    bool close_notify_sent_ = false;
};

} // namespace bandwidth::webrtc::testing::detail
