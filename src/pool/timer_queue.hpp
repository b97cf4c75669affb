#pragma once

#include <boost/intrusive/set.hpp>
#include <cstddef>
#include <optional>

#include "core/clock.hpp"

namespace bandwidth::webrtc::detail {

class scheduler;

/// Something that is to be told when a time has come. It has at most one time.
class timed
    : public boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>,
                                             boost::intrusive::optimize_size<true>> {
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
};

/// The times that a pool waits for: one timer of the execution context serves them all. Sans-io. The entries
/// are linked through themselves, so nothing here allocates. Deadlines mostly come in rising order, so the
/// search for an entry's place begins at the end.
class timer_queue {
public:
    /// Sets or moves the time of `entry`.
    void set(timed& entry, time_point at) noexcept {
        remove(entry);
        entry.at_ = at;
        entries_.insert(entries_.end(), entry);
    }
    /// Sets the time only where no time is set, or a later one.
    void set_no_later(timed& entry, time_point at) noexcept {
        if (!entry.is_linked() || at < entry.at_)
            set(entry, at);
    }
    void remove(timed& entry) noexcept {
        if (entry.is_linked())
            entry.unlink();
    }

    /// The first time; nothing when there is none.
    std::optional<time_point> next() const noexcept {
        return entries_.empty() ? std::nullopt : std::optional(entries_.begin()->at_);
    }
    /// Removes and returns the first entry whose time is not after `now`; null when there is none.
    timed* pop(time_point now) noexcept {
        if (entries_.empty() || entries_.begin()->at_ > now)
            return nullptr;
        timed& first = *entries_.begin();
        first.unlink();
        return &first;
    }
    std::size_t size() const noexcept { return entries_.size(); }

private:
    struct time_of {
        using type = time_point;
        const time_point& operator()(const timed& entry) const noexcept { return entry.at_; }
    };
    boost::intrusive::multiset<timed, boost::intrusive::key_of_value<time_of>,
                               boost::intrusive::constant_time_size<false>>
        entries_;
};

} // namespace bandwidth::webrtc::detail
