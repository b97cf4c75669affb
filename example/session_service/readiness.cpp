#include "session_service/readiness.hpp"

namespace example {

namespace {

// Whether the service behind this one has failed, or knows us no more. What a caller asks for in vain, and what this
// side has ended, tells nothing of that.
bool has_failed(const webrtc::observed_call_end& event) {
    if (event.status != 0)
        return event.status >= 500 || event.status == 401 || event.status == 403;
    return event.error && event.error != webrtc::errc::cancelled &&
           event.error != webrtc::errc::client_closed && event.error != webrtc::errc::invalid_argument;
}

} // namespace

const char* to_string(readiness_state value) noexcept {
    switch (value) {
    case readiness_state::ready:
        return "ready";
    case readiness_state::draining:
        return "draining";
    case readiness_state::no_connection:
        return "no_connection";
    case readiness_state::calls_fail:
        return "calls_fail";
    }
    return "unknown";
}

void readiness::call_ended(const webrtc::observed_call_end& event, time_point now) noexcept {
    if (has_failed(event)) {
        ++failures_in_a_row_;
        last_failure_ = now;
    } else if (event.status != 0) {
        failures_in_a_row_ = 0;
    }
}

readiness_state readiness::state(const webrtc::client_stats& stats, time_point now) noexcept {
    // One that drains is replaced by another one, which may be on its way.
    const bool open = stats.connections_idle + stats.connections_active + stats.connections_draining > 0;
    if (open) {
        connected_ = true;
        failed_before_ = stats.dials_failed;
    }
    if (draining_)
        return readiness_state::draining;
    if (!open && (!connected_ || stats.dials_failed > failed_before_))
        return readiness_state::no_connection;
    if (failures_in_a_row_ >= failures && now - last_failure_ < pause)
        return readiness_state::calls_fail;
    return readiness_state::ready;
}

} // namespace example
