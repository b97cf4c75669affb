#pragma once

#include <atomic>
#include <cstdint>

namespace bandwidth::webrtc::detail {

/// A number that one strand changes and any thread may read: no read-modify-write, so it costs what a plain
/// integer does.
class counter {
public:
    counter& operator+=(std::uint64_t value) noexcept {
        value_.store(get() + value, std::memory_order_relaxed);
        return *this;
    }
    counter& operator-=(std::uint64_t value) noexcept {
        value_.store(get() - value, std::memory_order_relaxed);
        return *this;
    }
    counter& operator++() noexcept { return *this += 1; }
    counter& operator--() noexcept { return *this -= 1; }
    void raise_to(std::uint64_t value) noexcept {
        if (value > get())
            value_.store(value, std::memory_order_relaxed);
    }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// What `client_stats` is made of.
struct counters {
    counter connecting, open, idle, draining, queue_depth, in_flight, zombies;
    counter calls_started, calls_succeeded, calls_failed, calls_cancelled, requests_sent, replays;
    counter dials, dials_failed, handshakes_full, handshakes_resumed, connections_closed, connections_lost;
    counter retries, retries_refused, suspects, fallbacks, queue_wait, hol_wait;
    counter unsolicited_bytes, bytes_sent, bytes_received, writes, deepest_pipeline;
};

} // namespace bandwidth::webrtc::detail
