#include "bulk/report/threshold.hpp"

#include "bulk/figures/units.hpp"
#include "bulk/job/calls.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace {

constexpr std::array<std::pair<std::string_view, threshold_metric>, 9> named_metrics = {{
    {"mean", threshold_metric::mean},
    {"max", threshold_metric::max},
    {"rate", threshold_metric::rate},
    {"calls", threshold_metric::calls},
    {"failed", threshold_metric::failed},
    {"mismatched", threshold_metric::mismatched},
    {"skipped", threshold_metric::skipped},
    {"retries", threshold_metric::retries},
    {"error_share", threshold_metric::error_share},
}};

[[noreturn]] void refuse_condition(std::string_view text, const std::string& problem) {
    throw std::invalid_argument("threshold '" + printable(text) + "': " + problem);
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

// Digits with or without a fraction, and nothing behind them.
std::optional<double> plain_number(std::string_view text) {
    if (text.empty() || text.front() < '0' || text.front() > '9')
        return std::nullopt;
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

void check_operation(const threshold& made) {
    if (made.operation == "all")
        return;
    std::string known;
    for (std::size_t i = 0; i < call_kind_count; ++i) {
        const auto name = to_string(static_cast<call_kind>(i));
        if (name == made.operation)
            return;
        known += std::string(name) + ", ";
    }
    refuse_condition(made.condition,
                     "'" + printable(made.operation) + "' is no operation: " + known + "and all are");
}

void read_metric(threshold& made, std::string_view name) {
    if (name.starts_with('p'))
        if (const auto percent = plain_number(name.substr(1)); percent && *percent > 0 && *percent < 100) {
            made.share = *percent / 100;
            return;
        }
    std::string known = "p50, p99.9 and other percentiles";
    for (const auto& [known_name, metric] : named_metrics) {
        if (name == known_name) {
            made.metric = metric;
            if (metric == threshold_metric::retries && made.operation != "all")
                refuse_condition(made.condition, "retries are counted for 'all' only");
            return;
        }
        known += (metric == threshold_metric::error_share ? " and " : ", ") + std::string(known_name);
    }
    refuse_condition(made.condition, "'" + printable(name) + "' is no metric: " + known + " are");
}

double read_limit(const threshold& made, std::string_view value) {
    using enum threshold_metric;
    try {
        switch (made.metric) {
        case percentile:
        case mean:
        case max:
            return static_cast<double>(parse_duration(value).count());
        case rate:
            if (const auto number = plain_number(value))
                return *number;
            throw std::invalid_argument('\'' + printable(value) +
                                        "' is no number of calls per second, such as 500");
        case error_share:
            if (value.ends_with('%'))
                if (const auto number = plain_number(trimmed(value.substr(0, value.size() - 1))))
                    return *number;
            throw std::invalid_argument('\'' + printable(value) + "' is no percentage, such as 0.1%");
        default:
            return static_cast<double>(parse_count(value));
        }
    } catch (const std::invalid_argument& problem) {
        refuse_condition(made.condition, problem.what());
    }
}

bool holds(threshold_relation relation, double value, double limit) {
    switch (relation) {
    case threshold_relation::less:
        return value < limit;
    case threshold_relation::at_most:
        return value <= limit;
    case threshold_relation::more:
        return value > limit;
    case threshold_relation::at_least:
        return value >= limit;
    }
    return false;
}

std::string with_unit(const char* format, double value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

// What was measured, and the same for people; nothing when nothing was.
using measured = std::optional<std::pair<double, std::string>>;

measured duration_figure(const histogram& of, std::chrono::nanoseconds value) {
    if (of.count() == 0)
        return std::nullopt;
    return std::pair(static_cast<double>(value.count()), format_duration(value));
}

measured count_figure(std::uint64_t count) {
    return std::pair(static_cast<double>(count), format_count(count));
}

measured measure(const threshold& threshold, const report& report, const operation_figures& one) {
    const auto& record = one.record;
    const auto& latency = record.latency;
    const auto calls = static_cast<double>(record.calls());
    switch (threshold.metric) {
    case threshold_metric::percentile:
        return duration_figure(latency, latency.percentile(threshold.share));
    case threshold_metric::mean:
        return duration_figure(latency, latency.mean());
    case threshold_metric::max:
        return duration_figure(latency, latency.max());
    case threshold_metric::rate:
        if (calls == 0 || record.time.count() == 0)
            return std::nullopt;
        return std::pair(one.requests_per_second(), with_unit("%.1f per second", one.requests_per_second()));
    case threshold_metric::error_share: {
        if (calls == 0)
            return std::nullopt;
        const auto percent = 100 * static_cast<double>(record.failed) / calls;
        return std::pair(percent, with_unit("%.4g %%", percent));
    }
    case threshold_metric::calls:
        return count_figure(record.calls());
    case threshold_metric::failed:
        return count_figure(record.failed);
    case threshold_metric::mismatched:
        return count_figure(record.mismatched);
    case threshold_metric::skipped:
        return count_figure(record.skipped);
    case threshold_metric::retries:
        return count_figure(report.client.retries);
    }
    return std::nullopt;
}

operation_figures figures_for(const std::string& operation, const report& report) {
    if (operation == "all")
        return report.totals();
    for (const auto& one : report.operations)
        if (one.operation == operation)
            return one;
    return operation_figures();
}

} // namespace

threshold parse_threshold(std::string_view text) {
    threshold made;
    made.condition = text;
    const auto relation = text.find_first_of("<>");
    const auto dot = text.find('.');
    if (relation == std::string_view::npos || dot == std::string_view::npos || dot > relation)
        refuse_condition(text,
                         "it is no OPERATION.METRIC, relation (<, <=, > or >=) and value, such as "
                         "get_session.p99<20ms");
    auto value = text.substr(relation + 1);
    const bool or_equal = value.starts_with('=');
    if (or_equal)
        value.remove_prefix(1);
    if (text[relation] == '<')
        made.relation = or_equal ? threshold_relation::at_most : threshold_relation::less;
    else
        made.relation = or_equal ? threshold_relation::at_least : threshold_relation::more;
    made.operation = trimmed(text.substr(0, dot));
    check_operation(made);
    read_metric(made, trimmed(text.substr(dot + 1, relation - dot - 1)));
    made.limit = read_limit(made, trimmed(value));
    return made;
}

threshold_result evaluate(const threshold& threshold, const report& report) {
    const auto value = measure(threshold, report, figures_for(threshold.operation, report));
    if (!value)
        return {threshold.condition, "none", false};
    return {threshold.condition, value->second, holds(threshold.relation, value->first, threshold.limit)};
}

} // namespace bandwidth::webrtc::bulk
