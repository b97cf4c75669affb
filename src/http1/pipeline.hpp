#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/exchange.hpp"
#include "core/time_point.hpp"
#include "http1/response_reader.hpp"

namespace bandwidth::webrtc::detail {

/// How far a request has come, for the question whether the server can have acted on it.
enum class send_state : std::uint8_t {
    unsent,  ///< no byte of it was given to the transport
    partial, ///< some bytes were, or may have been
    sent,    ///< all were
};

/// One request in flight: the FIFO of RFC 9112, section 9.3.2 holds one for each answer that is due.
struct slot {
    exchange* owner = nullptr; ///< null: the caller has gone (a zombie), the answer is read and dropped
    request_class kind = request_class::safe;
    bool exclusive = false;  ///< nothing may be pushed behind it
    std::uint64_t begin = 0; ///< of its bytes in the stream of all requests of this connection
    std::uint64_t end = 0;
    time_point pushed{};
    time_point abandoned{}; ///< since when it is a zombie
};

// clang-format off
/// The order of requests and answers on one connection. Sans-io: bytes and times come in as arguments.
///
/// States of the connection as a whole, as far as sending goes:
///
/// | state   | accepts                                                  | left by                           |
/// |---------|----------------------------------------------------------|-----------------------------------|
/// | probing | one request: a server that breaks pipelines breaks here  | an answer in HTTP/1.1 that keeps  |
/// |         |                                                          | the connection; `assume_proven`   |
/// | open    | up to `depth` requests; an exclusive one only alone,     | `stop_accepting`, an answer that  |
/// |         | with nothing behind it (RFC 9112, 9.3.2)                 | closes or came early, a failure   |
/// | closing | nothing; what is in flight is still answered             | the last answer                   |
///
// clang-format on
/// Zombies count in the depth: the server still works for them.
class pipeline {
public:
    pipeline(std::size_t depth, const response_limits& limits);

    /// Whether a request may be pushed now.
    bool accepts(bool exclusive) const noexcept;
    /// Appends a slot for a request whose encoded form is `bytes` long. Needs `accepts`.
    void push(exchange& owner, std::size_t bytes, time_point now);
    /// Removes the slot of a request of which no byte was given to the transport, nor will be. The requests
    /// behind it move up in the stream.
    void take_back(std::size_t index) noexcept;
    /// How many requests may be in flight, from the next one on; not more than at construction.
    void set_depth(std::size_t value) noexcept { depth_ = value; }
    /// The server is known to keep connections and answer in order: its first answer is not waited for.
    void assume_proven() noexcept { proven_ = true; }
    /// Tells how far the stream of requests has been given to the transport: every byte before `all` has,
    /// no byte from `any` on has. What was told before is never taken back.
    void note_sent(std::uint64_t all, std::uint64_t any) noexcept;
    /// Takes no further request: the connection is to be closed when what is in flight is answered.
    void stop_accepting() noexcept { accepting_ = false; }

    enum class event {
        need_more, ///< all that came has been looked at
        answered,  ///< `owner()` (null for a zombie) has its answer in `message()`
        failed,    ///< `error()`; the connection must be closed and never used again
    };
    /// Reads on in `input`, at most to the end of one answer. Presented bytes that stay in `input` with
    /// `need_more` must be presented again with more behind them.
    event receive(std::string_view& input);
    /// The peer has ended its side. `answered` where that completes the head's answer; else `failed`.
    event end_of_stream(bool clean);

    /// Gives back the memory of the last answer, between two of them.
    void release_buffers() noexcept { reader_.release_buffers(); }

    exchange* owner() const noexcept { return answered_.owner; }
    /// When the request that was answered last was pushed.
    time_point answered_pushed() const noexcept { return answered_.pushed; }
    const response& message() const noexcept { return reader_.message(); }
    errc error() const noexcept { return error_; }
    /// Whether the connection closes behind the last answer.
    bool last_answer_closes() const noexcept { return last_answer_closes_; }
    /// Whether it did so in words, so that what is behind it was not processed (RFC 9112, section 9.6).
    bool close_was_announced() const noexcept {
        return last_answer_closes_ && reader_.message().close_announced;
    }
    /// Whether the last answer came before its request was written. The connection must be closed (RFC 9112,
    /// section 9.5), but nothing is known of what stands behind.
    bool last_answer_was_early() const noexcept { return last_answer_was_early_; }
    /// How many bytes came that no request had asked for: why `receive` has `failed`, where it is not 0.
    std::size_t unsolicited_bytes() const noexcept { return unsolicited_bytes_; }

    /// The caller of `owner` has gone; its answer will be read and dropped.
    void abandon(const exchange& owner, time_point now) noexcept;

    /// Requests that wait for an answer, zombies included.
    std::size_t outstanding() const noexcept { return count_; }
    std::size_t zombies() const noexcept { return zombies_; }
    /// Since when the oldest zombie is one; only with `zombies() != 0`.
    time_point oldest_zombie() const noexcept;
    std::size_t depth() const noexcept { return depth_; }
    /// Whether it takes no more requests, whatever is in flight.
    bool closing() const noexcept { return !accepting_; }
    /// Whether a part of the head's answer has come.
    bool answer_started() const noexcept { return count_ != 0 && reader_.started(); }
    bool answer_head_done() const noexcept { return count_ != 0 && reader_.header_done(); }
    /// What is still to come of the head's answer, once its header section is complete and if it tells.
    std::optional<std::uint64_t> answer_remaining() const noexcept;
    /// How many at the end of the line were not given to the transport at all.
    std::size_t unsent() const noexcept;
    /// Bytes of all requests that were ever pushed, without those that were taken back.
    std::uint64_t pushed_bytes() const noexcept { return pushed_; }
    /// Bytes of the request in `slot` that were not given to the transport.
    std::uint64_t unsent_bytes(const slot& slot) const noexcept;
    /// The place of `owner` in the order of sending; `outstanding()` where it has none.
    std::size_t index_of(const exchange& owner) const noexcept;

    /// Slot `index` in order of sending, 0 being the head.
    const slot& at(std::size_t index) const noexcept { return slots_[(first_ + index) & mask_]; }
    send_state state_of(const slot& slot) const noexcept;

private:
    event answer();
    event fail(errc value) noexcept;

    response_reader reader_;
    std::vector<slot> slots_; // ring, its size a power of two
    std::size_t mask_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    std::size_t zombies_ = 0;
    std::size_t depth_;
    slot answered_;
    std::uint64_t pushed_ = 0;
    std::uint64_t sent_all_ = 0;
    std::uint64_t sent_any_ = 0;
    errc error_ = errc::protocol_error;
    bool accepting_ = true;
    bool proven_ = false;
    bool last_answer_closes_ = false;
    bool last_answer_was_early_ = false;
    std::size_t unsolicited_bytes_ = 0;
};

} // namespace bandwidth::webrtc::detail
