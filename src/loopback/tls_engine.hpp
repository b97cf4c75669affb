#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <bandwidth/webrtc/testing/handshake_record.hpp>

#include "core/memory_bio.hpp"
#include "loopback/openssl.hpp"

namespace bandwidth::webrtc::testing::detail {

/// The server's side of one TLS connection, without a socket: ciphertext in, plaintext out, and back.
///
/// Everything that one read from the socket brought is decrypted in one go, and everything that became
/// ready leaves in one write: this is what lets pipelined responses share system calls. Not thread-safe,
/// not movable.
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
    std::string& outgoing() noexcept { return wire_.output; }

    state current() const noexcept { return state_; }
    /// Whether the handshake resumed an earlier session; only once it is done.
    bool resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }
    /// In TLS 1.3, has the client change its keys, and asks it to respond with the same (RFC 8446 section
    /// 4.6.3). False where that cannot be.
    bool key_update();
    /// In TLS 1.2, asks the client to shake hands again (HelloRequest; RFC 5246 section 7.4.1.1). False where
    /// that cannot be.
    bool renegotiate();

    /// What the client has shown of itself so far.
    handshake_record handshake() const;
    /// For the context: what stands in the ClientHello.
    void note_client_hello(std::string server_name, std::vector<std::string> alpn);

    /// Why the connection failed.
    const std::string& error() const noexcept { return error_; }

private:
    void fail();

    webrtc::detail::memory_bio wire_;
    openssl_ptr<SSL> ssl_;
    std::string error_;
    std::string server_name_;
    std::vector<std::string> alpn_;
    state state_ = state::handshaking;
    bool close_notify_sent_ = false;
};

} // namespace bandwidth::webrtc::testing::detail
