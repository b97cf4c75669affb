#include "bulk/report/report.hpp"

#include <doctest/doctest.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace webrtc = bandwidth::webrtc;
using namespace webrtc::bulk;
using namespace std::chrono_literals;

namespace {

operation_report one_operation(const char* name, std::uint64_t succeeded) {
    operation_report one;
    one.operation = name;
    one.succeeded = succeeded;
    one.time = 500ms;
    one.latency.p50 = 842us;
    one.latency.p90 = 1840us;
    one.latency.p99 = 2ms;
    one.latency.p99_9 = 3ms;
    one.latency.max = 12ms;
    return one;
}

report small_report() {
    report made;
    made.chosen.sessions = 1'000;
    made.service = "the embedded service";
    made.base_url = "https://localhost:1234/v1";
    made.operations = {one_operation("create_session", 1'000), one_operation("get_session", 998)};
    made.operations[1].failed = 2;
    made.operations[1].errors = {{"HTTP 503 Service Unavailable", 2, "out of order"}};
    made.operations[1].mismatched = 1;
    made.operations[1].first_mismatch = "tag 'a' where 'b' was due";
    made.time = 2s;
    made.client.dials = 8;
    made.client.handshakes_full = 8;
    made.client.requests_sent = 2'000;
    made.client.writes = 500;
    made.client.deepest_pipeline = 8;
    return made;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("record: tells errors by their kind and keeps what the first of each said") {
    call_record record;
    record.add_failure(webrtc::failure(webrtc::errc::connection_lost, "first"));
    record.add_failure(webrtc::failure(webrtc::errc::connection_lost, "second"));
    record.add_failure(webrtc::failure(webrtc::make_http_error(503), "a\x1b[31m"));
    record.add_success(5us);
    CHECK(record.failed == 3);
    CHECK(record.succeeded() == 1);
    CHECK(record.calls() == 4);
    CHECK(record.errors.size() == 2);
    const auto& lost = record.errors.at(webrtc::errc::connection_lost);
    CHECK(lost.count == 2);
    CHECK(has(lost.first, "first"));
    CHECK_FALSE(has(record.errors.at(webrtc::make_http_error(503)).first, "\x1b"));
}

TEST_CASE("record: an empty check is none") {
    call_record record;
    record.add_check("");
    CHECK(record.mismatched == 0);
    record.add_check("wrong");
    record.add_check("wrong too");
    CHECK(record.mismatched == 2);
    CHECK(record.first_mismatch == "wrong");
}

TEST_CASE("report: totals are sums over the time of the whole run") {
    const auto all = small_report().totals();
    CHECK(all.calls() == 2'000);
    CHECK(all.succeeded == 1'998);
    CHECK(all.failed == 2);
    CHECK(all.mismatched == 1);
    CHECK(all.requests_per_second() == doctest::Approx(999));
}

TEST_CASE("report: the text") {
    const auto text = format_report(small_report());
    CAPTURE(text);
    CHECK(has(text,
              "1,000 sessions with 2 participants each, against the embedded service\n"
              "8 connections at most, depth 8, 64 concurrent callers\n"));
    CHECK(has(
        text,
        "operation       calls  errors  mismatches  requests/s     p50      p90      p99    p99.9      max\n"
        "create_session  1,000       0           0       2,000  842 us  1.84 ms  2.00 ms  3.00 ms  12.0 ms\n"
        "get_session     1,000       2           1       1,996  842 us  1.84 ms  2.00 ms  3.00 ms  12.0 ms\n"
        "all             2,000       2           1         999\n"));
    CHECK(has(text, "get_session: 2 x HTTP 503 Service Unavailable\n    the first: out of order\n"));
    CHECK(has(text, "get_session: 1 mismatch\n    the first: tag 'a' where 'b' was due\n"));
    CHECK(has(text, "2,000 sent in 500 writes: 4.0 per write"));
    CHECK_FALSE(has(text, "INTERRUPTED"));
    CHECK_FALSE(has(text, "the service saw"));
}

TEST_CASE("report: the text of a run that was interrupted, and of one without errors") {
    auto made = small_report();
    made.operations.pop_back();
    CHECK_FALSE(has(format_report(made), "Errors:"));
    made.signal = 2;
    CHECK(has(format_report(made), "INTERRUPTED"));
    made.operations.clear();
    CHECK(has(format_report(made), "all            0"));
}

TEST_CASE("report: the clean-up") {
    auto made = small_report();
    CHECK(format_clean_up(made) == "");
    made.clean_up.things = {{"session", 12, 0}, {"participant", 1, 0}};
    made.clean_up.time = 1s;
    CHECK(format_clean_up(made) == "Cleaned up   12 sessions and 1 participant deleted in 1.00 s\n");
    made.clean_up.things[0].left = 3;
    made.clean_up.first_error = "it said no";
    made.unknown_creations = 1;
    const auto text = format_clean_up(made);
    CHECK(has(text, "LEFT BEHIND  3 sessions and 0 participants: it said no\n"));
    CHECK(has(text, "UNKNOWN      1 creation without a response"));
}

TEST_CASE("report: the JSON") {
    auto made = small_report();
    made.operations.push_back(one_operation("list_session_participants", 0));
    made.seen_by_service.emplace().max_pipelined = 8;
    made.clean_up.things = {{"session", 7, 0}, {"participant", 0, 2}};
    made.exit_code = 1;
    // Through its text, as a reader gets it.
    const auto json = boost::json::parse(boost::json::serialize(to_json(made)));
    CHECK(json.at("schema") == 1);
    CHECK(json.at("program") == "bandwidth-webrtc-bulk");
    CHECK(json.at("settings").at("sessions") == 1'000);
    CHECK(json.at("settings").at("callers") == 64);
    CHECK(json.at("settings").at("operations") == "create,join,get,list,subscribe,remove,delete");
    CHECK(json.at("time_ns") == 2'000'000'000);
    REQUIRE(json.at("operations").as_array().size() == 3);
    const auto& get = json.at("operations").at(1);
    CHECK(get.at("operation") == "get_session");
    CHECK(get.at("calls") == 1'000);
    CHECK(get.at("succeeded") == 998);
    CHECK(get.at("failed") == 2);
    CHECK(get.at("requests_per_second").as_double() == doctest::Approx(1996));
    CHECK(get.at("latency_ns").at("p99_9") == 3'000'000);
    CHECK(get.at("errors").at(0).at("kind") == "HTTP 503 Service Unavailable");
    CHECK(get.at("errors").at(0).at("count") == 2);
    CHECK(get.at("first_mismatch") == "tag 'a' where 'b' was due");
    CHECK(json.at("operations").at(2).at("latency_ns").is_null());
    CHECK(json.at("totals").at("calls") == 2'000);
    CHECK(json.at("client").at("handshakes_full") == 8);
    CHECK(json.at("seen_by_service").at("max_pipelined") == 8);
    CHECK(json.at("settings").at("api") == "webrtc");
    CHECK(json.at("clean_up").at("deleted_sessions") == 7);
    CHECK(json.at("clean_up").at("left_sessions") == 0);
    CHECK(json.at("clean_up").at("left_participants") == 2);
    CHECK(json.at("exit_status") == 1);
}

TEST_CASE("report: of endpoints") {
    auto made = small_report();
    made.chosen.api = api_family::brtc;
    made.chosen.endpoints = 1;
    made.clean_up.things = {{"endpoint", 1, 4}};
    CHECK(format_report(made).starts_with("1 endpoint, against the embedded service\n"));
    CHECK(has(format_clean_up(made), "Cleaned up   1 endpoint deleted in "));
    CHECK(has(format_clean_up(made), "LEFT BEHIND  4 endpoints\n"));
    const auto json = boost::json::parse(boost::json::serialize(to_json(made)));
    CHECK(json.at("settings").at("api") == "brtc");
    CHECK(json.at("settings").at("endpoints") == 1);
    CHECK_FALSE(json.at("settings").as_object().contains("sessions"));
    CHECK(json.at("clean_up").at("deleted_endpoints") == 1);
    CHECK(json.at("clean_up").at("left_endpoints") == 4);
}
