#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/memory_bio.hpp"
#include "transport/stream_engine.hpp"
#include "transport/tls_context.hpp"

namespace bandwidth::webrtc::detail {

/// One TLS client connection without a socket: bytes from the wire go in, bytes for the wire come out.
///
/// Against `asio::ssl::stream` it saves a posted completion per record: everything one `recv` brought is
/// decrypted and handed on before anything is written, so that what follows from many records is one write.
class tls_engine final : public stream_engine {
public:
    /// \param host for SNI and for the check of the certificate: a DNS name, or an IP address in text form,
    ///        for which no SNI is sent (RFC 6066, section 3).
    tls_engine(tls_context& context, const std::string& host);
    ~tls_engine() override;

    void input(std::string_view bytes) noexcept override { wire_.input = bytes; }
    /// `ok` when it is done, its certificate checked.
    status handshake() override;
    /// Decrypts records while the largest would fit, but at least a part of one.
    status read(char* buffer, std::size_t capacity, std::size_t& size) override;
    /// Encrypts in records of at most 16 KiB.
    status write(std::string_view plain) override;
    void close_notify() override;

    void release_buffers() noexcept override {
        if (wire_.output.empty())
            std::string().swap(wire_.output);
        // Refuses where there is something; but before OpenSSL 3.0.14 (CVE-2024-4741) not between the head of
        // a record and the rest of it.
        if (std::string_view(SSL_rstate_string(ssl_.get())) == "RH")
            SSL_free_buffers(ssl_.get());
    }

    std::string& output() noexcept override { return wire_.output; }
    bool resumed() const noexcept override { return SSL_session_reused(ssl_.get()) == 1; }
    /// In TLS 1.3 the client may send as soon as it has sent its own certificate, and the server's verdict on
    /// that is the first thing to read (RFC 8446, section 4.4.2.4).
    bool rejected() const noexcept override { return rejected_; }
    /// A close_notify is due before a FIN (RFC 8446, section 6.1); anybody on the network can send a FIN.
    stream_end without_close_notify() const noexcept override { return stream_end::truncated; }
    error_code code() const noexcept override { return code_; }
    const std::string& text() const noexcept override { return text_; }

private:
    status classify(int result);
    status fail(errc value, std::string text);
    status fail_handshake(unsigned long error, bool unverified);
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
