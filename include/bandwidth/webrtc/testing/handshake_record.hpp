#pragma once

#include <string>
#include <vector>

namespace bandwidth::webrtc::testing {

/// What a client has shown of itself in a TLS handshake. A value: distinct objects may be used from distinct
/// threads.
struct handshake_record {
    std::string server_name;            ///< the host that it asked for (SNI; RFC 6066 section 3); empty: none
    std::vector<std::string> alpn;      ///< the protocols that it offered, in order (RFC 7301)
    std::string client_certificate_pem; ///< the certificate that it showed, in PEM; empty: none
    bool done = false;                  ///< the handshake has succeeded
    bool resumed = false;               ///< the handshake has resumed an earlier session
};

} // namespace bandwidth::webrtc::testing
