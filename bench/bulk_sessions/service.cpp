#include "bulk_sessions/service.hpp"

#include <algorithm>

namespace bandwidth::webrtc::bench {

service::service(const settings& chosen) {
    switch (chosen.service) {
    case service_kind::loopback:
        loopback_.emplace(testing::loopback_options().delay(chosen.delay));
        options_ = loopback_->client_options();
        break;
    case service_kind::url: {
        const testing::loopback_options defaults;
        options_.account(defaults.account()).credentials(defaults.username(), defaults.password());
        break;
    }
    case service_kind::real:
        options_ = client_options::from_environment();
        break;
    }
    if (!chosen.base_url.empty())
        options_.base_url(chosen.base_url);
    if (!chosen.ca_file.empty())
        options_.ca_file(chosen.ca_file);
    options_.max_connections(chosen.connections)
        .pipeline_depth(chosen.depth)
        .queue_limit(std::max<std::size_t>(options_.queue_limit(), chosen.concurrent_calls()))
        .retry(retry_policy().attempts(static_cast<int>(chosen.attempts)))
        .timeout(chosen.timeout);
}

std::string service::description() const { return loopback_ ? "the embedded service" : options_.base_url(); }

std::optional<testing::loopback_stats> service::stats() const {
    if (!loopback_)
        return std::nullopt;
    return loopback_->stats();
}

} // namespace bandwidth::webrtc::bench
