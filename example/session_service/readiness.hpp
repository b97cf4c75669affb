#pragma once

#include <bandwidth/webrtc/observer.hpp>
#include <bandwidth/webrtc/stats.hpp>
#include <chrono>
#include <cstdint>

namespace example {

namespace webrtc = bandwidth::webrtc;

/// Why a service is to be sent requests, or not.
enum class readiness_state {
    ready,
    draining,      ///< it is about to stop
    no_connection, ///< none is open, and one could not be made, or none was made yet
    calls_fail     ///< the last calls have all failed, not long ago
};
/// "ready", "draining", "no_connection" or "calls_fail".
const char* to_string(readiness_state value) noexcept;

/// Tells whether a service is to be sent requests, from what its client has done. The client keeps a connection
/// (`min_connections` of 1 at least), so that one that cannot be made is noticed without requests. After calls that
/// fail it is not ready for `pause`, and then is again, since it takes requests to find out whether calls fail still.
/// It has no clock and no socket. For one thread.
class readiness {
public:
    using time_point = std::chrono::steady_clock::time_point;

    static constexpr int failures = 5; ///< calls in a row
    static constexpr std::chrono::seconds pause{10};

    /// From now on it is draining.
    void drain() noexcept { draining_ = true; }
    void call_ended(const webrtc::observed_call_end& event, time_point now) noexcept;
    [[nodiscard]] readiness_state state(const webrtc::client_stats& stats, time_point now) noexcept;

private:
    bool draining_ = false;
    bool connected_ = false;
    std::uint64_t failed_before_ = 0; // attempts to connect, up to when a connection was open the last time
    int failures_in_a_row_ = 0;
    time_point last_failure_{};
};

/// Tells a `readiness` how the client's calls end.
class readiness_observer final : public webrtc::observer {
public:
    /// \param told must outlive the client
    explicit readiness_observer(readiness& told) noexcept : told_(told) {}

    void call_ended(const webrtc::observed_call_end& event) noexcept override {
        told_.call_ended(event, std::chrono::steady_clock::now());
    }

private:
    readiness& told_;
};

} // namespace example
