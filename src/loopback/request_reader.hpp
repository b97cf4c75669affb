#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/version.hpp>

#include "loopback/http_request.hpp"

namespace bandwidth::webrtc::testing::detail {

/// Beast's parser with a sink that stores only what the service looks at. Good for one request.
class request_parser final : public boost::beast::http::basic_parser<true> {
public:
    request_parser(http_request& request, bool keep_headers, std::size_t max_head);

    /// Whether the client waits for "100 Continue" before it sends the body.
    bool expects_continue() const noexcept { return expects_continue_; }
    /// Whether the next thing to come is the first chunk of a body.
    bool before_first_chunk() const { return header_done_ && chunked() && !chunk_seen_; }

private:
    using error_code = boost::beast::error_code;
    using string_view = boost::beast::string_view;
    using field = boost::beast::http::field;

    void on_request_impl(boost::beast::http::verb method, string_view method_text, string_view target,
                         int version, error_code& error) override;
    void on_response_impl(int status, string_view reason, int version, error_code& error) override;
    void on_field_impl(field name, string_view name_text, string_view value, error_code& error) override;
#if BOOST_BEAST_VERSION >= 359 // Boost 1.90: trailers apart from headers
    void on_trailer_field_impl(field name, string_view name_text, string_view value,
                               error_code& error) override;
#endif
    void on_header_impl(error_code& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& error) override;
    std::size_t on_body_impl(string_view body, error_code& error) override;
    void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& error) override;
    std::size_t on_chunk_body_impl(std::uint64_t remain, string_view body, error_code& error) override;
    void on_finish_impl(error_code& error) override;

    http_request& request_;
    bool keep_headers_;
    bool header_done_ = false;
    bool expects_continue_ = false;
    bool chunk_seen_ = false;
    bool has_length_ = false;
    bool encoding_is_chunked_ = false;
    int encodings_ = 0;
    int hosts_ = 0;
};

/// Cuts a stream of bytes into requests, strictly: what RFC 9112 calls malformed, or ambiguous in length, is
/// `bad`.
class request_reader {
public:
    enum class outcome {
        need_more, ///< all of the input was looked at
        complete,  ///< see `request`; the next call starts the next request
        bad,       ///< malformed; nothing behind it can be trusted
        too_large  ///< the body is larger than `max_body`
    };

    static constexpr std::size_t max_body = 1024 * 1024;
    static constexpr std::size_t usual_max_head = 16 * 1024;

    /// \param max_head  the largest header section that it takes; it bounds the extensions of a chunk and
    ///                  trailers, too
    explicit request_reader(bool keep_headers, std::size_t max_head = usual_max_head)
        : max_head_(max_head), keep_headers_(keep_headers) {}

    /// Reads from the start of `input`, which holds what earlier calls left and whatever came since.
    /// \param consumed set to how many bytes of the input are not needed any more
    outcome read(std::string_view input, std::size_t& consumed);

    /// The request that `read` completed, or unless `idle` what has come of one; valid until the next call.
    const http_request& request() const noexcept { return request_; }

    /// Whether no part of a request has been read since the last complete one.
    bool idle() const noexcept { return !parser_; }

    /// True once, when the client has sent a header section with "Expect: 100-continue" and waits before it
    /// sends the body.
    bool take_continue();

private:
    http_request request_;
    std::optional<request_parser> parser_;
    std::size_t max_head_;
    bool keep_headers_;
    bool continue_due_ = false;
};

} // namespace bandwidth::webrtc::testing::detail
