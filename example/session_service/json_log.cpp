#include "session_service/json_log.hpp"

#include <array>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <iostream>

namespace example {

using webrtc::log_level;

namespace {

// RFC 3339, in UTC, with milliseconds.
std::string time_text(std::chrono::system_clock::time_point moment) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(moment);
    const auto since = moment - std::chrono::system_clock::from_time_t(seconds);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text.data() + length, text.size() - length, ".%03dZ",
                  static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count()));
    return text.data();
}

double milliseconds(std::chrono::nanoseconds value) {
    return std::chrono::duration<double, std::milli>(value).count();
}

void add_outcome(json::object& fields, int status, const webrtc::error_code& error) {
    if (status != 0)
        fields["status"] = status;
    if (error)
        fields["error_type"] = webrtc::error_type(error);
}

json::object fields_of(const webrtc::observed_call& call) {
    json::object fields;
    fields["call"] = call.number;
    fields["operation"] = call.operation;
    fields["method"] = printable(call.method);
    fields["path"] = printable(call.path);
    if (call.trace)
        fields["trace_id"] = call.trace->trace_id_text();
    return fields;
}

json::object fields_of(const webrtc::observed_connection& connection) {
    json::object fields;
    fields["connection"] = connection.number;
    fields["server_address"] = connection.server_address;
    fields["server_port"] = connection.server_port;
    return fields;
}

json::object fields_of(const webrtc::observed_connection_end& event) {
    auto fields = fields_of(event.connection);
    fields["reason"] = event.reason;
    if (event.error)
        fields["error_type"] = webrtc::error_type(event.error);
    if (!event.text.empty())
        fields["error"] = printable(event.text);
    return fields;
}

} // namespace

void json_log::write(log_level level, std::string_view message, const json::object& fields) {
    if (!wants(level))
        return;
    json::object line;
    line["time"] = time_text(std::chrono::system_clock::now());
    line["level"] = webrtc::to_string(level);
    line["message"] = message;
    for (const auto& [name, value] : fields)
        line[name] = value;
    std::cout << json::serialize(line) + '\n' << std::flush;
}

std::string printable(std::string_view text) {
    constexpr std::size_t longest = 512;
    std::string clean(text.substr(0, longest));
    for (char& each : clean)
        if (each < ' ' || each > '~')
            each = '?';
    return clean;
}

void client_log::attempt_ended(const webrtc::observed_attempt_end& event) noexcept {
    if (!log_.wants(log_level::debug))
        return;
    auto fields = fields_of(event.attempt.call);
    if (event.attempt.trace)
        fields["span_id"] = event.attempt.trace->span_id_text();
    fields["attempt"] = event.attempt.attempt;
    fields["connection"] = event.attempt.connection;
    add_outcome(fields, event.status, event.error);
    fields["queue_ms"] = milliseconds(event.timings.queue);
    fields["connect_ms"] = milliseconds(event.timings.connect);
    fields["pipeline_ms"] = milliseconds(event.timings.pipeline);
    fields["wait_ms"] = milliseconds(event.timings.wait);
    fields["receive_ms"] = milliseconds(event.timings.receive);
    if (!event.request_id.empty())
        fields["request_id"] = event.request_id;
    log_.write(log_level::debug, "attempt ended", fields);
}

void client_log::call_sent_again(const webrtc::observed_resend& event) noexcept {
    const auto level = event.kind == webrtc::resend_kind::paced ? log_level::warning : log_level::info;
    auto fields = fields_of(event.call);
    fields["kind"] = webrtc::to_string(event.kind);
    fields["pause_ms"] = milliseconds(event.pause);
    add_outcome(fields, event.status, event.error);
    log_.write(level, "call sent again", fields);
}

void client_log::call_ended(const webrtc::observed_call_end& event) noexcept {
    const bool failed = event.error && event.error != webrtc::errc::cancelled;
    const auto level = failed ? log_level::info : log_level::debug;
    if (log_.wants(level)) {
        auto fields = fields_of(event.call);
        add_outcome(fields, event.status, event.error);
        fields["attempts"] = event.attempts;
        fields["duration_ms"] = milliseconds(event.elapsed);
        log_.write(level, failed ? "call failed" : "call ended", fields);
    }
}

void client_log::connection_opened(const webrtc::observed_connection_open& event) noexcept {
    auto fields = fields_of(event.connection);
    fields["name_ms"] = milliseconds(event.timings.name);
    fields["tcp_ms"] = milliseconds(event.timings.tcp);
    fields["tls_ms"] = milliseconds(event.timings.tls);
    fields["resumed"] = event.resumed;
    log_.write(log_level::info, "connection opened", fields);
}

void client_log::connection_closed(const webrtc::observed_connection_end& event) noexcept {
    auto fields = fields_of(event);
    fields["responses"] = event.responses;
    log_.write(event.error ? log_level::warning : log_level::info, "connection closed", fields);
}

void client_log::connect_failed(const webrtc::observed_connection_end& event) noexcept {
    log_.write(event.error ? log_level::warning : log_level::info, "cannot connect", fields_of(event));
}

void client_log::token_changed(const webrtc::observed_token& event) noexcept {
    json::object fields;
    if (event.error) {
        fields["error_type"] = webrtc::error_type(event.error);
        fields["error"] = printable(event.text);
    }
    log_.write(event.error ? log_level::error : log_level::info,
               event.error ? "no new access token" : "another access token", fields);
}

} // namespace example
