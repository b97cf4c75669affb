#include "observability/prometheus_metrics.hpp"

#include <prometheus/metric_type.h>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace example {

namespace webrtc = bandwidth::webrtc;

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using labels = std::vector<ClientMetric::Label>;

// To Prometheus a label without a value is one that is not there.
void add_label(labels& to, const char* name, const std::string& value) {
    if (!value.empty())
        to.push_back({name, value});
}

ClientMetric histogram(labels of, const webrtc::duration_histogram& durations) {
    ClientMetric metric;
    metric.label = std::move(of);
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < durations.counts.size(); ++i) {
        so_far += durations.counts[i];
        const double bound =
            i < durations.bounds.size() ? durations.bounds[i] : std::numeric_limits<double>::infinity();
        metric.histogram.bucket.push_back({so_far, bound});
    }
    metric.histogram.sample_count = so_far;
    metric.histogram.sample_sum = std::chrono::duration<double>(durations.sum).count();
    return metric;
}

MetricFamily request_durations(const webrtc::metrics& measured) {
    MetricFamily family{"http_client_request_duration_seconds",
                        "How long requests took, from when a connection had taken them to their end",
                        MetricType::Histogram,
                        {}};
    for (const auto& each : measured.requests()) {
        labels of;
        add_label(of, "http_request_method", each.method);
        add_label(of, "url_template", each.url_template);
        add_label(of, "server_address", each.server_address);
        add_label(of, "server_port", std::to_string(each.server_port));
        add_label(of, "http_response_status_code",
                  each.status != 0 ? std::to_string(each.status) : std::string());
        add_label(of, "error_type", each.error_type);
        family.metric.push_back(histogram(std::move(of), each.durations));
    }
    return family;
}

MetricFamily call_durations(const webrtc::metrics& measured) {
    MetricFamily family{"bandwidth_webrtc_client_call_duration_seconds",
                        "How long calls took, with all their attempts and what they waited",
                        MetricType::Histogram,
                        {}};
    for (const auto& each : measured.calls()) {
        labels of;
        add_label(of, "operation", each.operation);
        add_label(of, "error_type", each.error_type);
        family.metric.push_back(histogram(std::move(of), each.durations));
    }
    return family;
}

// One number of a family; for a gauge without labels the name of the label is empty.
struct sample {
    const char* label;
    std::uint64_t number;
};

MetricFamily numbers(MetricType type, const char* name, const char* help, const char* label_name,
                     const std::vector<sample>& samples) {
    MetricFamily family{name, help, type, {}};
    for (const auto& each : samples) {
        ClientMetric metric;
        if (*label_name != '\0')
            metric.label.push_back({label_name, each.label});
        const auto number = static_cast<double>(each.number);
        if (type == MetricType::Counter)
            metric.counter.value = number;
        else
            metric.gauge.value = number;
        family.metric.push_back(std::move(metric));
    }
    return family;
}

MetricFamily counters(const char* name, const char* help, const char* label_name,
                      const std::vector<sample>& samples) {
    return numbers(MetricType::Counter, name, help, label_name, samples);
}

MetricFamily counter(const char* name, const char* help, std::uint64_t number) {
    return counters(name, help, "", {{"", number}});
}

MetricFamily gauges(const char* name, const char* help, const char* label_name,
                    const std::vector<sample>& samples) {
    return numbers(MetricType::Gauge, name, help, label_name, samples);
}

MetricFamily gauge(const char* name, const char* help, std::uint64_t number) {
    return gauges(name, help, "", {{"", number}});
}

MetricFamily resends(const webrtc::metrics& measured) {
    std::vector<sample> samples;
    for (const auto kind : {webrtc::resend_kind::at_once, webrtc::resend_kind::after_pause,
                            webrtc::resend_kind::paced, webrtc::resend_kind::new_token})
        samples.push_back({webrtc::to_string(kind), measured.resends(kind)});
    return counters("bandwidth_webrtc_client_resends_total", "Requests sent once more", "kind", samples);
}

void add_gauges(std::vector<MetricFamily>& all, const webrtc::client_stats& now) {
    all.push_back(gauges(
        "http_client_open_connections", "Connections that are open", "http_connection_state",
        {{"idle", now.connections_idle}, {"active", now.connections_active + now.connections_draining}}));
    all.push_back(
        gauge("http_client_active_requests", "Requests that wait for their response", now.in_flight));
    all.push_back(gauge("bandwidth_webrtc_client_connections_connecting", "Connections that are being made",
                        now.connections_connecting));
    all.push_back(gauge("bandwidth_webrtc_client_connections_draining",
                        "Connections that take no more requests", now.connections_draining));
    all.push_back(
        gauge("bandwidth_webrtc_client_queue_depth", "Calls that wait for a connection", now.queue_depth));
    all.push_back(gauge("bandwidth_webrtc_client_abandoned_requests",
                        "Requests whose caller has gone and whose response is still due", now.abandoned));
}

// As they are counted. A difference of two could fall, since they may be a moment apart, and a counter that falls is one
// of a program that was started again, to Prometheus.
void add_counters(std::vector<MetricFamily>& all, const webrtc::client_stats& now) {
    all.push_back(counters("bandwidth_webrtc_client_calls_total", "Calls that have ended", "outcome",
                           {{"succeeded", now.calls_succeeded}, {"failed", now.calls_failed}}));
    all.push_back(counter("bandwidth_webrtc_client_calls_timed_out_total", "Calls that failed by a timeout",
                          now.calls_timed_out));
    all.push_back(counter("bandwidth_webrtc_client_calls_cancelled_total",
                          "Calls that failed since they were cancelled", now.calls_cancelled));
    all.push_back(
        counter("bandwidth_webrtc_client_calls_started_total", "Calls that were made", now.calls_started));
    all.push_back(counter("bandwidth_webrtc_client_requests_total", "Requests given to a connection",
                          now.requests_sent));
    all.push_back(counters("bandwidth_webrtc_client_handshakes_total", "Connections made", "kind",
                           {{"full", now.handshakes_full}, {"resumed", now.handshakes_resumed}}));
    all.push_back(counters("bandwidth_webrtc_client_connects_failed_total",
                           "Connections that could not be made", "phase",
                           {{"name", now.dials_failed_resolving},
                            {"tcp", now.dials_failed_connecting},
                            {"proxy", now.dials_failed_proxy},
                            {"tls", now.dials_failed_tls}}));
    all.push_back(counters("bandwidth_webrtc_client_connections_closed_total", "Connections that have ended",
                           "reason",
                           {{"announced", now.connections_closed_announced},
                            {"ended", now.connections_closed_ended},
                            {"broken", now.connections_closed_broken},
                            {"protocol", now.connections_closed_protocol},
                            {"timeout", now.connections_closed_timeout},
                            {"idle", now.connections_closed_idle},
                            {"drained", now.connections_closed_drained},
                            {"abandoned", now.connections_closed_abandoned}}));
    all.push_back(counter("bandwidth_webrtc_client_connections_lost_total",
                          "Connections that ended with responses still due", now.connections_lost));
    all.push_back(counter("bandwidth_webrtc_client_resends_refused_total",
                          "Resends that the retry budget did not allow", now.retries_refused));
    all.push_back(counter("bandwidth_webrtc_client_paced_total",
                          "Times that the service asked for fewer requests", now.origin_paced));
    all.push_back(counter("bandwidth_webrtc_client_slow_responses_total",
                          "Responses so late that their connection took no more calls", now.slow_responses));
    all.push_back(counter("bandwidth_webrtc_client_mismatched_responses_total",
                          "Responses that named another thing than was asked for", now.responses_mismatched));
    all.push_back(counters("bandwidth_webrtc_client_bytes_total", "Bytes, those of TLS included", "direction",
                           {{"sent", now.bytes_sent}, {"received", now.bytes_received}}));
}

} // namespace

prometheus_metrics::prometheus_metrics(std::shared_ptr<const webrtc::metrics> measured, stats_function stats)
    : measured_(std::move(measured)), stats_(std::move(stats)) {}

std::vector<MetricFamily> prometheus_metrics::Collect() const {
    std::vector<MetricFamily> all;
    all.push_back(request_durations(*measured_));
    all.push_back(call_durations(*measured_));
    all.push_back(resends(*measured_));
    const auto now = stats_();
    add_gauges(all, now);
    add_counters(all, now);
    return all;
}

} // namespace example
