#include "pool/pooled_connection.hpp"

#include <algorithm>
#include <utility>

#include "pool/scheduler.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// A connection that is idle for this long gives back its buffers. With a shorter time, single calls that come
// steadily would take the buffers anew each time.
constexpr std::chrono::nanoseconds buffers_kept_for = std::chrono::seconds(1);

} // namespace

// The only place where the bytes of a connection lead to actions of the pool.
void pooled_connection::run_actions() {
    while (state_ != state::closed) {
        switch (http.next()) {
        case http1::connection::action::none:
            owner_.on_all_read(*this);
            return;
        case http1::connection::action::response:
            owner_.on_response(*this);
            break;
        case http1::connection::action::close:
            owner_.on_closed(*this, http.closed());
            return;
        }
    }
}

void pooled_connection::on_connected(bool resumed, std::chrono::nanoseconds network_round_trip) {
    owner_.on_connected(*this, resumed, network_round_trip);
}

void pooled_connection::on_connect_failed(const error_code& code, std::string text) {
    owner_.on_connect_failed(*this, {close_reason::connect_failed, code, std::move(text)});
}

void pooled_connection::on_received(std::size_t bytes, bool all) { owner_.on_received(*this, bytes, all); }

void pooled_connection::on_plaintext(std::string_view plain) {
    http.receive(plain);
    run_actions();
}

void pooled_connection::on_end(stream_end how, const error_code& code, std::string text) {
    http.end_of_stream(how, code, std::move(text));
    run_actions();
}

void pooled_connection::on_sent(std::size_t bytes) noexcept { owner_.on_sent(bytes); }

void pooled_connection::on_time(scheduler& by) { by.on_timer(*this); }

// Until the header section is complete, the timeout runs from when the response was due: interim responses
// and header fields that drip in do not extend it. While the body comes, every read extends it.
time_point pooled_connection::response_due(const scheduler_settings& settings) const noexcept {
    return (http.response_header_done() ? received_last : front_since) + settings.response_timeout;
}

time_point pooled_connection::late_at(const scheduler_settings& settings,
                                      const latency_model& latency) const noexcept {
    if (state_ == state::blocked || state_ == state::draining || http.response_started())
        return time_point::max();
    return front_since + latency.late_after(settings.response_timeout);
}

pooled_connection::due pooled_connection::what_is_due(time_point now, const scheduler_settings& settings,
                                                      const latency_model& latency,
                                                      bool kept_when_idle) const noexcept {
    if (state_ == state::connecting)
        return now >= dialled + settings.connect_timeout ? due::connect_timeout : due::nothing_yet;
    if (in_flight() != 0) {
        if (now >= response_due(settings))
            return due::response_timeout;
        if (now >= late_at(settings, latency))
            return due::response_late;
    } else if (now >= idle_since + idle_limit && !kept_when_idle) {
        return due::idle_timeout;
    }
    if (state_ != state::draining) {
        if (http.requests().abandoned() != 0 &&
            now >= http.requests().oldest_abandoned() + settings.abandoned_grace)
            return due::abandoned_too_long;
        if (now >= drain_at)
            return due::age;
    }
    if (in_flight() == 0 && !buffers_released && now >= idle_since + buffers_kept_for)
        return due::buffers;
    return due::nothing_yet;
}

time_point pooled_connection::next_due(const scheduler_settings& settings, const latency_model& latency,
                                       bool kept_when_idle) const noexcept {
    if (state_ == state::connecting)
        return dialled + settings.connect_timeout;
    auto at = time_point::max();
    if (in_flight() != 0) {
        at = std::min(response_due(settings), late_at(settings, latency));
    } else {
        if (!kept_when_idle)
            at = idle_since + idle_limit;
        if (!buffers_released)
            at = std::min(at, idle_since + buffers_kept_for);
    }
    if (state_ != state::draining) {
        at = std::min(at, drain_at);
        if (http.requests().abandoned() != 0)
            at = std::min(at, http.requests().oldest_abandoned() + settings.abandoned_grace);
    }
    return at;
}

} // namespace bandwidth::webrtc::detail
