#include "bulk/figures/operation_record.hpp"

#include <doctest/doctest.h>

namespace webrtc = bandwidth::webrtc;
using namespace webrtc::bulk;
using namespace std::chrono_literals;

TEST_CASE("operation record: tells errors by their kind and keeps what the first of each said") {
    operation_record record;
    CHECK(record.empty());
    record.add_failure(webrtc::failure(webrtc::errc::connection_lost, "first"));
    record.add_failure(webrtc::failure(webrtc::errc::connection_lost, "second"));
    record.add_failure(webrtc::failure(webrtc::make_http_error(503), "a\x1b[31m"));
    record.latency.add(5us);
    CHECK(record.failed == 3);
    CHECK(record.succeeded() == 1);
    CHECK(record.calls() == 4);
    CHECK_FALSE(record.empty());
    REQUIRE(record.errors.size() == 2);
    const auto& lost = record.errors.at(webrtc::make_error_code(webrtc::errc::connection_lost).message());
    CHECK(lost.count == 2);
    CHECK(lost.first.find("first") != std::string::npos);
    CHECK(record.errors.at(webrtc::make_http_error(503).message()).first.find('\x1b') == std::string::npos);
}

TEST_CASE("operation record: an empty check is none") {
    operation_record record;
    record.add_check("");
    CHECK(record.mismatched == 0);
    record.add_check("wrong\n");
    record.add_check("wrong too");
    CHECK(record.mismatched == 2);
    CHECK(record.first_mismatch == "wrong?");
}

TEST_CASE(
    "operation record: of two the counts are added, and the time by whether they ran at the same time") {
    operation_record one;
    one.latency.add(1ms);
    one.skipped = 1;
    one.time = 3s;
    operation_record other;
    other.latency.add(2ms, 2);
    other.call_time.add(1ms, 2);
    other.skipped = 2;
    other.time = 5s;
    other.add_check("wrong");
    other.add_failure(webrtc::failure(webrtc::errc::connection_lost, "it"));
    auto sum = one;
    sum.add(other, true);
    CHECK(sum.calls() == 4);
    CHECK(sum.succeeded() == 3);
    CHECK(sum.call_time.count() == 2);
    CHECK(sum.skipped == 3);
    CHECK(sum.failed == 1);
    CHECK(sum.errors.size() == 1);
    CHECK(sum.mismatched == 1);
    CHECK(sum.first_mismatch == "wrong");
    CHECK(sum.time == 5s);
    other.add(one, false);
    CHECK(other.time == 8s);
    CHECK(other.first_mismatch == "wrong");
    operation_record skipped_only;
    skipped_only.skipped = 1;
    CHECK_FALSE(skipped_only.empty());
}
