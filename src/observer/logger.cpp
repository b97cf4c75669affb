#include <array>
#include <bandwidth/webrtc/logger.hpp>
#include <chrono>
#include <cstdio>
#include <string>

#include "core/clean_text.hpp"
#include "core/http_grammar.hpp"

namespace bandwidth::webrtc {

namespace {

constexpr std::size_t longest_text = 256;

std::string milliseconds(std::chrono::nanoseconds value) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%.1f ms",
                  std::chrono::duration<double, std::milli>(value).count());
    return text.data();
}

std::string name_of(const observed_call& call) {
    std::string name = "call " + std::to_string(call.number) + ' ';
    if (!call.operation.empty())
        name.append(call.operation).append(1, ' ');
    return name + detail::clean_text(call.method, longest_text) + ' ' +
           detail::clean_text(call.path, longest_text);
}

std::string name_of(const observed_connection& connection) {
    return "connection " + std::to_string(connection.number) + " to " +
           detail::authority(connection.server_address, connection.server_port);
}

std::string outcome_of(int status, const error_code& error) {
    if (status != 0 && (!error || error == make_http_error(status)))
        return std::to_string(status);
    return error ? error_type(error) : std::string("success");
}

std::string with_text(std::string_view text) {
    return text.empty() ? std::string() : ": " + detail::clean_text(text, longest_text);
}

} // namespace

const char* to_string(log_level value) noexcept {
    switch (value) {
    case log_level::error:
        return "error";
    case log_level::warning:
        return "warning";
    case log_level::info:
        return "info";
    case log_level::debug:
        return "debug";
    }
    return "unknown";
}

void logger::call_started(const observed_call& event) noexcept {
    if (wants(log_level::debug))
        write_(log_level::debug, name_of(event) + " starts");
}

void logger::attempt_ended(const observed_attempt_end& event) noexcept {
    if (!wants(log_level::debug))
        return;
    const auto& spent = event.timings;
    auto line = name_of(event.attempt.call) + ", attempt " + std::to_string(event.attempt.attempt) +
                " on connection " + std::to_string(event.attempt.connection) + ": " +
                outcome_of(event.status, event.error) + "; queue " + milliseconds(spent.queue) +
                ", connect " + milliseconds(spent.connect) + ", pipeline " + milliseconds(spent.pipeline) +
                ", wait " + milliseconds(spent.wait) + ", receive " + milliseconds(spent.receive);
    if (!event.request_id.empty())
        line.append(", request id ").append(event.request_id);
    write_(log_level::debug, line);
}

void logger::call_sent_again(const observed_resend& event) noexcept {
    if (!wants(log_level::info))
        return;
    auto line = name_of(event.call) + " is sent again (" + to_string(event.kind);
    if (event.pause.count() > 0)
        line += " of " + milliseconds(event.pause);
    write_(log_level::info, line + "), since attempt " + std::to_string(event.attempts) + " ended with " +
                                outcome_of(event.status, event.error));
}

void logger::call_ended(const observed_call_end& event) noexcept {
    const auto level = event.error && event.error != errc::cancelled ? log_level::info : log_level::debug;
    if (wants(level))
        write_(level,
               name_of(event.call) + " ends: " + outcome_of(event.status, event.error) + " in " +
                   milliseconds(event.elapsed) + ", attempts: " + std::to_string(event.attempts) +
                   (event.call.trace ? ", trace " + event.call.trace->trace_id_text() : std::string()) +
                   with_text(event.text));
}

void logger::connection_opened(const observed_connection_open& event) noexcept {
    if (wants(log_level::debug))
        write_(log_level::debug,
               name_of(event.connection) + " is open" + (event.resumed ? ", session resumed" : "") +
                   "; name " + milliseconds(event.timings.name) + ", TCP " + milliseconds(event.timings.tcp) +
                   ", TLS " + milliseconds(event.timings.tls));
}

void logger::connection_draining(const observed_connection& event) noexcept {
    if (wants(log_level::debug))
        write_(log_level::debug, name_of(event) + " takes no more calls");
}

void logger::connection_closed(const observed_connection_end& event) noexcept {
    const auto level = event.error ? log_level::warning : log_level::info;
    if (wants(level))
        write_(level, name_of(event.connection) + " closes (" + std::string(event.reason) + ") after " +
                          milliseconds(event.open) + " and " + std::to_string(event.responses) +
                          " responses" + with_text(event.text));
}

void logger::connect_failed(const observed_connection_end& event) noexcept {
    const auto level = event.error ? log_level::warning : log_level::debug;
    if (wants(level))
        write_(level, name_of(event.connection) + " cannot be made: " +
                          (event.error ? error_type(event.error) : std::string(event.reason)) +
                          with_text(event.text));
}

void logger::token_changed(const observed_token& event) noexcept {
    const auto level = event.error ? log_level::error : log_level::info;
    if (wants(level))
        write_(level, event.error ? "an access token could not be fetched: " + error_type(event.error) +
                                        with_text(event.text)
                                  : std::string("there is another access token"));
}

} // namespace bandwidth::webrtc
