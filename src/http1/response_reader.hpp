#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// Bounds on what a server may send.
struct response_limits {
    std::size_t header_bytes = 16 * 1024; ///< header section, trailers and interim responses together
    std::size_t body_bytes = 8 * 1024 * 1024;
    unsigned fields = 100;             ///< header and trailer fields of one response together
    unsigned interim = 16;             ///< 1xx responses before one response
    std::size_t chunk_extension = 256; ///< bytes of extensions on one chunk
};

/// A final response. The views live until the reader is fed again, or the bytes that it was fed are gone.
struct response {
    int status = 0;
    bool http_1_1 = false;
    bool close_announced = false; ///< by Connection: close
    bool keep_alive = false;      ///< RFC 9112, section 9.3, and it is certain where the response ends
    std::string_view body;
    std::string_view content_type;
    std::string_view content_coding; ///< RFC 9110, section 8.4; empty for identity. `body` is as it came
    std::string_view request_id;     ///< the service's id of the request
    std::string_view retry_after;
    std::string_view date;   ///< when the server sent it, by its own clock
    std::string_view fields; ///< where they are kept: all header fields, "name: value" and a line feed each
    /// For how long the server says that it keeps an idle connection ("Keep-Alive: timeout=N", RFC 2068,
    /// section 19.7.1.1): a hint, at most a day. Nothing where it does not say so, or says garbage.
    std::optional<std::chrono::seconds> keep_alive_timeout;
    /// How many requests the server takes on this connection ("Keep-Alive: max=N", same section). Some
    /// servers count down what is left with each response, some always send the same number.
    std::optional<unsigned> keep_alive_max;
};

/// Reads one response after the other out of a stream of bytes. Sans-io.
///
/// | part        | holds                                         | is followed by                           |
/// |-------------|-----------------------------------------------|------------------------------------------|
/// | status_line | the first line of a final or interim response | fields                                   |
/// | fields      | header lines and the empty line               | status_line, behind an interim response; |
/// |             |                                               | else the end, body, to_end or chunk_line |
/// | body        | as many bytes as Content-Length says          | the end                                  |
/// | to_end      | everything until a close_notify               | the end                                  |
/// | chunk_line  | CRLF of the chunk before, size, extensions    | chunk_data, or trailers behind size 0    |
/// | chunk_data  | as many bytes as the line says                | chunk_line                               |
/// | trailers    | lines like header lines, and the empty line   | the end                                  |
///
/// A line is looked at when all of it is there, and a body byte when it comes, so what becomes of a stream
/// does not depend on how it was cut. What is in doubt is an error, since behind a misread response every
/// later one would go to the wrong caller:
/// - A line ends with CRLF. A bare CR or LF, NUL, any control character but HTAB, white space before a colon,
///   and anything before the status line are errors (RFC 9112, sections 2.2 and 5.1).
/// - Transfer-Encoding other than exactly "chunked", or beside Content-Length, or in HTTP/1.0; Content-Length
///   that is no number, or two that differ (RFC 9112, sections 6.1 and 6.3; response smuggling).
/// - A version other than 1.0 and 1.1, a status below 100 or above 599, and a 101 that nobody asked for.
/// - A 204 or 304 that announces a body ends where its header section does, and nothing behind it is read.
/// - The response to a HEAD ends where its header section does; what it announces is the length that a GET would
///   have got (RFC 9110, section 9.3.2).
/// - Interim responses are skipped, in bounded number and size (RFC 9110, section 15.2); one that announces a
///   body is an error.
/// - Trailers are checked, counted and dropped: they change neither framing nor persistence nor anything else
///   (RFC 9110, section 6.5.1; RFC 9112, section 7.1.2).
/// An obs-fold is replaced by a space, as RFC 9112, section 5.2 asks of a user agent. Its many members are what
/// is known in the middle of a response, since the bytes may stop anywhere.
class response_reader {
public:
    enum class status { need_more, done, failed };

    explicit response_reader(const response_limits& limits) : limits_(limits) {}

    /// What the request says of the response that comes next, or of the rest of the one that has begun.
    struct expectation {
        bool head = false;         ///< it has no body, whatever it announces: the request was a HEAD
        bool keeps_fields = false; ///< all its header fields are kept
    };
    void expect(expectation value) noexcept { expected_ = value; }

    /// Takes bytes from the front of `input`. `done`: `message()` is a final response, and `input` holds what
    /// comes after it. `need_more`: what is left in `input` must be presented again with more behind it.
    status feed(std::string_view& input);

    /// The stream has ended. `done` where that completes a close-delimited body: only a clean end (a
    /// close_notify) does (RFC 9112, section 9.8).
    status end_of_stream(bool clean);

    /// Gives back the memory of the last response; not while one is being read. There is no `message()` then.
    void release_buffers() noexcept;

    /// The final response, with `done`.
    const response& message() const noexcept { return message_; }
    /// What went wrong: `protocol_error`, `response_too_large` or `incomplete_response`.
    errc error() const noexcept { return error_; }
    /// The same for people: what was refused. Nothing of the response's own text is in it.
    const char* refused() const noexcept { return refused_; }
    /// Whether a byte of the message has come, interim responses included.
    bool started() const noexcept { return !done_ && started_; }
    /// Whether the header section of the final response is complete.
    bool header_done() const noexcept { return !done_ && part_ > part::fields; }
    /// What is still to come of the body, where Content-Length tells. Only with `header_done()`.
    std::optional<std::uint64_t> body_remaining() const noexcept {
        return part_ == part::body ? std::optional<std::uint64_t>(left_) : std::nullopt;
    }

private:
    enum class part : std::uint8_t { status_line, fields, body, to_end, chunk_line, chunk_data, trailers };

    void start();
    void start_head() noexcept;
    status put(std::string_view& input);
    status put_status_line(std::string_view& input);
    status put_fields(std::string_view& input);
    status put_body(std::string_view& input);
    status put_chunk_line(std::string_view& input);
    std::string_view within_limit(std::string_view input) const noexcept;
    status no_line_end(std::string_view window, std::size_t at, std::string_view input) noexcept;
    bool take_field(std::string_view line);
    bool on_field(std::string_view name, std::string_view value);
    bool on_transfer_encoding(std::string_view value) noexcept;
    bool on_content_length(std::string_view value) noexcept;
    bool on_connection(std::string_view value) noexcept;
    void on_keep_alive(std::string_view value) noexcept;
    status head_ended() noexcept;
    void add_to_body(std::string_view piece);
    status finish() noexcept;
    void keep();
    status fail(errc value, const char* what) noexcept;
    bool refuse(errc value, const char* what) noexcept;

    response_limits limits_;
    response message_;
    // Hold what a view refers to where it cannot stay in the caller's buffer, since the next bytes come in
    // another one.
    std::string body_;
    std::string content_type_;
    std::string content_coding_;
    std::string request_id_;
    std::string retry_after_;
    std::string date_;
    std::string fields_text_;
    std::string_view piece_;       // the first piece of the body, still in the caller's buffer
    std::size_t scanned_ = 0;      // of what is left in the input: no line ends there
    std::size_t header_bytes_ = 0; // taken
    std::uint64_t left_ = 0;       // bytes of the body, or of the chunk, that are still to come
    std::uint64_t body_bytes_ = 0; // of chunks that were announced, or of a body without length
    unsigned fields_ = 0;
    unsigned interim_ = 0;
    part part_ = part::status_line;
    bool done_ = false;
    bool started_ = false;
    bool folded_ = false;     // the line goes on in the next one
    bool chunk_seen_ = false; // a CRLF stands before the next chunk's line
    bool chunked_ = false;
    bool keep_alive_ = false; // Connection: keep-alive
    expectation expected_;
    std::optional<std::uint64_t> content_length_;
    errc error_ = errc::protocol_error;
    const char* refused_ = "";
};

} // namespace bandwidth::webrtc::detail
