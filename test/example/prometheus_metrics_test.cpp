#include "observability/prometheus_metrics.hpp"

#include <doctest/doctest.h>
#include <prometheus/text_serializer.h>
#include <chrono>
#include <memory>
#include <sstream>
#include <string>

namespace {

namespace webrtc = bandwidth::webrtc;
using namespace std::chrono_literals;

struct scraped_client {
    std::shared_ptr<webrtc::metrics> measured = std::make_shared<webrtc::metrics>();
    webrtc::client_stats stats;

    std::string text() const {
        const example::prometheus_metrics collected(measured, [this] { return stats; });
        std::ostringstream out;
        prometheus::TextSerializer().Serialize(out, collected.Collect());
        return out.str();
    }
};

bool has_line(const std::string& text, const std::string& line) {
    return ('\n' + text).find('\n' + line + '\n') != std::string::npos;
}

} // namespace

TEST_CASE("prometheus: requests by OpenTelemetry's names, and in its buckets") {
    scraped_client client;
    webrtc::observed_attempt_end end;
    end.attempt.call.operation = "get_session";
    end.attempt.call.method = "GET";
    end.attempt.call.url_template = "/accounts/{accountId}/sessions/{sessionId}";
    end.attempt.call.path = "/v1/accounts/9/sessions/secret-id";
    end.attempt.call.server_address = "api.example";
    end.attempt.call.server_port = 443;
    end.status = 200;
    end.timings.wait = 30ms;
    client.measured->attempt_ended(end);
    end.timings.wait = 20s;
    client.measured->attempt_ended(end);
    end.status = 0;
    end.error = webrtc::errc::connection_lost;
    client.measured->attempt_ended(end);

    const auto text = client.text();
    const std::string name = "http_client_request_duration_seconds";
    CHECK(has_line(text, "# TYPE " + name + " histogram"));
    const std::string of =
        R"(http_request_method="GET",url_template="/accounts/{accountId}/sessions/{sessionId}",)"
        R"(server_address="api.example",server_port="443",)";
    const auto ok = of + R"(http_response_status_code="200")";
    CHECK(has_line(text, name + "_count{" + ok + "} 2"));
    CHECK(has_line(text, name + "_bucket{" + ok + R"(,le="0.025"} 0)"));
    CHECK(has_line(text, name + "_bucket{" + ok + R"(,le="0.05"} 1)"));
    CHECK(has_line(text, name + "_bucket{" + ok + R"(,le="10"} 1)"));
    CHECK(has_line(text, name + "_bucket{" + ok + R"(,le="+Inf"} 2)"));
    CHECK(has_line(text, name + "_count{" + of + R"(error_type="connection_lost"} 1)"));
    CHECK(text.find("secret-id") == std::string::npos);
}

TEST_CASE("prometheus: calls, resends and statistics under the library's own names") {
    scraped_client client;
    webrtc::observed_call_end end;
    end.call.operation = "get_session";
    end.elapsed = 1s;
    client.measured->call_ended(end);
    webrtc::observed_resend resend;
    resend.kind = webrtc::resend_kind::paced;
    client.measured->call_sent_again(resend);
    client.stats.connections_idle = 1;
    client.stats.connections_active = 2;
    client.stats.connections_draining = 3;
    client.stats.in_flight = 4;
    client.stats.calls_succeeded = 10;
    client.stats.calls_failed = 9;
    client.stats.calls_timed_out = 2;
    client.stats.calls_cancelled = 3;

    const auto text = client.text();
    const std::string prefix = "bandwidth_webrtc_client_";
    CHECK(has_line(text, prefix + R"(call_duration_seconds_bucket{operation="get_session",le="1"} 1)"));
    CHECK(has_line(text, prefix + R"(resends_total{kind="paced"} 1)"));
    CHECK(has_line(text, prefix + R"(resends_total{kind="at_once"} 0)"));
    CHECK(has_line(text, R"(http_client_open_connections{http_connection_state="idle"} 1)"));
    CHECK(has_line(text, R"(http_client_open_connections{http_connection_state="active"} 5)"));
    CHECK(has_line(text, "http_client_active_requests 4"));
    CHECK(has_line(text, prefix + R"(calls_total{outcome="succeeded"} 10)"));
    CHECK(has_line(text, prefix + R"(calls_total{outcome="failed"} 9)"));
    CHECK(has_line(text, prefix + "calls_timed_out_total 2"));
    CHECK(has_line(text, prefix + "calls_cancelled_total 3"));
    CHECK(has_line(text, "# TYPE " + prefix + "calls_total counter"));
}
