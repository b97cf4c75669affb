#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>

namespace bandwidth::webrtc::bulk {

/// How the arrivals of an open loop are spread.
enum class arrival_process {
    constant, ///< equally far from each other
    poisson,  ///< independent of each other, as those of many callers who know nothing of each other
};

/// The times at which the items of an open loop are to begin, whether or not those before have ended: so a service
/// that is slow gets no fewer calls. One generator of several that share a rate; together they have it.
///
/// With a ramp the rate grows in a line from 0 to its full value. Of a rate R and a ramp of T seconds there
/// are R t² / (2 T) arrivals up to the time t, and R (t - T / 2) from T on; the time of an arrival is found
/// from its number.
class arrivals {
public:
    /// \param rate   of all generators together, in each second; over 0
    /// \param ramp   how long the rate grows; 0: not at all
    /// \param index  which one of the generators this is, from 0
    /// \param count  how many there are
    /// \param seed   of the Poisson process
    arrivals(double rate, arrival_process process, std::chrono::nanoseconds ramp, std::size_t index,
             std::size_t count, std::uint64_t seed);

    /// When the next arrival is due, from the start of the load.
    std::chrono::nanoseconds next();

private:
    double rate_; // in each second, of this generator
    arrival_process process_;
    double ramp_;     // seconds
    double expected_; // arrivals of this generator up to the last one, on average
    std::mt19937_64 random_;
};

} // namespace bandwidth::webrtc::bulk
