#include "bulk/run/arrivals.hpp"

#include <cmath>

namespace bandwidth::webrtc::bulk {

// Where all generators have a constant rate, each begins a part of the distance later than the one before, so that
// together they are equally spread, too.
arrivals::arrivals(double rate, arrival_process process, std::chrono::nanoseconds ramp, std::size_t index,
                   std::size_t count, std::uint64_t seed)
    : rate_(rate / static_cast<double>(count))
    , process_(process)
    , ramp_(std::chrono::duration<double>(ramp).count())
    , expected_(process == arrival_process::constant
                    ? static_cast<double>(index) / static_cast<double>(count) - 1
                    : 0)
    , random_(seed) {}

std::chrono::nanoseconds arrivals::next() {
    expected_ += process_ == arrival_process::constant ? 1 : std::exponential_distribution<double>()(random_);
    const double in_ramp = rate_ * ramp_ / 2;
    const double seconds =
        expected_ < in_ramp ? std::sqrt(2 * ramp_ * expected_ / rate_) : expected_ / rate_ + ramp_ / 2;
    return std::chrono::nanoseconds(std::llround(seconds * 1e9));
}

} // namespace bandwidth::webrtc::bulk
