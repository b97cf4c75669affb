#pragma once

namespace bandwidth::webrtc::testing {

/// A version of the TLS protocol that the testing servers can speak. The two old ones are there to see that
/// they are refused (RFC 8996).
enum class tls_version { tls_1_0, tls_1_1, tls_1_2, tls_1_3 };

} // namespace bandwidth::webrtc::testing
