#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/time_point.hpp"

namespace bandwidth::webrtc::detail {

class scheduler;

/// Something that wants to be told when a time has come. It has at most one time.
class timed {
public:
    virtual void on_time(scheduler& by) = 0;

protected:
    timed() = default;
    ~timed() = default;
    timed(const timed&) = delete;
    timed& operator=(const timed&) = delete;

private:
    friend class timer_queue;
    time_point at_{};
    std::size_t position_ = 0; // 1-based place in the heap; 0: not in it
};

/// The times that a pool waits for, in one heap: one clock timer serves them all, and while nothing expires
/// a call costs a few comparisons here. Deadlines mostly come in rising order, for which adding is O(1).
/// Sans-io.
class timer_queue {
public:
    /// Up to `count` entries, setting one allocates nothing.
    void reserve(std::size_t count) {
        if (count > heap_.capacity())
            grow(count);
    }
    /// Sets or moves the time of `entry`.
    void set(timed& entry, time_point at);
    /// Sets the time only where no time is set, or a later one.
    void set_no_later(timed& entry, time_point at);
    void remove(timed& entry) noexcept;

    /// The first time; nothing when there is none.
    std::optional<time_point> next() const noexcept;
    /// Removes and returns the first entry whose time is not after `now`; null when there is none.
    timed* pop(time_point now) noexcept;
    std::size_t size() const noexcept { return heap_.size(); }

private:
    void grow(std::size_t count);
    void place(timed* entry, std::size_t index) noexcept;
    void sift_up(std::size_t index) noexcept;
    void sift_down(std::size_t index) noexcept;

    std::vector<timed*> heap_; // 4-ary
};

} // namespace bandwidth::webrtc::detail
