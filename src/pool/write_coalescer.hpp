#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "core/clock.hpp"

namespace bandwidth::webrtc::detail {

class pooled_connection;

/// Which connections have requests staged, and which of these may wait for more to be staged: while a server
/// has requests to respond to, the next ones cost less if they go together, in one TLS record and one write.
/// To the rest of the pool a request that waits here is unsent.
///
/// Whether a connection may wait changes with what happens to it, and is asked only then: where many
/// connections wait, most have nothing new in a cycle. (The average of the service time is the pool's, and
/// changes with responses on other connections too; that may be noticed at the connection's next event, or
/// when its time is over.)
class write_coalescer {
public:
    /// No request waits longer than this, unless the thread is held up.
    static constexpr std::chrono::nanoseconds longest = std::chrono::milliseconds(2);

    /// A request was staged.
    void staged(pooled_connection& value, time_point now);
    /// Something has happened to the connection.
    void touch(pooled_connection& value);
    /// The connection is closed.
    void forget(pooled_connection& value) noexcept;
    /// The next connection to which something has happened; null when there is none left.
    pooled_connection* take_dirty() noexcept;
    /// Whether what is staged on it may wait for more.
    static bool may_wait(const pooled_connection& value, std::size_t depth,
                         std::chrono::nanoseconds service_time, time_point now) noexcept;

private:
    std::vector<pooled_connection*> dirty_;
};

} // namespace bandwidth::webrtc::detail
