#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/exchange.hpp"

namespace bandwidth::webrtc::detail {

/// Writes requests. The parts that are the same in each request of a client are put together once.
class request_encoder {
public:
    /// `host` is the Host header's value: the name or address, and the port where it is not 443.
    request_encoder(std::string_view host, std::string_view user_agent);

    /// Sets the Authorization value for the requests from here on.
    void set_authorization(std::string_view value);
    /// That value; null before the first one.
    const std::shared_ptr<const std::string>& authorization() const noexcept { return authorization_; }

    /// Appends the whole request, header section and body, to `out`.
    void append(const request& request, std::string& out) const;

private:
    void rebuild();

    std::string common_; // Host, User-Agent, Accept, Accept-Encoding
    std::shared_ptr<const std::string> authorization_;
    std::string tail_; // " HTTP/1.1\r\n" and every constant line
};

} // namespace bandwidth::webrtc::detail
