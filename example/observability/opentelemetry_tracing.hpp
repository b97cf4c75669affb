#pragma once

#include <opentelemetry/context/context.h>
#include <opentelemetry/nostd/shared_ptr.h>
#include <opentelemetry/nostd/string_view.h>
#include <opentelemetry/trace/span.h>
#include <opentelemetry/trace/span_context.h>
#include <opentelemetry/trace/span_metadata.h>
#include <opentelemetry/trace/span_startoptions.h>
#include <opentelemetry/trace/trace_state.h>
#include <opentelemetry/trace/tracer.h>
#include <algorithm>
#include <array>
#include <bandwidth/webrtc/observer.hpp>
#include <bandwidth/webrtc/trace_context.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace example {

/// The place of a span, for `call_options::trace`: `call_options{}.trace(trace_context_of(*span))`. Not valid where the
/// span's is not, as without the SDK.
///
/// \param baggage the value of that header field, to be sent along; empty: none
inline bandwidth::webrtc::trace_context trace_context_of(const opentelemetry::trace::Span& span,
                                                         std::string_view baggage = {}) {
    using bandwidth::webrtc::trace_context;
    const auto context = span.GetContext();
    trace_context::trace_id_type trace{};
    trace_context::span_id_type id{};
    const auto trace_bytes = context.trace_id().Id();
    const auto id_bytes = context.span_id().Id();
    std::copy(trace_bytes.begin(), trace_bytes.end(), trace.begin());
    std::copy(id_bytes.begin(), id_bytes.end(), id.begin());
    const trace_context ids(trace, id, context.IsSampled());
    const auto whole = trace_context::parse(ids.traceparent(), context.trace_state()->ToHeader(), baggage);
    return whole ? *whole : trace_context();
}

/// Spans of OpenTelemetry's for a client, by its conventions for HTTP clients (doc/observability.md): one for each
/// attempt of a call, below the span of `call_options::trace`. The service is sent the id of that span. A call without
/// `call_options::trace` begins a trace of its own with each attempt.
///
/// Give the same object to both options:
/// `options.propagator(tracing).add_observer(tracing)`.
///
/// Thread safety: safe.
class opentelemetry_tracing final : public bandwidth::webrtc::observer, public bandwidth::webrtc::propagator {
public:
    /// \param scheme of the client's base URL, for `url.full`
    explicit opentelemetry_tracing(opentelemetry::nostd::shared_ptr<opentelemetry::trace::Tracer> tracer,
                                   std::string scheme = "https")
        : tracer_(std::move(tracer)), scheme_(std::move(scheme)) {}

    std::optional<bandwidth::webrtc::trace_context> context_for(
        const bandwidth::webrtc::observed_attempt& attempt,
        const bandwidth::webrtc::trace_context* parent) noexcept override {
        auto span = start(attempt, parent);
        auto context =
            trace_context_of(*span, parent ? std::string_view(parent->baggage()) : std::string_view());
        const std::lock_guard lock(mutex_);
        spans_.insert_or_assign(attempt.call.number, std::move(span)); // one attempt of a call at a time
        if (context.valid())
            return context;
        // Without the SDK no span has an id. The trace goes on all the same.
        return parent ? std::optional(parent->child()) : std::nullopt;
    }

    void attempt_ended(const bandwidth::webrtc::observed_attempt_end& event) noexcept override {
        namespace trace = opentelemetry::trace;
        const auto span = take(event.attempt.call.number);
        if (!span)
            return;
        if (event.status != 0)
            span->SetAttribute("http.response.status_code", static_cast<std::int32_t>(event.status));
        if (!event.request_id.empty())
            span->SetAttribute("bandwidth_webrtc.request_id", view(event.request_id));
        // The caller wanted no response any more, which is nobody's mistake. The status stays unset.
        if (event.error && event.error != bandwidth::webrtc::errc::cancelled) {
            const auto type = bandwidth::webrtc::error_type(event.error);
            span->SetAttribute("error.type", view(type));
            span->SetStatus(trace::StatusCode::kError, view(event.status == 0 ? type : std::string()));
        }
        span->End();
    }

private:
    using span_pointer = opentelemetry::nostd::shared_ptr<opentelemetry::trace::Span>;

    static opentelemetry::nostd::string_view view(std::string_view text) {
        return {text.data(), text.size()};
    }

    static opentelemetry::trace::SpanContext to_opentelemetry(const bandwidth::webrtc::trace_context& from) {
        namespace trace = opentelemetry::trace;
        return {trace::TraceId(from.trace_id()), trace::SpanId(from.span_id()),
                trace::TraceFlags(from.is_sampled() ? trace::TraceFlags::kIsSampled : std::uint8_t{0}),
                /*is_remote=*/false, trace::TraceState::FromHeader(view(from.tracestate()))};
    }

    std::string url_of(const bandwidth::webrtc::observed_call& call) const {
        std::string host(call.server_address);
        if (host.find(':') != std::string::npos)
            host = '[' + host + ']'; // an IPv6 address
        return scheme_ + "://" + host + ':' + std::to_string(call.server_port) + std::string(call.path);
    }

    span_pointer start(const bandwidth::webrtc::observed_attempt& attempt,
                       const bandwidth::webrtc::trace_context* parent) const {
        namespace trace = opentelemetry::trace;
        trace::StartSpanOptions options;
        options.kind = trace::SpanKind::kClient;
        if (parent)
            options.parent = to_opentelemetry(*parent);
        else // not below the span that happens to be active on the thread that runs the client
            options.parent = opentelemetry::context::Context{}.SetValue(trace::kIsRootSpanKey, true);
        const auto& call = attempt.call;
        auto name = std::string(call.method);
        if (!call.url_template.empty())
            name.append(1, ' ').append(call.url_template);
        const auto url = url_of(call);
        // Those that a sampler may want to know are there from the start.
        auto span = tracer_->StartSpan(view(name),
                                       {{"http.request.method", view(call.method)},
                                        {"server.address", view(call.server_address)},
                                        {"server.port", static_cast<std::int32_t>(call.server_port)},
                                        {"url.full", view(url)},
                                        {"network.protocol.version", "1.1"}},
                                       options);
        if (!call.url_template.empty())
            span->SetAttribute("url.template", view(call.url_template));
        if (!call.operation.empty())
            span->SetAttribute("bandwidth_webrtc.operation", view(call.operation));
        if (attempt.attempt > 1)
            span->SetAttribute("http.request.resend_count", static_cast<std::int32_t>(attempt.attempt - 1));
        return span;
    }

    span_pointer take(std::uint64_t call) {
        const std::lock_guard lock(mutex_);
        const auto found = spans_.find(call);
        if (found == spans_.end())
            return {};
        auto span = std::move(found->second);
        spans_.erase(found);
        return span;
    }

    opentelemetry::nostd::shared_ptr<opentelemetry::trace::Tracer> tracer_;
    std::string scheme_;
    std::mutex mutex_;
    std::unordered_map<std::uint64_t, span_pointer> spans_; // by the number of the call
};

} // namespace example
