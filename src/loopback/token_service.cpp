#include "loopback/token_service.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>

#include "core/ascii.hpp"
#include "core/base64.hpp"
#include "loopback/json_codec.hpp"
#include "loopback/url_text.hpp"

namespace bandwidth::webrtc::testing::detail {

namespace {

/// The parameter of this name; nothing when there is none, and the text is malformed when there are two.
const std::string* find_parameter(const form& parameters, std::string_view name) {
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [name](const auto& parameter) { return parameter.first == name; });
    return found == parameters.end() ? nullptr : &found->second;
}

/// RFC 6749 section 3.2: no parameter may come more than once.
bool has_repeated_parameter(const form& parameters) {
    for (auto at = parameters.begin(); at != parameters.end(); ++at)
        if (std::any_of(std::next(at), parameters.end(),
                        [&](const auto& later) { return later.first == at->first; }))
            return true;
    return false;
}

} // namespace

void set_token_error(http_response& response, int status, std::string_view error,
                     std::string_view description) {
    response.status = status;
    response.content_type = "application/json";
    response.extra_headers += "Cache-Control: no-store\r\n"; // as in the example of section 5.2
    response.body = "{\"error\":";
    write_json_string(error, response.body);
    response.body += ",\"error_description\":";
    write_json_string(description, response.body);
    response.body += '}';
}

void set_token_error(http_response& response, int status) {
    if (status == 401)
        set_token_error(response, status, "invalid_client", "Client authentication failed");
    else if (status == 400)
        set_token_error(response, status, "invalid_request", "The request is malformed");
    else
        set_standard_body(response, status);
}

void token_service::handle(const route& asked, const http_request& request, http_response& response) {
    respond(asked, request, response);
    auto& count = response.status == 200 ? issued_ : refused_;
    count.fetch_add(1, std::memory_order_relaxed);
}

void token_service::respond(const route& asked, const http_request& request, http_response& response) {
    if (asked.wanted == operation::wrong_method) { // RFC 6749 section 3.2
        set_token_error(response, 405, "invalid_request", "The token endpoint takes POST");
        response.extra_headers.append("Allow: ").append(asked.allowed).append("\r\n");
        return;
    }
    if (!is_media_type(request.content_type, "application/x-www-form-urlencoded")) {
        set_token_error(response, 415, "invalid_request",
                        "Content-Type must be application/x-www-form-urlencoded");
        return;
    }
    const auto parameters = parse_form(request.body);
    if (!parameters || has_repeated_parameter(*parameters)) {
        set_token_error(response, 400, "invalid_request", "The body is malformed, or has a parameter twice");
        return;
    }
    const auto* const id = find_parameter(*parameters, "client_id");
    const auto* const secret = find_parameter(*parameters, "client_secret");
    if (!request.authorization.empty() && secret != nullptr) { // RFC 6749 section 2.3
        set_token_error(response, 400, "invalid_request", "More than one way of client authentication");
        return;
    }
    const bool known = request.authorization.empty()
                           ? id != nullptr && secret != nullptr && tokens_.has_client(*id, *secret)
                           : has_client_in(request.authorization);
    if (!known) {
        set_token_error(response, 401);
        return;
    }
    const auto* const grant_type = find_parameter(*parameters, "grant_type");
    if (grant_type == nullptr) {
        set_token_error(response, 400, "invalid_request", "grant_type is required");
        return;
    }
    if (*grant_type != "client_credentials") {
        set_token_error(response, 400, "unsupported_grant_type", "grant_type must be client_credentials");
        return;
    }
    response.extra_headers += "Cache-Control: no-store\r\n"; // RFC 6749 section 5.1
    response.body = "{\"access_token\":";
    write_json_string(tokens_.issue(), response.body);
    response.body += ",\"token_type\":\"Bearer\",\"expires_in\":";
    response.body += std::to_string(tokens_.lifetime().count());
    response.body += '}';
}

/// Id and secret are encoded as forms have it before they become Basic credentials (RFC 6749 section 2.3.1),
/// but by Bandwidth's documentation and SDKs they are not: both are taken.
bool token_service::has_client_in(std::string_view authorization) const {
    constexpr std::string_view scheme = "Basic ";
    if (!webrtc::detail::starts_with_ignoring_case(authorization, scheme))
        return false;
    authorization.remove_prefix(scheme.size());
    const auto pair = webrtc::detail::decode_base64(authorization, webrtc::detail::base64::standard);
    const auto colon = pair.find(':');
    if (colon == std::string::npos || authorization.find_first_not_of('=') != std::string_view::npos)
        return false;
    const auto id = pair.substr(0, colon);
    const auto secret = pair.substr(colon + 1);
    if (tokens_.has_client(id, secret))
        return true;
    const auto decoded_id = decode_form_text(id);
    const auto decoded_secret = decode_form_text(secret);
    return decoded_id && decoded_secret && tokens_.has_client(*decoded_id, *decoded_secret);
}

} // namespace bandwidth::webrtc::testing::detail
