#pragma once

#include <bandwidth/webrtc/stats.hpp>
#include <cstdint>
#include <span>
#include <string_view>

namespace bandwidth::webrtc::bulk {

/// One of the counts of `client_stats`.
struct client_figure {
    std::string_view name; ///< the member's
    std::uint64_t client_stats::*member;
    bool is_largest = false; ///< of several clients it is the largest; else their sum
};

/// The counts that a report tells: all of them but those of what a client holds at the moment.
std::span<const client_figure> client_figures() noexcept;

/// Adds what another client has done.
void add(client_stats& to, const client_stats& other) noexcept;

} // namespace bandwidth::webrtc::bulk
