#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "core/time_point.hpp"

namespace bandwidth::webrtc::detail {

class pooled_connection;

/// Which connections have something staged, and which of these may wait for more to be staged: while a server
/// has requests to respond to, those to come cost one TLS record and one write together. To the rest of the
/// pool what waits is unsent.
///
/// Whether it may wait changes with what happens to the connection, and is asked only then: where many wait,
/// most have nothing new in a cycle. (The average of the service time is the pool's and moves with the
/// others' responses too; that may be noticed at the connection's next event, or when its time is over.)
class write_coalescer {
public:
    /// No request waits for longer, unless the thread is held up.
    static constexpr std::chrono::nanoseconds longest = std::chrono::milliseconds(2);

    /// A request was staged.
    void staged(pooled_connection& value, time_point now);
    /// Something has happened to the connection.
    void touch(pooled_connection& value);
    /// It is closed.
    void forget(pooled_connection& value) noexcept;
    /// The next connection that something has happened to; null when there is none left.
    pooled_connection* take_dirty() noexcept;
    /// Whether what is staged on it may wait for more.
    static bool may_wait(const pooled_connection& value, std::size_t depth,
                         std::chrono::nanoseconds service_time, time_point now) noexcept;

private:
    std::vector<pooled_connection*> dirty_;
};

} // namespace bandwidth::webrtc::detail
