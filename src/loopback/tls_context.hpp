#pragma once

#include <bandwidth/webrtc/testing/certificate.hpp>
#include <bandwidth/webrtc/testing/tls_version.hpp>

#include "loopback/openssl.hpp"

namespace bandwidth::webrtc::testing::detail {

/// A certificate for localhost, 127.0.0.1 and ::1, of an authority made for it alone.
certificate make_localhost_certificate();

/// A server's TLS settings: TLS 1.2 up to `newest`, ALPN http/1.1 when offered, session tickets on.
/// @throws std::runtime_error when the certificate cannot be used
openssl_ptr<SSL_CTX> make_server_context(const certificate& shown, tls_version newest);

} // namespace bandwidth::webrtc::testing::detail
