#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/clock.hpp"

namespace bandwidth::webrtc::detail {

/// Whether a server can be trusted with more than one request in flight on a connection. Pure: the time is an
/// argument.
///
/// | state    | depth      | left by                                                                      |
/// |----------|------------|------------------------------------------------------------------------------|
/// | trusted  | configured | a response in HTTP/1.0; 8 of 32 responses that announced a close; two        |
/// |          |            | failures of connections with several requests in flight within 30 s          |
/// | disabled | 1          | the end of the pause: 60 s, doubled each time up to 10 min, and back to 60 s |
/// |          |            | after 10 min of trust                                                        |
///
/// A server that restarts loses all connections together. That is one failure: only a connection that was
/// made after the last counted failure can bring the next one.
class pipelining_health {
public:
    /// A final response came.
    void responded(bool closes, bool http_1_1, time_point now) noexcept {
        ++responses_;
        if (!http_1_1) // HTTP/1.0 knows no pipelining
            disable(now);
        if (!closes)
            return;
        closes_[next_close_] = responses_;
        next_close_ = (next_close_ + 1) % closes_allowed;
        if (responses_ - closes_[next_close_] < of_responses)
            disable(now);
    }
    /// A connection with more than one request in flight failed.
    void failed(time_point connected, time_point now) noexcept {
        if (last_failure_ != time_point::min() && connected <= last_failure_)
            return;
        const bool second = first_failure_ != time_point::min() && now - first_failure_ <= failure_window;
        first_failure_ = last_failure_ = now;
        if (second)
            disable(now);
    }
    /// Whether more than one request may be in flight on a connection.
    bool trusted(time_point now) const noexcept { return now >= disabled_until_; }

private:
    void disable(time_point now) noexcept {
        if (!trusted(now))
            return;
        const bool soon_again = disabled_until_ != time_point::min() && now - disabled_until_ < longest_pause;
        pause_ = soon_again ? std::min(pause_ * 2, longest_pause) : first_pause;
        disabled_until_ = now + pause_;
        closes_.fill(0);
        responses_ = of_responses;
        first_failure_ = time_point::min();
    }

    static constexpr std::chrono::seconds failure_window{30};
    static constexpr std::chrono::seconds first_pause{60};
    static constexpr std::chrono::seconds longest_pause{600};
    static constexpr std::size_t closes_allowed = 8;
    static constexpr std::uint64_t of_responses = 32;
    std::array<std::uint64_t, closes_allowed> closes_{}; // the numbers of the latest responses that closed
    std::size_t next_close_ = 0;
    std::uint64_t responses_ = of_responses; // so that a zero in `closes_` is out of the window
    time_point first_failure_ = time_point::min();
    time_point last_failure_ = time_point::min();
    time_point disabled_until_ = time_point::min();
    std::chrono::seconds pause_{0};
};

} // namespace bandwidth::webrtc::detail
