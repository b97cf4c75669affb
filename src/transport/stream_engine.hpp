#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/close_reason.hpp"

namespace bandwidth::webrtc::detail {

/// What stands between the plain text of a stream and its bytes on the wire, without a socket: bytes from the
/// wire go in, bytes for the wire come out. TLS (`tls_engine`), or nothing (`plain_engine`).
class stream_engine {
public:
    enum class status : std::uint8_t {
        ok,
        want_input, ///< nothing more to do until more bytes come in
        closed,     ///< the peer has said that it sends no more
        cut,        ///< nothing more comes, and the peer has not said so: see `without_close_notify()`
        failed,     ///< `code()` and `text()` tell why
    };

    /// At most so much is written at once: the plain text of the largest TLS record (RFC 8446, section 5.1).
    static constexpr std::size_t largest_record = 16 * 1024;

    stream_engine() = default;
    virtual ~stream_engine() = default;
    stream_engine(const stream_engine&) = delete;
    stream_engine& operator=(const stream_engine&) = delete;

    /// Bytes from the wire. They must stay until the next call that is not `read` or `handshake`; both take
    /// all of them before they give `want_input`.
    virtual void input(std::string_view bytes) noexcept = 0;
    /// Drives the handshake. `ok` when it is done.
    virtual status handshake() = 0;
    /// Takes plain text out. `ok` when there may be more of it. Whatever the status, there are `size` bytes in
    /// `buffer`.
    virtual status read(char* buffer, std::size_t capacity, std::size_t& size) = 0;
    /// Appends all of `plain` to `output()`, as it goes onto the wire.
    virtual status write(std::string_view plain) = 0;
    /// Appends to `output()` that nothing more will be sent, once, where that can be said.
    virtual void close_notify() = 0;
    /// Gives back the memory of buffers in which there is nothing.
    virtual void release_buffers() noexcept = 0;

    /// Bytes for the wire; the caller takes from it what it has sent.
    virtual std::string& output() noexcept = 0;
    /// Whether the handshake resumed an earlier session.
    virtual bool resumed() const noexcept = 0;
    /// Whether the failure of the last `read` says that the server refused our side of the handshake after it
    /// was done for us, so that it has looked at nothing that was sent.
    virtual bool rejected() const noexcept = 0;
    /// Whether the handshake is still one with a proxy. That stays so where it fails there.
    virtual bool at_proxy() const noexcept { return false; }
    /// What it means that the peer ended TCP's stream (FIN) and had not said before that it would send no more.
    virtual stream_end without_close_notify() const noexcept = 0;

    /// Why the last call failed.
    virtual error_code code() const noexcept = 0;
    virtual const std::string& text() const noexcept = 0;
};

} // namespace bandwidth::webrtc::detail
