#include "transport/proxy_handshake.hpp"

#include <doctest/doctest.h>

#include <bandwidth/webrtc/version.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

// X02 to X08 without a socket: bytes of a proxy in, bytes for it and a state out.

namespace {

using bandwidth::webrtc::errc;
using bandwidth::webrtc::detail::proxy_handshake;
using bandwidth::webrtc::detail::proxy_route;
using bandwidth::webrtc::detail::proxy_secret;
using proxy_state = proxy_handshake::state;

proxy_route route_to(const std::string& host, bool socks) {
    proxy_route route;
    route.socks = socks;
    route.target_host = host;
    route.target_port = 443;
    return route;
}

proxy_route with_credentials(proxy_route route) {
    route.has_credentials = true;
    route.username = proxy_secret("user");
    route.password = proxy_secret("pass:word");
    return route;
}

proxy_handshake begin(const proxy_route& route) {
    return proxy_handshake(std::make_shared<const proxy_route>(route));
}

/// The proxy's part of a handshake, and what is to come of it.
struct proxy_case {
    proxy_route route;
    std::string from_proxy; // without what is the server's
    proxy_state end = proxy_state::open;
    std::string sent = {}; // behind the first message
    errc code = {};
};

// Whole, and split at each position: twice, so that each piece may be empty.
void play(const proxy_case& one) {
    for (const std::string behind : {"", "server's"}) {
        const auto all = one.from_proxy + behind;
        for (std::size_t first = 0; first <= all.size(); ++first) {
            for (std::size_t second = first; second <= all.size(); second += all.size() > 200 ? 97 : 1) {
                auto proxy = begin(one.route);
                (void)proxy.begin();
                std::string sent;
                std::string left;
                for (const auto& piece :
                     {all.substr(0, first), all.substr(first, second - first), all.substr(second)}) {
                    std::string_view rest = piece;
                    sent += proxy.receive(rest);
                    left += rest;
                }
                REQUIRE(proxy.now() == one.end);
                REQUIRE(sent == one.sent);
                if (one.end == proxy_state::open)
                    REQUIRE(left == behind);
                if (one.end == proxy_state::failed) {
                    REQUIRE(proxy.code() == one.code);
                    REQUIRE_FALSE(proxy.text().empty());
                }
            }
        }
    }
}

void play_http(const std::string& response, proxy_state end, errc code = {}) {
    CAPTURE(response);
    play({route_to("api.example.com", false), response, end, "", code});
}

} // namespace

TEST_CASE("CONNECT names the server and nothing else") {
    const auto agent = std::string("bandwidth-webrtc-cpp/").append(bandwidth::webrtc::version_string);
    CHECK(begin(route_to("api.example.com", false)).begin() ==
          "CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\nUser-Agent: " + agent +
              "\r\n\r\n");
    const auto ipv6 = begin(route_to("2001:db8::1", false)).begin();
    CHECK(ipv6.starts_with("CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n"));
    const auto known = begin(with_credentials(route_to("192.0.2.1", false))).begin();
    CHECK(known.starts_with("CONNECT 192.0.2.1:443 HTTP/1.1\r\n"));
    CHECK(known.ends_with("\r\nProxy-Authorization: Basic dXNlcjpwYXNzOndvcmQ=\r\n\r\n"));
}

TEST_CASE("X08: any 2xx opens the tunnel, and what stands behind its header section is the server's") {
    for (const char* const response :
         {"HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 200 OK\r\nVia: 1.1 x\r\n\r\n",
          "HTTP/1.1 204 X\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"})
        play_http(response, proxy_state::open);
}

TEST_CASE("X02, X03: what a proxy's status means") {
    for (const int code : {301, 400, 401, 403, 404, 405, 407, 451})
        play_http("HTTP/1.1 " + std::to_string(code) + " X\r\nContent-Length: 1\r\n\r\n", proxy_state::failed,
                  errc::proxy_refused);
    for (const int code : {408, 429, 500, 502, 503, 504})
        play_http("HTTP/1.1 " + std::to_string(code) + " X\r\n\r\n", proxy_state::failed, errc::proxy_failed);
}

TEST_CASE("X02: the text tells whether there were credentials, and not what the proxy said") {
    for (const bool known : {false, true}) {
        const auto route = route_to("api.example.com", false);
        auto proxy = begin(known ? with_credentials(route) : route);
        std::string_view response =
            "HTTP/1.1 407 dXNlcjpwYXNzOndvcmQ=\r\nProxy-Authenticate: Basic realm=\"pass:word\"\r\n\r\n";
        CHECK(proxy.receive(response).empty());
        CHECK(proxy.code() == errc::proxy_refused);
        CHECK(proxy.text() == (known ? "it did not take the credentials for it (HTTP 407)"
                                     : "it wants credentials, and there are none for it (HTTP 407)"));
    }
    auto proxy = begin(route_to("api.example.com", false));
    std::string_view response = "HTTP/1.1 502 secret\r\n\r\n";
    CHECK(proxy.receive(response).empty());
    CHECK(proxy.text() == "it did not connect to api.example.com port 443: HTTP 502 Bad Gateway");
}

TEST_CASE("X04: what is no HTTP is told at once, whether or not a line of it ends") {
    for (const char* const garbage :
         {"SSH-2.0-OpenSSH_9.2p1\r\n", "\x15\x03\x01", "HTTP/2.0 200 OK\r\n\r\n", "HTTQ",
          "http/1.1 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 20\r\n\r\n",
          "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
          "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
        CAPTURE(garbage);
        auto proxy = begin(route_to("api.example.com", false));
        std::string_view rest = garbage;
        CHECK(proxy.receive(rest).empty());
        CHECK(proxy.now() == proxy_state::failed);
        CHECK(proxy.code() == errc::proxy_failed);
    }
}

TEST_CASE("X04: a header section without end is bounded, one of interim responses too") {
    for (const std::string start : {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 ", "HTTP/1.1 103 Hints\r\n\r\n"}) {
        for (const bool repeated : {false, true}) {
            auto proxy = begin(route_to("api.example.com", false));
            std::size_t fed = 0;
            const std::string more = repeated ? start : "X-Field: " + std::string(90, 'x') + "\r\n";
            for (std::string_view rest = start; proxy.now() == proxy_state::http_response; rest = more) {
                REQUIRE(fed <= 2 * proxy_handshake::header_limit);
                fed += rest.size();
                CHECK(proxy.receive(rest).empty());
            }
            CHECK(proxy.now() == proxy_state::failed);
            CHECK(proxy.code() == errc::proxy_failed);
        }
    }
}

TEST_CASE("SOCKS: a name goes to the proxy as a name, and an address as an address") {
    using namespace std::string_literals;
    const auto hello = "\5\0"s;
    const auto reply = "\5\0\0\1\x7f\0\0\1\x10\x92"s;
    CHECK(begin(route_to("a.example", true)).begin() == "\5\1\0"s);
    play({route_to("a.example", true), hello + reply, proxy_state::open,
          "\5\1\0\3\x09"
          "a.example\1\xbb"s});
    play({route_to("192.0.2.1", true), hello + reply, proxy_state::open, "\5\1\0\1\xc0\0\2\1\1\xbb"s});
    play({route_to("2001:db8::1", true), hello + reply, proxy_state::open,
          "\5\1\0\4\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\1\1\xbb"s});
}

TEST_CASE("X08: SOCKS: a reply has an address of any kind, and what stands behind it is the server's") {
    using namespace std::string_literals;
    const auto request = "\5\1\0\3\1a\1\xbb"s;
    play({route_to("a", true), "\5\0\5\0\0\1\0\0\0\0\0\0"s, proxy_state::open, request});
    play({route_to("a", true), "\5\0\5\0\0\4"s + std::string(18, 'x'), proxy_state::open, request});
    play({route_to("a", true), "\5\0\5\0\0\3\3xyz\0\0"s, proxy_state::open, request});
    play({route_to("a", true), "\5\0\5\0\0\3\0\0\0"s, proxy_state::open, request});
}

TEST_CASE("X02: SOCKS: user name and password") {
    using namespace std::string_literals;
    const auto route = with_credentials(route_to("a", true));
    const auto credentials = "\1\4user\x09pass:word"s;
    const auto request = "\5\1\0\3\1a\1\xbb"s;
    const auto reply = "\5\0\0\1\0\0\0\0\0\0"s;
    CHECK(begin(route).begin() == "\5\2\0\2"s);
    play({route, "\5\2\1\0"s + reply, proxy_state::open, credentials + request});
    play({route, "\5\0"s + reply, proxy_state::open, request}); // the proxy wants none
    play({route, "\5\2\1\1"s, proxy_state::failed, credentials, errc::proxy_refused});
    play({route, "\5\xff"s, proxy_state::failed, "", errc::proxy_refused});
    play({route_to("a", true), "\5\xff"s, proxy_state::failed, "", errc::proxy_refused});
    play({route_to("a", true), "\5\2"s, proxy_state::failed, "", errc::proxy_failed}); // not offered
    play({route, "\5\1"s, proxy_state::failed, "", errc::proxy_failed});
}

TEST_CASE("X02, X03: SOCKS: what a refusal means") {
    using namespace std::string_literals;
    const auto request = "\5\1\0\3\1a\1\xbb"s;
    for (int reply = 1; reply <= 10; ++reply) {
        const bool lasting = reply == 2 || reply == 7 || reply == 8;
        play({route_to("a", true), "\5\0\5"s + static_cast<char>(reply), proxy_state::failed, request,
              lasting ? errc::proxy_refused : errc::proxy_failed});
    }
    auto proxy = begin(route_to("a", true));
    const auto unreachable = "\5\0\5\4\0\1\0\0\0\0\0\0"s;
    std::string_view rest = unreachable;
    CHECK(proxy.receive(rest) == request);
    CHECK(proxy.text() == "it did not connect to a port 443: host unreachable");
}

TEST_CASE("X04: SOCKS: what is another protocol") {
    using namespace std::string_literals;
    const auto request = "\5\1\0\3\1a\1\xbb"s;
    play({route_to("a", true), "HTTP/1.1 400 Bad Request\r\n\r\n", proxy_state::failed, "",
          errc::proxy_failed});
    play({route_to("a", true), "\0\x5a"s, proxy_state::failed, "", errc::proxy_failed}); // SOCKS 4
    play({route_to("a", true), "\5\0\4\0"s, proxy_state::failed, request, errc::proxy_failed});
    play({route_to("a", true), "\5\0\5\0\0\2\0"s, proxy_state::failed, request, errc::proxy_failed});
}

TEST_CASE("X05: a handshake of which a byte is missing waits") {
    using namespace std::string_literals;
    const std::pair<bool, std::string> all[] = {{false, "HTTP/1.1 200 OK\r\n\r\n"},
                                                {true, "\5\0\5\0\0\1\0\0\0\0\0\0"s}};
    for (const auto& [socks, text] : all) {
        for (std::size_t size = 0; size < text.size(); ++size) {
            auto proxy = begin(route_to("a", socks));
            std::string_view rest = std::string_view(text).substr(0, size);
            (void)proxy.receive(rest);
            CHECK(rest.empty());
            CHECK(proxy.now() != proxy_state::open);
            CHECK(proxy.now() != proxy_state::failed);
        }
    }
}
