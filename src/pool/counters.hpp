#pragma once

#include <atomic>
#include <bandwidth/webrtc/error.hpp>
#include <cstdint>

#include "core/close_reason.hpp"

namespace bandwidth::webrtc::detail {

/// A number that one strand changes and any thread may read. There is no atomic read-modify-write, so it
/// costs what a plain integer does.
class counter {
public:
    counter& operator+=(std::uint64_t value) noexcept {
        value_.store(get() + value, std::memory_order_relaxed);
        return *this;
    }
    counter& operator-=(std::uint64_t value) noexcept {
        value_.store(get() - value, std::memory_order_relaxed);
        return *this;
    }
    counter& operator++() noexcept { return *this += 1; }
    counter& operator--() noexcept { return *this -= 1; }
    void raise_to(std::uint64_t value) noexcept {
        if (value > get())
            value_.store(value, std::memory_order_relaxed);
    }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// What `client_stats` is made of.
struct counters {
    counter connecting, open, idle, draining, queue_depth, in_flight, abandoned;
    counter calls_started, calls_succeeded, calls_failed, calls_cancelled, requests_sent, resends;
    counter dials, dials_failed, handshakes_full, handshakes_resumed, connections_closed, connections_lost;
    counter retries, retries_refused, slow_responses, pipelining_disabled, queue_wait, head_of_line_wait;
    // By reason; see client_stats.
    counter calls_timed_out, calls_cancelled_queued, calls_cancelled_in_flight;
    counter responses_2xx, responses_4xx, responses_5xx, responses_mismatched;
    counter resends_announced, resends_lost, resends_given_up, resends_requested;
    counter retries_throttled, retries_status, retries_timeout, retries_lost, retries_protocol;
    counter dials_failed_resolving, dials_failed_connecting, dials_failed_tls;
    counter connections_closed_announced, connections_closed_ended, connections_closed_broken;
    counter connections_closed_protocol, connections_closed_timeout, connections_closed_idle;
    counter connections_closed_drained, connections_closed_abandoned;
    counter unsolicited_bytes, bytes_sent, bytes_received, writes, deepest_pipeline;

    void count_failed_connect(const error_code& code) noexcept {
        ++dials_failed;
        if (code == errc::host_not_found || code == errc::resolve_failed || code == errc::resolve_timeout)
            ++dials_failed_resolving;
        else if (code == errc::connect_failed || code == errc::connect_timeout)
            ++dials_failed_connecting;
        else if (code == errc::handshake_timeout || code == condition::tls_error)
            ++dials_failed_tls;
    }
    /// A connection that was open has been closed.
    void count_closed(close_reason why) noexcept {
        ++connections_closed;
        switch (why) {
        case close_reason::announced:
            ++connections_closed_announced;
            return;
        case close_reason::ended:
        case close_reason::early_response:
            ++connections_closed_ended;
            return;
        case close_reason::broken:
        case close_reason::rejected:
            ++connections_closed_broken;
            return;
        case close_reason::protocol_error:
        case close_reason::unsolicited:
        case close_reason::mismatched:
            ++connections_closed_protocol;
            return;
        case close_reason::response_timeout:
            ++connections_closed_timeout;
            return;
        case close_reason::abandoned:
            ++connections_closed_abandoned;
            return;
        case close_reason::idle:
            ++connections_closed_idle;
            return;
        case close_reason::drained:
            ++connections_closed_drained;
            return;
        case close_reason::connect_failed:
        case close_reason::connect_timeout:
        case close_reason::shutdown:
            return;
        }
    }
    void count_response(int status) noexcept {
        if (status < 300)
            ++responses_2xx;
        else if (status >= 500)
            ++responses_5xx;
        else if (status >= 400)
            ++responses_4xx;
    }
};

} // namespace bandwidth::webrtc::detail
