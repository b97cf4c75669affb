#pragma once

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <optional>

namespace bandwidth::webrtc::bench {

/// What the thread that made it has spent so far: CPU time, and instructions where the machine counts them.
/// Used by that thread only.
class thread_cost {
public:
    struct figures {
        double cpu_us = 0;
        std::optional<double> instructions{}; // user and kernel
    };

    thread_cost() noexcept {
        perf_event_attr what{};
        what.type = PERF_TYPE_HARDWARE;
        what.size = sizeof what;
        what.config = PERF_COUNT_HW_INSTRUCTIONS;
        what.exclude_hv = 1;
        counter_ = static_cast<int>(::syscall(SYS_perf_event_open, &what, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
    }
    ~thread_cost() {
        if (counter_ >= 0)
            ::close(counter_);
    }
    thread_cost(const thread_cost&) = delete;
    thread_cost& operator=(const thread_cost&) = delete;

    figures read() const noexcept {
        timespec spent{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
        figures now;
        now.cpu_us = static_cast<double>(spent.tv_sec) * 1e6 + static_cast<double>(spent.tv_nsec) / 1e3;
        std::uint64_t count = 0;
        if (counter_ >= 0 && ::read(counter_, &count, sizeof count) == sizeof count)
            now.instructions = static_cast<double>(count);
        return now;
    }

private:
    int counter_ = -1; // or the descriptor of a counter
};

} // namespace bandwidth::webrtc::bench
