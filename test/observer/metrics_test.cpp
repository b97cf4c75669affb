#include <doctest/doctest.h>

#include <bandwidth/webrtc/metrics.hpp>
#include <string>
#include <thread>
#include <vector>

using namespace bandwidth::webrtc;
using namespace std::chrono_literals;

namespace {

observed_attempt_end ended_attempt(int status, std::chrono::nanoseconds wait) {
    observed_attempt_end event;
    event.attempt.call.operation = "get_session";
    event.attempt.call.method = "GET";
    event.attempt.call.url_template = "/accounts/{accountId}/sessions/{sessionId}";
    event.attempt.call.server_address = "api.example";
    event.attempt.call.server_port = 443;
    event.status = status;
    if (status >= 400)
        event.error = make_http_error(status);
    event.timings = {1h, 1h, 1ms, wait, 1ms};
    return event;
}

observed_call_end ended_call(error_code error, std::chrono::nanoseconds elapsed) {
    observed_call_end event;
    event.call = ended_attempt(200, 0ms).attempt.call;
    event.error = error;
    event.elapsed = elapsed;
    return event;
}

} // namespace

TEST_CASE("metrics: a duration counts in the bucket whose bound it does not exceed") {
    duration_histogram made;
    made.add(5ms);
    made.add(5ms + 1ns);
    made.add(10s);
    made.add(10s + 1ns);
    made.add(0ns);
    CHECK(made.counts[0] == 2);
    CHECK(made.counts[1] == 1);
    CHECK(made.counts[13] == 1);
    CHECK(made.counts[14] == 1);
    CHECK(made.count() == 5);
    CHECK(made.sum == 20s + 10ms + 2ns);
}

TEST_CASE("metrics: requests by what they are and how they ended") {
    metrics measured;
    measured.attempt_ended(ended_attempt(503, 100ms));
    measured.attempt_ended(ended_attempt(200, 10ms));
    measured.attempt_ended(ended_attempt(200, 20ms));
    auto lost = ended_attempt(0, 1s);
    lost.error = errc::connection_lost;
    measured.attempt_ended(lost);
    auto unsent = lost;
    unsent.maybe_processed = false; // no request
    measured.attempt_ended(unsent);
    const auto requests = measured.requests();
    REQUIRE(requests.size() == 3);
    CHECK(requests[0].status == 0);
    CHECK(requests[0].error_type == "connection_lost");
    CHECK(requests[0].durations.count() == 1);
    CHECK(requests[1].status == 200);
    CHECK(requests[1].error_type.empty());
    CHECK(requests[1].method == "GET");
    CHECK(requests[1].url_template == "/accounts/{accountId}/sessions/{sessionId}");
    CHECK(requests[1].server_address == "api.example");
    CHECK(requests[1].server_port == 443);
    CHECK(requests[1].durations.count() == 2);
    CHECK(requests[1].durations.sum == 34ms); // without what they waited for a connection
    CHECK(requests[2].error_type == "503");
}

TEST_CASE("metrics: calls by operation, and what was sent again") {
    metrics measured;
    measured.call_ended(ended_call({}, 30ms));
    measured.call_ended(ended_call({}, 50ms));
    measured.call_ended(ended_call(errc::cancelled, 1ms));
    measured.call_sent_again({{}, resend_kind::paced, 0ms, 1, 429, make_http_error(429)});
    const auto calls = measured.calls();
    REQUIRE(calls.size() == 2);
    CHECK(calls[0].operation == "get_session");
    CHECK(calls[0].error_type.empty());
    CHECK(calls[0].durations.sum == 80ms);
    CHECK(calls[1].error_type == "cancelled");
    CHECK(measured.resends(resend_kind::paced) == 1);
    CHECK(measured.resends(resend_kind::at_once) == 0);
}

TEST_CASE("metrics: several threads") {
    metrics measured;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int call = 0; call < 1'000; ++call) {
                measured.attempt_ended(ended_attempt(200 + call % 3, 1ms));
                measured.call_ended(ended_call({}, 1ms));
            }
        });
    for (auto& each : threads)
        each.join();
    std::uint64_t all = 0;
    for (const auto& each : measured.requests())
        all += each.durations.count();
    CHECK(all == 4'000);
    CHECK(measured.calls().at(0).durations.count() == 4'000);
}

TEST_CASE("error_type: short names that stay the same") {
    CHECK(error_type({}).empty());
    CHECK(error_type(make_http_error(429)) == "429");
    CHECK(error_type(errc::connection_lost) == "connection_lost");
    CHECK(error_type(boost::system::errc::make_error_code(boost::system::errc::broken_pipe))
              .starts_with("generic:"));
    // Whoever adds an error gives it a name.
    for (int value = 1; error_code(value, webrtc_category()).message() != "unknown error"; ++value)
        CHECK(error_type(error_code(value, webrtc_category())) != "unknown");
}
