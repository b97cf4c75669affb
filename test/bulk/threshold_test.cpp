#include "bulk/report/threshold.hpp"

#include <doctest/doctest.h>

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;

namespace {

// 100 calls of get_session that took 1 ms to 100 ms, and one more that failed, in ten seconds.
report measured_report() {
    report made;
    auto& part = made.parts.emplace_back();
    part.time = 20s;
    auto& get = made.operations.emplace_back();
    get.operation = "get_session";
    for (int i = 1; i <= 100; ++i)
        get.record.latency.add(i * 1ms);
    get.record.failed = 1;
    get.record.mismatched = 2;
    get.record.time = 10s;
    auto& skipped = made.operations.emplace_back();
    skipped.operation = "delete_session";
    skipped.record.skipped = 7;
    made.client.retries = 3;
    return made;
}

threshold_result result_of(const char* condition) {
    return evaluate(parse_threshold(condition), measured_report());
}

bool fulfils(const char* condition) { return result_of(condition).holds; }

std::string refusal_of(const char* condition) {
    try {
        static_cast<void>(parse_threshold(condition));
    } catch (const std::invalid_argument& problem) {
        return problem.what();
    }
    return "none";
}

} // namespace

TEST_CASE("threshold: durations") {
    CHECK(fulfils("get_session.p50<50.1ms"));
    CHECK_FALSE(fulfils("get_session.p50<50ms"));
    CHECK(fulfils("get_session.p99.9<=100ms")); // never over the largest, which is exact
    CHECK_FALSE(fulfils("get_session.p99.9<100ms"));
    CHECK(fulfils("get_session.p99 > 98.9ms"));
    CHECK(fulfils("get_session.max>=100ms"));
    CHECK_FALSE(fulfils("get_session.max>100ms"));
    CHECK(fulfils("get_session.mean<51ms"));
    CHECK_FALSE(fulfils("get_session.mean<50ms"));
    CHECK(fulfils("all.p99<0.2s"));
    const auto result = result_of("get_session.max<50ms");
    CHECK(result.condition == "get_session.max<50ms");
    CHECK(result.value == "100 ms");
    CHECK_FALSE(result.holds);
}

TEST_CASE("threshold: rates, counts and shares") {
    CHECK(fulfils("get_session.rate>=10"));
    CHECK_FALSE(fulfils("get_session.rate>10"));
    CHECK(fulfils("all.rate<=5"));
    CHECK(fulfils("get_session.calls>=101"));
    CHECK(fulfils("get_session.calls<1k"));
    CHECK(fulfils("get_session.failed<=1"));
    CHECK_FALSE(fulfils("all.failed<1"));
    CHECK_FALSE(fulfils("all.mismatched<=0"));
    CHECK_FALSE(fulfils("all.skipped<7"));
    CHECK(fulfils("all.retries<=3"));
    CHECK_FALSE(fulfils("all.error_share<0.9%"));
    CHECK(fulfils("get_session.error_share<1%"));
    CHECK(result_of("all.rate>1").value == "5.0 per second");
    CHECK(result_of("all.error_share<1%").value == "0.9901 %");
    CHECK(result_of("all.failed<1").value == "1");
}

TEST_CASE("threshold: where nothing was measured only counts can hold") {
    for (const auto* condition :
         {"get_endpoint.p50<1h", "get_endpoint.p50>0s", "get_endpoint.mean<1h", "delete_session.max<1h",
          "delete_session.rate>=0", "get_endpoint.error_share<1%"}) {
        CAPTURE(condition);
        CHECK(result_of(condition).value == "none");
        CHECK_FALSE(fulfils(condition));
    }
    CHECK(fulfils("get_endpoint.failed<1"));
    CHECK(fulfils("delete_session.skipped>=7"));
    CHECK_FALSE(fulfils("get_endpoint.calls>0"));
}

TEST_CASE("threshold: what is read, in parts") {
    const auto read = parse_threshold("create_session.p99.99 <= 1.5s");
    CHECK(read.operation == "create_session");
    CHECK(read.metric == threshold_metric::percentile);
    CHECK(read.share == doctest::Approx(0.9999));
    CHECK(read.relation == threshold_relation::at_most);
    CHECK(read.limit == 1.5e9);
    for (const auto* condition : {"all.p75<1s", "all.p95<1s", "all.p0.1>1us", "all.error_share >= 5 %"})
        CHECK_NOTHROW(parse_threshold(condition));
}

TEST_CASE("threshold: what is wrong is told, with what would be right") {
    const std::string form =
        "it is no OPERATION.METRIC, relation (<, <=, > or >=) and value, such as get_session.p99<20ms";
    CHECK(refusal_of("") == "threshold '': " + form);
    CHECK(refusal_of("get_session.p99") == "threshold 'get_session.p99': " + form);
    CHECK(refusal_of("get_session<20ms") == "threshold 'get_session<20ms': " + form);
    CHECK(refusal_of("p50<1.5ms") == "threshold 'p50<1.5ms': " + form);
    CHECK(refusal_of("all.p99=20ms") == "threshold 'all.p99=20ms': " + form);
    const auto operation = refusal_of("get_sessions.p99<20ms");
    CHECK(operation.starts_with(
        "threshold 'get_sessions.p99<20ms': 'get_sessions' is no operation: create_session, "));
    CHECK(operation.ends_with("delete_endpoint, and all are"));
    CHECK(refusal_of("all.p100<1s") ==
          "threshold 'all.p100<1s': 'p100' is no metric: p50, p99.9 and other percentiles, mean, max, rate, "
          "calls, "
          "failed, mismatched, skipped, retries and error_share are");
    for (const auto* condition :
         {"all.p<1s", "all.p0<1s", "all.p-1<1s", "all.p9x<1s", "all.pinf<1s", "all.<1s", "all.P99<1s"}) {
        CAPTURE(condition);
        CHECK(refusal_of(condition).find("is no metric") != std::string::npos);
    }
    CHECK(refusal_of("get_session.retries<1") ==
          "threshold 'get_session.retries<1': retries are counted for 'all' only");
    CHECK(refusal_of("all.p99<20") ==
          "threshold 'all.p99<20': '20' is no duration, such as 500ms, 1.5s or 3m");
    CHECK(refusal_of("all.p99<") == "threshold 'all.p99<': '' is no duration, such as 500ms, 1.5s or 3m");
    CHECK(refusal_of("all.failed<1.5") ==
          "threshold 'all.failed<1.5': '1.5' is no count, such as 5000, 10k or 2M");
    CHECK(refusal_of("all.rate>1/s") ==
          "threshold 'all.rate>1/s': '1/s' is no number of calls per second, such as 500");
    CHECK(refusal_of("all.error_share<0.1") ==
          "threshold 'all.error_share<0.1': '0.1' is no percentage, such as 0.1%");
    CHECK(refusal_of("all.error_share<-1%") ==
          "threshold 'all.error_share<-1%': '-1%' is no percentage, such as 0.1%");
    CHECK(refusal_of("a\x1b.p99<1s").find('\x1b') == std::string::npos);
}
