#pragma once

#include <algorithm>
#include <bandwidth/webrtc/call_timings.hpp>

#include "http1/response_reader.hpp"
#include "pool/call.hpp"
#include "pool/pooled_connection.hpp"

namespace bandwidth::webrtc::detail {

/// What a call has waited since it was queued, when the connection `by` takes it.
inline call_timings time_until_taken(const call& value, const pooled_connection& by,
                                     time_point now) noexcept {
    call_timings spent;
    const auto waited = now - value.queued_since;
    if (by.opened == now) // in this cycle: the call has waited for it
        spent.connect = std::min(waited, now - by.dialled);
    spent.queue = waited - spent.connect;
    return spent;
}

/// How a request leaves its connection.
enum class leaving : std::uint8_t {
    behind,  ///< other responses are due before its own
    front,   ///< its response is due, or has come in part
    answered ///< its response has come
};

/// How an attempt has ended. Taken back before a byte was written: it has neither a response nor an error.
struct attempt_outcome {
    leaving how = leaving::front;
    const response* received = nullptr; ///< with `leaving::answered`
    error_code error;                   ///< else
    send_state sent = send_state::sent;
};

/// What a request has spent on the connection `on`, which it leaves.
/// \param staged when the connection has taken it
inline call_timings time_on(const pooled_connection& on, time_point staged, leaving how,
                            time_point now) noexcept {
    call_timings spent;
    if (how == leaving::behind) {
        spent.pipeline = now - staged;
        return spent;
    }
    const auto due_since = std::max(on.front_since, staged);
    const bool has_begun = how == leaving::answered || on.http.response_started();
    const auto began = has_begun ? std::max(on.response_began, due_since) : now;
    spent.pipeline = due_since - staged;
    spent.wait = began - due_since;
    spent.receive = now - began;
    return spent;
}

} // namespace bandwidth::webrtc::detail
