#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace bandwidth::webrtc::detail {

struct ssl_free {
    void operator()(SSL* value) const noexcept { SSL_free(value); }
    void operator()(SSL_CTX* value) const noexcept { SSL_CTX_free(value); }
    void operator()(SSL_SESSION* value) const noexcept { SSL_SESSION_free(value); }
};
using ssl_ptr = std::unique_ptr<SSL, ssl_free>;
using ssl_context_ptr = std::unique_ptr<SSL_CTX, ssl_free>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, ssl_free>;

/// Which authorities to trust.
struct tls_settings {
    std::string ca_pem;  ///< PEM text; with `ca_file` empty too, the system's authorities
    std::string ca_file; ///< path of a PEM file
};

/// What all TLS connections of a pool share: the trusted authorities, and the sessions to resume.
///
/// Sessions are kept by hand: TLS 1.3 tickets arrive after the handshake, so only the new-session callback
/// sees them, and each is used once (RFC 8446, appendix C.4). One pool talks to one host with one set of
/// settings, so all its sessions are interchangeable.
/// Thread safety: none; used on the pool's strand, save the constructor.
class tls_context {
public:
    /// \throws api_error (`errc::invalid_options`) naming the option that does not load.
    explicit tls_context(const tls_settings& settings, std::size_t session_limit);
    tls_context(const tls_context&) = delete;
    tls_context& operator=(const tls_context&) = delete;

    SSL_CTX* native() const noexcept { return context_.get(); }
    /// A session to resume, newest first; null when there is none.
    ssl_session_ptr take_session();
    void put_session(ssl_session_ptr session);
    /// The context that `ssl` was made from.
    static tls_context& of(SSL* ssl) noexcept;

private:
    ssl_context_ptr context_;
    std::vector<ssl_session_ptr> sessions_; // oldest first
    std::size_t session_limit_;
};

} // namespace bandwidth::webrtc::detail
