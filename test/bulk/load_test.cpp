// How the load is made: at a rate, as lives, as a mix, by several threads and shards.
#include "bulk/journal/journal.hpp"
#include "bulk/whole_run.hpp"

#include <doctest/doctest.h>
#include <algorithm>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace json = boost::json;
namespace testing = bandwidth::webrtc::testing;
using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;
using test::lives_of;
using test::of_service;
using test::record_of;
using test::report_of;
using testing::fault;

namespace {

options mix_of(options chosen, std::vector<weighted_call> mix, std::chrono::nanoseconds duration) {
    chosen.load.mix = std::move(mix);
    chosen.load.duration = duration;
    return chosen;
}

// Of all its values, each as small as its counter allows: never more than they were.
std::chrono::nanoseconds sum_of(const histogram& of) {
    std::chrono::nanoseconds sum{0};
    for (std::size_t counter = 0; counter < of.counters().size(); ++counter)
        sum += of.lowest_of(counter) * static_cast<std::int64_t>(of.counters()[counter]);
    return sum;
}

// Whether random choices, of which each has this probability, may have come out like this: within five standard
// deviations.
bool is_share(std::uint64_t part, std::uint64_t all, double probability) {
    const auto count = static_cast<double>(all);
    return std::abs(static_cast<double>(part) - probability * count) <=
           5 * std::sqrt(probability * (1 - probability) * count);
}

std::uint64_t longer_than(const histogram& of, std::chrono::nanoseconds limit) {
    std::uint64_t count = 0;
    for (std::size_t counter = 0; counter < of.counters().size(); ++counter)
        if (of.lowest_of(counter) >= limit)
            count += of.counters()[counter];
    return count;
}

// A request without what is its own: the method, and the words of its target that are no ids.
std::string kind_of(const testing::received_request& request) {
    std::string kind = request.method();
    std::string_view rest = request.target();
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const auto end = std::min(rest.find('/'), rest.size());
        const auto word = rest.substr(0, end);
        if (word == "sessions" || word == "participants" || word == "subscriptions")
            kind += ' ' + std::string(word);
        rest.remove_prefix(end);
    }
    return kind;
}

// The numbers in the tags of what was created.
std::map<std::string, int> numbers_created(const testing::loopback_server& server, std::string_view what) {
    std::map<std::string, int> numbers;
    for (const auto& request : server.received())
        if (request.method() == "POST" && request.target().ends_with(what)) {
            const auto body = json::parse(request.body());
            const auto tag = std::string(body.at("tag").as_string());
            ++numbers[tag.substr(tag.find('-', tag.find('-') + 1) + 1)];
        }
    return numbers;
}

std::uint64_t succeeded_in(const time_series& series) {
    std::uint64_t all = 0;
    for (const auto& [second, record] : series.records())
        all += record.succeeded();
    return all;
}

} // namespace

TEST_CASE("load: a service that stalls once makes the calls late that were to begin meanwhile") {
    test::observed_service service;
    service.server().inject(fault().on("GET", "/sessions/").after(50).delay(500ms));
    auto chosen = of_service(service, 250, "create,get");
    chosen.load.connections = chosen.load.depth = chosen.load.callers = 1;
    chosen.load.rate = 200;
    const auto made = test::run(chosen);
    CHECK(made.status == 0);
    const auto get = record_of(report_of(made), "get_session");
    CHECK(get.latency.count() == 250);
    CHECK(get.call_time.count() == 250);
    // 100 of them were to begin in the half second: half of these are later than a quarter of it.
    CHECK(longer_than(get.latency, 250ms) >= 45);
    CHECK(get.latency.percentile(0.99) > 450ms);
    // Of the calls themselves one took long. They were one after the other: no time counts twice, however slow the
    // machine is, as it does in the latencies.
    CHECK(get.call_time.max() >= 500ms);
    CHECK(sum_of(get.call_time) <= get.time);
    CHECK(sum_of(get.latency) > get.time);
}

TEST_CASE("load: with a rate no call begins before its time, and all are made") {
    test::observed_service service;
    for (const auto process : {arrival_process::constant, arrival_process::poisson}) {
        auto chosen = of_service(service, 100, "create,get");
        chosen.load.rate = 400;
        chosen.load.process = process;
        const auto made = test::run(chosen);
        CHECK(made.status == 0);
        for (const auto& one : report_of(made).operations) {
            CHECK(one.record.calls() == 100);
            // Of a Poisson process the sum of 100 distances varies by a tenth.
            CHECK(one.record.time >= (process == arrival_process::constant ? 247ms : 125ms));
        }
    }
    CHECK(service.server().session_count() == 0);
}

TEST_CASE("load: a ramp takes the rate of half of its time") {
    test::observed_service service;
    auto chosen = of_service(service, 100, "create");
    chosen.load.rate = 400;
    chosen.load.ramp = 400ms; // 80 begin in it, and the other 20 in 50 ms
    const auto made = test::run(chosen);
    CHECK(record_of(report_of(made), "create_session").time >= 447ms);
}

TEST_CASE("load: what is over the number of callers waits, and its wait counts") {
    test::observed_service service(testing::loopback_options().delay(50ms));
    auto chosen = of_service(service, 20, "create,get");
    chosen.load.connections = 1;
    chosen.load.callers = 2;
    chosen.load.rate = 200; // two callers make 40 in each second
    const auto made = test::run(chosen);
    const auto get = record_of(report_of(made), "get_session");
    CHECK(service.server().stats().max_pipelined <= 2);
    CHECK(get.latency.max() >= 10 * 50ms - 95ms); // the last was to begin after 95 ms
    CHECK(get.call_time.min() >= 50ms);
    CHECK(get.call_time.percentile(0.5) < get.latency.percentile(0.9));
}

TEST_CASE("load: without a rate there is no service time") {
    test::observed_service service;
    const auto made = test::run(of_service(service, 10, "create,get"));
    CHECK(record_of(report_of(made), "get_session").call_time.count() == 0);
}

TEST_CASE("load: queueing, connecting and service are told apart") {
    test::observed_service service(testing::loopback_options().delay(30ms));
    auto chosen = of_service(service, 6, "create,get");
    chosen.load.connections = chosen.load.depth = 1;
    chosen.load.callers = 2;
    const auto made = test::run(chosen);
    CHECK(made.status == 0);
    const auto create = record_of(report_of(made), "create_session");
    CHECK(create.connecting.count() == 1);
    CHECK(create.connecting.max() > 0ns);
    const auto get = record_of(report_of(made), "get_session");
    CHECK(get.connecting.count() == 0);
    CHECK(get.queueing.count() == 6);
    CHECK(get.queueing.max() >= 25ms); // one of the two callers waits for the other's response
    CHECK(get.service.count() == 6);
    CHECK(get.service.min() >= 30ms);
    CHECK(get.latency.max() >= get.service.min() + get.queueing.max());
}

TEST_CASE("load: what is sent again is told by operation") {
    test::observed_service service;
    service.server().inject(fault().on("GET", "/sessions/").after(1).times(2).respond(503));
    auto chosen = of_service(service, 5, "create,get,delete");
    chosen.load.callers = 1;
    chosen.load.attempts = settings().attempts;
    const auto made = test::run(chosen);
    CHECK(made.status == 0);
    CHECK(record_of(report_of(made), "create_session").sent_again == 0);
    CHECK(record_of(report_of(made), "get_session").sent_again == 2);
    CHECK(record_of(report_of(made), "delete_session").sent_again == 0);
}

TEST_CASE("load: a life has all its calls, one after the other") {
    test::observed_service service(testing::loopback_options().record_requests(true));
    auto chosen = lives_of(service.chosen(api_family::webrtc, default_operations(api_family::webrtc)));
    chosen.load.sessions = 5;
    chosen.load.participants = 2;
    chosen.load.callers = 1;
    const auto made = test::run(chosen);
    CHECK(made.status == 0);
    const auto lives = report_of(made).lives();
    REQUIRE(lives);
    CHECK(lives->planned == 5);
    CHECK(lives->complete == 5);
    CHECK(lives->failed == 0);
    CHECK(lives->complete_before == 0);
    const auto twice = [](const std::string& kind) { return std::vector<std::string>{kind, kind}; };
    std::vector<std::string> life = {"POST sessions"};
    for (const auto& step : {twice("POST participants"),
                             twice("PUT sessions participants"),
                             {"GET sessions"},
                             twice("GET participants"),
                             {"GET sessions participants"},
                             twice("PUT sessions participants subscriptions"),
                             twice("GET sessions participants subscriptions"),
                             twice("DELETE sessions participants"),
                             twice("DELETE participants"),
                             {"DELETE sessions"}})
        life.insert(life.end(), step.begin(), step.end());
    const auto requests = service.server().received();
    REQUIRE(requests.size() == 5 * life.size());
    for (std::size_t number = 0; number < requests.size(); ++number)
        CHECK(kind_of(requests[number]) == life[number % life.size()]);
}

TEST_CASE("load: lives go on beside each other, at a rate too") {
    test::observed_service service;
    for (const double rate : {0.0, 200.0}) {
        auto chosen = lives_of(service.chosen(api_family::webrtc, default_operations(api_family::webrtc)));
        chosen.load.rate = rate;
        const auto made = test::run(chosen);
        CHECK(made.status == 0);
        CHECK(report_of(made).lives()->complete == 20);
        CHECK(made.report.at("totals").at("calls") == 4 * 20 + 7 * 60);
        CHECK(made.report.at("totals").at("mismatched") == 0);
    }
    CHECK(service.server().session_count() == 0);
    CHECK(service.server().participant_count() == 0);
}

TEST_CASE("load: between the calls of a life are the think times") {
    test::observed_service service;
    auto chosen = lives_of(of_service(service, 3, "create,get,delete"));
    chosen.load.callers = 1;
    chosen.load.think_min = 20ms;
    chosen.load.think_max = 30ms;
    const auto made = test::run(chosen);
    CHECK(made.status == 0);
    CHECK(report_of(made).lives()->complete == 3);
    // The calls and the pauses are one after the other, so a pause is in no latency.
    std::chrono::nanoseconds calls{0};
    for (const auto& one : report_of(made).operations)
        calls += sum_of(one.record.latency);
    CHECK(calls + 3 * 2 * 20ms <= report_of(made).time());
}

TEST_CASE("load: after the duration no life begins, and those that have begun end") {
    test::observed_service service;
    for (const double rate : {0.0, 100.0}) {
        auto chosen = lives_of(of_service(service, 1'000'000, "create,get,delete"));
        chosen.load.duration = 300ms;
        chosen.load.rate = rate;
        chosen.load.think_min = chosen.load.think_max = 10ms;
        const auto made = test::run(chosen);
        CHECK(made.status == 0);
        const auto lives = report_of(made).lives();
        CHECK(lives->planned > 0);
        CHECK(lives->planned == lives->complete);
        CHECK(report_of(made).parts[0].job == "sessions with 0 participants each, for 300 ms");
        if (rate > 0)
            CHECK(lives->planned <= 30);
        CHECK(record_of(report_of(made), "delete_session").succeeded() == lives->complete);
        CHECK(service.server().session_count() == 0);
    }
}

TEST_CASE("load: a life with a call that fails counts as failed, and what it leaves is deleted") {
    test::observed_service service;
    service.server().inject(fault().on("GET", "/sessions/").after(3).times(2).respond(500));
    service.server().inject(fault().on("DELETE", "/sessions/").after(5).times(2).respond(500));
    auto chosen = lives_of(of_service(service, 20, "create,get,delete"));
    chosen.load.callers = 1;
    const auto made = test::run(chosen);
    CHECK(made.status == 1);
    const auto lives = report_of(made).lives();
    CHECK(lives->planned == 20);
    CHECK(lives->complete == 16);
    CHECK(lives->failed == 4);
    CHECK(made.thing("session").at("deleted") == 2);
    CHECK(service.server().session_count() == 0);
}

TEST_CASE("load: a life with a wrong response counts as failed") {
    test::observed_service service;
    auto chosen = lives_of(of_service(service, 5, "create"));
    chosen.load.callers = 1;
    service.server().inject(fault().on("POST", "/sessions").respond(201, R"({"id":"made","tag":"x"})"));
    const auto made = test::run(chosen);
    CHECK(made.status == 1);
    CHECK(report_of(made).lives()->complete == 4);
    CHECK(report_of(made).lives()->failed == 1);
}

TEST_CASE("load: endpoints have lives, too") {
    test::observed_service service;
    auto chosen = lives_of(service.chosen(api_family::brtc, "create,get,delete"));
    chosen.load.think_max = 2ms;
    const auto made = test::run(chosen);
    CHECK(made.status == 0);
    CHECK(report_of(made).lives()->complete == 20);
    CHECK(record_of(report_of(made), "delete_endpoint").succeeded() == 20);
    CHECK(service.server().endpoint_count() == 0);
}

TEST_CASE("load: a mix has the shares of its weights, and ends with its time") {
    test::observed_service service;
    auto chosen = mix_of(service.chosen(api_family::webrtc, "create,join,delete"),
                         {{call_kind::get_session, 3}, {call_kind::get_participant, 1}}, 500ms);
    const auto made = test::run(chosen);
    CHECK(made.status == 0);
    const auto sessions = record_of(report_of(made), "get_session").succeeded();
    const auto all = sessions + record_of(report_of(made), "get_participant").succeeded();
    CHECK(all > 0);
    CHECK(is_share(sessions, all, 0.75));
    CHECK(made.report.at("totals").at("mismatched") == 0);
    CHECK(record_of(report_of(made), "create_session").succeeded() == 20);
    CHECK(record_of(report_of(made), "delete_session").succeeded() == 20);
    CHECK(service.server().session_count() == 0);
}

TEST_CASE("load: a mix of updates and reads finds no wrong response, however long these take") {
    test::observed_service service(testing::loopback_options().delay(3ms));
    auto chosen = mix_of(service.chosen(api_family::webrtc, "create,join,delete"),
                         {{call_kind::update_participant_subscriptions, 1},
                          {call_kind::get_participant_subscriptions, 2},
                          {call_kind::list_session_participants, 1}},
                         400ms);
    chosen.load.sessions = 3; // and 16 callers
    const auto made = test::run(chosen);
    CHECK(made.status == 0);
    CHECK(made.report.at("totals").at("mismatched") == 0);
    const auto updates = record_of(report_of(made), "update_participant_subscriptions").succeeded();
    const auto lists = record_of(report_of(made), "list_session_participants").succeeded();
    CHECK(updates + lists > 0);
    CHECK(is_share(updates, updates + lists, 0.5));
}

TEST_CASE("load: the calls of the warm-up are in the series, and not in the operations") {
    test::observed_service service;
    auto chosen = mix_of(of_service(service, 20, "create"), {{call_kind::get_session, 1}}, 600ms);
    chosen.load.warm_up = 200ms;
    chosen.load.rate = 100;
    const auto made = report_of(test::run(chosen));
    const auto get = record_of(made, "get_session");
    const auto in_mix = succeeded_in(made.series) - 20;
    CHECK(record_of(made, "create_session").succeeded() == 20); // phases have no warm-up
    CHECK(get.succeeded() > 0);
    // The first 20 of the schedule, whenever they were made.
    CHECK(in_mix - get.succeeded() == 20);
    CHECK(service.server().stats().requests_get == in_mix);
    CHECK(get.time >= 390ms); // the last one was to begin after 590 ms
}

TEST_CASE("load: threads share the sessions among them") {
    for (const std::size_t sessions : {10U, 2U}) {
        test::observed_service service(testing::loopback_options().record_requests(true));
        auto chosen = service.chosen(api_family::webrtc, default_operations(api_family::webrtc));
        chosen.load.sessions = sessions;
        chosen.load.participants = 2;
        chosen.load.connections = chosen.load.threads = 3;
        const auto made = test::run(chosen);
        CHECK(made.status == 0);
        CHECK(made.report.at("totals").at("calls") == 18 * sessions);
        CHECK(numbers_created(service.server(), "/sessions").size() == sessions);
        CHECK(numbers_created(service.server(), "/participants").size() == 2 * sessions);
        CHECK(service.server().stats().connections_accepted == std::min<std::size_t>(3, sessions));
        CHECK(service.server().session_count() == 0);
    }
}

TEST_CASE("load: threads share the rate, the lives, the mix and the deleting at the end") {
    test::observed_service service;
    auto chosen = service.chosen(api_family::webrtc, "create,join,get");
    chosen.load.connections = chosen.load.threads = 3;
    chosen.load.rate = 1000;
    const auto phases = test::run(
        mix_of(chosen, {{call_kind::get_session, 1}, {call_kind::list_session_participants, 1}}, 200ms));
    CHECK(phases.status == 0);
    CHECK(phases.thing("session").at("deleted") == 20);
    CHECK(phases.thing("participant").at("deleted") == 60);
    const auto lists = record_of(report_of(phases), "list_session_participants").succeeded();
    const auto all = lists + record_of(report_of(phases), "get_session").succeeded();
    CHECK(all > 0);
    CHECK(is_share(lists, all, 0.5));
    const auto lives = test::run(lives_of(chosen));
    CHECK(lives.status == 0);
    CHECK(report_of(lives).lives()->planned == 20);
    CHECK(report_of(lives).lives()->complete == 20);
    CHECK(service.server().session_count() == 0);
}

TEST_CASE("load: threads write one journal") {
    test::observed_service service;
    const test::temporary_folder folder;
    auto chosen = service.chosen(api_family::webrtc, "create,join");
    chosen.load.connections = chosen.load.threads = 3;
    chosen.no_journal = false;
    chosen.journal = folder.file("journal");
    service.server().inject(
        fault().on("DELETE").always().respond(500)); // so that the clean-up leaves all of it
    const auto made = test::run(chosen);
    CHECK(made.status == 1);
    const auto left = read_journal(chosen.journal);
    CHECK(left.ended);
    CHECK(left.of(thing_kind::session).existing.size() == 20);
    CHECK(left.of(thing_kind::participant).existing.size() == 60);
    service.server().clear_faults();
    chosen.wanted = command::clean_up;
    chosen.resumes = true;
    chosen.json = "";
    const auto cleaned = test::run(chosen);
    CHECK(cleaned.status == 0);
    CHECK(service.server().session_count() == 0);
    CHECK(service.server().participant_count() == 0);
    const auto journal = read_journal(chosen.journal);
    CHECK(journal.of(thing_kind::session).existing.empty());
    CHECK(journal.of(thing_kind::participant).existing.empty());
}

TEST_CASE("load: a list of all endpoints is made once, by whichever number of threads") {
    test::observed_service service;
    auto chosen = service.chosen(api_family::brtc, "create,list,delete");
    chosen.load.connections = chosen.load.threads = 3;
    const auto made = test::run(chosen);
    CHECK(made.status == 0);
    CHECK(record_of(report_of(made), "list_endpoints").calls() == 2);
    CHECK(service.server().endpoint_count() == 0);
}

TEST_CASE("load: shards have no work in common, leave none out, and make one report") {
    test::observed_service service(testing::loopback_options().record_requests(true));
    std::vector<report> parts;
    for (std::size_t index = 1; index <= 4; ++index) {
        auto chosen = service.chosen(api_family::webrtc, "create,get,delete");
        chosen.load.sessions = 10;
        chosen.load.part = {index, 4};
        chosen.run_id = "together";
        const auto made = test::run(chosen);
        CHECK(made.status == 0);
        parts.push_back(report_of(made));
        CHECK(record_of(parts.back(), "create_session").calls() == (index <= 2 ? 3 : 2));
    }
    auto all = parts.front();
    for (std::size_t number = 1; number < parts.size(); ++number)
        merge(all, parts[number]);
    CHECK(all.totals().record.calls() == 3 * 10 + 3 * 30);
    CHECK(all.exit_status == 0);
    const auto numbers = numbers_created(service.server(), "/sessions");
    CHECK(numbers.size() == 10);
    for (const auto& [number, count] : numbers)
        CHECK(count == 1);
    CHECK(numbers_created(service.server(), "/participants").size() == 30);
    CHECK(service.server().session_count() == 0);
}

TEST_CASE("load: a shard that has no sessions does nothing, and all is well") {
    test::observed_service service;
    for (const auto shape : {load_shape::phases, load_shape::lives}) {
        auto chosen = of_service(service, 3, "create,get,delete");
        chosen.load.shape = shape;
        chosen.load.part = {4, 4};
        CHECK(test::run(chosen).status == 0);
    }
    CHECK(service.server().stats().requests() == 0);
}

TEST_CASE("load: a service that asks for fewer requests gets them all in the end") {
    test::observed_service service(testing::loopback_options().rate_limit(60, 1s));
    // One response of those is certain, even where 60 requests take more than a second.
    service.server().inject(fault().on("GET", "/sessions/").throttle(1s));
    auto chosen = of_service(service, 50, "create,get,delete");
    chosen.load.attempts = settings().attempts;
    const auto made = test::run(chosen);
    CHECK(made.status == 0);
    CHECK(made.report.at("totals").at("failed") == 0);
    CHECK(made.report.at("totals").at("calls") == 150);
    const auto refused = service.server().stats().responses_4xx;
    CHECK(refused > 0);
    CHECK(made.report.at("client").at("retries") == refused);
    CHECK(made.report.at("client").at("retries_throttled") == refused);
    CHECK(service.server().session_count() == 0);
}

TEST_CASE("load: what a schedule had and did not begin is counted, and is no more than there was to do") {
    test::observed_service service(testing::loopback_options().delay(20ms));
    auto chosen = lives_of(of_service(service, 100'000, "create"));
    chosen.load.callers = 1;
    chosen.load.rate = 1'000;
    chosen.load.duration = 500ms;
    const auto made = report_of(test::run(chosen));
    const auto begun = record_of(made, "create_session").calls();
    CHECK(begun <= 26); // one at a time, and the last one may begin just before the end
    CHECK(made.parts[0].not_begun > 0);
    CHECK(begun + made.parts[0].not_begun == 500);
    chosen.load.sessions = 40;
    const auto few = report_of(test::run(chosen));
    CHECK(record_of(few, "create_session").calls() + few.parts[0].not_begun == 40);
}
