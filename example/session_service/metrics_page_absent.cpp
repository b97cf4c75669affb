// In place of metrics_page_prometheus.cpp where prometheus-cpp is not installed.
#include "session_service/metrics_page.hpp"

namespace example {

std::optional<std::string> metrics_page(std::shared_ptr<const bandwidth::webrtc::metrics> /*measured*/,
                                        const bandwidth::webrtc::client& /*client*/) {
    return std::nullopt;
}

} // namespace example
