#pragma once

#include <chrono>

namespace bandwidth::webrtc::detail {

/// The clock of deadlines and pauses: steady, but the time for which the machine was suspended counts. After
/// that a connection has been idle for long and a deadline has passed, though no timer could tell.
///
/// Its times have a type of their own, so that one of another clock cannot be mixed in: `steady_clock` stands
/// still during a suspension, and the two would differ by hours.
struct clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<clock>;
    static constexpr bool is_steady = true;

    static time_point now() noexcept;
};

using time_point = clock::time_point;

} // namespace bandwidth::webrtc::detail
