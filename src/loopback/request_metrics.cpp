#include "loopback/request_metrics.hpp"

namespace bandwidth::webrtc::testing::detail {

namespace {

constexpr std::string_view metric_prefix = "bandwidth_webrtc_loopback_";

void write_family(std::string_view name, std::string_view type, std::string_view help, std::string& out) {
    for (const auto& [keyword, text] : {std::pair("# HELP ", help), std::pair("# TYPE ", type)})
        out.append(keyword).append(metric_prefix).append(name).append(" ").append(text).append("\n");
}

/// \param labels with their braces, or nothing
void write_sample(std::string_view name, std::string_view labels, std::uint64_t value, std::string& out) {
    out.append(metric_prefix)
        .append(name)
        .append(labels)
        .append(" ")
        .append(std::to_string(value))
        .append("\n");
}

void write_metric(std::string_view name, std::string_view type, std::string_view help, std::uint64_t value,
                  std::string& out) {
    write_family(name, type, help, out);
    write_sample(name, {}, value, out);
}

} // namespace

bool request_metrics::asked_by(const http_request& request) noexcept {
    return request.method == "GET" &&
           (request.target == "/metrics" || request.target.starts_with("/metrics?"));
}

void request_metrics::add(const http_request& request, int status) {
    find_route(request.method, request.target, route_);
    add(route_.wanted, status);
}

void request_metrics::write(const loopback_stats& seen, emulation& api, std::string& out) const {
    write_family("requests_total", "counter",
                 "Requests by the description's operationId and the status of the response.", out);
    for (const auto& [key, count] : counts_) {
        std::string labels = "{operation=\"";
        labels += name_of(key.first);
        labels += "\",status=\"";
        labels += key.second == raw ? "raw" : std::to_string(key.second);
        labels += "\"}";
        write_sample("requests_total", labels, count, out);
    }
    write_metric("responses_lost_total", "counter", "Responses that a fault held back, wholly or in part.",
                 seen.responses_lost, out);
    write_metric("connections_total", "counter", "TCP connections accepted.", seen.connections_accepted, out);
    write_metric("open_connections", "gauge", "TCP connections that are open.", seen.connections_open, out);
    write_family("handshakes_total", "counter", "TLS handshakes done.", out);
    write_sample("handshakes_total", "{resumed=\"false\"}", seen.handshakes_full, out);
    write_sample("handshakes_total", "{resumed=\"true\"}", seen.handshakes_resumed, out);
    write_metric("received_bytes_total", "counter", "HTTP bytes received, before encryption.",
                 seen.bytes_received, out);
    write_metric("sent_bytes_total", "counter", "HTTP bytes sent, before encryption.", seen.bytes_sent, out);
    write_metric("tokens_issued_total", "counter", "Access tokens issued.", seen.tokens_issued, out);
    write_metric("tokens_refused_total", "counter", "Requests for an access token that were refused.",
                 seen.tokens_refused, out);
    write_metric("events_delivered_total", "counter", "Events that a callback URL took with 2xx.",
                 seen.events_delivered, out);
    write_metric("event_posts_failed_total", "counter", "Posts of events that got no 2xx.",
                 seen.event_posts_failed, out);
    write_metric("events_dropped_total", "counter", "Events that were not posted, since too many waited.",
                 seen.events_dropped, out);
    write_metric("sessions", "gauge", "Sessions that exist.", api.session_count(), out);
    write_metric("participants", "gauge", "Participants that exist.", api.participant_count(), out);
    write_metric("endpoints", "gauge", "BRTC endpoints that exist.", api.brtc().endpoint_count(), out);
}

} // namespace bandwidth::webrtc::testing::detail
