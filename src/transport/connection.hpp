#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <chrono>
#include <cstdint>
#include <new>
#include <string>

#include "http1/pipeline.hpp"
#include "http1/request_encoder.hpp"

namespace bandwidth::webrtc::detail {

/// Where a connection stands. A timeout's error names the phase.
enum class phase : std::uint8_t { resolving, connecting, handshaking, open, closed };

/// The error of a dial that ran out of time in that phase.
inline errc timeout_in(phase at) noexcept {
    return at == phase::resolving    ? errc::resolve_timeout
           : at == phase::connecting ? errc::connect_timeout
                                     : errc::handshake_timeout;
}

/// How a connection ended, which decides what may be sent again and how soon.
enum class close_cause : std::uint8_t {
    graceful, ///< its last complete answer announced it: what is behind was not processed (RFC 9112, 9.6)
    ended,    ///< FIN or close_notify
    failed,   ///< reset, TLS or framing error
    not_made, ///< it never was open
    rejected, ///< TLS 1.3: the server refused our side of the handshake after it was open for us; none of the
              ///< requests on it was processed
};

struct close_info {
    close_cause cause = close_cause::failed;
    error_code code;
    std::string text; ///< detail for a failure's message
};

/// What a connection tells its pool. Called on the pool's strand, never from inside of a call of the
/// dispatcher's on the connection, `read_available` excepted.
class connection_events {
public:
    /// The TLS handshake is done.
    virtual void on_open(bool resumed) = 0;
    /// Bytes came in.
    virtual void on_received(std::size_t bytes) = 0;
    /// Bytes went out.
    virtual void on_sent(std::size_t bytes) = 0;
    /// `owner` has its answer; null where its caller has gone. `answer` lives until the function returns.
    virtual void on_answer(exchange* owner, const response& answer) = 0;
    /// It has ended by itself, or could not be made. `requests()` still holds what was not answered; the
    /// object may be destroyed only after the event has returned.
    virtual void on_closed(const close_info& info) = 0;

protected:
    ~connection_events() = default;
};

/// One connection as the pool knows it: the pipeline, what is staged for the next write, and the way to a
/// transport. `tls_connection` is the real one; tests of the pool have one without a socket.
class connection {
public:
    connection(std::size_t depth, const response_limits& limits) : requests_(depth, limits) {}
    virtual ~connection() = default;
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    pipeline& requests() noexcept { return requests_; }
    const pipeline& requests() const noexcept { return requests_; }
    webrtc::detail::phase phase() const noexcept { return phase_; }

    /// Encodes the request behind those that are staged. Nothing leaves before `flush`.
    /// \throws std::bad_alloc and nothing is staged.
    void stage(exchange& owner, const request_encoder& encoder, time_point now) {
        const auto before = batch_.size();
        try {
            encoder.append(owner.request, batch_);
        } catch (const std::bad_alloc&) {
            batch_.resize(before);
            throw;
        }
        requests_.push(owner, batch_.size() - before, now);
    }
    /// Takes a staged request back, if not a byte of it has left the batch. Nothing of it is ever sent then.
    bool take_back(const exchange& owner) {
        const auto index = requests_.index_of(owner);
        if (index == requests_.outstanding())
            return false;
        const auto slot = requests_.at(index);
        const auto batch_begin = requests_.pushed_bytes() - batch_.size();
        if (slot.begin < batch_begin || requests_.state_of(slot) != send_state::unsent)
            return false;
        batch_.erase(slot.begin - batch_begin, slot.end - slot.begin);
        requests_.take_back(index);
        return true;
    }

    /// Starts to resolve, connect and shake hands.
    /// \throws std::bad_alloc and only `close` may follow.
    virtual void open() = 0;
    /// Gives what is staged to the transport, in one piece where it can.
    /// \throws std::bad_alloc and only `close` may follow; `requests()` tells what has left.
    virtual void flush() = 0;
    /// Reads what has arrived. Called before a request goes to a connection on which nothing is outstanding:
    /// what is there by then cannot be its response (RFC 9112, section 9.2), and an end that has arrived is
    /// better known before the request is sent than after it. False: the connection has ended, and
    /// `on_closed` has been called, the only event that is ever called from inside of a call of the
    /// dispatcher's.
    virtual bool read_available() { return true; }
    /// Gives back the memory that it needs only while it is busy; the next request takes it anew.
    virtual void release_buffers() noexcept {
        requests_.release_buffers();
        if (batch_.empty())
            std::string().swap(batch_);
    }
    /// Ends it from this side: a close_notify where there is TLS, no event. What is in flight is the
    /// caller's.
    virtual void close() noexcept = 0;
    /// The same, because it has not been made in time: that speaks against the addresses it has tried.
    virtual void give_up_dial() noexcept { close(); }
    /// Once it is open: what a round trip takes on the network alone; 0 where that is not known.
    virtual std::chrono::nanoseconds round_trip() noexcept { return {}; }
    /// While it is being made: how far it has come, for the message of a timeout. Empty where nothing is
    /// known, or there is no memory to tell it.
    virtual std::string describe_dial() const noexcept { return {}; }

protected:
    pipeline requests_;
    std::string batch_;
    webrtc::detail::phase phase_ = phase::resolving;
};

} // namespace bandwidth::webrtc::detail
