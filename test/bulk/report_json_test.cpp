#include "bulk/report/report.hpp"

#include <doctest/doctest.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <functional>
#include <limits>

#include "bulk/any_report.hpp"
#include "bulk/temporary_file.hpp"

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

// Through its text, as a reader gets it.
report read_again(const report& written) {
    return parse_report(json::parse(json::serialize(to_json(written))));
}

// Two operations and seconds, of which every field has a value.
json::value full_report() {
    report made;
    for (std::uint64_t seed = 1; made.operations.size() < 3 || !made.parts.front().lives; ++seed) {
        support::random_numbers random(seed, 0);
        made = made_up::any_report(random);
    }
    return to_json(made);
}

std::string refusal_of(const json::value& written) {
    try {
        static_cast<void>(parse_report(written));
    } catch (const std::invalid_argument& problem) {
        return problem.what();
    }
    return "none";
}

std::string refusal_with(const std::function<void(json::value&)>& change) {
    auto written = full_report();
    change(written);
    return refusal_of(written);
}

json::object& operation_of(json::value& written) { return written.at("operations").at(0).as_object(); }
json::object& part_of(json::value& written) { return written.at("parts").at(0).as_object(); }
json::object& second_of(json::value& written) { return written.at("series").at(0).as_object(); }

// Every object in the value, at any depth, but the settings, which may hold anything.
void for_each_object(json::value& in, const std::function<void(json::object&)>& call) {
    if (auto* const list = in.if_array()) {
        for (auto& one : *list)
            for_each_object(one, call);
    } else if (auto* const object = in.if_object()) {
        call(*object);
        for (auto& [name, value] : *object)
            if (name != "settings")
                for_each_object(value, call);
    }
}

} // namespace

TEST_CASE("report json: what was written is there again, of any report") {
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
        CAPTURE(seed);
        support::random_numbers random(seed, 0);
        const auto made = made_up::any_report(random);
        const auto again = read_again(made);
        REQUIRE(json::serialize(to_json(again)) == json::serialize(to_json(made)));
        REQUIRE(again.operations.size() == made.operations.size());
        for (std::size_t i = 0; i < made.operations.size(); ++i) {
            CHECK(made_up::same(again.operations[i].record.latency, made.operations[i].record.latency));
            for (const auto times : {&operation_record::call_time, &operation_record::queueing,
                                     &operation_record::connecting, &operation_record::service})
                CHECK(made_up::same(again.operations[i].record.*times, made.operations[i].record.*times));
            CHECK(again.operations[i].record.sent_again == made.operations[i].record.sent_again);
        }
        REQUIRE(again.series.records().size() == made.series.records().size());
        for (const auto& [second, record] : made.series.records())
            CHECK(made_up::same(again.series.records().at(second).latency, record.latency));
        CHECK(again.thresholds.size() == made.thresholds.size());
        CHECK(again.client.deepest_pipeline == made.client.deepest_pipeline);
    }
}

TEST_CASE("report json: merged reports can be written and read, and merged again") {
    support::random_numbers random(3, 0);
    auto all = made_up::any_report(random, 1);
    const auto second = made_up::any_report(random, 2);
    const auto resumed = made_up::any_report(random, 1, 1h);
    merge(all, second);
    auto again = read_again(all);
    CHECK(json::serialize(to_json(again)) == json::serialize(to_json(all)));
    merge(again, resumed);
    merge(all, resumed);
    CHECK(json::serialize(to_json(again)) == json::serialize(to_json(all)));
}

TEST_CASE("report json: fields that this program does not know are no problem") {
    CHECK(refusal_with([](auto& written) {
              for_each_object(
                  written,
                  [](auto& object) {
                      if (!object.contains("create_session")) // the times of the operations, by name
                          object["added_later"] = "a text";
                  });
          }) == "none");
}

TEST_CASE(
    "report json: without one of its fields or with one of another type it is refused, or reads as before") {
    // What is made from other fields, or is there only sometimes, is not read.
    const auto original = full_report();
    std::size_t refused = 0;
    std::size_t count = 0;
    auto counted = original;
    for_each_object(counted, [&](auto& object) { count += object.size(); });
    REQUIRE(count > 200);
    for (std::size_t number = 0; number < count; ++number) {
        for (const bool removed : {true, false}) {
            auto changed = original;
            std::size_t left = number;
            bool done = false;
            for_each_object(changed, [&](auto& object) {
                if (done)
                    return;
                if (left >= object.size()) {
                    left -= object.size();
                    return;
                }
                done = true;
                const std::string name((object.begin() + left)->key());
                if (removed)
                    object.erase(name);
                else
                    object[name] = json::array{json::array{}};
            });
            const auto refusal = refusal_of(changed);
            CHECK(refusal != "");
            refused += refusal != "none";
        }
    }
    CHECK(refused > count);
}

TEST_CASE("report json: it tells what is missing or wrong") {
    CHECK(refusal_of(json::array()) == "it is no report of bandwidth-webrtc-bulk");
    CHECK(refusal_of(json::object{{"program", "wrk"}}) == "it is no report of bandwidth-webrtc-bulk");
    CHECK(refusal_with([](auto& r) { r.as_object()["schema"] = 1; }) ==
          "its schema is another one than this program's, which is 2");
    CHECK(refusal_with([](auto& r) { r.as_object().erase("parts"); }) == "its 'parts' is missing");
    CHECK(refusal_with([](auto& r) { r.as_object()["parts"] = json::array(); }) == "its 'parts' are empty");
    CHECK(refusal_with([](auto& r) { r.as_object()["series"] = 1; }) == "its 'series' is no array");
    CHECK(refusal_with([](auto& r) { operation_of(r)["operation"] = 7; }) == "its 'operation' is no text");
    CHECK(refusal_with([](auto& r) { operation_of(r)["failed"] = -1; }) == "its 'failed' is no count");
    CHECK(refusal_with([](auto& r) { operation_of(r)["failed"] = 1.5; }) == "its 'failed' is no count");
    CHECK(refusal_with([](auto& r) { operation_of(r)["time_ns"] = -1; }) == "its 'time_ns' is no time");
    CHECK(refusal_with([](auto& r) { operation_of(r)["succeeded"] = 1'000'000; }) ==
          "its 'succeeded' is not what its latencies count");
    CHECK(refusal_with([](auto& r) {
              r.at("thresholds").as_array().push_back(json::object{{"condition", "a"}});
          }) == "its 'value' is missing");
}

TEST_CASE("report json: numbers that no run has are refused, before any sum of them overflows") {
    constexpr auto largest = std::numeric_limits<std::int64_t>::max();
    constexpr auto far = std::int64_t{1'000'000'000'000'000'000};
    CHECK(refusal_with([&](auto& r) { operation_of(r)["failed"] = largest; }) == "its 'failed' is too large");
    CHECK(refusal_with([&](auto& r) { operation_of(r)["time_ns"] = largest; }) ==
          "its 'time_ns' is too long a time");
    CHECK(refusal_with([&](auto& r) { part_of(r)["started_ns"] = largest; }) ==
          "its 'started_ns' is too long a time");
    CHECK(refusal_with([&](auto& r) { part_of(r)["time_ns"] = largest; }) ==
          "its 'time_ns' is too long a time");
    CHECK(refusal_with([&](auto& r) { second_of(r)["second"] = far; }) == "its 'second' is too large");
    CHECK(refusal_with([&](auto& r) { second_of(r)["second"] = -far; }) == "its 'second' is no count");
    CHECK(refusal_with([&](auto& r) { part_of(r)["signal"] = largest; }) == "its 'signal' is too large");
    CHECK(refusal_with([&](auto& r) { r.as_object()["exit_status"] = 256; }) ==
          "its 'exit_status' is too large");
    CHECK(refusal_with([&](auto& r) { part_of(r)["shard_index"] = 5; }) == "its 'shard_index' is too large");
    CHECK(refusal_with([&](auto& r) { part_of(r)["shard_index"] = 0; }) ==
          "its 'shard_index' is 0, and the first is 1");
}

TEST_CASE("report json: histograms that contradict themselves are refused") {
    const auto refusal = [](json::array counters, std::int64_t min, std::int64_t max) {
        return refusal_with([&](auto& r) {
            operation_of(r)["latency_ns"] =
                json::object{{"counters", std::move(counters)}, {"min", min}, {"max", max}};
        });
    };
    const std::string contradiction = "a histogram's figures contradict each other";
    CHECK(refusal({5, 1, 5, 1}, 320, 320) == "its 'counters' are not in order");
    CHECK(refusal({5, 1, 4, 1}, 320, 320) == "its 'counters' are not in order");
    CHECK(refusal({1'000'000'000'000, 1}, 0, 0) == "its 'counters' are not in order");
    CHECK(refusal({5, 1, 6}, 320, 400) == "its 'counters' are no pairs");
    CHECK(refusal({5, -1}, 320, 320) == "its 'counters' is no count");
    CHECK(refusal({5, 1}, 320, 400) == contradiction);
    CHECK(refusal({5, 1}, 400, 320) == contradiction);
    CHECK(refusal({5, 1}, -1, 320) == "its 'min' is no time");
    // Together they would be 0 again.
    constexpr auto half = std::uint64_t{1} << 63;
    CHECK(refusal({0, half, 5, half}, 0, 320) == contradiction);
}

TEST_CASE("report json: nothing may be there twice") {
    CHECK(refusal_with([](auto& r) { r.at("operations").as_array().push_back(r.at("operations").at(0)); }) ==
          "its 'operations' have one twice");
    CHECK(refusal_with([](auto& r) { r.at("series").as_array().push_back(r.at("series").at(0)); }) ==
          "its 'series' has a second twice");
    CHECK(refusal_with([](auto& r) {
              for (int i = 0; i < 100; ++i)
                  r.at("operations").as_array().push_back(r.at("operations").at(0));
          }) == "its 'operations' are too many");
}

TEST_CASE("report json: what is read cannot command a terminal") {
    auto written = full_report();
    part_of(written)["ended_early"] = "a\x1b[31m\n";
    CHECK(parse_report(written).parts.front().ended_early == "a?[31m?");
}

TEST_CASE(
    "report json: text that was changed anywhere is refused with a reason, or can be used like any report") {
    const std::vector<std::string> pieces = {"-1",
                                             "0",
                                             "9223372036854775807",
                                             "18446744073709551615",
                                             "1e300",
                                             "1e18",
                                             "9007199254740992",
                                             "null",
                                             "[]",
                                             "{}",
                                             "\"\"",
                                             "",
                                             "true",
                                             "-0.0"};
    int read = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        support::random_numbers random(seed, 0);
        auto made = made_up::any_report(random);
        if (made.operations.size() > 1)
            made.operations.resize(1);
        for (auto& one : made.operations)
            one.record.latency = made_up::latencies(random, 3);
        auto text = json::serialize(to_json(made));
        // One of its numbers becomes something else, or any of its bytes.
        for (unsigned changes = 1 + random.pick(2); changes > 0; --changes) {
            const auto from =
                text.find_first_of("0123456789", random.pick(static_cast<unsigned>(text.size())));
            const auto to = text.find_first_not_of("0123456789", from);
            if (from == std::string::npos || to == std::string::npos || random.one_in(5))
                text[random.pick(static_cast<unsigned>(text.size()))] = static_cast<char>(random.pick(256));
            else
                text.replace(from, to - from, pieces[random.pick(static_cast<unsigned>(pieces.size()))]);
        }
        json::error_code error;
        const auto written = json::parse(text, error);
        if (error || refusal_of(written) != "none") {
            CHECK(refusal_of(written) != "");
            continue;
        }
        ++read;
        auto again = parse_report(written);
        CHECK(json::serialize(to_json(read_again(again))) == json::serialize(to_json(again)));
        auto other = again;
        for (auto& part : other.parts)
            part.run_id += "of another";
        merge(again, other);
        CHECK(format_report(again) != "");
        CHECK(format_clean_up(again).find('\x1b') == std::string::npos);
    }
    CHECK(read > 30);
    CHECK(read < 290);
}

TEST_CASE("report json: a file's problems name the file") {
    const auto refusal = [](const std::string& path) -> std::string {
        try {
            static_cast<void>(read_report(path));
        } catch (const std::invalid_argument& problem) {
            return problem.what();
        }
        return "none";
    };
    CHECK(refusal("/nowhere/report.json") == "/nowhere/report.json: cannot be read");
    CHECK(refusal("/tmp") == "/tmp: cannot be read");
    const test::temporary_file broken("{\"a\":");
    CHECK(refusal(broken.path()).starts_with(broken.path() + ": is no JSON: "));
    const test::temporary_file other("{}");
    CHECK(refusal(other.path()) == other.path() + ": it is no report of bandwidth-webrtc-bulk");
    const test::temporary_file good(json::serialize(full_report()));
    CHECK(refusal(good.path()) == "none");
}
