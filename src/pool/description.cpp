#include <array>
#include <chrono>
#include <cstdio>
#include <string>

#include "core/clean_text.hpp"
#include "core/http_grammar.hpp"
#include "pool/scheduler.hpp"

// What a person wants to know who looks at a pool.

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::size_t longest_error = 256;

const char* name_of(pooled_connection::state value) noexcept {
    constexpr std::array names = {"connecting", "idle",     "confirming", "busy",  "blocked",
                                  "reserving",  "reserved", "draining",   "closed"};
    return names[static_cast<std::size_t>(value)];
}

const char* name_of(connect_phase value) noexcept {
    constexpr std::array names = {"name look-up", "TCP", "proxy", "TLS handshake"};
    return names[static_cast<std::size_t>(value)];
}

std::string seconds(std::chrono::nanoseconds value) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%.3f s", std::chrono::duration<double>(value).count());
    return text.data();
}

std::string line_of(const pooled_connection& value, time_point now) {
    std::string text = "connection " + std::to_string(value.number) + ": " + name_of(value.status());
    if (!value.is_open())
        return text + " for " + seconds(now - value.dialled) + ", " +
               name_of(value.transport->connecting_phase()) + '\n';
    text += ", " + std::to_string(value.in_flight()) + " in flight";
    if (const auto abandoned = value.http.requests().abandoned(); abandoned != 0)
        text += " (" + std::to_string(abandoned) + " of them given up)";
    text += ", " + std::to_string(value.responses) + " responses, open for " + seconds(now - value.opened);
    if (value.in_flight() != 0)
        text += ", the next response is due for " + seconds(now - value.front_since);
    else
        text += ", idle for " + seconds(now - value.idle_since);
    return text + '\n';
}

} // namespace

std::string scheduler::describe() const {
    using kind = request_queue::kind;
    const auto& observed = settings_.observed;
    std::string text =
        authority(observed.server_address, observed.server_port) +
        (closed_     ? ", closed"
         : draining_ ? ", draining"
                     : "") +
        '\n' + std::to_string(connections_.size()) + " connections of " +
        std::to_string(settings_.max_connections) + ", " + std::to_string(counters_.in_flight) +
        " requests in flight, at most " + std::to_string(depth_) + " on each connection" +
        (depth_ < settings_.depth ? " (of " + std::to_string(settings_.depth) + ", since pipelines broke)"
                                  : std::string()) +
        '\n' + std::to_string(queue_.size(kind::shared)) + " calls wait for any connection, " +
        std::to_string(queue_.size(kind::exclusive)) + " for one to themselves, " +
        std::to_string(queue_.size(kind::new_connection)) + " for a new one, " +
        std::to_string(active_calls_ - queue_.size() - counters_.in_flight) + " are paused\n";
    if (waiting_for_token_ != 0)
        text += std::to_string(waiting_for_token_) + " of these wait for an access token\n";
    if (!pacer_.is_open())
        text += why_throttled() + '\n';
    if (connects_.failing() && !connects_.last_text().empty())
        text += clean_text(connects_.last_text(), longest_error) + '\n';
    for (const auto& each : connections_.all())
        text += line_of(*each, now_);
    return text;
}

} // namespace bandwidth::webrtc::detail
