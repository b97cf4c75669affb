#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <bandwidth/webrtc/testing/loopback_options.hpp>

#include "loopback/emulated_clock.hpp"
#include "loopback/http_request.hpp"
#include "loopback/http_response.hpp"
#include "loopback/participant_token.hpp"
#include "loopback/route.hpp"
#include "loopback/store.hpp"

namespace bandwidth::webrtc::testing::detail {

/// Bandwidth's WebRTC API without sockets: a request in, a response out.
/// The counts may be read, and the clock moved, from other threads.
class service {
public:
    explicit service(const loopback_options& options);

    /// Carries the request out. Sets status, body and content type of the response, and appends to its extra
    /// headers; its request id is set already.
    void handle(const http_request& request, http_response& response);

    /// Moves the clock ahead. What is over then ends before the next request, or with `end_what_is_over`.
    /// \throws std::invalid_argument when the duration is negative
    void advance(std::chrono::nanoseconds duration) { clock_.advance(duration); }
    void end_what_is_over();
    /// As if the participant's device connected, or went away.
    void set_connected(std::string_view participant, bool connected);

    std::size_t session_count() const noexcept { return session_count_.load(std::memory_order_relaxed); }
    std::size_t participant_count() const noexcept {
        return participant_count_.load(std::memory_order_relaxed);
    }

private:
    /// Counts a request; whether it is beyond the rate limit, and so gets 429.
    bool throttled(http_response& response);
    bool authorized(std::string_view authorization) const;
    void run(const http_request& request, http_response& response);
    void publish_counts();
    void create_participant(const http_request& request, http_response& response);
    void get_session(http_response& response);
    void get_participant(http_response& response);
    void list_participants(http_response& response);
    void get_subscriptions(http_response& response);

    emulated_clock clock_;
    store store_;
    participant_token_source tokens_;
    std::string account_;
    std::string credentials_; // base64 of "user:password"
    bool empty_lists_as_204_;
    bool older_device_api_versions_;
    std::size_t rate_limit_; // 0: none
    std::chrono::nanoseconds rate_period_;
    emulated_clock::time_point rate_period_end_;
    std::size_t requests_in_period_ = 0;
    route route_;
    std::atomic<std::size_t> session_count_{0};
    std::atomic<std::size_t> participant_count_{0};
};

} // namespace bandwidth::webrtc::testing::detail
