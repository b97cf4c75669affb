#pragma once

#include <bandwidth/webrtc/call_timings.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/close_reason.hpp"

namespace bandwidth::webrtc::detail {

/// How far a stream has come that is being established. A timeout's error names it.
/// With a proxy the first two are the way to it, and `tunnelling` is its own handshake.
enum class connect_phase : std::uint8_t { resolving, connecting, tunnelling, handshaking };

/// The error of an attempt that ran out of time in that phase.
constexpr errc timeout_in(connect_phase phase) noexcept {
    return phase == connect_phase::resolving    ? errc::resolve_timeout
           : phase == connect_phase::connecting ? errc::connect_timeout
           : phase == connect_phase::tunnelling ? errc::proxy_timeout
                                                : errc::handshake_timeout;
}

/// Whose bytes a stream carries: what it tells, and where it takes from what it writes. All on the pool's
/// strand, in a cycle; never from inside of a call on the stream, `read_available` excepted.
class stream_owner {
public:
    /// It is established, and the TLS handshake done where there is one. `round_trip` is what a packet and its
    /// acknowledgement take on the network; 0 where that is not known.
    virtual void on_connected(bool resumed, std::chrono::nanoseconds round_trip) = 0;
    /// It could not be established; nothing follows.
    virtual void on_connect_failed(const error_code& code, std::string text) = 0;
    /// So many bytes came in, TLS records included; `all`: and there are no more for now.
    virtual void on_received(std::size_t bytes, bool all) = 0;
    /// What was in them. It lives until the function returns.
    virtual void on_plaintext(std::string_view plain) = 0;
    /// Nothing more will come; nothing follows.
    virtual void on_end(stream_end how, const error_code& code, std::string text) = 0;

    /// What is to be written next.
    virtual std::string_view output() const noexcept = 0;
    /// So many bytes of it were encrypted as one record (without TLS: are about to be sent), and all before have
    /// been sent.
    virtual void on_output_taken(std::size_t bytes) = 0;
    /// Of that record some bytes have been sent, or all.
    virtual void on_output_sent(bool whole) noexcept = 0;
    /// So many bytes went out, TLS records included.
    virtual void on_sent(std::size_t bytes) noexcept = 0;

protected:
    ~stream_owner() = default;
};

/// One stream of bytes to the server, from its establishment to its end. `socket_stream` is the real one; the
/// tests of the pool have one without a socket.
class stream {
public:
    stream() = default;
    virtual ~stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

    /// Starts to resolve, connect and shake hands.
    virtual void connect() = 0;
    /// Writes what its owner has to write, as far as the socket takes it; the rest follows by itself.
    virtual void flush() = 0;
    /// Reads what has arrived, an end behind it included, without waiting. Called before a request goes to a
    /// connection on which nothing is outstanding, since what is there by then cannot be its response (RFC 9112,
    /// section 9.2), and before the server's silence is judged.
    virtual void read_available() = 0;
    /// Gives back the memory that it needs only while it is busy.
    virtual void release_buffers() noexcept = 0;
    /// Ends it from this side: a close_notify where there is TLS, and no event any more. While it is being
    /// established the reason tells whether the address is to blame.
    virtual void close(close_reason why) noexcept = 0;

    /// While it is being established: how far it has come, in a word and for the message of a timeout.
    virtual connect_phase connecting_phase() const noexcept = 0;
    virtual std::string describe_connecting() const = 0;
    /// Once it is established: how long that took.
    virtual connection_timings timings() const noexcept = 0;
};

} // namespace bandwidth::webrtc::detail
