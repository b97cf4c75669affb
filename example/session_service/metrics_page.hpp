#pragma once

#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/metrics.hpp>
#include <memory>
#include <optional>
#include <string>

namespace example {

/// What Prometheus reads, in its text format (version 0.0.4). Nothing where the service was built without prometheus-cpp.
std::optional<std::string> metrics_page(std::shared_ptr<const bandwidth::webrtc::metrics> measured,
                                        const bandwidth::webrtc::client& client);

} // namespace example
