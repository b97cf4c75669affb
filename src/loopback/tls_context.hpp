#pragma once

#include <optional>
#include <string>

#include <bandwidth/webrtc/testing/certificate.hpp>
#include <bandwidth/webrtc/testing/tls_version.hpp>

#include "loopback/openssl.hpp"

namespace bandwidth::webrtc::testing::detail {

/// A certificate for localhost, 127.0.0.1 and ::1, of an authority made for it alone.
certificate make_localhost_certificate();

/// What a server's TLS does beyond the usual.
struct server_tls {
    certificate shown;
    tls_version newest = tls_version::tls_1_3;
    std::string client_ca_pem = {};        ///< demands a certificate of this authority; empty: demands none
    std::optional<std::string> alpn = {};  ///< selects this, offered or not; empty text: never selects
    std::string required_server_name = {}; ///< refuses who asks for another name, or for none; empty: anyone
};

/// A server's context: TLS 1.2 (or, where `newest` is older, 1.0) up to `newest`, ALPN http/1.1 when offered,
/// session tickets on. For connections of `tls_engine` only, which it tells what the ClientHello said.
/// \throws std::runtime_error when a certificate cannot be used
openssl_ptr<SSL_CTX> make_server_context(server_tls settings);

} // namespace bandwidth::webrtc::testing::detail
