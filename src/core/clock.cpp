#include "core/clock.hpp"

#include <ctime>

namespace bandwidth::webrtc::detail {

clock::time_point clock::now() noexcept {
#ifdef CLOCK_BOOTTIME
    timespec at{};
    if (clock_gettime(CLOCK_BOOTTIME, &at) == 0)
        return time_point(std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec));
#endif
    return time_point(std::chrono::steady_clock::now().time_since_epoch());
}

} // namespace bandwidth::webrtc::detail
