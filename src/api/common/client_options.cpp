#include <bandwidth/webrtc/client_options.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/version.hpp>
#include <cstdlib>
#include <string>
#include <utility>

namespace bandwidth::webrtc {

namespace {

template <class Option, class Value>
client_options& set(client_options& options, Option& option, Value&& value) {
    option = std::forward<Value>(value);
    return options;
}

} // namespace

client_options::client_options()
    : base_url_("https://api.webrtc.bandwidth.com/v1")
    , user_agent_(std::string("bandwidth-webrtc-cpp/").append(version_string)) {}

client_options client_options::from_environment() {
    std::string missing;
    const auto read = [&missing](const char* name) -> std::string {
        if (const char* const value = std::getenv(name); value && *value)
            return value;
        missing.append(missing.empty() ? "" : ", ").append(name);
        return {};
    };
    const auto account = read("BW_ACCOUNT_ID");
    const auto username = read("BW_USERNAME");
    const auto password = read("BW_PASSWORD");
    if (!missing.empty())
        throw api_error(failure(errc::invalid_options, "environment variables not set: " + missing));
    client_options options;
    options.account(account).credentials(username, password);
    if (const auto url = read("BANDWIDTH_WEBRTC_CALL_CONTROL_URL"); !url.empty())
        options.base_url(url);
    return options;
}

client_options& client_options::base_url(std::string_view value) { return set(*this, base_url_, value); }
client_options& client_options::account(std::string_view value) { return set(*this, account_, value); }
client_options& client_options::credentials(std::string_view username, std::string_view password) {
    return set(*this, credentials_, basic_credentials(username, password));
}
client_options& client_options::credentials(std::shared_ptr<const credential_source> source) {
    return set(*this, credentials_, std::move(source));
}
client_options& client_options::connect_to(std::string_view host, std::uint16_t port) {
    connect_to_host_ = host;
    connect_to_port_ = port;
    return *this;
}
client_options& client_options::resolver(resolver_function value) {
    return set(*this, resolver_, std::move(value));
}
client_options& client_options::ca_pem(std::string_view pem) { return set(*this, ca_pem_, pem); }
client_options& client_options::ca_file(std::string_view path) { return set(*this, ca_file_, path); }
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
    return set(*this, max_connections_, value);
}
client_options& client_options::min_connections(std::size_t value) {
    return set(*this, min_connections_, value);
}
client_options& client_options::retry(const retry_policy& value) { return set(*this, retry_, value); }
client_options& client_options::retry_budget(double per_second, double ratio) {
    retry_budget_per_second_ = per_second;
    retry_budget_ratio_ = ratio;
    return *this;
}
client_options& client_options::pipeline_depth(std::size_t value) {
    return set(*this, pipeline_depth_, value);
}
client_options& client_options::shards(std::size_t value) { return set(*this, shards_, value); }
client_options& client_options::single_threaded(bool value) { return set(*this, single_threaded_, value); }
client_options& client_options::queue_limit(std::size_t value) { return set(*this, queue_limit_, value); }
client_options& client_options::max_resends(int value) { return set(*this, max_resends_, value); }
client_options& client_options::timeout(std::chrono::nanoseconds value) {
    return set(*this, timeout_, value);
}
client_options& client_options::connect_timeout(std::chrono::nanoseconds value) {
    return set(*this, connect_timeout_, value);
}
client_options& client_options::response_timeout(std::chrono::nanoseconds value) {
    return set(*this, response_timeout_, value);
}
client_options& client_options::idle_timeout(std::chrono::nanoseconds value) {
    return set(*this, idle_timeout_, value);
}
client_options& client_options::max_connection_age(std::chrono::nanoseconds value) {
    return set(*this, max_connection_age_, value);
}
client_options& client_options::body_limit(std::size_t bytes) { return set(*this, body_limit_, bytes); }
client_options& client_options::header_limit(std::size_t bytes) { return set(*this, header_limit_, bytes); }
client_options& client_options::verify_ids(bool value) { return set(*this, verify_ids_, value); }
client_options& client_options::user_agent(std::string_view value) { return set(*this, user_agent_, value); }

} // namespace bandwidth::webrtc
