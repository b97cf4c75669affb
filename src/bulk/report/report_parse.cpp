#include "bulk/figures/units.hpp"
#include "bulk/report/client_figures.hpp"
#include "bulk/report/report.hpp"

#include <boost/json/parse.hpp>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace json = boost::json;

namespace {

// What is read may come from anywhere, so it is bounded: no sum of times overflows, and no text takes more
// memory than a small multiple of its length.
constexpr std::chrono::nanoseconds longest_time = std::chrono::hours(366 * 24);
constexpr std::chrono::nanoseconds latest_start = std::chrono::hours(2'000'000); // in 2198
constexpr std::uint64_t most_calls = std::uint64_t{1} << 53; // a double is exact up to there
constexpr std::size_t most_operations = 100;
constexpr std::size_t most_seconds = 1'000'000;
constexpr std::size_t largest_file = std::size_t{512} << 20;

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

std::uint64_t count_up_to(const json::object& from, std::string_view name, std::uint64_t most) {
    const auto number = count_of(from, name);
    if (number > most)
        refuse_field(name, "is too large");
    return number;
}

std::chrono::nanoseconds time_of(const json::value& from, std::string_view name,
                                 std::chrono::nanoseconds most = longest_time) {
    json::error_code error;
    const auto number = from.to_number<std::int64_t>(error);
    if (error || number < 0)
        refuse_field(name, "is no time");
    if (number > most.count())
        refuse_field(name, "is too long a time");
    return std::chrono::nanoseconds(number);
}

std::chrono::nanoseconds time_of(const json::object& from, std::string_view name) {
    return time_of(field(from, name), name);
}

// Reports are shown on terminals.
std::string text_of(const json::object& from, std::string_view name) {
    const auto* const found = field(from, name).if_string();
    if (found == nullptr)
        refuse_field(name, "is no text");
    return printable({found->data(), found->size()});
}

bool flag_of(const json::object& from, std::string_view name) {
    const auto* const found = field(from, name).if_bool();
    if (found == nullptr)
        refuse_field(name, "is neither true nor false");
    return *found;
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
    if (pairs.size() % 2 != 0)
        refuse_field("counters", "are no pairs");
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
    record.call_time = parse_histogram(from, "call_time_ns", precision::fine);
    record.queueing = parse_histogram(from, "queueing_ns", precision::fine);
    record.connecting = parse_histogram(from, "connecting_ns", precision::fine);
    record.service = parse_histogram(from, "service_ns", precision::fine);
    record.failed = count_up_to(from, "failed", most_calls);
    record.mismatched = count_up_to(from, "mismatched", most_calls);
    record.skipped = count_up_to(from, "skipped", most_calls);
    record.sent_again = count_up_to(from, "sent_again", most_calls);
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

std::vector<operation_figures> parse_operations(const json::array& from) {
    if (from.size() > most_operations)
        refuse_field("operations", "are too many");
    std::vector<operation_figures> made;
    for (const auto& one : from) {
        auto parsed = parse_operation(element(one, "operations"));
        for (const auto& known : made)
            if (known.operation == parsed.operation)
                refuse_field("operations", "have one twice");
        made.push_back(std::move(parsed));
    }
    return made;
}

time_series parse_series(const json::array& from) {
    time_series made;
    if (from.size() > most_seconds)
        refuse_field("series", "has too many seconds");
    constexpr auto latest = std::chrono::duration_cast<time_series::seconds>(latest_start).count();
    for (const auto& one : from) {
        const auto& written = element(one, "series");
        const auto second =
            time_series::seconds(count_up_to(written, "second", static_cast<std::uint64_t>(latest)));
        if (made.records().contains(second))
            refuse_field("series", "has a second twice");
        auto& record = made.at(second);
        record.latency = parse_histogram(written, "latency_ns", precision::coarse);
        record.failed = count_up_to(written, "failed", most_calls);
        record.mismatched = count_up_to(written, "mismatched", most_calls);
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
    made.shard_count = static_cast<std::size_t>(count_of(from, "shard_count"));
    made.shard_index = static_cast<std::size_t>(count_up_to(from, "shard_index", made.shard_count));
    if (made.shard_index == 0)
        refuse_field("shard_index", "is 0, and the first is 1");
    made.job = text_of(from, "job");
    made.service = text_of(from, "service");
    made.base_url = text_of(from, "base_url");
    made.settings = object_of(from, "settings");
    made.started = time_of(field(from, "started_ns"), "started_ns", latest_start);
    made.time = time_of(from, "time_ns");
    made.signal = static_cast<int>(count_up_to(from, "signal", 127));
    made.ended_early = optional_text(from, "ended_early");
    made.exit_status = static_cast<int>(count_up_to(from, "exit_status", 255));
    made.not_begun = count_of(from, "not_begun");
    made.lives = parse_lives(from);
    made.clean_up = parse_clean_up(object_of(from, "clean_up"));
    const auto& times = object_of(from, "operation_times_ns");
    if (times.size() > most_operations)
        refuse_field("operation_times_ns", "are too many");
    for (const auto& [operation, time] : times)
        made.operation_times[printable({operation.data(), operation.size()})] =
            time_of(time, "operation_times_ns");
    return made;
}

threshold_result parse_threshold_result(const json::object& from) {
    return {text_of(from, "condition"), text_of(from, "value"), flag_of(from, "holds")};
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
    made.operations = parse_operations(array_field(from, "operations"));
    made.series = parse_series(array_field(from, "series"));
    const auto& client = object_of(from, "client");
    for (const auto& figure : client_figures())
        made.client.*figure.member = count_of(client, figure.name);
    if (from.contains("most_pipelined_at_service"))
        made.most_pipelined_at_service = count_of(from, "most_pipelined_at_service");
    for (const auto& one : array_field(from, "thresholds"))
        made.thresholds.push_back(parse_threshold_result(element(one, "thresholds")));
    made.exit_status = static_cast<int>(count_up_to(from, "exit_status", 255));
    return made;
}

report read_report(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text;
    std::vector<char> piece(std::size_t{1} << 16);
    while (file && text.size() <= largest_file) {
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    }
    if (!file.eof() && text.size() > largest_file)
        throw std::invalid_argument(path + ": is too large for a report");
    if (!file.eof() || file.bad())
        throw std::invalid_argument(path + ": cannot be read");
    json::error_code error;
    const auto written = json::parse(text, error);
    if (error)
        throw std::invalid_argument(path + ": is no JSON: " + error.message());
    try {
        return parse_report(written);
    } catch (const std::invalid_argument& problem) {
        throw std::invalid_argument(path + ": " + problem.what());
    }
}

} // namespace bandwidth::webrtc::bulk
