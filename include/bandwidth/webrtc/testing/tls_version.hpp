#pragma once

namespace bandwidth::webrtc::testing {

/// A version of the TLS protocol that the testing servers can speak.
enum class tls_version { tls_1_2, tls_1_3 };

} // namespace bandwidth::webrtc::testing
