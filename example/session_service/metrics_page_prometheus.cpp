#include <prometheus/text_serializer.h>
#include <sstream>
#include <utility>

#include "observability/prometheus_metrics.hpp"
#include "session_service/metrics_page.hpp"

namespace example {

std::optional<std::string> metrics_page(std::shared_ptr<const bandwidth::webrtc::metrics> measured,
                                        const bandwidth::webrtc::client& client) {
    const prometheus_metrics collected(std::move(measured), [&client] { return client.stats(); });
    std::ostringstream page;
    prometheus::TextSerializer().Serialize(page, collected.Collect());
    return page.str();
}

} // namespace example
