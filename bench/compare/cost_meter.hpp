#pragma once

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <optional>

namespace bandwidth::webrtc::bench {

/// What has been spent so far: CPU time, and instructions where the machine counts them. Used by the thread
/// that made it.
class cost_meter {
public:
    struct figures {
        double cpu_us = 0;
        std::optional<double> instructions{}; // user and kernel
    };

    enum class extent {
        this_thread,
        process, ///< with the threads that started behind it and have ended
    };

    explicit cost_meter(extent what_of) noexcept
        : clock_(what_of == extent::process ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID) {
        perf_event_attr what{};
        what.type = PERF_TYPE_HARDWARE;
        what.size = sizeof what;
        what.config = PERF_COUNT_HW_INSTRUCTIONS;
        what.exclude_hv = 1;
        what.inherit = what_of == extent::process ? 1 : 0;
        counter_ = static_cast<int>(::syscall(SYS_perf_event_open, &what, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
    }
    ~cost_meter() {
        if (counter_ >= 0)
            ::close(counter_);
    }
    cost_meter(const cost_meter&) = delete;
    cost_meter& operator=(const cost_meter&) = delete;

    figures read() const noexcept {
        timespec spent{};
        ::clock_gettime(clock_, &spent);
        figures now;
        now.cpu_us = static_cast<double>(spent.tv_sec) * 1e6 + static_cast<double>(spent.tv_nsec) / 1e3;
        std::uint64_t count = 0;
        if (counter_ >= 0 && ::read(counter_, &count, sizeof count) == sizeof count)
            now.instructions = static_cast<double>(count);
        return now;
    }

private:
    clockid_t clock_;
    int counter_ = -1; // or the descriptor of a counter
};

} // namespace bandwidth::webrtc::bench
