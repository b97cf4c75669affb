#pragma once

#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <bandwidth/webrtc/testing/scripted_server.hpp>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "support/run_coroutine.hpp"

namespace support {

namespace webrtc = bandwidth::webrtc;

/// Options that reach the server. One attempt for each call, unless a test is about retries.
inline webrtc::client_options options_for(const webrtc::testing::loopback_server& server) {
    return server.client_options().retry(webrtc::retry_policy::none());
}

/// Options that reach the server. The scripted server does not look at who asks. One attempt, as above.
inline webrtc::client_options options_for(const webrtc::testing::scripted_server& server) {
    auto options = webrtc::client_options{}
                       .base_url(server.base_url())
                       .account("9900000")
                       .credentials("user", "secret")
                       .retry(webrtc::retry_policy::none());
    if (!server.ca_pem().empty())
        options.ca_pem(server.ca_pem());
    return options;
}

/// A loopback service that remembers what it was asked.
inline webrtc::testing::loopback_options recording() {
    return webrtc::testing::loopback_options{}.record_requests(true);
}

/// A whole HTTP response. `head` holds more header lines, each with its CRLF.
inline std::string http_response(int status, const std::string& body, const std::string& head = {}) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" + head +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// The response to `get_session`.
inline std::string session_response(const std::string& id, const std::string& head = {}) {
    return http_response(200, R"({"id":")" + id + R"("})", head);
}

/// The results of calls that were started with callbacks.
template <class T>
class collector {
public:
    /// A callback for the call with the next number.
    auto next() {
        const auto index = results_.size();
        results_.emplace_back();
        ++left_;
        return [this, index](webrtc::result<T> outcome) {
            ++results_[index].times;
            results_[index].outcome = std::move(outcome);
            order_.push_back(index);
            --left_;
        };
    }
    /// Runs until all have completed.
    void wait(asio::io_context& context) {
        run_until(
            context, [this] { return left_ == 0; });
    }
    std::size_t size() const { return results_.size(); }
    std::size_t left() const { return left_; }
    const webrtc::result<T>& operator[](std::size_t index) const { return results_.at(index).outcome; }
    /// The numbers of the calls in the order of their completion.
    const std::vector<std::size_t>& order() const { return order_; }
    /// How many succeeded.
    std::size_t succeeded() const {
        std::size_t count = 0;
        for (const auto& one : results_)
            count += one.times != 0 && one.outcome.has_value() ? 1U : 0U;
        return count;
    }
    /// Whether each completed exactly once.
    bool each_once() const {
        for (const auto& one : results_)
            if (one.times != 1)
                return false;
        return true;
    }

private:
    struct entry {
        int times = 0;
        webrtc::result<T> outcome;
    };
    std::vector<entry> results_;
    std::vector<std::size_t> order_;
    std::size_t left_ = 0;
};

/// Starts one call with a callback and runs the context until it has completed.
template <class T>
webrtc::result<T> wait_for(asio::io_context& context, webrtc::operation<T> operation) {
    collector<T> results;
    std::move(operation)(results.next());
    results.wait(context);
    return results[0];
}

/// Whether every gauge of the statistics is back at zero, but for idle connections.
inline bool at_rest(const webrtc::client_stats& stats) {
    // A connection that is still being made is no leak: its call was served by another, and it will be idle.
    return stats.connections_active == 0 && stats.connections_draining == 0 && stats.queue_depth == 0 &&
           stats.in_flight == 0 && stats.abandoned == 0;
}

} // namespace support
