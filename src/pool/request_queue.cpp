#include "pool/request_queue.hpp"

#include <algorithm>

namespace bandwidth::webrtc::detail {

void request_queue::push(call& value, time_point now) {
    if (value.sequence == 0)
        value.sequence = ++sequence_;
    value.where = call::state::queued;
    value.connection = nullptr;
    value.queued_since = now;
    auto& queue = queues_[index_of(value)];
    if (queue.empty() || queue.back().sequence < value.sequence) {
        queue.push_back(value);
    } else { // it comes back: most of those before it have been served
        const auto place = std::find_if(queue.begin(), queue.end(), [&](const call& waiting) {
            return waiting.sequence > value.sequence;
        });
        queue.insert(place, value);
    }
    timers_.set(value, value.deadline());
    increase(counters_.queue_depth);
}

void request_queue::remove(call& value) noexcept {
    auto& queue = queues_[index_of(value)];
    queue.erase(queue.iterator_to(value));
    decrease(counters_.queue_depth);
}

void request_queue::pause(call& value, time_point until) {
    value.where = call::state::paused;
    value.connection = nullptr;
    paused_.push_back(value);
    timers_.set(value, until);
}

call* request_queue::behind(call& value) noexcept {
    auto& queue = queues_[index_of(value)];
    const auto next = std::next(queue.iterator_to(value));
    return next == queue.end() ? nullptr : &*next;
}

} // namespace bandwidth::webrtc::detail
