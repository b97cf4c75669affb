#pragma once

#include <array>
#include <bandwidth/webrtc/observer.hpp>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace bandwidth::webrtc {

/// Durations, counted by how long they are. The bounds are those that OpenTelemetry's conventions have for
/// `http.client.request.duration`. Thread safety: distinct objects safe.
struct duration_histogram {
    /// Upper bounds in seconds, each of them included.
    static constexpr std::array<double, 14> bounds = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
                                                      0.5,   0.75, 1,     2.5,  5,     7.5, 10};

    /// How many are over the bound before and not over that of the same number; the last: over all bounds.
    std::array<std::uint64_t, bounds.size() + 1> counts{};
    std::chrono::nanoseconds sum{0}; ///< of all durations

    /// Counts a duration.
    void add(std::chrono::nanoseconds value) noexcept;
    /// How many durations were counted.
    [[nodiscard]] std::uint64_t count() const noexcept;
};

/// An observer that keeps a histogram of durations for each operation and outcome:
/// `const auto measured = std::make_shared<webrtc::metrics>(); options.add_observer(measured);`
/// It knows no ids, so it has at most some hundred histograms, however many sessions there are.
///
/// Thread safety: safe.
class metrics final : public observer {
public:
    /// The attempts with one outcome: OpenTelemetry's `http.client.request.duration`, from when a connection
    /// has taken the request to its end.
    struct request_durations {
        std::string method;            ///< `http.request.method`; "_OTHER" where it is not registered
        std::string url_template;      ///< `url.template`; empty for `connection_manager::send`
        std::string server_address;    ///< `server.address`
        std::uint16_t server_port = 0; ///< `server.port`
        int status = 0;                ///< `http.response.status_code`; 0: none
        std::string error_type;        ///< `error.type`; empty: it succeeded
        duration_histogram durations;  ///< of these attempts
    };
    /// The calls with one outcome, from their start to their end, with all attempts and what they waited.
    struct call_durations {
        std::string operation;        ///< empty for `connection_manager::send`
        std::string error_type;       ///< as above
        duration_histogram durations; ///< of these calls
    };

    /// The attempts that were counted since the beginning, sorted by their names.
    [[nodiscard]] std::vector<request_durations> requests() const;
    /// The calls that were counted since the beginning, sorted by their names.
    [[nodiscard]] std::vector<call_durations> calls() const;
    /// How often calls were sent again, by the `resend_kind`.
    [[nodiscard]] std::uint64_t resends(resend_kind kind) const;

    /// Counts an attempt, unless nothing of it was sent.
    void attempt_ended(const observed_attempt_end& event) noexcept override;
    /// Counts a resend.
    void call_sent_again(const observed_resend& event) noexcept override;
    /// Counts a call.
    void call_ended(const observed_call_end& event) noexcept override;

private:
    mutable std::mutex mutex_;
    std::vector<request_durations> requests_; // few: searched from the front
    std::vector<call_durations> calls_;
    std::array<std::uint64_t, 4> resends_{};
};

} // namespace bandwidth::webrtc
