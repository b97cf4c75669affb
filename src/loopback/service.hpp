#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>

#include <bandwidth/webrtc/testing/loopback_options.hpp>

#include "loopback/http_request.hpp"
#include "loopback/http_response.hpp"
#include "loopback/participant_token.hpp"
#include "loopback/route.hpp"
#include "loopback/store.hpp"

namespace bandwidth::webrtc::testing::detail {

/// Bandwidth's WebRTC API without sockets: a request in, a response out.
/// Only the counts may be read from other threads.
class service {
public:
    explicit service(const loopback_options& options);

    /// Carries the request out. Sets status, body and content type of the response, whose request id is set
    /// already.
    void handle(const http_request& request, http_response& response);

    std::size_t session_count() const noexcept { return session_count_.load(std::memory_order_relaxed); }
    std::size_t participant_count() const noexcept {
        return participant_count_.load(std::memory_order_relaxed);
    }

private:
    bool authorized(std::string_view authorization) const;
    void run(const http_request& request, http_response& response);
    void create_participant(const http_request& request, http_response& response);
    void get_session(http_response& response);
    void get_participant(http_response& response);
    void list_participants(http_response& response);
    void get_subscriptions(http_response& response);

    store store_;
    participant_token_source tokens_;
    std::string account_;
    std::string credentials_; // base64 of "user:password"
    bool empty_lists_as_204_;
    bool older_device_api_versions_;
    route route_;
    std::atomic<std::size_t> session_count_{0};
    std::atomic<std::size_t> participant_count_{0};
};

} // namespace bandwidth::webrtc::testing::detail
