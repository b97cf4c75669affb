#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "transport/proxy_route.hpp"

namespace bandwidth::webrtc::detail {

/// What is said to a proxy until it carries bytes to the server: HTTP CONNECT (RFC 9110, section 9.3.6), or
/// SOCKS 5 (RFC 1928) with user name and password (RFC 1929). Sans-io: bytes from the proxy go in, bytes for
/// it come out.
///
/// | state           | waits for                         | then                                                     |
/// |-----------------|-----------------------------------|----------------------------------------------------------|
/// | `http_response` | the header section of a response  | `open` after 2xx; on after 1xx; else `failed`            |
/// | `socks_method`  | how the proxy wants to know us    | `socks_verdict` or `socks_reply`, with the next message  |
/// | `socks_verdict` | whether it takes the credentials  | `socks_reply`, with the request; or `failed`             |
/// | `socks_reply`   | whether it reached the server     | `open` or `failed`                                       |
/// | `open`          | nothing: what follows is the server's                                                        |
/// | `failed`        | nothing: `code()` and `text()` tell why                                                      |
///
/// A failure is `errc::proxy_refused` where the proxy would say the same the next time, and
/// `errc::proxy_failed` else. Its text repeats nothing that the proxy has sent, since that may be our
/// credentials.
class proxy_handshake {
public:
    enum class state : std::uint8_t { http_response, socks_method, socks_verdict, socks_reply, open, failed };

    /// What an HTTP proxy's interim responses and the header section of its response may take together.
    static constexpr std::size_t header_limit = 16 * 1024;

    explicit proxy_handshake(std::shared_ptr<const proxy_route> route);

    /// What is to be sent first. Called once.
    std::string begin() const;
    /// Takes what is the proxy's off the front of `bytes`; once it is `open`, the rest is the server's.
    /// Returns what is to be sent next.
    std::string receive(std::string_view& bytes);

    state now() const noexcept { return state_; }
    error_code code() const noexcept { return code_; }
    const std::string& text() const noexcept { return text_; }

private:
    using header_parser = boost::beast::http::response_parser<boost::beast::http::empty_body>;

    bool take(std::string_view& bytes, std::size_t size);
    std::string socks_request();
    void receive_http(std::string_view& bytes);
    void judge_http(int status);
    std::string receive_method();
    std::string receive_verdict();
    void receive_reply(std::string_view& bytes);
    void fail(errc code, std::string text);
    std::string target() const;

    std::shared_ptr<const proxy_route> route_;
    state state_;
    std::string received_;         // what no step has used yet
    std::size_t header_bytes_ = 0; // of all responses
    bool in_header_ = false;       // the parser has taken the status line
    std::optional<header_parser> parser_;
    error_code code_;
    std::string text_;
};

} // namespace bandwidth::webrtc::detail
