#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/clock.hpp"
#include "core/exchange.hpp"

namespace bandwidth::webrtc::detail::http1 {

/// One request in flight.
struct slot {
    exchange* owner = nullptr; ///< null: abandoned by its caller, so that its response is read and dropped
    request_class kind = request_class::safe;
    bool exclusive = false;    ///< nothing may be pushed behind it
    bool head = false;         ///< its response has no body
    bool keeps_fields = false; ///< its response keeps all its header fields
    std::uint64_t begin = 0;   ///< of its bytes in the stream of all requests of this connection
    std::uint64_t end = 0;
    time_point pushed{};
    time_point abandoned{}; ///< when it was abandoned
};

/// The requests of one connection in the order in which they were sent, which is the order of their responses
/// (RFC 9112, section 9.3.2), and how far their bytes have left this machine. Abandoned requests count in the
/// depth: the server still works for them.
///
/// | state       | accepts                                                 | left by          |
/// |-------------|---------------------------------------------------------|------------------|
/// | unconfirmed | one request: a server that breaks pipelines breaks here | `confirm`        |
/// | confirmed   | up to `depth` requests; an exclusive one only alone,    | `stop_accepting` |
/// |             | with nothing behind it (RFC 9112, section 9.3.2)        |                  |
/// | closing     | nothing; the responses to what is in flight still come  |                  |
class pipeline {
public:
    explicit pipeline(std::size_t depth);

    /// Whether a request may be pushed now.
    bool accepts(bool exclusive) const noexcept;
    /// How many requests may be in flight, from the next one on; not more than at construction.
    void set_depth(std::size_t value) noexcept { depth_ = value; }
    std::size_t depth() const noexcept { return depth_; }
    /// The server is known to keep connections and to respond in order.
    void confirm() noexcept { confirmed_ = true; }
    bool confirmed() const noexcept { return confirmed_; }
    void stop_accepting() noexcept { accepting_ = false; }

    /// Appends a request whose encoded form is `bytes` long. Needs `accepts`.
    void push(exchange& owner, std::size_t bytes, time_point now);
    /// Removes a request of which no byte was given to the transport, nor will be. The requests behind it
    /// move up in the stream.
    void unstage(std::size_t index) noexcept;
    /// Removes the front: its response has come.
    slot pop() noexcept;
    /// The caller of the request at `index` has gone.
    void abandon(std::size_t index, time_point now) noexcept;
    /// Tells how far the stream of requests has been given to the transport: every byte before `all` has, no
    /// byte from `any` on has. Neither number ever falls.
    void note_sent(std::uint64_t all, std::uint64_t any) noexcept;

    std::size_t size() const noexcept { return count_; }
    std::size_t abandoned() const noexcept { return abandoned_; }
    /// When the first of the abandoned requests was abandoned; only with `abandoned() != 0`.
    time_point oldest_abandoned() const noexcept;
    /// The request at `index` in the order of sending, 0 being the front.
    const slot& at(std::size_t index) const noexcept { return slots_[(first_ + index) & mask_]; }
    /// The place of `owner`; `size()` where it has none.
    std::size_t index_of(const exchange& owner) const noexcept;
    send_state state_of(const slot& slot) const noexcept;
    /// How many requests, the last ones, were not given to the transport at all.
    std::size_t unsent() const noexcept;
    /// Bytes of the request that were not given to the transport.
    std::uint64_t unsent_bytes(const slot& slot) const noexcept;
    /// Bytes of all requests that were ever pushed, without those that were unstaged.
    std::uint64_t pushed_bytes() const noexcept { return pushed_; }

private:
    std::vector<slot> slots_; // ring, its size a power of two
    std::size_t mask_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    std::size_t abandoned_ = 0;
    std::size_t depth_;
    std::uint64_t pushed_ = 0;
    std::uint64_t sent_all_ = 0;
    std::uint64_t sent_any_ = 0;
    bool accepting_ = true;
    bool confirmed_ = false;
};

} // namespace bandwidth::webrtc::detail::http1
