#include "bulk/program/service.hpp"

#include "bulk/job/endpoint_job.hpp"
#include "bulk/job/session_job.hpp"

#include <algorithm>
#include <bandwidth/webrtc/client_credentials.hpp>

namespace bandwidth::webrtc::bulk {

namespace {

// BRTC is called as Bandwidth wants it: with an access token for client credentials.
brtc::client_options brtc_options_for(const testing::loopback_server& server) {
    auto tokens = token_options().token_url(server.token_url());
    tokens.connection().ca_pem(server.ca_pem());
    return brtc::client_options()
        .base_url(server.brtc_url())
        .account(server.account())
        .credentials(client_credentials(server.client_id(), server.client_secret(), tokens))
        .ca_pem(server.ca_pem());
}

// Both kinds of options have the same setters, and no common type.
template <class Options>
Options options_for_remote(const settings& chosen) {
    if (chosen.service == service_kind::real)
        return Options::from_environment();
    const testing::loopback_options defaults;
    return Options().account(defaults.account()).credentials(defaults.username(), defaults.password());
}

template <class Options>
void apply_settings(const settings& chosen, Options& options) {
    if (!chosen.base_url.empty())
        options.base_url(chosen.base_url);
    if (!chosen.ca_file.empty())
        options.ca_file(chosen.ca_file);
    options.max_connections(chosen.connections)
        .pipeline_depth(chosen.depth)
        .queue_limit(std::max<std::size_t>(options.queue_limit(), chosen.concurrent_items()))
        .retry(retry_policy().attempts(static_cast<int>(chosen.attempts)))
        .timeout(chosen.timeout);
}

} // namespace

service::service(const settings& chosen) {
    if (chosen.service == service_kind::loopback)
        loopback_.emplace(testing::loopback_options().delay(chosen.delay));
    if (chosen.api == api_family::webrtc)
        options_ = loopback_ ? loopback_->client_options() : options_for_remote<client_options>(chosen);
    else
        options_ =
            loopback_ ? brtc_options_for(*loopback_) : options_for_remote<brtc::client_options>(chosen);
    std::visit([&](auto& options) { apply_settings(chosen, options); }, options_);
}

std::unique_ptr<job> service::make_job(boost::asio::io_context& context, const settings& chosen, share items,
                                       std::size_t thread, std::uint64_t nonce) const {
    const auto connections = share_of(chosen.connections, shard{thread + 1, chosen.threads}).count;
    auto options = options_;
    std::visit([&](auto& of_family) { of_family.max_connections(connections); }, options);
    if (const auto* const of_brtc = std::get_if<brtc::client_options>(&options))
        return std::make_unique<endpoint_job>(brtc::client(context, *of_brtc), items, nonce);
    return std::make_unique<session_job>(client(context, std::get<client_options>(options)), items,
                                         chosen.participants, nonce);
}

brtc::client service::make_endpoint_client(boost::asio::io_context& context) const {
    return brtc::client(context, std::get<brtc::client_options>(options_));
}

const std::string& service::base_url() const noexcept {
    return std::visit([](const auto& options) -> const std::string& { return options.base_url(); }, options_);
}

std::string service::description() const { return loopback_ ? "the embedded service" : base_url(); }

std::optional<testing::loopback_stats> service::stats() const {
    if (!loopback_)
        return std::nullopt;
    return loopback_->stats();
}

} // namespace bandwidth::webrtc::bulk
