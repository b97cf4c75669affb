#pragma once

namespace bandwidth::webrtc::testing {

/// A version of the TLS protocol that the testing servers can speak. The two old ones are there to see that
/// they are refused (RFC 8996).
enum class tls_version {
    tls_1_0, ///< RFC 2246
    tls_1_1, ///< RFC 4346
    tls_1_2, ///< RFC 5246
    tls_1_3, ///< RFC 8446
};

} // namespace bandwidth::webrtc::testing
