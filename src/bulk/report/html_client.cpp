#include "bulk/figures/units.hpp"
#include "bulk/report/html_sections.hpp"
#include "bulk/report/html_text.hpp"

#include <array>

namespace bandwidth::webrtc::bulk::html {

namespace {

using stats = client_stats;

struct count_row {
    std::string_view name;
    std::uint64_t stats::*member;
    bool nested = false;
};

constexpr std::array<count_row, 11> call_rows = {{
    {"Calls", &stats::calls_started},
    {"succeeded", &stats::calls_succeeded, true},
    {"failed", &stats::calls_failed, true},
    {"of these timed out", &stats::calls_timed_out, true},
    {"of these cancelled", &stats::calls_cancelled, true},
    {"cancelled in the queue", &stats::calls_cancelled_queued, true},
    {"cancelled in flight", &stats::calls_cancelled_in_flight, true},
    {"Responses 2xx", &stats::responses_2xx},
    {"Responses 4xx", &stats::responses_4xx},
    {"Responses 5xx", &stats::responses_5xx},
    {"Responses of another request", &stats::responses_mismatched},
}};

constexpr std::array<count_row, 12> again_rows = {{
    {"Sent again at once", &stats::resends},
    {"behind an announced close", &stats::resends_announced, true},
    {"connection lost", &stats::resends_lost, true},
    {"connection given up", &stats::resends_given_up, true},
    {"asked for by the response", &stats::resends_requested, true},
    {"Sent again after a pause", &stats::retries},
    {"throttled (429, 503)", &stats::retries_throttled, true},
    {"another status", &stats::retries_status, true},
    {"no response in time", &stats::retries_timeout, true},
    {"connection lost", &stats::retries_lost, true},
    {"Refused by the retry budget", &stats::retries_refused},
    {"Times the service slowed us down", &stats::origin_paced},
}};

constexpr std::array<count_row, 8> dial_rows = {{
    {"Dials", &stats::dials},
    {"failed", &stats::dials_failed, true},
    {"of these resolving", &stats::dials_failed_resolving, true},
    {"of these connecting", &stats::dials_failed_connecting, true},
    {"of these TLS", &stats::dials_failed_tls, true},
    {"of these by the proxy", &stats::dials_failed_proxy, true},
    {"Handshakes, full", &stats::handshakes_full},
    {"Handshakes, resumed", &stats::handshakes_resumed},
}};

constexpr std::array<count_row, 10> close_rows = {{
    {"Connections closed", &stats::connections_closed},
    {"announced by the service", &stats::connections_closed_announced, true},
    {"by the service, unannounced", &stats::connections_closed_ended, true},
    {"broken (reset, TLS)", &stats::connections_closed_broken, true},
    {"not HTTP, or not asked for", &stats::connections_closed_protocol, true},
    {"no response in time", &stats::connections_closed_timeout, true},
    {"idle for too long", &stats::connections_closed_idle, true},
    {"too old, or replaced", &stats::connections_closed_drained, true},
    {"too much abandoned data", &stats::connections_closed_abandoned, true},
    {"Lost with responses due", &stats::connections_lost},
}};

template <class Value>
void add_value(pairs& to, shown_reports reports, std::string_view name, Value value, bool nested = false) {
    std::vector<std::string> values;
    for (const auto& one : reports)
        values.push_back(value(*one.figures));
    to.add(name, values, nested);
}

template <class Rows>
void add_counts(pairs& to, shown_reports reports, const Rows& rows) {
    for (const auto& row : rows)
        add_value(
            to, reports, row.name,
            [&](const report& figures) { return format_count(figures.client.*row.member); }, row.nested);
}

std::string mean_text(std::uint64_t sum, std::uint64_t count) {
    return duration_text(std::chrono::nanoseconds(count == 0 ? 0 : static_cast<std::int64_t>(sum / count)));
}

pairs pipelining_pairs(shown_reports reports) {
    pairs rows("Requests and pipelining", reports);
    constexpr std::array<count_row, 2> sent = {
        {{"Requests sent", &stats::requests_sent}, {"Writes", &stats::writes}}};
    add_counts(rows, reports, sent);
    add_value(rows, reports, "Requests per write",
              [](const report& of) { return ratio_text(of.client.requests_sent, of.client.writes); });
    constexpr std::array<count_row, 1> deepest = {
        {{"Most in flight on a connection", &stats::deepest_pipeline}}};
    add_counts(rows, reports, deepest);
    add_value(
        rows, reports, "seen by the service",
        [](const report& of) {
            return of.most_pipelined_at_service ? format_count(*of.most_pipelined_at_service) : "\u2013";
        },
        true);
    add_value(
        rows, reports, "Mean wait for a connection",
        [](const report& of) { return mean_text(of.client.queue_wait_ns, of.client.calls_started); });
    add_value(rows, reports, "Mean wait behind other requests", [](const report& of) {
        return mean_text(of.client.head_of_line_wait_ns, of.client.requests_sent);
    });
    constexpr std::array<count_row, 2> trouble = {
        {{"Late responses", &stats::slow_responses},
         {"Times pipelining was disabled", &stats::pipelining_disabled}}};
    add_counts(rows, reports, trouble);
    add_value(
        rows, reports, "Bytes sent", [](const report& of) { return format_bytes(of.client.bytes_sent); });
    add_value(
        rows, reports, "Bytes received",
        [](const report& of) { return format_bytes(of.client.bytes_received); });
    add_value(rows, reports, "Bytes not asked for",
              [](const report& of) { return format_bytes(of.client.unsolicited_bytes); });
    return rows;
}

} // namespace

std::string client_section(shown_reports reports) {
    pairs calls("Calls and responses", reports);
    add_counts(calls, reports, call_rows);
    pairs dials("Connections", reports);
    add_counts(dials, reports, dial_rows);
    add_value(dials, reports, "Resumed of all handshakes", [](const report& of) {
        return share_text(of.client.handshakes_resumed,
                          of.client.handshakes_full + of.client.handshakes_resumed);
    });
    pairs closes("Closed connections", reports);
    add_counts(closes, reports, close_rows);
    pairs again("Sent again", reports);
    add_counts(again, reports, again_rows);
    return "<section id=\"client\"><h2>Connections and pipelining</h2>\n<div class=\"cards\">\n" +
           pipelining_pairs(reports).text() + dials.text() + closes.text() + again.text() + calls.text() +
           "</div></section>\n";
}

} // namespace bandwidth::webrtc::bulk::html
