#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <bandwidth/webrtc/testing/loopback_options.hpp>

#include "loopback/admission.hpp"
#include "loopback/emulated_clock.hpp"
#include "loopback/http_request.hpp"
#include "loopback/http_response.hpp"
#include "loopback/jwt_signer.hpp"
#include "loopback/posted_event.hpp"
#include "loopback/route.hpp"
#include "loopback/store.hpp"

namespace bandwidth::webrtc::testing::detail {

/// Bandwidth's WebRTC API without sockets: a request in, a response out.
/// The counts may be read from other threads.
class service {
public:
    service(const loopback_options& options, const emulated_clock& clock, admission& admitted);

    /// Where the events of participants go. To be called before anything else.
    void on_event(event_sink sink) { on_event_ = std::move(sink); }

    void handle(const route& asked, const http_request& request, http_response& response);

    /// Ends what is over by the clock; so does every request.
    void end_what_is_over();
    /// As if the participant's device connected, or went away.
    void set_connected(std::string_view participant, bool connected);

    std::size_t session_count() const noexcept { return session_count_.load(std::memory_order_relaxed); }
    std::size_t participant_count() const noexcept {
        return participant_count_.load(std::memory_order_relaxed);
    }

private:
    void run(const route& asked, const http_request& request, http_response& response);
    void publish_counts();
    void tell(std::string_view event, const participant_record& participant) const;
    void delete_participant(const route& asked, http_response& response);
    void create_participant(const http_request& request, http_response& response);
    std::string claims_of(const participant_record& participant) const;
    void get_session(const route& asked, http_response& response);
    void get_participant(const route& asked, http_response& response);
    void list_participants(const route& asked, http_response& response);
    void get_subscriptions(const route& asked, http_response& response);

    const emulated_clock& clock_;
    admission& admission_;
    event_sink on_event_;
    store store_;
    jwt_signer signer_;
    bool empty_lists_as_204_;
    bool older_device_api_versions_;
    std::atomic<std::size_t> session_count_{0};
    std::atomic<std::size_t> participant_count_{0};
};

} // namespace bandwidth::webrtc::testing::detail
