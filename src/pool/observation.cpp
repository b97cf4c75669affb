#include "pool/observation.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clean_text.hpp"
#include "core/http_grammar.hpp"
#include "core/redact.hpp"

namespace bandwidth::webrtc::detail {

namespace {

error_code error_of(int status) noexcept { return status >= 400 ? make_http_error(status) : error_code(); }

// Lines of a request, each ended by CRLF. `given` are those that it has already: no field comes twice.
std::string lines_of(const trace_context& context, std::string_view given) {
    std::string lines = "traceparent: " + context.traceparent() + "\r\n";
    if (!context.tracestate().empty() && !has_field(given, "tracestate"))
        lines += "tracestate: " + context.tracestate() + "\r\n";
    if (!context.baggage().empty() && !has_field(given, "baggage"))
        lines += "baggage: " + context.baggage() + "\r\n";
    return lines;
}

// What the service may echo and nobody may be told.
std::vector<std::string> secrets_of(const call& value) {
    std::vector<std::string> all;
    value.for_each_authorization(
        [&all](std::string_view used) { append_secrets_of_authorization(used, all); });
    append_secrets_of_headers(value.request.header_lines(), all);
    return all;
}

} // namespace

observed_call observation::describe(const call& value) const noexcept {
    observed_call told;
    told.number = value.observed_as();
    told.method = value.request.method;
    if (const auto* const operation = value.request.operation) {
        told.operation = operation->name;
        told.url_template = operation->url_template;
    }
    const std::string_view target = value.request.target;
    told.path = target.substr(0, target.find('?')); // a query may hold anything
    told.server_address = settings_.server_address;
    told.server_port = settings_.server_port;
    told.trace = value.trace();
    return told;
}

observed_connection observation::describe(const pooled_connection& value) const noexcept {
    return {value.number, settings_.server_address, settings_.server_port};
}

observed_attempt observation::describe(const call& value, const pooled_connection& on) const noexcept {
    observed_attempt told;
    told.call = describe(value);
    told.attempt = value.attempts;
    told.connection = on.number;
    told.reused = value.on_reused();
    if (!told.reused)
        told.connecting = on.timings;
    told.trace = value.attempt_trace();
    return told;
}

void observation::tell_call_started(call& value) {
    auto& extras = value.extras();
    extras.observed_as = ++last_call_;
    extras.is_timed = true;
    tell(&observer::call_started, describe(value));
}

void observation::begin_attempt(call& value, const pooled_connection& on) {
    auto& extras = value.extras();
    extras.on_reused = on.assigned != 0;
    extras.attempt_trace.reset();
    if (!value.request.trace_lines().empty())
        value.request.rare().trace_lines.clear();
    const auto* const parent = value.trace();
    const auto given = value.request.header_lines();
    const bool by_hand = has_field(given, "traceparent"); // so its writer has decided it
    if (settings_.propagator && !by_hand)
        extras.attempt_trace = settings_.propagator->context_for(describe(value, on), parent);
    else if (parent && !by_hand)
        extras.attempt_trace = parent->child();
    if (extras.attempt_trace && !extras.attempt_trace->valid())
        extras.attempt_trace.reset();
    if (extras.attempt_trace)
        value.request.rare().trace_lines = lines_of(*extras.attempt_trace, given);
    tell(&observer::attempt_started, describe(value, on));
}

void observation::tell_attempt_ended(const call& value, const pooled_connection& on,
                                     const attempt_outcome& outcome) {
    observed_attempt_end told;
    told.attempt = describe(value, on);
    told.timings = value.attempt_timings();
    told.error = outcome.error;
    told.maybe_processed = outcome.sent != send_state::unsent;
    std::string request_id; // the event refers to it
    if (const auto* const received = outcome.received) {
        told.status = received->status;
        told.error = error_of(received->status);
        told.body_size = received->body.size();
        if (!received->request_id.empty())
            request_id = clean_text(redact_values(redact_tokens(received->request_id), secrets_of(value)),
                                    longest_request_id);
        told.request_id = request_id;
    }
    last_status_ = told.status;
    last_error_ = told.error;
    last_was_unsent_ = !told.maybe_processed;
    tell(&observer::attempt_ended, told);
}

void observation::tell_sent_again(const call& value, resend_kind kind, std::chrono::nanoseconds pause) {
    tell(&observer::call_sent_again,
         observed_resend{describe(value), kind, pause, value.attempts, last_status_, last_error_});
}

void observation::tell_call_ended(call& value, const error_code& error, int status, time_point now) {
    const auto* const why = error ? value.reason() : nullptr;
    tell(&observer::call_ended,
         observed_call_end{describe(value), status, error, value.attempts, now - value.started,
                           *value.timings(), why ? std::string_view(why->message()) : std::string_view()});
}

void observation::tell_connected(pooled_connection& value, bool resumed) {
    value.timings = value.transport->timings();
    tell(&observer::connection_opened, observed_connection_open{describe(value), value.timings, resumed});
}

void observation::tell_draining(const pooled_connection& value) {
    tell(&observer::connection_draining, describe(value));
}

void observation::tell_closed(const pooled_connection& value, const close_info& why, time_point now) {
    observed_connection_end told;
    told.connection = describe(value);
    told.reason = to_string(why.reason);
    told.responses = value.responses;
    // The code is what its requests fail with, which is no fault of the connection where it ends as it may.
    const bool in_order = value.is_open() && (!is_failure(why.reason) ||
                                              (why.reason == close_reason::ended && value.in_flight() == 0));
    if (!in_order) {
        told.error = why.code;
        told.text = why.text;
    }
    if (value.is_open()) {
        told.open = now - value.opened;
        tell(&observer::connection_closed, told);
    } else {
        tell(&observer::connect_failed, told);
    }
}

void observation::tell_token_changed(const failure* failed) {
    tell(&observer::token_changed,
         failed ? observed_token{failed->code(), failed->message()} : observed_token());
}

} // namespace bandwidth::webrtc::detail
