// The adapter over the names of OpenTelemetry's API (opentelemetry_names), with spans that the test looks at.
#include "observability/opentelemetry_tracing.hpp"

#include <doctest/doctest.h>
#include <algorithm>
#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/test_client.hpp"

namespace {

namespace otel = opentelemetry;
namespace webrtc = bandwidth::webrtc;
namespace testing = bandwidth::webrtc::testing;
using namespace std::chrono_literals;

std::string text_of(const otel::common::AttributeValue& value) {
    if (const auto* text = std::get_if<otel::nostd::string_view>(&value))
        return std::string(*text);
    if (const auto* text = std::get_if<const char*>(&value))
        return *text;
    return std::to_string(std::get<std::int32_t>(value));
}

// What became of a span.
struct kept_span {
    std::string name;
    std::map<std::string, std::string> attributes;
    otel::trace::StartSpanOptions options;
    webrtc::trace_context place; // its own
    otel::trace::StatusCode status = otel::trace::StatusCode::kUnset;
    int ended = 0;

    std::string operator[](const std::string& key) const {
        const auto found = attributes.find(key);
        return found == attributes.end() ? "(none)" : found->second;
    }
    bool is_root() const {
        const auto* parent = std::get_if<otel::context::Context>(&options.parent);
        return parent && parent->HasKey(otel::trace::kIsRootSpanKey);
    }
};

class keeping_span final : public otel::trace::Span {
public:
    explicit keeping_span(std::shared_ptr<kept_span> kept, std::string state)
        : kept_(std::move(kept)), state_(std::move(state)) {}

    void SetAttribute(otel::nostd::string_view key,
                      const otel::common::AttributeValue& value) noexcept override {
        kept_->attributes[std::string(key)] = text_of(value);
    }
    void SetStatus(otel::trace::StatusCode code, otel::nostd::string_view) noexcept override {
        kept_->status = code;
    }
    void End(const otel::trace::EndSpanOptions&) noexcept override { ++kept_->ended; }
    otel::trace::SpanContext GetContext() const noexcept override {
        const auto& place = kept_->place;
        return {otel::trace::TraceId(place.trace_id()), otel::trace::SpanId(place.span_id()),
                otel::trace::TraceFlags(place.is_sampled()), false,
                otel::trace::TraceState::FromHeader(state_)};
    }

private:
    std::shared_ptr<kept_span> kept_;
    std::string state_;
};

class keeping_tracer final : public otel::trace::Tracer {
public:
    otel::nostd::shared_ptr<otel::trace::Span> StartSpan(
        otel::nostd::string_view name,
        std::initializer_list<std::pair<otel::nostd::string_view, otel::common::AttributeValue>> attributes,
        const otel::trace::StartSpanOptions& options) noexcept override {
        const auto kept = std::make_shared<kept_span>();
        kept->name = std::string(name);
        kept->options = options;
        for (const auto& [key, value] : attributes)
            kept->attributes[std::string(key)] = text_of(value);
        std::string state;
        const auto random = webrtc::trace_context::start();
        if (gives_ids)
            kept->place = webrtc::trace_context(random.trace_id(), random.span_id(), true);
        if (const auto* parent = std::get_if<otel::trace::SpanContext>(&options.parent)) {
            webrtc::trace_context::trace_id_type trace{};
            const auto bytes = parent->trace_id().Id();
            std::copy(bytes.begin(), bytes.end(), trace.begin());
            if (gives_ids)
                kept->place = webrtc::trace_context(trace, random.span_id(), parent->IsSampled());
            state = parent->trace_state()->ToHeader();
        }
        spans.push_back(kept);
        return std::make_shared<keeping_span>(kept, state);
    }

    std::vector<std::shared_ptr<kept_span>> spans;
    bool gives_ids = true;
};

struct traced_client {
    traced_client() : traced_client(support::recording()) {}
    explicit traced_client(const testing::loopback_options& options,
                           const webrtc::retry_policy& retry = webrtc::retry_policy::none())
        : server(options)
        , client(context, server.client_options().retry(retry).propagator(tracing).add_observer(tracing)) {}

    std::shared_ptr<keeping_tracer> tracer = std::make_shared<keeping_tracer>();
    std::shared_ptr<example::opentelemetry_tracing> tracing =
        std::make_shared<example::opentelemetry_tracing>(tracer);
    testing::loopback_server server;
    boost::asio::io_context context;
    webrtc::client client;
};

const webrtc::session_id nobody("absent");

} // namespace

TEST_CASE("opentelemetry: a span for an attempt, below the caller's, and its id on the wire") {
    traced_client test;
    const auto parent = *webrtc::trace_context::parse(
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "vendor=1", "tenant=7");
    const auto made = support::wait_for(
        test.context, test.client.try_create_session({}, webrtc::call_options{}.trace(parent)));
    REQUIRE(made.has_value());
    REQUIRE(test.tracer->spans.size() == 1);
    const auto& span = *test.tracer->spans[0];
    CHECK(span.name == "POST /accounts/{accountId}/sessions");
    CHECK(span.options.kind == otel::trace::SpanKind::kClient);
    CHECK(span["http.request.method"] == "POST");
    CHECK(span["url.template"] == "/accounts/{accountId}/sessions");
    CHECK(span["server.address"] == "localhost");
    CHECK(span["server.port"] == std::to_string(test.server.port()));
    CHECK(span["url.full"] == test.server.base_url() + "/accounts/" + test.server.account() + "/sessions");
    CHECK(span["http.response.status_code"] == "200");
    CHECK(span["http.request.resend_count"] == "(none)");
    CHECK(span["error.type"] == "(none)");
    CHECK(span["bandwidth_webrtc.operation"] == "create_session");
    CHECK(span.status == otel::trace::StatusCode::kUnset);
    CHECK(span.ended == 1);
    CHECK(span.place.trace_id() == parent.trace_id());
    const auto received = test.server.received();
    REQUIRE(received.size() == 1);
    CHECK(received[0].header("traceparent") == span.place.traceparent());
    CHECK(received[0].header("tracestate") == "vendor=1");
    CHECK(received[0].header("baggage") == "tenant=7");
}

TEST_CASE("opentelemetry: each attempt has a span, and those behind the first one tell their number") {
    traced_client test(support::recording(), webrtc::retry_policy().attempts(3).backoff(1ms, 1ms));
    test.server.inject(testing::fault{}.on("GET").times(2).respond(503));
    const auto read = support::wait_for(
        test.context,
        test.client.try_get_session(nobody, webrtc::call_options{}.trace(webrtc::trace_context::start())));
    CHECK(read.has_error());
    REQUIRE(test.tracer->spans.size() == 3);
    const auto& first = *test.tracer->spans[0];
    CHECK(first["error.type"] == "503");
    CHECK(first.status == otel::trace::StatusCode::kError);
    CHECK((*test.tracer->spans[1])["http.request.resend_count"] == "1");
    const auto& last = *test.tracer->spans[2];
    CHECK(last["http.request.resend_count"] == "2");
    CHECK(last["error.type"] == "404");
    for (const auto& each : test.tracer->spans)
        CHECK(each->ended == 1);
}

TEST_CASE("opentelemetry: what its caller cancels is no error") {
    const auto tracer = std::make_shared<keeping_tracer>();
    example::opentelemetry_tracing tracing(tracer);
    webrtc::observed_attempt_end end;
    end.attempt.call.number = 7;
    end.attempt.call.method = "GET";
    end.attempt.call.server_address = "::1";
    end.attempt.call.server_port = 443;
    end.attempt.call.path = "/v1/thing";
    CHECK(tracing.context_for(end.attempt, nullptr).has_value());
    end.error = webrtc::errc::cancelled;
    tracing.attempt_ended(end);
    tracing.attempt_ended(end); // of which it knows nothing
    REQUIRE(tracer->spans.size() == 1);
    const auto& span = *tracer->spans[0];
    CHECK(span.name == "GET"); // a message of one's own has no template
    CHECK(span["url.full"] == "https://[::1]:443/v1/thing");
    CHECK(span["error.type"] == "(none)");
    CHECK(span.status == otel::trace::StatusCode::kUnset);
    CHECK(span.ended == 1);
}

TEST_CASE("opentelemetry: a call without a trace begins one, whatever span is active on the thread") {
    traced_client test;
    CHECK(support::wait_for(test.context, test.client.try_get_session(nobody)).has_error());
    REQUIRE(test.tracer->spans.size() == 1);
    CHECK(test.tracer->spans[0]->is_root());
    const auto received = test.server.received();
    REQUIRE(received.size() == 1);
    CHECK(received[0].header("traceparent") == test.tracer->spans[0]->place.traceparent());
}

TEST_CASE("opentelemetry: without the SDK the trace goes on") {
    traced_client test;
    test.tracer->gives_ids = false;
    const auto parent = webrtc::trace_context::start();
    const auto options = webrtc::call_options{}.trace(parent);
    CHECK(support::wait_for(test.context, test.client.try_get_session(nobody, options)).has_error());
    CHECK(support::wait_for(test.context, test.client.try_get_session(nobody)).has_error());
    const auto received = test.server.received();
    REQUIRE(received.size() == 2);
    CHECK(received[0].header("traceparent").find(parent.trace_id_text()) == 3);
    CHECK(received[0].header("traceparent") != parent.traceparent());
    CHECK(received[1].header("traceparent").empty());
}
