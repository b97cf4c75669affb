#include "pool/write_coalescer.hpp"

#include <algorithm>
#include <cstdint>

#include "pool/pooled_connection.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// Once so many requests are staged they do not wait for more, since the next one would save little.
constexpr std::size_t enough_staged = 8;
// More responses than these in one cycle have most likely waited for us, so the server is not the slower
// side. Where it sends several in one piece, requests come several at a time too, and need not wait.
constexpr std::size_t most_responses_apart = 2;

} // namespace

void write_coalescer::staged(pooled_connection& value, time_point now) {
    if (!value.staged) {
        value.staged = true;
        value.staged_since = now;
    }
    touch(value);
}

void write_coalescer::touch(pooled_connection& value) {
    if (value.staged && !value.dirty) {
        value.dirty = true;
        dirty_.push_back(&value);
    }
}

void write_coalescer::forget(pooled_connection& value) noexcept {
    if (value.dirty) {
        std::erase(dirty_, &value);
        value.dirty = false;
    }
}

pooled_connection* write_coalescer::take_dirty() noexcept {
    if (dirty_.empty())
        return nullptr;
    auto* const taken = dirty_.back();
    dirty_.pop_back();
    taken->dirty = false;
    return taken;
}

// Requests may wait only if (a) the requests that were sent keep the server busy for one round trip, and
// (b) the server, not this side, is the slower one. If this side is the slower one, responses already come
// several at a time, and to wait would split one batch into two.
bool write_coalescer::may_wait(const pooled_connection& value, std::size_t depth,
                               std::chrono::nanoseconds service_time, time_point now) noexcept {
    const auto unsent = value.http.requests().unsent();
    const auto sent = value.in_flight() - unsent;
    const auto keeps_busy = depth / 2;
    if (value.round_trip.count() == 0 || value.status() == pooled_connection::state::reserving ||
        sent <= keeps_busy || unsent == 0 || unsent >= enough_staged ||
        value.responses_read > most_responses_apart || now >= value.staged_since + longest)
        return false;
    const auto responses = std::min(sent - keeps_busy, enough_staged - unsent); // until it is flushed
    return service_time * static_cast<std::int64_t>(responses) < longest &&
           service_time * static_cast<std::int64_t>(keeps_busy) >= value.round_trip;
}

} // namespace bandwidth::webrtc::detail
