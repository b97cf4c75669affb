#pragma once

#include <string>
#include <string_view>

#include "pipeline/exchange.hpp"

namespace bandwidth::webrtc::detail {

/// Writes request heads. What is the same in each request of a client is put together once.
class request_encoder {
public:
    /// `host` is the Host header's value: the name or address, and the port where it is not 443.
    request_encoder(std::string_view host, std::string_view user_agent);

    /// Sets the Authorization value for the requests from here on.
    void set_authorization(std::string_view value);

    /// Appends the whole request, head and body, to `out`.
    void append(const request& request, std::string& out) const;

private:
    void rebuild();

    std::string common_;        // Host, User-Agent, Accept
    std::string authorization_; // header value
    std::string tail_;          // " HTTP/1.1\r\n" and every constant line
};

/// Whether `value` may stand as a header field's value: no CR, LF, NUL or other control character but HTAB
/// (RFC 9110, section 5.5). One of them would put a second line on the wire.
bool valid_field_value(std::string_view value) noexcept;
/// Whether `name` is a token (RFC 9110, section 5.6.2).
bool valid_field_name(std::string_view name) noexcept;

} // namespace bandwidth::webrtc::detail
