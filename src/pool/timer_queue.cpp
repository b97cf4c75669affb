#include "pool/timer_queue.hpp"

#include <algorithm>

namespace bandwidth::webrtc::detail {

namespace {
constexpr std::size_t arity = 4;
} // namespace

void timer_queue::grow(std::size_t count) { heap_.reserve(std::max(count, heap_.capacity() * 2)); }

void timer_queue::set(timed& entry, time_point at) {
    if (entry.position_ == 0) {
        heap_.push_back(&entry);
        entry.at_ = at;
        entry.position_ = heap_.size();
        sift_up(heap_.size() - 1);
        return;
    }
    const bool earlier = at < entry.at_;
    entry.at_ = at;
    if (earlier)
        sift_up(entry.position_ - 1);
    else
        sift_down(entry.position_ - 1);
}

void timer_queue::set_no_later(timed& entry, time_point at) {
    if (entry.position_ == 0 || at < entry.at_)
        set(entry, at);
}

void timer_queue::remove(timed& entry) noexcept {
    if (entry.position_ == 0)
        return;
    const auto index = entry.position_ - 1;
    entry.position_ = 0;
    timed* const last = heap_.back();
    heap_.pop_back();
    if (last == &entry)
        return;
    place(last, index);
    sift_up(index);
    sift_down(last->position_ - 1);
}

std::optional<time_point> timer_queue::next() const noexcept {
    if (heap_.empty())
        return std::nullopt;
    return heap_.front()->at_;
}

timed* timer_queue::pop(time_point now) noexcept {
    if (heap_.empty() || heap_.front()->at_ > now)
        return nullptr;
    timed* const first = heap_.front();
    remove(*first);
    return first;
}

void timer_queue::place(timed* entry, std::size_t index) noexcept {
    heap_[index] = entry;
    entry->position_ = index + 1;
}

void timer_queue::sift_up(std::size_t index) noexcept {
    timed* const entry = heap_[index];
    while (index != 0) {
        const auto parent = (index - 1) / arity;
        if (heap_[parent]->at_ <= entry->at_)
            break;
        place(heap_[parent], index);
        index = parent;
    }
    place(entry, index);
}

void timer_queue::sift_down(std::size_t index) noexcept {
    timed* const entry = heap_[index];
    for (;;) {
        const auto first = index * arity + 1;
        if (first >= heap_.size())
            break;
        const auto end = std::min(first + arity, heap_.size());
        auto least = first;
        for (auto child = first + 1; child < end; ++child)
            if (heap_[child]->at_ < heap_[least]->at_)
                least = child;
        if (heap_[least]->at_ >= entry->at_)
            break;
        place(heap_[least], index);
        index = least;
    }
    place(entry, index);
}

} // namespace bandwidth::webrtc::detail
