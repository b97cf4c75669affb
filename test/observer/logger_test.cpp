#include <doctest/doctest.h>

#include <bandwidth/webrtc/logger.hpp>
#include <string>
#include <vector>

using namespace bandwidth::webrtc;
using namespace std::chrono_literals;

namespace {

struct log_lines {
    std::vector<std::string> all;
    logger made(log_level most) {
        return logger(
            most,
            [this](log_level level, std::string_view line) {
                all.push_back(std::string(to_string(level)) + ": " + std::string(line));
            });
    }
    std::string last() const { return all.empty() ? std::string() : all.back(); }
};

observed_call some_call() {
    observed_call call;
    call.number = 7;
    call.operation = "get_session";
    call.method = "GET";
    call.path = "/v1/accounts/9/sessions/s";
    call.server_address = "api.example";
    call.server_port = 443;
    return call;
}

observed_connection_end closed(error_code error, std::string_view text = {}) {
    observed_connection_end event;
    event.connection = {3, "api.example", 443};
    event.reason = error ? "broken" : "idle";
    event.error = error;
    event.text = text;
    event.open = 1500ms;
    event.responses = 12;
    return event;
}

// One of each.
void tell_all(observer& to) {
    to.call_started(some_call());
    observed_attempt_end attempt;
    attempt.attempt.call = some_call();
    to.attempt_ended(attempt);
    to.call_sent_again({some_call(), resend_kind::after_pause, 12ms, 1, 503, make_http_error(503)});
    to.call_sent_again({some_call(), resend_kind::paced, 0ms, 1, 429, make_http_error(429)});
    to.call_ended({some_call(), 200, {}, 1, 5ms, {}, {}});
    to.call_ended({some_call(), 0, errc::cancelled, 1, 5ms, {}, {}});
    to.call_ended({some_call(), 500, make_http_error(500), 1, 5ms, {}, {}});
    to.connection_opened({{3, "api.example", 443}, {}, false});
    to.connection_draining({3, "api.example", 443});
    to.connection_closed(closed({}));
    to.connection_closed(closed(errc::connection_lost));
    to.connect_failed(closed(errc::connect_failed));
    to.token_changed({});
    to.token_changed({errc::token_refused, "invalid_client"});
}

} // namespace

TEST_CASE("logger: each level has its lines and those of the ones before") {
    const std::pair<log_level, std::size_t> counts[] = {
        {log_level::error, 1}, {log_level::warning, 3}, {log_level::info, 8}, {log_level::debug, 14}};
    for (const auto& [level, count] : counts) {
        CAPTURE(to_string(level));
        log_lines lines;
        auto log = lines.made(level);
        tell_all(log);
        CHECK(lines.all.size() == count);
    }
}

TEST_CASE("logger: what lines say") {
    log_lines lines;
    auto log = lines.made(log_level::debug);
    log.call_started(some_call());
    CHECK(lines.last() == "debug: call 7 get_session GET /v1/accounts/9/sessions/s starts");
    log.call_sent_again({some_call(), resend_kind::after_pause, 12ms, 1, 503, make_http_error(503)});
    CHECK(lines.last() ==
          "info: call 7 get_session GET /v1/accounts/9/sessions/s is sent again (after_pause of "
          "12.0 ms), since attempt 1 ended with 503");
    log.call_ended({some_call(), 0, errc::response_timeout, 2, 5ms, {}, {}});
    CHECK(lines.last() ==
          "info: call 7 get_session GET /v1/accounts/9/sessions/s ends: response_timeout in 5.0 ms, "
          "attempts: 2");
    const auto trace = trace_context::start();
    auto traced = some_call();
    traced.trace = &trace;
    log.call_ended({traced, 404, make_http_error(404), 1, 5ms, {}, "Session\nnot found"});
    CHECK(lines.last() ==
          "info: call 7 get_session GET /v1/accounts/9/sessions/s ends: 404 in 5.0 ms, attempts: 1, trace " +
              trace.trace_id_text() + ": Session not found");
    observed_attempt_end attempt;
    attempt.attempt.call = some_call();
    attempt.attempt.connection = 3;
    attempt.status = 200;
    attempt.timings = {1ms, 2ms, 3ms, 4ms, 5ms};
    attempt.request_id = "r-1";
    log.attempt_ended(attempt);
    CHECK(lines.last() ==
          "debug: call 7 get_session GET /v1/accounts/9/sessions/s, attempt 1 on connection 3: 200; "
          "queue 1.0 ms, connect 2.0 ms, pipeline 3.0 ms, wait 4.0 ms, receive 5.0 ms, request id "
          "r-1");
    log.connection_closed(closed({}));
    CHECK(lines.last() ==
          "info: connection 3 to api.example:443 closes (idle) after 1500.0 ms and 12 responses");
    log.connect_failed(closed(errc::connect_failed, "refused"));
    CHECK(lines.last() == "warning: connection 3 to api.example:443 cannot be made: connect_failed: refused");
    log.token_changed({errc::token_refused, "invalid_client"});
    CHECK(lines.last() == "error: an access token could not be fetched: token_refused: invalid_client");
}

TEST_CASE("logger: a text from elsewhere makes no second line") {
    log_lines lines;
    auto log = lines.made(log_level::debug);
    log.connect_failed(closed(errc::connect_failed, "a\r\nerror: forged\x1b[2J"));
    CHECK(lines.last().find('\n') == std::string::npos);
    CHECK(lines.last().find('\x1b') == std::string::npos);
    auto call = some_call();
    call.operation = {};
    call.method = "X\nY";
    log.call_started(call);
    CHECK(lines.last().find('\n') == std::string::npos);
}
