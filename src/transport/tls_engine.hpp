#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/memory_bio.hpp"
#include "transport/tls_context.hpp"

namespace bandwidth::webrtc::detail {

/// One TLS client connection without a socket: bytes from the wire go in, bytes for the wire come out.
///
/// Against `asio::ssl::stream` it saves a posted completion per record: everything one `recv` brought is
/// decrypted and handed on before anything is written, so that what follows from many records is one write.
class tls_engine {
public:
    enum class status {
        ok,
        want_input, ///< nothing more to do until more bytes come in
        closed,     ///< the peer sent close_notify
        failed,     ///< `code()` and `text()` tell why
    };

    /// A record's plain text is at most this long (RFC 8446, section 5.1).
    static constexpr std::size_t largest_record = 16 * 1024;

    /// \param host for SNI and for the check of the certificate: a DNS name, or an IP address in text form,
    ///        for which no SNI is sent (RFC 6066, section 3).
    tls_engine(tls_context& context, const std::string& host);
    ~tls_engine();
    tls_engine(const tls_engine&) = delete;
    tls_engine& operator=(const tls_engine&) = delete;

    /// Bytes from the wire. They must stay until the next call that is not `read` or `handshake`; both take
    /// all of them before they give `want_input`.
    void input(std::string_view bytes) noexcept { wire_.input = bytes; }

    /// Drives the handshake. `ok` when it is done, its certificate checked.
    status handshake();
    /// Decrypts records while the largest would fit, but at least a part of one. `ok` when there may be more
    /// of them. Whatever the status, there are `size` bytes in `buffer`.
    status read(char* buffer, std::size_t capacity, std::size_t& size);
    /// Encrypts all of `plain` into `output()`, in records of at most 16 KiB.
    status write(std::string_view plain);
    /// Appends a close_notify to `output()`, once.
    void close_notify();

    /// Gives back the memory of buffers in which there is nothing.
    void release_buffers() noexcept {
        if (wire_.output.empty())
            std::string().swap(wire_.output);
        // Refuses where there is something; but before OpenSSL 3.0.14 (CVE-2024-4741) not between the head of
        // a record and the rest of it.
        if (std::string_view(SSL_rstate_string(ssl_.get())) == "RH")
            SSL_free_buffers(ssl_.get());
    }

    /// Bytes for the wire; the caller takes from it what it has sent.
    std::string& output() noexcept { return wire_.output; }

    /// Whether the handshake resumed a session.
    bool resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }
    /// Whether the failure of the last `read` says that the server refused our side of the handshake after it
    /// was done for us. In TLS 1.3 the client may send as soon as it has sent its own certificate, and the
    /// server's verdict on that is the first thing to read (RFC 8446, section 4.4.2.4): a request that was
    /// sent meanwhile was never looked at.
    bool rejected() const noexcept { return rejected_; }
    /// Why the last call failed.
    error_code code() const noexcept { return code_; }
    const std::string& text() const noexcept { return text_; }

private:
    status classify(int result);
    status fail(errc value, std::string text);
    status fail_handshake(unsigned long error);
    void resume(tls_context& context);

    static void on_message(int is_write, int version, int content_type, const void* data, std::size_t size,
                           SSL* ssl, void* self) noexcept;

    memory_bio wire_;
    ssl_ptr ssl_;
    error_code code_;
    std::string text_;
    int messages_since_data_ = 0; // handshake messages on the open connection, since the last of its data
    bool handshake_done_ = false;
    bool certificate_requested_ = false;
    bool data_received_ = false;
    bool rejected_ = false;
    bool failed_ = false;
    bool close_notify_sent_ = false;
};

} // namespace bandwidth::webrtc::detail
