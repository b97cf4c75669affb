#include "pool/connection_set.hpp"

#include <utility>

namespace bandwidth::webrtc::detail {

connection_set::connection_set(std::size_t depth, counters& statistics)
    : buckets_(depth + 1), counters_(statistics) {}

connection_set::~connection_set() {
    for (auto& each : buckets_)
        each.clear();
}

pooled_connection& connection_set::add(scheduler& owner, std::size_t depth, const response_limits& limits) {
    auto& added = *connections_.emplace_back(std::make_unique<pooled_connection>(owner, depth, limits));
    added.index_ = connections_.size() - 1;
    added.bucket_ = none;
    count(state::connecting, 1);
    return added;
}

void connection_set::count(state of, int by) noexcept {
    const auto change = static_cast<std::uint64_t>(by); // it wraps around where it is negative
    switch (of) {
    case state::connecting:
        return increase(counters_.connections_connecting, change);
    case state::draining:
        return increase(counters_.connections_draining, change);
    case state::closed:
        return;
    case state::reserving:
    case state::reserved:
        reservations_ += change;
        break;
    default:
        break;
    }
    const bool idle = of == state::idle || of == state::reserved;
    increase(idle ? counters_.connections_idle : counters_.connections_active, change);
}

std::size_t connection_set::bucket_for(const pooled_connection& value) const noexcept {
    switch (value.state_) {
    case state::idle:
        return 0;
    case state::reserved:
        return buckets_.size() - 1;
    case state::busy:
        return value.http.accepts(false) ? value.in_flight() : none;
    default:
        return none;
    }
}

void connection_set::set_state(pooled_connection& value, state to) noexcept {
    if (value.state_ != to) {
        count(value.state_, -1);
        count(to, 1);
        value.state_ = to;
    }
    if (value.bucket_ != none) {
        auto& old = buckets_[value.bucket_];
        old.erase(old.iterator_to(value));
    }
    value.bucket_ = bucket_for(value);
    if (value.bucket_ != none)
        put_in_bucket(value);
    if (to == state::closed) {
        const auto index = value.index_;
        std::swap(connections_[index], connections_.back());
        connections_[index]->index_ = index;
        closed_.push_back(std::move(connections_.back()));
        connections_.pop_back();
    }
}

// An idle connection may have become idle before others: one that is no longer reserved. Most often it is the last.
void connection_set::put_in_bucket(pooled_connection& value) noexcept {
    auto& to = buckets_[value.bucket_];
    auto behind = to.begin();
    if (value.in_flight() == 0)
        while (behind != to.end() && behind->idle_since > value.idle_since)
            ++behind;
    to.insert(behind, value);
}

void connection_set::update(pooled_connection& value) noexcept {
    const bool idle = value.in_flight() == 0;
    switch (value.state_) {
    case state::idle:
    case state::confirming:
    case state::busy:
        set_state(value, idle                                ? state::idle
                         : value.http.requests().confirmed() ? state::busy
                                                             : state::confirming);
        return;
    case state::reserving:
    case state::reserved:
        set_state(value, idle ? state::reserved : state::reserving);
        return;
    default:
        return;
    }
}

void connection_set::sweep() noexcept { closed_.clear(); }

pooled_connection* connection_set::shallowest() noexcept {
    for (std::size_t i = 0; i + 1 < buckets_.size(); ++i)
        if (auto* const found = first(i))
            return found;
    return nullptr;
}

} // namespace bandwidth::webrtc::detail
