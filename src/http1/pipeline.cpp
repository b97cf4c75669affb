#include "http1/pipeline.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace bandwidth::webrtc::detail::http1 {

pipeline::pipeline(std::size_t depth)
    : slots_(std::bit_ceil(depth)), mask_(slots_.size() - 1), depth_(depth) {}

bool pipeline::accepts(bool exclusive) const noexcept {
    if (!accepting_)
        return false;
    if (count_ == 0)
        return true;
    if (!confirmed_ || exclusive || count_ >= depth_)
        return false;
    // Only ever the last one can be exclusive: it was pushed alone, and nothing follows it until its
    // response.
    return !at(count_ - 1).exclusive;
}

void pipeline::push(exchange& owner, std::size_t bytes, time_point now) {
    assert(accepts(owner.request.exclusive()));
    const auto& request = owner.request;
    slots_[(first_ + count_) & mask_] = slot{&owner,
                                             request.kind,
                                             request.exclusive(),
                                             request.head,
                                             request.keeps_fields,
                                             pushed_,
                                             pushed_ + bytes,
                                             now,
                                             {}};
    pushed_ += bytes;
    ++count_;
}

void pipeline::unstage(std::size_t index) noexcept {
    const auto taken = at(index);
    assert(taken.begin >= sent_any_);
    const auto bytes = taken.end - taken.begin;
    for (std::size_t i = index + 1; i < count_; ++i) {
        auto moved = at(i);
        moved.begin -= bytes;
        moved.end -= bytes;
        slots_[(first_ + i - 1) & mask_] = moved;
    }
    pushed_ -= bytes;
    --count_;
    if (!taken.owner)
        --abandoned_;
}

slot pipeline::pop() noexcept {
    const auto front = at(0);
    first_ = (first_ + 1) & mask_;
    --count_;
    if (!front.owner)
        --abandoned_;
    return front;
}

void pipeline::abandon(std::size_t index, time_point now) noexcept {
    auto& left = slots_[(first_ + index) & mask_];
    left.owner = nullptr;
    left.abandoned = now;
    ++abandoned_;
}

void pipeline::note_sent(std::uint64_t all, std::uint64_t any) noexcept {
    assert(all <= any && any <= pushed_);
    // A request that was sent must not count as unsent again: a POST once did, and went out twice.
    sent_all_ = std::max(sent_all_, all);
    sent_any_ = std::max(sent_any_, any);
}

time_point pipeline::oldest_abandoned() const noexcept {
    time_point oldest = time_point::max();
    for (std::size_t i = 0; i < count_; ++i) {
        const auto& candidate = at(i);
        if (!candidate.owner && candidate.abandoned < oldest)
            oldest = candidate.abandoned;
    }
    return oldest;
}

std::size_t pipeline::index_of(const exchange& owner) const noexcept {
    std::size_t i = 0;
    while (i < count_ && at(i).owner != &owner)
        ++i;
    return i;
}

send_state pipeline::state_of(const slot& slot) const noexcept {
    if (slot.begin >= sent_any_)
        return send_state::unsent;
    return slot.end <= sent_all_ ? send_state::sent : send_state::partial;
}

std::size_t pipeline::unsent() const noexcept {
    std::size_t sent = count_;
    while (sent > 0 && state_of(at(sent - 1)) == send_state::unsent)
        --sent;
    return count_ - sent;
}

std::uint64_t pipeline::unsent_bytes(const slot& slot) const noexcept {
    return slot.end - std::clamp(sent_all_, slot.begin, slot.end);
}

} // namespace bandwidth::webrtc::detail::http1
