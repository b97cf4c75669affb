#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <bandwidth/webrtc/testing/loopback_stats.hpp>

#include "loopback/emulation.hpp"
#include "loopback/http_request.hpp"
#include "loopback/route.hpp"

namespace bandwidth::webrtc::testing::detail {

/// What GET /metrics tells, in Prometheus' text format, version 0.0.4. Not thread-safe.
class request_metrics {
public:
    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";
    /// In place of a status, where the response was bytes that a fault had chosen.
    static constexpr int raw = 0;

    /// Whether this request asks for the metrics.
    static bool asked_by(const http_request& request) noexcept;

    /// Counts a request to which something was responded.
    void add(operation asked, int status) { ++counts_[{asked, status}]; }
    /// Counts a request by its method and target.
    void add(const http_request& request, int status);

    /// Appends the whole text.
    void write(const loopback_stats& seen, emulation& api, std::string& out) const;

private:
    std::map<std::pair<operation, int>, std::uint64_t> counts_;
    route route_; // only to use its memory again
};

} // namespace bandwidth::webrtc::testing::detail
