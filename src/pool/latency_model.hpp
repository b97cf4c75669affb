#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bandwidth::webrtc::detail {

/// How long the server takes, by moving averages, and whether a response that is due is late. Pure.
class latency_model {
public:
    using duration = std::chrono::nanoseconds;

    /// A response that is due for less than `floor` is never late.
    explicit latency_model(duration floor) noexcept : floor_(floor) {}

    /// A response has come: `service` after it was the next one due, `total` after its request was staged.
    void responded(duration service, duration total) noexcept {
        service_ = service_.count() == 0 ? service : (service_ * 15 + service) / 16;
        total_ = total_.count() < 0 ? total : (total_ * 15 + total) / 16;
    }
    /// A connection was established.
    void connected(duration took) noexcept {
        connect_ = connect_.count() == 0 ? took : (connect_ * 7 + took) / 8;
    }

    /// The time from one response to the next while the server has requests to respond to; 0: not known yet.
    duration service_time() const noexcept { return service_; }
    /// After how long a response is late: three times the usual time, but at most half of `timeout`.
    duration late_after(duration timeout) const noexcept {
        const auto half = timeout / 2;
        return total_.count() < 0 ? half : std::min(half, std::max(total_ * 3, floor_));
    }
    /// Whether a new connection is expected to respond before one with so many requests in flight. Behind an
    /// abandoned request that cannot be told: its caller has most likely left because it was slow.
    bool worth_connecting(std::size_t in_flight, bool some_abandoned) const noexcept {
        if (service_.count() == 0 || connect_.count() == 0 || some_abandoned)
            return true;
        return service_ * static_cast<std::int64_t>(in_flight) >= connect_;
    }

private:
    duration floor_;
    duration service_{0}; // 0: not known yet
    duration total_{-1};  // with the wait behind others; -1: not known yet
    duration connect_{0}; // 0: not known yet
};

} // namespace bandwidth::webrtc::detail
