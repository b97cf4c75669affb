#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "pool/call.hpp"
#include "pool/counters.hpp"
#include "pool/timer_queue.hpp"

namespace bandwidth::webrtc::detail {

/// The calls that wait for a connection, and those that wait for the end of a pause.
///
/// | queue          | holds                                                   | wants                       |
/// |----------------|---------------------------------------------------------|-----------------------------|
/// | shared         | calls that may be pipelined                             | a place in a pipeline       |
/// | exclusive      | unsafe calls, and calls with a dedicated connection     | an idle connection          |
/// | new_connection | calls that the server refused on their connection (421) | one that has had no request |
///
/// Each queue is in the order of age: a call has its place by when it was submitted, also when it comes back
/// from a lost connection or from a pause; only after `push_last` is it the youngest. Each has its own limit, so
/// that a backlog of one kind of call does not refuse another kind; what comes back is never refused. While a call
/// waits, its timer is set to its deadline, or to the end of its pause.
class request_queue {
public:
    enum class kind : std::uint8_t { shared, exclusive, new_connection };

    request_queue(std::size_t limit, timer_queue& timers, counters& statistics) noexcept
        : limit_(limit), timers_(timers), counters_(statistics) {}

    /// Whether a call that is new to the pool finds its queue full.
    bool is_full_for(const call& value) const noexcept { return queues_[index_of(value)].size() >= limit_; }
    void push(call& value, time_point now) {
        if (value.sequence == 0)
            value.sequence = ++sequence_;
        value.where = call::state::queued;
        value.connection = nullptr;
        value.queued_since = now;
        auto& queue = queues_[index_of(value)];
        auto place = queue.end();
        if (!queue.empty() && queue.back().sequence > value.sequence) // it comes back
            place = std::find_if(queue.begin(), queue.end(),
                                 [&](const call& waiting) { return waiting.sequence > value.sequence; });
        queue.insert(place, value);
        timers_.set(value, value.deadline());
        increase(counters_.queue_depth);
    }
    /// As if it were new. For a call that the server has refused for its rate: those that wait, perhaps for something
    /// that has no limit, are not to wait behind it each time.
    void push_last(call& value, time_point now) {
        value.sequence = 0;
        push(value, now);
    }
    void remove(call& value) noexcept {
        auto& queue = queues_[index_of(value)];
        queue.erase(queue.iterator_to(value));
        decrease(counters_.queue_depth);
    }
    /// The call waits until `until`, and is in none of the queues meanwhile.
    void pause(call& value, time_point until) {
        value.where = call::state::paused;
        value.connection = nullptr;
        paused_.push_back(value);
        timers_.set(value, until);
    }
    /// Takes the call out of those that pause. The caller then pushes it, or completes it.
    void end_pause(call& value) noexcept { paused_.erase(paused_.iterator_to(value)); }

    /// The oldest call of a queue; null where there is none.
    call* front(kind of) noexcept {
        auto& queue = of_kind(of);
        return queue.empty() ? nullptr : &queue.front();
    }
    /// The call behind `value` in its queue; null where there is none.
    call* behind(call& value) noexcept {
        auto& queue = queues_[index_of(value)];
        const auto next = std::next(queue.iterator_to(value));
        return next == queue.end() ? nullptr : &*next;
    }
    std::size_t size(kind of) const noexcept { return queues_[static_cast<std::size_t>(of)].size(); }
    /// The calls of all queues, without those that pause.
    std::size_t size() const noexcept { return queues_[0].size() + queues_[1].size() + queues_[2].size(); }
    std::size_t size_for(const call& value) const noexcept { return queues_[index_of(value)].size(); }

    /// Calls `function` for each call that waits in a queue. It may remove that call.
    template <class Function>
    void for_each(Function function) {
        for (auto& queue : queues_)
            for_each_in(queue, function);
    }
    template <class Function>
    void for_each_paused(Function function) {
        for_each_in(paused_, function);
    }

private:
    template <class Function>
    static void for_each_in(call_list& list, Function& function) {
        for (auto at = list.begin(); at != list.end();)
            function(*at++);
    }
    static std::size_t index_of(const call& value) noexcept {
        return static_cast<std::size_t>(value.needs_new_connection  ? kind::new_connection
                                        : value.request.exclusive() ? kind::exclusive
                                                                    : kind::shared);
    }
    call_list& of_kind(kind of) noexcept { return queues_[static_cast<std::size_t>(of)]; }

    std::array<call_list, 3> queues_;
    call_list paused_;
    std::size_t limit_;
    timer_queue& timers_;
    counters& counters_;
    std::uint64_t sequence_ = 0;
};

} // namespace bandwidth::webrtc::detail
