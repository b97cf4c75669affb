#include <bandwidth/webrtc/client_credentials.hpp>
#include <bandwidth/webrtc/client_options.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/version.hpp>
#include <cstdlib>
#include <string>

#include "api/common/environment.hpp"
#include "core/ascii.hpp"
#include "manager/header_lines.hpp"
#include "manager/proxy_settings.hpp"

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

std::string detail::read_variable(const char* name) {
    const char* const value = std::getenv(name);
    return value ? value : "";
}

detail::environment_account detail::read_account(environment_proxies proxies) {
    std::string missing;
    const auto read = [&missing](const char* name) {
        auto value = read_variable(name);
        if (value.empty())
            missing.append(missing.empty() ? "" : ", ").append(name);
        return value;
    };
    environment_account found;
    found.account = read("BW_ACCOUNT_ID");
    // One of the two tells which kind of credentials is meant, so that a half of them is not taken for none.
    const bool has_client =
        !read_variable("BW_CLIENT_ID").empty() || !read_variable("BW_CLIENT_SECRET").empty();
    const auto name = read(has_client ? "BW_CLIENT_ID" : "BW_USERNAME");
    const auto secret = read(has_client ? "BW_CLIENT_SECRET" : "BW_PASSWORD");
    if (!has_client && name.empty() && secret.empty())
        missing += ", or BW_CLIENT_ID and BW_CLIENT_SECRET in place of the last two";
    if (!missing.empty())
        throw api_error(failure(errc::invalid_options, "environment variables not set: " + missing));
    if (!has_client) {
        found.credentials = basic_credentials(name, secret);
        return found;
    }
    token_options tokens;
    if (const auto url = read_variable("BANDWIDTH_TOKEN_URL"); !url.empty())
        tokens.token_url(url);
    if (proxies == environment_proxies::used)
        tokens.connection().proxy(proxy_access::from_environment("token_url", tokens.token_url()));
    found.credentials = client_credentials(name, secret, tokens);
    return found;
}

client_options client_options::from_environment(environment_proxies proxies) {
    const auto found = detail::read_account(proxies);
    client_options options;
    options.account(found.account).credentials(found.credentials);
    if (const auto url = detail::read_variable("BANDWIDTH_WEBRTC_CALL_CONTROL_URL"); !url.empty())
        options.base_url(url);
    if (proxies == environment_proxies::used)
        options.proxy(proxy_options::from_environment(options.base_url()));
    return options;
}

} // namespace bandwidth::webrtc
