#include "loopback/observation.hpp"

namespace bandwidth::webrtc::testing::detail {

std::size_t observation::connection_opened() {
    add(connections_open_);
    return static_cast<std::size_t>(connections_accepted_.fetch_add(1, std::memory_order_relaxed));
}

void observation::connection_closed() { connections_open_.fetch_sub(1, std::memory_order_relaxed); }

void observation::handshake_done(bool resumed) { add(resumed ? handshakes_resumed_ : handshakes_full_); }

void observation::request_received(std::size_t connection, const http_request& request) {
    if (request.method == "GET")
        add(requests_get_);
    else if (request.method == "POST")
        add(requests_post_);
    else if (request.method == "PUT")
        add(requests_put_);
    else if (request.method == "DELETE")
        add(requests_delete_);
    else
        add(requests_other_);
    if (keep_requests_) {
        const std::lock_guard lock(mutex_);
        received_.emplace_back(connection, request.method, request.target, request.headers, request.body);
    }
}

void observation::requests_waiting(std::uint64_t together) {
    // One strand writes, so a plain comparison will do.
    if (together > read(max_pipelined_))
        max_pipelined_.store(together, std::memory_order_relaxed);
}

void observation::response_made(int status) {
    switch (status / 100) {
    case 2:
        add(responses_2xx_);
        break;
    case 4:
        add(responses_4xx_);
        break;
    case 5:
        add(responses_5xx_);
        break;
    default:
        add(responses_other_);
        break;
    }
}

loopback_stats observation::snapshot() const {
    loopback_stats now;
    now.connections_accepted = read(connections_accepted_);
    now.connections_open = read(connections_open_);
    now.handshakes_full = read(handshakes_full_);
    now.handshakes_resumed = read(handshakes_resumed_);
    now.requests_get = read(requests_get_);
    now.requests_post = read(requests_post_);
    now.requests_put = read(requests_put_);
    now.requests_delete = read(requests_delete_);
    now.requests_other = read(requests_other_);
    now.responses_2xx = read(responses_2xx_);
    now.responses_4xx = read(responses_4xx_);
    now.responses_5xx = read(responses_5xx_);
    now.responses_other = read(responses_other_);
    now.responses_lost = read(responses_lost_);
    now.max_pipelined = read(max_pipelined_);
    now.bytes_received = read(bytes_received_);
    now.bytes_sent = read(bytes_sent_);
    return now;
}

std::vector<received_request> observation::received() const {
    const std::lock_guard lock(mutex_);
    return received_;
}

} // namespace bandwidth::webrtc::testing::detail
