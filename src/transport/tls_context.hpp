#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/openssl.hpp"
#include "transport/key_log.hpp"
#include "transport/public_key_pin.hpp"

namespace bandwidth::webrtc::detail {

using ssl_ptr = openssl_ptr<SSL>;
using ssl_context_ptr = openssl_ptr<SSL_CTX>;
using ssl_session_ptr = openssl_ptr<SSL_SESSION>;

/// Whom to trust, and as whom to appear.
struct tls_settings {
    std::string ca_pem = {};          ///< PEM text; with `ca_file` empty too, the system's authorities
    std::string ca_file = {};         ///< path of a PEM file
    std::string certificate_pem = {}; ///< client certificate and its chain; empty: none
    std::string private_key_pem = {}; ///< of the client certificate
    /// One of them must be the key of a certificate in the verified chain; empty: any will do.
    std::vector<public_key_hash> pins = {};
    std::string key_log_file = {}; ///< to which the secrets of connections are appended; empty: to none
};

/// What TLS connections share: the trusted authorities, the client certificate, the pins, and the sessions to
/// resume.
///
/// Sessions are kept by hand: TLS 1.3 tickets arrive after the handshake, so only the new-session callback
/// sees them, and each is used once (RFC 8446, appendix C.4). A context never changes and serves one host, so
/// all that the verification of its sessions depended on is the same for all of them; other settings mean
/// another context, with no sessions. Still no session is offered that would not be verified again now: see
/// `verifies`.
/// Thread safety: none; used on the pool's strand, save the constructor.
class tls_context {
public:
    /// The longest certificate chain that is read, in bytes; a longer one is refused before it is (OpenSSL's
    /// own default, said here because tests count on it).
    static constexpr std::size_t longest_chain = 100 * 1024;

    /// \throws api_error (`errc::invalid_options`) naming the option that does not load.
    explicit tls_context(const tls_settings& settings, std::size_t session_limit);
    /// The same authorities, certificate and pins, not loaded again but shared, and no sessions yet. The two
    /// may be used on different strands.
    tls_context(const tls_context& like, std::size_t session_limit);
    tls_context(const tls_context&) = delete;
    tls_context& operator=(const tls_context&) = delete;

    SSL_CTX* native() const noexcept { return context_.get(); }
    /// A session to resume, newest first; null when there is none.
    ssl_session_ptr take_session();
    void put_session(ssl_session_ptr session);
    /// Whether the certificates of the session that `ssl` is set up with would be verified now: authorities,
    /// time, `ssl`'s host name, pins. A resumed handshake itself verifies nothing: no certificate is sent.
    /// Costs what verifying always does, a signature for each certificate, some 0.1 ms.
    bool verifies(SSL* ssl) const noexcept;
    /// Whether the system's authorities were asked for and it has none, so that no certificate is ever trusted.
    bool trusts_nobody() const noexcept { return trusts_nobody_; }
    /// Whose authorities are trusted: "ca_pem", "ca_file" or "the system".
    const char* authorities() const noexcept { return authorities_; }
    /// The context that `ssl` was made from.
    static tls_context& of(const SSL* ssl) noexcept;

private:
    tls_context(std::vector<public_key_hash> pins, std::size_t session_limit);
    void log_keys_to(std::shared_ptr<key_log> log);
    static int verify_chain(X509_STORE_CTX* chain, void* self) noexcept;
    bool has_pinned_key(STACK_OF(X509) * chain) const noexcept;

    ssl_context_ptr context_;
    std::vector<public_key_hash> pins_;
    std::vector<ssl_session_ptr> sessions_; // oldest first
    std::size_t session_limit_;
    std::shared_ptr<key_log> key_log_; // null: none
    bool trusts_nobody_ = false;
    const char* authorities_ = "the system";
};

} // namespace bandwidth::webrtc::detail
