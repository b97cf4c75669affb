#pragma once

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
    void answered(bool closes, bool http_1_1, time_point now) noexcept;
    /// A connection with more than one request in flight failed.
    void failed(time_point connected, time_point now) noexcept;
    /// Whether more than one request may be in flight on a connection.
    bool trusted(time_point now) const noexcept { return now >= fallback_until_; }

private:
    void fall_back(time_point now) noexcept;

    static constexpr std::size_t closes_allowed = 8;
    static constexpr std::uint64_t of_responses = 32;
    std::array<std::uint64_t, closes_allowed> closes_{}; // the numbers of the latest responses that closed
    std::size_t next_close_ = 0;
    std::uint64_t responses_ = of_responses; // so that a zero in `closes_` is out of the window
    time_point first_failure_ = time_point::min();
    time_point last_failure_ = time_point::min();
    time_point fallback_until_ = time_point::min();
    std::chrono::seconds pause_{0};
};

} // namespace bandwidth::webrtc::detail
