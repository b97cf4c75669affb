#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <bandwidth/webrtc/metrics.hpp>
#include <bandwidth/webrtc/stats.hpp>
#include <functional>
#include <memory>
#include <vector>

namespace example {

/// What a client measures and counts, for prometheus-cpp: register it with a `prometheus::Exposer`, or give what it
/// collects to a `prometheus::TextSerializer`. The names are in doc/observability.md. Labels hold no ids, so the number
/// of time series does not grow with that of the sessions.
///
/// Thread safety: `Collect` may be called from any thread.
class prometheus_metrics final : public prometheus::Collectable {
public:
    using stats_function = std::function<bandwidth::webrtc::client_stats()>;

    /// \param measured an observer of the client: `options.add_observer(measured)`
    /// \param stats    `[&client] { return client.stats(); }`; the client must outlive this object's registration
    prometheus_metrics(std::shared_ptr<const bandwidth::webrtc::metrics> measured, stats_function stats);

    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    std::shared_ptr<const bandwidth::webrtc::metrics> measured_;
    stats_function stats_;
};

} // namespace example
