#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <string>
#include <string_view>

#include "http1/connection.hpp"

namespace test {

namespace detail = bandwidth::webrtc::detail;
namespace http1 = bandwidth::webrtc::detail::http1;
using action = http1::connection::action;
using bandwidth::webrtc::errc;
using detail::close_reason;
using detail::request_class;
using detail::send_state;
using detail::stream_end;

struct test_exchange : detail::exchange {
    explicit test_exchange(request_class kind = request_class::safe) { request.kind = kind; }
};

inline constexpr std::string_view empty_response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
inline constexpr std::string_view closing_response =
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// A connection with the requests on it, driven as its owner drives it.
class tested_connection {
public:
    explicit tested_connection(std::size_t depth = 8, const detail::response_limits& limits = {})
        : http(depth, limits) {}

    /// A request that is staged, its target a number that counts up.
    test_exchange& stage(request_class kind = request_class::safe, detail::time_point now = {}) {
        auto& added = exchanges.emplace_back(kind);
        added.request.target = "/" + std::to_string(exchanges.size());
        http.stage(added, encoder, now);
        return added;
    }
    /// Everything that is staged leaves this machine.
    void write() {
        http.output_taken(http.output().size());
        http.output_sent(true);
    }
    test_exchange& send(request_class kind = request_class::safe) {
        auto& added = stage(kind);
        write();
        return added;
    }
    /// The first thing that follows from these bytes. They are gone when it needs more.
    action receive(std::string_view bytes) {
        input_ = bytes;
        http.receive(input_);
        return next();
    }
    action next() {
        const auto what = http.next();
        if (what == action::none)
            input_.assign(input_.size(), '#');
        return what;
    }
    /// The server has shown that it keeps connections.
    void confirm() {
        send();
        REQUIRE(receive(empty_response) == action::response);
        REQUIRE(next() == action::none);
    }
    /// One letter for each request in flight: unsent, partial or sent.
    std::string states() const {
        std::string text;
        for (std::size_t i = 0; i < http.requests().size(); ++i)
            text += "ups"[static_cast<int>(http.requests().state_of(http.requests().at(i)))];
        return text;
    }
    bool closed_for(close_reason why, const bandwidth::webrtc::error_code& code) const {
        return http.closed().reason == why && http.closed().code == code;
    }

    detail::request_encoder encoder{"Host: host\r\n"};
    http1::connection http;
    std::deque<test_exchange> exchanges;

private:
    std::string input_;
};

} // namespace test
