#include <bandwidth/webrtc/client_options.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/version.hpp>
#include <cstdlib>
#include <string>

namespace bandwidth::webrtc {

client_options::client_options()
    : base_url_("https://api.webrtc.bandwidth.com/v1")
    , user_agent_(std::string("bandwidth-webrtc-cpp/").append(version_string)) {}

client_options client_options::from_environment() {
    const auto read = [](const char* name) {
        const char* const value = std::getenv(name);
        return std::string(value ? value : "");
    };
    const auto account = read("BW_ACCOUNT_ID");
    const auto username = read("BW_USERNAME");
    const auto password = read("BW_PASSWORD");
    std::string missing;
    for (const auto& [name, value] : {std::pair<const char*, const std::string&>("BW_ACCOUNT_ID", account),
                                      {"BW_USERNAME", username},
                                      {"BW_PASSWORD", password}})
        if (value.empty())
            missing.append(missing.empty() ? "" : ", ").append(name);
    if (!missing.empty())
        throw api_error(failure(errc::invalid_options, "environment variables not set: " + missing));
    client_options options;
    options.account(account).credentials(username, password);
    if (const auto url = read("BANDWIDTH_WEBRTC_CALL_CONTROL_URL"); !url.empty())
        options.base_url(url);
    return options;
}

client_options& client_options::base_url(std::string_view value) {
    base_url_ = value;
    return *this;
}
client_options& client_options::account(std::string_view value) {
    account_ = value;
    return *this;
}
client_options& client_options::credentials(std::string_view username, std::string_view password) {
    credentials_ = basic_credentials(username, password);
    return *this;
}
client_options& client_options::credentials(std::shared_ptr<const credential_source> source) {
    credentials_ = std::move(source);
    return *this;
}
client_options& client_options::ca_pem(std::string_view pem) {
    ca_pem_ = pem;
    return *this;
}
client_options& client_options::ca_file(std::string_view path) {
    ca_file_ = path;
    return *this;
}
client_options& client_options::client_certificate(std::string_view chain_pem, std::string_view key_pem) {
    client_certificate_pem_ = chain_pem;
    client_private_key_pem_ = key_pem;
    return *this;
}
client_options& client_options::pin_public_key(std::string_view sha256_base64) {
    public_key_pins_.emplace_back(sha256_base64);
    return *this;
}
client_options& client_options::max_connections(std::size_t value) {
    max_connections_ = value;
    return *this;
}
client_options& client_options::min_connections(std::size_t value) {
    min_connections_ = value;
    return *this;
}

client_options& client_options::retry(const retry_policy& value) {
    retry_ = value;
    return *this;
}

client_options& client_options::retry_budget(double per_second, double ratio) {
    retry_budget_per_second_ = per_second;
    retry_budget_ratio_ = ratio;
    return *this;
}

client_options& client_options::pipeline_depth(std::size_t value) {
    pipeline_depth_ = value;
    return *this;
}
client_options& client_options::shards(std::size_t value) {
    shards_ = value;
    return *this;
}
client_options& client_options::single_threaded(bool value) {
    single_threaded_ = value;
    return *this;
}
client_options& client_options::queue_limit(std::size_t value) {
    queue_limit_ = value;
    return *this;
}
client_options& client_options::max_resends(int value) {
    max_resends_ = value;
    return *this;
}
client_options& client_options::timeout(std::chrono::nanoseconds value) {
    timeout_ = value;
    return *this;
}
client_options& client_options::connect_timeout(std::chrono::nanoseconds value) {
    connect_timeout_ = value;
    return *this;
}
client_options& client_options::response_timeout(std::chrono::nanoseconds value) {
    response_timeout_ = value;
    return *this;
}
client_options& client_options::idle_timeout(std::chrono::nanoseconds value) {
    idle_timeout_ = value;
    return *this;
}
client_options& client_options::max_connection_age(std::chrono::nanoseconds value) {
    max_connection_age_ = value;
    return *this;
}
client_options& client_options::body_limit(std::size_t bytes) {
    body_limit_ = bytes;
    return *this;
}
client_options& client_options::header_limit(std::size_t bytes) {
    header_limit_ = bytes;
    return *this;
}
client_options& client_options::user_agent(std::string_view value) {
    user_agent_ = value;
    return *this;
}

} // namespace bandwidth::webrtc
