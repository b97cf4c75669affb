#pragma once

#include <cstdint>
#include <string>

namespace bandwidth::webrtc::detail {

/// Classes of RFC 9110, section 9.2: what may be sent behind what, and what may be sent again.
enum class request_class : std::uint8_t {
    safe,       ///< GET
    idempotent, ///< PUT, DELETE
    unsafe,     ///< POST: alone on its connection, and on the wire at most once
};

/// A request as it is known before a connection is chosen: the parts that differ from call to call.
struct request {
    const char* method = "GET";
    request_class kind = request_class::safe;
    bool isolated = false;    ///< by the caller: nothing before it or behind it on its connection
    bool has_content = false; ///< whether Content-Length is sent (a POST or PUT without a body sends 0)
    std::string target;       ///< origin-form, percent-encoded
    std::string header_lines; ///< extra lines, each ended by CRLF
    std::string body;

    /// Whether it needs an idle connection and keeps it to itself until its answer (RFC 9112, section 9.3.2,
    /// wants it of unsafe requests).
    bool exclusive() const noexcept { return isolated || kind == request_class::unsafe; }
};

/// One request and who waits for its answer, as the pipeline sees it. The pool's calls derive from it.
struct exchange {
    webrtc::detail::request request;

protected:
    ~exchange() = default;
};

} // namespace bandwidth::webrtc::detail
