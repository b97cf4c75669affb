#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include <bandwidth/webrtc/testing/loopback_stats.hpp>

#include "loopback/http_request.hpp"

namespace bandwidth::webrtc::testing::detail {

/// What a loopback server counts and keeps for `stats` and `received`. Thread-safe.
class observation {
public:
    explicit observation(bool keep_requests) : keep_requests_(keep_requests) {}

    bool keeps_requests() const noexcept { return keep_requests_; }

    /// \returns the number of the connection, from 0
    std::size_t connection_opened();
    void connection_closed();
    void handshake_done(bool resumed);
    void request_received(std::size_t connection, const http_request& request);
    void malformed_request_received() { add(requests_other_); }
    void requests_waiting(std::uint64_t together);
    void response_made(int status);
    void raw_response_made() { add(responses_other_); }
    void response_lost() { add(responses_lost_); }
    void bytes_received(std::size_t count) { add(bytes_received_, count); }
    void bytes_sent(std::size_t count) { add(bytes_sent_, count); }

    loopback_stats snapshot() const;
    std::vector<received_request> received() const;

private:
    using counter = std::atomic<std::uint64_t>;

    static void add(counter& counted, std::uint64_t amount = 1) {
        counted.fetch_add(amount, std::memory_order_relaxed);
    }
    static std::uint64_t read(const counter& counted) { return counted.load(std::memory_order_relaxed); }

    const bool keep_requests_;
    counter connections_accepted_{0};
    counter connections_open_{0};
    counter handshakes_full_{0};
    counter handshakes_resumed_{0};
    counter requests_get_{0};
    counter requests_post_{0};
    counter requests_put_{0};
    counter requests_delete_{0};
    counter requests_other_{0};
    counter responses_2xx_{0};
    counter responses_4xx_{0};
    counter responses_5xx_{0};
    counter responses_other_{0};
    counter responses_lost_{0};
    counter max_pipelined_{0};
    counter bytes_received_{0};
    counter bytes_sent_{0};
    mutable std::mutex mutex_;
    std::vector<received_request> received_;
};

} // namespace bandwidth::webrtc::testing::detail
