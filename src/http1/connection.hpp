#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/close_reason.hpp"
#include "core/exchange.hpp"
#include "http1/pipeline.hpp"
#include "http1/request_encoder.hpp"
#include "http1/response_reader.hpp"

namespace bandwidth::webrtc::detail::http1 {

/// One HTTP/1.1 connection without a socket and without a clock: plain text and the end of the stream go in,
/// bytes to write and actions come out.
///
/// In: `stage` encodes a request behind those that wait to be written. The transport takes the bytes from
/// `output()` and tells with `output_taken` and `output_sent` how many have left, which decides what is known
/// of a request whose connection is lost.
///
/// Out: after `receive` and `end_of_stream` the owner calls `next` until it gives `none` or `close`. The
/// production pool, the tests with a simulated network and the fuzz targets all do just that.
///
/// | `next` gives | when                                             | then                           |
/// |--------------|--------------------------------------------------|--------------------------------|
/// | response     | the front's response is complete                 | the owner calls `next` again   |
/// | close        | nothing more can come, or nothing to be trusted; | the owner closes the transport |
/// |              | `closed()` tells why                             | and calls `next` no more       |
/// | none         | all that came was looked at                      | the owner waits for more       |
///
/// Another protocol in the place of this class has to offer `accepts`, `stage`, `unstage`, `abandon`,
/// `output`, `output_taken` and `output_sent`, `receive`, `end_of_stream` and `next`; and the `send_state`
/// and the owner of each request. That responses come in order, and so the front, belongs to HTTP/1.1. It has
/// more functions than other classes because it is all that the pool sees of a protocol.
class connection {
public:
    connection(std::size_t depth, const response_limits& limits) : requests_(depth), reader_(limits) {}
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    // --- requests ---
    /// Whether a request may be staged now; see `pipeline`.
    bool accepts(bool exclusive) const noexcept { return requests_.accepts(exclusive); }
    /// Encodes the request behind those that are staged. Needs `accepts`.
    void stage(exchange& owner, request_encoder& encoder, time_point now);
    /// Takes a staged request out again, if not a byte of it was given to the transport. Then no byte of it
    /// is ever sent.
    bool unstage(const exchange& owner);
    /// The caller of a request in flight has gone: its response is read and dropped.
    void abandon(const exchange& owner, time_point now) noexcept;
    void stop_accepting() noexcept { requests_.stop_accepting(); }
    void set_depth(std::size_t depth) noexcept { requests_.set_depth(depth); }
    /// The server is known to keep connections and to respond in order, so requests may be pipelined before
    /// the first response.
    void confirm() noexcept { requests_.confirm(); }
    const pipeline& requests() const noexcept { return requests_; }

    // --- writing ---
    /// The staged bytes that the transport has not taken yet.
    std::string_view output() const noexcept { return batch_; }
    /// The transport has taken so many bytes from the front of `output()`; all bytes taken earlier have been
    /// sent. From here on the server may see some of the bytes.
    void output_taken(std::size_t bytes);
    /// Of the bytes that were taken last, some have left this machine (`whole`: all).
    void output_sent(bool whole) noexcept;

    // --- reading ---
    /// Plain text from the server, which must stay until `next` gives `none` or `close`.
    void receive(std::string_view plain);
    /// No more bytes will come; `code` and `text` tell why where it is not a clean end.
    void end_of_stream(stream_end how, const error_code& code, std::string text);

    enum class action : std::uint8_t { none, response, close };
    action next();

    /// After `response`: the owner that gets it (null: abandoned), when that request was staged, and the
    /// response. They live until the next call of `next`.
    exchange* owner() const noexcept { return answered_.owner; }
    time_point staged_at() const noexcept { return answered_.pushed; }
    const response& message() const noexcept { return reader_.message(); }
    /// Whether the connection closes behind that response.
    bool closes() const noexcept { return ending_.has_value(); }
    /// After `close`.
    const close_info& closed() const noexcept { return *ending_; }
    /// How many bytes came that no request had asked for.
    std::size_t unsolicited_bytes() const noexcept { return unsolicited_bytes_; }

    // --- the front's response ---
    /// Whether a part of it has come, and whether its header section is complete.
    bool response_started() const noexcept { return requests_.size() != 0 && reader_.started(); }
    bool response_header_done() const noexcept { return requests_.size() != 0 && reader_.header_done(); }
    /// How much of it is still to come, once its header section is complete and if that tells.
    std::optional<std::uint64_t> response_remaining() const noexcept {
        return response_header_done() ? reader_.body_remaining() : std::nullopt;
    }

    /// Gives back the memory that it needs only while it is busy.
    void release_buffers() noexcept;

private:
    action respond();
    action close(close_reason reason, error_code code, std::string text);
    action end();
    void keep_rest();

    pipeline requests_;
    response_reader reader_;
    std::string batch_;      // encoded requests that the transport has not taken
    std::string partial_;    // plain text of a response that is not complete
    std::string_view input_; // what `next` has not looked at
    slot answered_;
    std::uint64_t taken_ = 0;  // bytes of requests that the transport has taken
    std::uint64_t before_ = 0; // where in the stream of requests the bytes begin that were taken last
    std::size_t unsolicited_bytes_ = 0;
    std::optional<close_info> ending_;
    std::optional<stream_end> stream_ended_;
    error_code end_code_;
    std::string end_text_;
};

} // namespace bandwidth::webrtc::detail::http1
