#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bandwidth::webrtc::detail {

/// Whether it can be an access token (b64token of RFC 6750, section 2.1).
bool is_bearer_token(std::string_view text) noexcept;

/// What a token endpoint has sent, with the fields that tell something.
struct received_token_response {
    int status = 0;
    std::string_view body;
    std::string_view content_type;
    std::string_view retry_after;
    std::string_view date;
};

/// What it means.
struct token_response {
    std::string token;            ///< empty: there is none
    std::chrono::seconds life{0}; ///< of a token, over 0
    failure why;                  ///< of no token
    bool final = false;           ///< the next request would most likely have the same response
    bool wrong_secret = false;    ///< the credentials were refused: another secret may do
    std::optional<std::chrono::seconds> retry_after;
};

/// RFC 6749, sections 5.1 and 5.2. A success has to have a token and say for how long it lives: without that nobody
/// could renew it in time.
/// \param secrets what no text may repeat.
token_response read_token_response(const received_token_response& received,
                                   const std::vector<std::string>& secrets);

/// The body of the request (RFC 6749, section 4.4.2).
std::string token_request_body(std::string_view scope);

} // namespace bandwidth::webrtc::detail
