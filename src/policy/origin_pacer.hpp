#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/clock.hpp"

namespace bandwidth::webrtc::detail {

/// How many requests may be in flight on a pool after the origin has asked for fewer of them: by a 429, or by a
/// 503 with Retry-After. Pure: times and counts are arguments.
///
/// | state      | may be in flight                        | left by                                              |
/// |------------|-----------------------------------------|------------------------------------------------------|
/// | open       | as many as the connections take         | a limit: closed, and one request at first after that |
/// | closed     | nothing new; what was sent goes on      | its time has come: probing                           |
/// | probing    | one request                             | its response: recovering; a limit: closed            |
/// | recovering | a window, one more for each window's    | a window as large as what the connections take:      |
/// |            | worth of responses (additive increase)  | open; a limit: closed, and the next window begins    |
/// |            |                                         | with half of this one (multiplicative decrease)      |
///
/// A limit is such a response. Requests that were sent before it closed the origin are one flight with the one that
/// was refused, and the origin says the same of each: a further limit among their responses closes until its own
/// Retry-After where that is later, and does nothing else; their other responses count for nothing. So do
/// those requests themselves: one that is slow does not hold up the probe.
///
/// Additive increase and multiplicative decrease share a limit among several clients (RFC 5681, section 3.1); 429 is
/// RFC 6585, section 4, Retry-After RFC 9110, section 10.2.3.
class origin_pacer {
public:
    enum class state : std::uint8_t { open, closed, probing, recovering };

    /// \param most how many requests the connections take together
    explicit origin_pacer(std::size_t most) noexcept : most_(most) {}

    state status() const noexcept { return state_; }
    bool is_open() const noexcept { return state_ == state::open; }
    bool is_closed() const noexcept { return state_ == state::closed; }
    /// Whether one more request may be sent beside those in flight.
    bool may_send(std::size_t in_flight) const noexcept { return is_open() || more(in_flight) != 0; }
    /// How many more may be sent.
    std::size_t more(std::size_t in_flight) const noexcept {
        if (is_open())
            return most_;
        const auto own = in_flight - std::min(in_flight, earlier_);
        return is_closed() || own >= window_ ? 0 : window_ - own;
    }
    /// When the probe may go; only of one that is closed.
    time_point opens_at() const noexcept { return opens_at_; }
    /// How long it is closed in all.
    std::chrono::nanoseconds pause() const noexcept { return opens_at_ - closed_at_; }
    /// How many limits in a row have closed it since a response that was none.
    int closings() const noexcept { return closings_; }

    /// Opens it for the probe when its time has come.
    void advance(time_point now, std::size_t in_flight) noexcept;
    /// A limit has come for a request that was sent at `sent`.
    /// \param asked  how long the response asks to wait; nothing where it does not say
    /// \param pause  how long to wait where it does not say
    /// \return whether it closes the origin, and is not one of a flight for which that was done
    bool limited(time_point sent, std::optional<std::chrono::nanoseconds> asked,
                 std::chrono::nanoseconds pause, time_point now) noexcept;
    /// Another response has come for a request that was sent at `sent`.
    void responded(time_point sent) noexcept;
    /// A request that was sent at `sent` is in flight no more, for whatever reason: its response has come, it was
    /// cancelled, its connection was lost, or it goes back into the queue. Told of each, once.
    void ended(time_point sent) noexcept;

private:
    void close(time_point until, time_point now) noexcept;

    static constexpr int most_closings_counted = 20;
    std::size_t most_;
    state state_ = state::open;
    std::size_t window_ = 0;    // only when probing or recovering
    std::size_t next_ = 0;      // with which window it will recover
    std::size_t responses_ = 0; // of this window
    std::size_t earlier_ = 0;   // how many of the requests in flight were sent before it was closed
    int closings_ = 0;
    time_point closed_at_{};
    time_point opens_at_{};
};

} // namespace bandwidth::webrtc::detail
