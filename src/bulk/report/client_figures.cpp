#include "bulk/report/client_figures.hpp"

#include <algorithm>
#include <array>

namespace bandwidth::webrtc::bulk {

namespace {

constexpr std::array<client_figure, 51> figures = {{
    {"calls_started", &client_stats::calls_started},
    {"calls_succeeded", &client_stats::calls_succeeded},
    {"calls_failed", &client_stats::calls_failed},
    {"calls_timed_out", &client_stats::calls_timed_out},
    {"calls_cancelled", &client_stats::calls_cancelled},
    {"calls_cancelled_queued", &client_stats::calls_cancelled_queued},
    {"calls_cancelled_in_flight", &client_stats::calls_cancelled_in_flight},
    {"responses_2xx", &client_stats::responses_2xx},
    {"responses_4xx", &client_stats::responses_4xx},
    {"responses_5xx", &client_stats::responses_5xx},
    {"responses_mismatched", &client_stats::responses_mismatched},
    {"requests_sent", &client_stats::requests_sent},
    {"resends", &client_stats::resends},
    {"resends_announced", &client_stats::resends_announced},
    {"resends_lost", &client_stats::resends_lost},
    {"resends_given_up", &client_stats::resends_given_up},
    {"resends_requested", &client_stats::resends_requested},
    {"retries", &client_stats::retries},
    {"retries_throttled", &client_stats::retries_throttled},
    {"retries_status", &client_stats::retries_status},
    {"retries_timeout", &client_stats::retries_timeout},
    {"retries_lost", &client_stats::retries_lost},
    {"retries_refused", &client_stats::retries_refused},
    {"slow_responses", &client_stats::slow_responses},
    {"pipelining_disabled", &client_stats::pipelining_disabled},
    {"origin_paced", &client_stats::origin_paced},
    {"queue_wait_ns", &client_stats::queue_wait_ns},
    {"head_of_line_wait_ns", &client_stats::head_of_line_wait_ns},
    {"dials", &client_stats::dials},
    {"dials_failed", &client_stats::dials_failed},
    {"dials_failed_resolving", &client_stats::dials_failed_resolving},
    {"dials_failed_connecting", &client_stats::dials_failed_connecting},
    {"dials_failed_tls", &client_stats::dials_failed_tls},
    {"dials_failed_proxy", &client_stats::dials_failed_proxy},
    {"handshakes_full", &client_stats::handshakes_full},
    {"handshakes_resumed", &client_stats::handshakes_resumed},
    {"connections_closed", &client_stats::connections_closed},
    {"connections_closed_announced", &client_stats::connections_closed_announced},
    {"connections_closed_ended", &client_stats::connections_closed_ended},
    {"connections_closed_broken", &client_stats::connections_closed_broken},
    {"connections_closed_protocol", &client_stats::connections_closed_protocol},
    {"connections_closed_timeout", &client_stats::connections_closed_timeout},
    {"connections_closed_idle", &client_stats::connections_closed_idle},
    {"connections_closed_drained", &client_stats::connections_closed_drained},
    {"connections_closed_abandoned", &client_stats::connections_closed_abandoned},
    {"connections_lost", &client_stats::connections_lost},
    {"unsolicited_bytes", &client_stats::unsolicited_bytes},
    {"bytes_sent", &client_stats::bytes_sent},
    {"bytes_received", &client_stats::bytes_received},
    {"writes", &client_stats::writes},
    {"deepest_pipeline", &client_stats::deepest_pipeline, true},
}};

} // namespace

std::span<const client_figure> client_figures() noexcept { return figures; }

void add(client_stats& to, const client_stats& other) noexcept {
    for (const auto& figure : figures) {
        auto& value = to.*figure.member;
        const auto added = other.*figure.member;
        value = figure.is_largest ? std::max(value, added) : value + added;
    }
}

} // namespace bandwidth::webrtc::bulk
