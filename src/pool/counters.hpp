#pragma once

#include <algorithm>
#include <atomic>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/stats.hpp>
#include <cstddef>
#include <cstdint>

#include "core/close_reason.hpp"

namespace bandwidth::webrtc::detail {

// One strand changes a counter, by these functions alone, and any thread may read it. There is no atomic
// read-modify-write, so it costs what a plain integer does.
inline void set(std::uint64_t& counter, std::uint64_t value) noexcept {
    std::atomic_ref(counter).store(value, std::memory_order_relaxed);
}
inline void increase(std::uint64_t& counter, std::uint64_t by = 1) noexcept { set(counter, counter + by); }
inline void decrease(std::uint64_t& counter, std::uint64_t by = 1) noexcept { set(counter, counter - by); }

/// The statistics of one pool.
struct counters : client_stats {
    /// On the strand that changes them.
    std::uint64_t connections_open() const noexcept { return connections_idle + connections_active; }

    /// Any thread.
    void add_to(client_stats& sum) const noexcept {
        constexpr auto count = sizeof(client_stats) / sizeof(std::uint64_t);
        static_assert(sizeof(client_stats) == sizeof(std::uint64_t[count]) &&
                      alignof(client_stats) >= std::atomic_ref<std::uint64_t>::required_alignment);
        const auto deepest = sum.deepest_pipeline;
        auto* const to = reinterpret_cast<std::uint64_t*>(&sum); // all members are of this type
        auto* const from = reinterpret_cast<std::uint64_t*>(const_cast<counters*>(this));
        for (std::size_t i = 0; i < count; ++i)
            to[i] += std::atomic_ref(from[i]).load(std::memory_order_relaxed);
        sum.deepest_pipeline = std::max(deepest, sum.deepest_pipeline - deepest);
    }

    void count_failed_connect(const error_code& code) noexcept {
        increase(dials_failed);
        if (code == errc::host_not_found || code == errc::resolve_failed || code == errc::resolve_timeout)
            increase(dials_failed_resolving);
        else if (code == errc::connect_failed || code == errc::connect_timeout)
            increase(dials_failed_connecting);
        else if (code == errc::handshake_timeout || code == condition::tls_error)
            increase(dials_failed_tls);
        else if (code == errc::proxy_refused || code == errc::proxy_failed || code == errc::proxy_timeout)
            increase(dials_failed_proxy);
    }
    /// A connection that was open has been closed.
    void count_closed(close_reason why) noexcept {
        increase(connections_closed);
        switch (why) {
        case close_reason::announced:
            return increase(connections_closed_announced);
        case close_reason::ended:
        case close_reason::early_response:
            return increase(connections_closed_ended);
        case close_reason::broken:
        case close_reason::rejected:
            return increase(connections_closed_broken);
        case close_reason::protocol_error:
        case close_reason::unsolicited:
        case close_reason::mismatched:
            return increase(connections_closed_protocol);
        case close_reason::response_timeout:
            return increase(connections_closed_timeout);
        case close_reason::abandoned:
            return increase(connections_closed_abandoned);
        case close_reason::idle:
            return increase(connections_closed_idle);
        case close_reason::drained:
            return increase(connections_closed_drained);
        case close_reason::connect_failed:
        case close_reason::connect_timeout:
        case close_reason::shutdown:
            return;
        }
    }
    void count_response(int status) noexcept {
        if (status < 300)
            increase(responses_2xx);
        else if (status >= 500)
            increase(responses_5xx);
        else if (status >= 400)
            increase(responses_4xx);
    }
};

} // namespace bandwidth::webrtc::detail
