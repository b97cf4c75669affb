#pragma once

#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/metrics.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "session_service/http_server.hpp"
#include "session_service/json_log.hpp"
#include "session_service/readiness.hpp"
#include "session_service/rooms.hpp"

namespace example {

/// All that the service responds to:
/// - `GET /healthz`: 200 while the process responds at all
/// - `GET /readyz`: 200, or 503 where it is to be sent no requests; `status` says why
/// - `GET /metrics`: what the client has done, for Prometheus
/// - the rest is of `rooms`. Each request of these has a line in the log, and a trace: that of `traceparent`, or a new one
class router {
public:
    /// All but `measured` must outlive this.
    router(webrtc::client& client, std::shared_ptr<const webrtc::metrics> measured, readiness& ready,
           rooms& served, json_log& log)
        : client_(client), measured_(std::move(measured)), ready_(ready), rooms_(served), log_(log) {}

    asio::awaitable<http_response> respond(const http_request& request);

private:
    http_response is_ready();
    http_response metrics() const;
    void write_line(const http_request& request, const http_response& response,
                    const webrtc::trace_context& trace, std::chrono::steady_clock::duration took);

    webrtc::client& client_;
    std::shared_ptr<const webrtc::metrics> measured_;
    readiness& ready_;
    rooms& rooms_;
    json_log& log_;
};

} // namespace example
