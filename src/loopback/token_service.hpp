#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "loopback/access_tokens.hpp"
#include "loopback/http_request.hpp"
#include "loopback/http_response.hpp"
#include "loopback/route.hpp"

namespace bandwidth::webrtc::testing::detail {

/// Fills in an error of the token endpoint (RFC 6749 section 5.2).
/// \param error one of that section's codes
void set_token_error(http_response& response, int status, std::string_view error,
                     std::string_view description);
/// The error that belongs to a status, where nothing more is known.
void set_token_error(http_response& response, int status);

/// The token endpoint of OAuth 2.0 without sockets: client credentials (RFC 6749 section 4.4) in the
/// Authorization field or in the body. The counts may be read from other threads.
class token_service {
public:
    explicit token_service(access_tokens& tokens) : tokens_(tokens) {}

    void handle(const route& asked, const http_request& request, http_response& response);

    std::uint64_t issued() const noexcept { return issued_.load(std::memory_order_relaxed); }
    std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

private:
    void respond(const route& asked, const http_request& request, http_response& response);
    bool has_client_in(std::string_view authorization) const;

    access_tokens& tokens_;
    std::atomic<std::uint64_t> issued_{0};
    std::atomic<std::uint64_t> refused_{0};
};

} // namespace bandwidth::webrtc::testing::detail
