#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// Bounds on what a server may send.
struct response_limits {
    std::size_t header_bytes = 16 * 1024; ///< head, trailers and interim responses of one answer together
    std::size_t body_bytes = 8 * 1024 * 1024;
    unsigned fields = 100;             ///< header and trailer fields of one answer together
    unsigned interim = 16;             ///< 1xx responses before one answer
    std::size_t chunk_extension = 256; ///< bytes of extensions on one chunk
};

/// A final response. The views live until the reader is fed again.
struct response {
    int status = 0;
    bool http_1_1 = false;
    bool close_announced = false; ///< by Connection: close
    bool keep_alive = false;      ///< RFC 9112, section 9.3, from the header section alone
    std::string_view body;
    std::string_view content_type;
    std::string_view request_id; ///< the service's id of the request
    std::string_view retry_after;
    std::string_view date; ///< when the server sent it, by its own clock
    /// For how long an idle connection is kept by the server, as it says ("Keep-Alive: timeout=N", RFC 2068,
    /// section 19.7.1.1): a hint, at most a day. Nothing where it says none, or garbage.
    std::optional<std::chrono::seconds> keep_alive_timeout;
};

/// Reads one response after the other out of a stream of bytes. Sans-io.
///
/// Beast's parser does the grammar; around it stands what Beast 1.81 lets through:
/// - Transfer-Encoding other than exactly "chunked", or beside Content-Length, or in HTTP/1.0: the framing is
///   in doubt, so it is an error (RFC 9112, sections 6.1 and 6.3; response smuggling).
/// - A status below 100 or above 599, and a 101 that nobody asked for: error.
/// - Interim responses look like final ones: they are skipped here, in bounded number and size.
/// - Trailers would be merged into the header section, and a long one makes it throw: Beast never sees them.
///   They are checked, counted and dropped here (RFC 9110, section 6.5.1; RFC 9112, section 7.1.2), so they
///   change neither framing nor persistence nor anything else.
/// - Chunk extensions have no limit, and a quote in one that is not closed waits for more, for ever: a
/// chunk's
///   line is handed over when it is complete and within its bounds.
/// - A head that comes in drips is counted as a whole.
/// An obs-fold is replaced by a space, as RFC 9112, section 5.2 asks of a user agent.
class response_reader {
public:
    enum class status { need_more, done, failed };

    explicit response_reader(const response_limits& limits);

    /// Takes bytes from the front of `input`. `done`: `message()` is a final response, and `input` holds what
    /// comes after it. `need_more`: what is left in `input` must be presented again with more behind it.
    status feed(std::string_view& input);

    /// The stream has ended. `done` where that completes a close-delimited body: only a clean end (a
    /// close_notify) does (RFC 9112, section 9.8).
    status end_of_stream(bool clean);

    const response& message() const noexcept { return message_; }
    /// What went wrong: `protocol_error`, `response_too_large` or `incomplete_response`.
    errc error() const noexcept { return error_; }
    /// Whether a byte of the message was taken, interim responses included.
    bool started() const noexcept { return !done_ && (interim_ != 0 || grammar_->got_some()); }
    /// Whether the header section of the final response is complete.
    bool header_done() const noexcept { return !done_ && header_done_; }
    /// What is still to come of the body, where Content-Length tells. Only with `header_done()`.
    std::optional<std::uint64_t> body_remaining() const noexcept {
        const auto remaining = grammar_->content_length_remaining();
        return remaining ? std::optional<std::uint64_t>(*remaining) : std::nullopt;
    }

private:
    class grammar;
    friend class grammar;
    using string_view_type = boost::beast::string_view;
    using parser_error = boost::beast::error_code;

    // What Beast's parser calls. Its parser object serves one message only, so it is made anew for each.
    class grammar final : public boost::beast::http::basic_parser<false> {
    public:
        explicit grammar(response_reader& reader) : reader_(reader) {}

    private:
        void on_request_impl(boost::beast::http::verb, string_view_type, string_view_type, int,
                             parser_error&) override {}
        void on_response_impl(int code, string_view_type, int version, parser_error& ec) override {
            reader_.on_status_line(code, version, ec);
        }
        void on_field_impl(boost::beast::http::field name, string_view_type text, string_view_type value,
                           parser_error& ec) override {
            reader_.on_field(name, text, value, ec);
        }
        void on_header_impl(parser_error& ec) override { reader_.on_header(ec); }
        void on_body_init_impl(const boost::optional<std::uint64_t>&, parser_error&) override {}
        std::size_t on_body_impl(string_view_type piece, parser_error&) override {
            return reader_.on_body(piece);
        }
        void on_chunk_header_impl(std::uint64_t size, string_view_type extensions,
                                  parser_error& ec) override {
            reader_.on_chunk_header(size, extensions, ec);
        }
        std::size_t on_chunk_body_impl(std::uint64_t, string_view_type piece, parser_error&) override {
            return reader_.on_body(piece);
        }
        void on_finish_impl(parser_error&) override {}

        response_reader& reader_;
    };

    void on_status_line(int code, int version, parser_error& ec);
    void on_field(boost::beast::http::field name, string_view_type text, string_view_type value,
                  parser_error& ec);
    void on_header(parser_error& ec);
    void on_chunk_header(std::uint64_t size, string_view_type extensions, parser_error& ec);
    std::size_t on_body(string_view_type piece);

    void start();
    void start_grammar();
    status put(std::string_view& input);
    status parse(std::string_view given, std::size_t& taken);
    status put_head(std::string_view& input);
    status put_chunk_line(std::string_view& input);
    status put_trailers(std::string_view& input);
    status fail(errc value) noexcept;
    status finish();
    void keep_piece();
    void read_keep_alive(std::string_view value) noexcept;

    // What the next byte belongs to.
    enum class part : std::uint8_t { head, body, chunk_line, chunk_data, trailers };

    response_limits limits_;
    std::optional<grammar> grammar_;
    response message_;
    std::string body_; // the pieces, where the body did not come in one
    std::string content_type_;
    std::string request_id_;
    std::string retry_after_;
    std::string date_;
    std::string_view piece_; // the first piece, still in the caller's buffer
    std::size_t header_bytes_ = 0;
    unsigned fields_ = 0;
    unsigned interim_ = 0;
    std::uint64_t chunk_left_ = 0; // bytes of the chunk that are still to come
    part part_ = part::head;
    bool chunk_seen_ = false; // a CRLF stands before the next chunk's line
    bool trailer_seen_ = false;
    bool done_ = false;
    bool header_done_ = false;
    bool chunked_ = false;
    bool content_length_ = false;
    bool close_ = false; // Connection: close
    bool retry_after_seen_ = false;
    errc error_ = errc::protocol_error;
};

} // namespace bandwidth::webrtc::detail
