#include "bulk/report/client_figures.hpp"
#include "bulk/report/report.hpp"

#include <boost/json/parse.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace bandwidth::webrtc::bulk {

namespace json = boost::json;

namespace {

[[noreturn]] void refuse_field(std::string_view name, const char* problem) {
    throw std::invalid_argument("its '" + std::string(name) + "' " + problem);
}

const json::value& field(const json::object& from, std::string_view name) {
    const auto* const found = from.if_contains({name.data(), name.size()});
    if (found == nullptr)
        refuse_field(name, "is missing");
    return *found;
}

const json::object& object_of(const json::object& from, std::string_view name) {
    const auto* const found = field(from, name).if_object();
    if (found == nullptr)
        refuse_field(name, "is no object");
    return *found;
}

const json::array& array_field(const json::object& from, std::string_view name) {
    const auto* const found = field(from, name).if_array();
    if (found == nullptr)
        refuse_field(name, "is no array");
    return *found;
}

std::uint64_t number_of(const json::value& from, std::string_view name) {
    json::error_code error;
    const auto number = from.to_number<std::uint64_t>(error);
    if (error)
        refuse_field(name, "is no count");
    return number;
}

std::uint64_t count_of(const json::object& from, std::string_view name) {
    return number_of(field(from, name), name);
}

std::chrono::nanoseconds time_of(const json::object& from, std::string_view name) {
    json::error_code error;
    const auto number = field(from, name).to_number<std::int64_t>(error);
    if (error || number < 0)
        refuse_field(name, "is no time");
    return std::chrono::nanoseconds(number);
}

std::string text_of(const json::object& from, std::string_view name) {
    const auto* const found = field(from, name).if_string();
    if (found == nullptr)
        refuse_field(name, "is no text");
    return {found->data(), found->size()};
}

std::string optional_text(const json::object& from, std::string_view name) {
    return from.contains({name.data(), name.size()}) ? text_of(from, name) : std::string();
}

const json::object& element(const json::value& from, std::string_view name) {
    const auto* const found = from.if_object();
    if (found == nullptr)
        refuse_field(name, "has an element that is no object");
    return *found;
}

histogram parse_histogram(const json::object& from, std::string_view name, precision precision) {
    histogram empty(precision);
    if (field(from, name).is_null())
        return empty;
    const auto& written = object_of(from, name);
    const auto& pairs = array_field(written, "counters");
    std::vector<std::uint64_t> counters;
    for (std::size_t at = 0; at + 1 < pairs.size(); at += 2) {
        const auto number = number_of(pairs[at], "counters");
        if (number > empty.counter_of(histogram::longest) || number < counters.size())
            refuse_field("counters", "are not in order");
        counters.resize(static_cast<std::size_t>(number) + 1);
        counters.back() = number_of(pairs[at + 1], "counters");
    }
    return histogram::from_figures(precision, std::move(counters), time_of(written, "min"),
                                   time_of(written, "max"));
}

operation_figures parse_operation(const json::object& from) {
    operation_figures made;
    made.operation = text_of(from, "operation");
    auto& record = made.record;
    record.latency = parse_histogram(from, "latency_ns", precision::fine);
    record.service_time = parse_histogram(from, "service_time_ns", precision::fine);
    record.failed = count_of(from, "failed");
    record.mismatched = count_of(from, "mismatched");
    record.skipped = count_of(from, "skipped");
    record.time = time_of(from, "time_ns");
    record.first_mismatch = optional_text(from, "first_mismatch");
    for (const auto& one : array_field(from, "errors")) {
        const auto& error = element(one, "errors");
        record.errors[text_of(error, "kind")] = {count_of(error, "count"), text_of(error, "first")};
    }
    if (record.succeeded() != count_of(from, "succeeded"))
        refuse_field("succeeded", "is not what its latencies count");
    return made;
}

time_series parse_series(const json::object& from) {
    time_series made;
    const auto& seconds = array_field(from, "seconds");
    if (seconds.size() > time_series::longest)
        refuse_field("seconds", "are too many");
    json::error_code error;
    auto second = field(from, "first").to_number<std::int64_t>(error);
    if (error)
        refuse_field("first", "is no time");
    for (const auto& one : seconds) {
        const auto& written = element(one, "seconds");
        auto& record = made.at(time_series::seconds(second++));
        record.latency = parse_histogram(written, "latency_ns", precision::coarse);
        record.failed = count_of(written, "failed");
        record.mismatched = count_of(written, "mismatched");
        record.retries = count_of(written, "retries");
        record.throttled = count_of(written, "throttled");
        record.queue_wait_ns = count_of(written, "queue_wait_ns");
        record.dials = count_of(written, "dials");
        record.in_flight = count_of(written, "in_flight");
        record.queued = count_of(written, "queued");
    }
    return made;
}

clean_up_record parse_clean_up(const json::object& from) {
    clean_up_record made;
    for (const auto& one : array_field(from, "things")) {
        const auto& thing = element(one, "things");
        made.things.push_back({text_of(thing, "noun"), count_of(thing, "deleted"), count_of(thing, "left")});
    }
    made.unknown_creations = count_of(from, "unknown_creations");
    made.time = time_of(from, "time_ns");
    made.first_error = optional_text(from, "first_error");
    return made;
}

std::optional<life_record> parse_lives(const json::object& from) {
    if (field(from, "lives").is_null())
        return std::nullopt;
    const auto& written = object_of(from, "lives");
    life_record made;
    made.planned = count_of(written, "planned");
    made.complete_before = count_of(written, "complete_before");
    made.complete = count_of(written, "complete");
    made.failed = count_of(written, "failed");
    return made;
}

part_record parse_part(const json::object& from) {
    part_record made;
    made.run_id = text_of(from, "run_id");
    made.shard_index = static_cast<std::size_t>(count_of(from, "shard_index"));
    made.shard_count = static_cast<std::size_t>(count_of(from, "shard_count"));
    made.job = text_of(from, "job");
    made.service = text_of(from, "service");
    made.base_url = text_of(from, "base_url");
    made.settings = object_of(from, "settings");
    made.started = time_of(from, "started_ns");
    made.time = time_of(from, "time_ns");
    made.signal = static_cast<int>(count_of(from, "signal"));
    made.ended_early = optional_text(from, "ended_early");
    made.exit_status = static_cast<int>(count_of(from, "exit_status"));
    made.lives = parse_lives(from);
    made.clean_up = parse_clean_up(object_of(from, "clean_up"));
    return made;
}

} // namespace

report parse_report(const json::value& written) {
    if (!written.is_object() || !written.get_object().contains("program") ||
        written.get_object().at("program") != "bandwidth-webrtc-bulk")
        throw std::invalid_argument("it is no report of bandwidth-webrtc-bulk");
    const auto& from = written.get_object();
    if (count_of(from, "schema") != 2)
        throw std::invalid_argument("its schema is another one than this program's, which is 2");
    report made;
    for (const auto& one : array_field(from, "parts"))
        made.parts.push_back(parse_part(element(one, "parts")));
    if (made.parts.empty())
        refuse_field("parts", "are empty");
    for (const auto& one : array_field(from, "operations"))
        made.operations.push_back(parse_operation(element(one, "operations")));
    made.series = parse_series(object_of(from, "series"));
    const auto& client = object_of(from, "client");
    for (const auto& figure : client_figures())
        made.client.*figure.member = count_of(client, figure.name);
    if (from.contains("most_pipelined_at_service"))
        made.most_pipelined_at_service = count_of(from, "most_pipelined_at_service");
    made.exit_status = static_cast<int>(count_of(from, "exit_status"));
    return made;
}

report read_report(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf()))
        throw std::invalid_argument(path + ": cannot be read");
    json::error_code error;
    const auto written = json::parse(text.str(), error);
    if (error)
        throw std::invalid_argument(path + ": is no JSON: " + error.message());
    try {
        return parse_report(written);
    } catch (const std::invalid_argument& problem) {
        throw std::invalid_argument(path + ": " + problem.what());
    }
}

} // namespace bandwidth::webrtc::bulk
