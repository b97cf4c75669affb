#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include <bandwidth/webrtc/testing/fault.hpp>
#include <bandwidth/webrtc/testing/loopback_options.hpp>

#include "loopback/access_tokens.hpp"
#include "loopback/admission.hpp"
#include "loopback/brtc_service.hpp"
#include "loopback/emulated_clock.hpp"
#include "loopback/http_request.hpp"
#include "loopback/http_response.hpp"
#include "loopback/route.hpp"
#include "loopback/service.hpp"
#include "loopback/token_service.hpp"

namespace bandwidth::webrtc::testing::detail {

/// What one server emulates, without sockets: the WebRTC API, BRTC's endpoints and the token endpoint, with
/// the clock and the credentials that they share. A request in, a response out. The counts may be read, the
/// clock moved, and the access tokens and `brtc` used from other threads.
class emulation {
public:
    explicit emulation(const loopback_options& options);

    /// Where all events go. To be called before anything else.
    void on_event(const event_sink& sink);

    /// Carries the request out. Sets status, body and content type of the response, and appends to its extra
    /// headers; its request id is set already.
    void handle(const http_request& request, http_response& response);
    /// Fills in the response that is documented for a fault's status, by the API that the request is addressed
    /// to. The fault's own headers are left to the caller.
    void set_documented_response(const http_request& request, const fault_rule& fault,
                                 http_response& response);

    /// Moves the clock ahead. What is over then ends before the next request, or with `end_what_is_over`.
    /// \throws std::invalid_argument when the duration is negative
    void advance(std::chrono::nanoseconds duration) { clock_.advance(duration); }
    void end_what_is_over();
    /// As if the participant's device connected, or went away.
    void set_connected(std::string_view participant, bool connected) {
        webrtc_.set_connected(participant, connected);
    }
    access_tokens& tokens() noexcept { return tokens_; }
    brtc_service& brtc() noexcept { return brtc_; }

    std::size_t session_count() const noexcept { return webrtc_.session_count(); }
    std::size_t participant_count() const noexcept { return webrtc_.participant_count(); }
    std::uint64_t tokens_issued() const noexcept { return token_endpoint_.issued(); }
    std::uint64_t tokens_refused() const noexcept { return token_endpoint_.refused(); }

private:
    emulated_clock clock_;
    access_tokens tokens_;
    admission admission_;
    service webrtc_;
    brtc_service brtc_;
    token_service token_endpoint_;
    route route_;
};

} // namespace bandwidth::webrtc::testing::detail
