#include "loopback/fault_plan.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace bandwidth::webrtc::testing;
using namespace std::chrono_literals;
using plan = detail::fault_plan;
using ending = detail::fault_rule::ending;

namespace {

const detail::fault_rule& rule_of(const fault& of) { return detail::fault_access::rule(of); }

} // namespace

TEST_CASE("a fault without conditions meets the next request, once") {
    plan faults;
    CHECK(faults.match("GET", "/a") == nullptr);
    faults.add(fault{}.respond(500));
    CHECK(faults.left() == 1);
    const auto met = faults.match("GET", "/a");
    REQUIRE(met != nullptr);
    CHECK(met->status == 500);
    CHECK(faults.left() == 0);
    CHECK(faults.match("GET", "/a") == nullptr);
}

TEST_CASE("a fault meets its method and its part of the target alone") {
    plan faults;
    faults.add(fault{}.on("PUT", "/sessions/").always());
    CHECK(faults.match("GET", "/v1/sessions/s") == nullptr);
    CHECK(faults.match("PUT", "/v1/participants/p") == nullptr);
    CHECK(faults.match("PUT", "/v1/sessions/s") != nullptr);
    faults.clear();
    faults.add(fault{}.on("", "/participants").always());
    CHECK(faults.match("POST", "/v1/participants") != nullptr);
    CHECK(faults.match("DELETE", "/v1/participants/p") != nullptr);
}

TEST_CASE("after and times count matching requests") {
    plan faults;
    faults.add(fault{}.on("GET").after(2).times(2).respond(503));
    CHECK(faults.match("GET", "/") == nullptr);
    CHECK(faults.match("POST", "/") == nullptr); // does not count
    CHECK(faults.match("GET", "/") == nullptr);
    CHECK(faults.match("GET", "/") != nullptr);
    CHECK(faults.match("GET", "/") != nullptr);
    CHECK(faults.match("GET", "/") == nullptr);
    CHECK(faults.left() == 0);
}

TEST_CASE("the first fault that matches decides, and the next one waits for its turn") {
    plan faults;
    faults.add(fault{}.respond(500));
    faults.add(fault{}.after(1).respond(502));
    CHECK(faults.match("GET", "/")->status == 500);
    CHECK(faults.match("GET", "/") == nullptr); // skipped by the second
    CHECK(faults.match("GET", "/")->status == 502);
}

TEST_CASE("a fault that is to happen no times is none") {
    plan faults;
    faults.add(fault{}.times(0).respond(500));
    CHECK(faults.left() == 0);
    CHECK(faults.match("GET", "/") == nullptr);
}

TEST_CASE("clear forgets all faults") {
    plan faults;
    faults.add(fault{}.always());
    faults.clear();
    CHECK(faults.left() == 0);
    CHECK(faults.match("GET", "/") == nullptr);
}

TEST_CASE("the actions say what becomes of the response and of the connection") {
    CHECK(rule_of(fault{}).end == ending::keep);
    CHECK_FALSE(rule_of(fault{}).keep_bytes.has_value());

    CHECK(rule_of(fault{}.close_after_response()).end == ending::close);
    CHECK(rule_of(fault{}.close_after_response()).connection_close_header);
    CHECK_FALSE(rule_of(fault{}.close_after_response()).keep_bytes.has_value());

    CHECK(rule_of(fault{}.close_before_response()).end == ending::close);
    CHECK(rule_of(fault{}.close_before_response()).keep_bytes == 0);

    CHECK(rule_of(fault{}.reset()).end == ending::reset);
    CHECK(rule_of(fault{}.reset()).keep_bytes == 0);

    CHECK(rule_of(fault{}.truncate_at(9)).end == ending::close);
    CHECK(rule_of(fault{}.truncate_at(9)).keep_bytes == 9);
    CHECK(rule_of(fault{}.truncate_at(9).reset()).end == ending::reset);
    CHECK(rule_of(fault{}.truncate_at(9).reset()).keep_bytes == 9);
    CHECK(rule_of(fault{}.reset().truncate_at(9)).end == ending::reset);
    CHECK(rule_of(fault{}.reset().truncate_at(9)).keep_bytes == 9);

    CHECK(rule_of(fault{}.throttle(7s)).status == 429);
    REQUIRE(rule_of(fault{}.throttle(7s)).headers.size() == 1);
    CHECK(rule_of(fault{}.throttle(7s)).headers[0].first == "Retry-After");
    CHECK(rule_of(fault{}.throttle(7s)).headers[0].second == "7");
    CHECK(rule_of(fault{}.respond(500)).body == std::nullopt);
    CHECK(rule_of(fault{}.respond(500, "text")).body == "text");
}

TEST_CASE("a fault responds with a final status only") {
    CHECK_THROWS_AS(fault{}.respond(199), std::invalid_argument);
    CHECK_THROWS_AS(fault{}.respond(600), std::invalid_argument);
    CHECK_THROWS_AS(fault{}.respond(0, "body"), std::invalid_argument);
    CHECK_NOTHROW(fault{}.respond(200));
    CHECK_NOTHROW(fault{}.respond(599));
}
