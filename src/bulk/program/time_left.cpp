#include "bulk/program/time_left.hpp"

#include <algorithm>

namespace bandwidth::webrtc::bulk {

namespace {

constexpr double least_recent_time = 3; // seconds
constexpr std::size_t least_recent_calls = 30;
// Calls that take so many times the latency of late, and longer than a hiccup, are another matter than those
// before.
constexpr double stalled_after = 8;
constexpr double longest_pause = 1; // seconds

} // namespace

std::optional<std::chrono::nanoseconds> time_left_estimate::update(clock::time_point now, std::uint64_t done,
                                                                   std::uint64_t total,
                                                                   std::size_t in_flight) {
    if (!start_) {
        start_ = now;
        recent_.push_back({0, 0, 0, 0});
    }
    const auto time = std::chrono::duration<double>(now - *start_).count();
    const auto last = recent_.back();
    if (const auto begun = done + in_flight; begun > begun_) {
        under_way_.push_back({static_cast<double>(begun - begun_), last.time, time});
        last_begun_at_ = (last.time + time) / 2;
        begun_ = begun;
    }
    moment here{time, done, last.latencies, 0};
    if (done > last.done)
        here.latencies += end_calls(static_cast<double>(done - last.done), last.time, time);

    const auto waiting = under_way_.empty() ? 0 : time - under_way_.front().from; // the oldest call
    auto usual = latency_until(here);
    if (usual && waiting > std::max(longest_pause, stalled_after * *usual)) {
        // What came before says nothing about this: a slow phase, most likely. As if the run began with this
        // call.
        recent_.assign(1, {under_way_.front().from, done, here.latencies, static_cast<double>(done)});
        usual.reset();
    }
    // That calls take longer shows in those under way before it shows in those that have ended.
    const auto latency = usual ? std::max(*usual, waiting / 2) : waiting;
    here.work = static_cast<double>(done);
    for (const auto& calls : under_way_) {
        const auto age = time - (calls.from + calls.to) / 2;
        here.work += calls.calls * (age < latency ? age / latency : 1);
    }
    keep_recent(here, in_flight);

    if (done >= total)
        return std::chrono::nanoseconds(0);
    if (!usual || time <= recent_.front().time)
        return std::nullopt;
    const auto rate = (here.work - recent_.front().work) / (time - recent_.front().time);
    if (rate <= 0)
        return std::nullopt;
    const auto to_begin = static_cast<double>(total - std::min(total, begun_));
    const auto last_call = latency - (time - last_begun_at_);
    if (to_begin == 0 && last_call < 0)
        return std::nullopt; // overdue
    const auto left = to_begin / rate + std::max(last_call, 0.0);
    constexpr double longest = 1e9; // which still can be told in nanoseconds
    return std::chrono::round<std::chrono::nanoseconds>(
        std::chrono::duration<double>(std::min(left, longest)));
}

// The mean latency of the calls that ended of late; nothing where none did.
std::optional<double> time_left_estimate::latency_until(const moment& now) const {
    const auto& before = recent_.front();
    if (now.done == before.done)
        return std::nullopt;
    return (now.latencies - before.latencies) / static_cast<double>(now.done - before.done);
}

// Takes it that calls end in the order in which they began, and evenly in the time since the last snapshot:
// the sum of latencies is right all the same. Returns this sum.
double time_left_estimate::end_calls(double calls, double from, double to) {
    double latencies = calls * (from + to) / 2;
    while (calls > 0 && !under_way_.empty()) {
        auto& oldest = under_way_.front();
        const auto taken = std::min(calls, oldest.calls);
        const auto until = oldest.from + (oldest.to - oldest.from) * taken / oldest.calls;
        latencies -= taken * (oldest.from + until) / 2;
        calls -= taken;
        oldest.calls -= taken;
        oldest.from = until;
        if (oldest.calls <= 0)
            under_way_.pop_front();
    }
    return latencies;
}

void time_left_estimate::keep_recent(const moment& now, std::size_t in_flight) {
    // Snapshots between which no call ended are one, for a run that stands still must not fill the memory.
    if (recent_.size() > 1 && recent_.back().done == now.done)
        recent_.back() = now;
    else
        recent_.push_back(now);
    const auto calls = std::max(in_flight, least_recent_calls);
    while (recent_.size() > 2 && now.time - recent_[1].time >= least_recent_time &&
           now.done - recent_[1].done >= calls)
        recent_.pop_front();
}

} // namespace bandwidth::webrtc::bulk
