#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace bandwidth::webrtc::bulk {

/// Estimates how long a run of a known number of calls still takes. A rate of ended calls alone says too
/// little where calls take long: nothing ends at first, calls that began together end together, and the last
/// ones still take their whole time when there is nothing more to begin. So the calls under way count as done
/// in part, by the time that they have taken of the usual latency, and after the last call has begun, its
/// latency is left.
///
/// The estimate goes by what happened of late: the last 3 seconds, or as many calls as are under way (at
/// least 30) where that is longer. When calls wait for longer than a second and eight times the latency of
/// late, it begins anew with those. It cannot know that calls to come will be slower.
///
/// How exact it is, with snapshots five times in a second (or half a second off, near the end): within 20 %
/// of the truth from the first ended calls on, where so many callers wait for their calls, and from the first
/// ended calls of a much slower phase on; within 25 % where their latencies vary by a quarter; where calls
/// begin at a given rate, from three latencies on, within 20 %, and 30 % where they begin at random times. Of
/// a few last calls that take far longer than others it knows nothing.
class time_left_estimate {
public:
    using clock = std::chrono::steady_clock;

    /// Takes a snapshot of the run. The first is the start of the run; then they should come at an even pace,
    /// a few in each second.
    /// \param now        not before the last snapshot
    /// \param done       calls that have ended since the start; it never shrinks
    /// \param total      calls that the run is to make
    /// \param in_flight  calls that have begun and not ended
    /// \returns the time from `now` to the end; nothing while it is not known: before the first call has
    ///          ended, in a stall, and when the last calls take longer than calls did before.
    std::optional<std::chrono::nanoseconds> update(clock::time_point now, std::uint64_t done,
                                                   std::uint64_t total, std::size_t in_flight);

private:
    // Calls of which no end has been seen yet: how many, and the span of time in which they began.
    struct beginnings {
        double calls;
        double from; // seconds since the start, as all times here
        double to;
    };
    // Where the run stood.
    struct moment {
        double time;
        std::uint64_t done;
        double latencies; // of all calls done, added up
        double work;      // calls done, and those under way in part
    };

    std::optional<double> latency_until(const moment& now) const;
    double end_calls(double calls, double from, double to);
    void keep_recent(const moment& now, std::size_t in_flight);

    std::optional<clock::time_point> start_;
    std::uint64_t begun_ = 0;
    double last_begun_at_ = 0;
    std::deque<beginnings> under_way_;
    std::deque<moment> recent_;
};

} // namespace bandwidth::webrtc::bulk
