#include <bandwidth/webrtc/client_credentials.hpp>
#include <bandwidth/webrtc/client_options.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/version.hpp>
#include <cstdlib>
#include <string>

#include "core/ascii.hpp"
#include "manager/header_lines.hpp"

namespace bandwidth::webrtc {

detail::account_values::account_values()
    : user_agent(std::string("bandwidth-webrtc-cpp/").append(version_string)) {}

void detail::account_values::add_header(std::string_view name, std::string_view value) {
    if (equals_ignoring_case(name, "idempotency-key"))
        refused_header = "header: Idempotency-Key belongs to one call";
    else if (is_owned_by_operations(name))
        refused_header = why_owned(name);
    else
        append_header(name, value, header_lines, refused_header);
}

client_options client_options::from_environment() {
    std::string missing;
    const auto read = [&missing](const char* name) -> std::string {
        if (const char* const value = std::getenv(name); value && *value)
            return value;
        missing.append(missing.empty() ? "" : ", ").append(name);
        return {};
    };
    const auto is_set = [](const char* name) {
        const char* const value = std::getenv(name);
        return value && *value;
    };
    client_options options;
    options.account(read("BW_ACCOUNT_ID"));
    // One of the two tells which kind of credentials is meant, so that a half of them is not taken for none.
    const bool has_client = is_set("BW_CLIENT_ID") || is_set("BW_CLIENT_SECRET");
    const auto name = read(has_client ? "BW_CLIENT_ID" : "BW_USERNAME");
    const auto secret = read(has_client ? "BW_CLIENT_SECRET" : "BW_PASSWORD");
    if (!missing.empty())
        throw api_error(failure(errc::invalid_options, "environment variables not set: " + missing));
    token_options tokens;
    if (is_set("BANDWIDTH_TOKEN_URL"))
        tokens.token_url(read("BANDWIDTH_TOKEN_URL"));
    options.credentials(has_client ? client_credentials(name, secret, tokens)
                                   : basic_credentials(name, secret));
    if (const auto url = read("BANDWIDTH_WEBRTC_CALL_CONTROL_URL"); !url.empty())
        options.base_url(url);
    return options;
}

} // namespace bandwidth::webrtc
