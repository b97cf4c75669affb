#include "bulk/figures/table.hpp"
#include "bulk/figures/units.hpp"
#include "bulk/report/compare.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <cmath>
#include <cstdio>

namespace bandwidth::webrtc::bulk {

namespace {

std::string formatted(const char* format, double value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

std::string_view change_name(change of) {
    switch (of) {
    case change::better:
        return "better";
    case change::worse:
        return "worse";
    case change::same:
        return "same";
    case change::unknown:
        return "unknown";
    }
    return "";
}

std::string figure(const std::string& metric, double value) {
    if (metric == "rate")
        return value < 1e8 ? formatted(value < 100 ? "%.2f" : "%.0f", value) + "/s"
                           : formatted("%.2e/s", value);
    if (metric == "error_share")
        return formatted("%.3g %%", value);
    // From a minute on in seconds, which are short in any case.
    if (value >= 59.95e9)
        return formatted("%.0f s", value / 1e9);
    return format_duration(std::chrono::nanoseconds(std::llround(value)));
}

std::string signed_percent(double value) {
    if (value > 999)
        return ">+999";
    return formatted("%+.1f", value);
}

// "+10.2 %"; "points" are between two percentages.
std::string difference_cell(const comparison_row& row) {
    if (!row.difference)
        return "-";
    return signed_percent(*row.difference) + (row.metric == "error_share" ? " points" : " %");
}

std::string range_cell(const comparison_row& row) {
    if (!row.range)
        return "-";
    return signed_percent(row.range->first) + " to " + signed_percent(row.range->second);
}

boost::json::object estimate_json(const estimate& of) {
    boost::json::object out;
    out["value"] = of.value;
    if (of.has_interval) {
        out["low"] = of.low;
        out["high"] = of.high;
    } else {
        out["low"] = nullptr;
        out["high"] = nullptr;
    }
    return out;
}

} // namespace

std::string format_comparison(const comparison& comparison) {
    std::string text;
    for (const auto& warning : comparison.warnings)
        text += "DIFFERENT    " + warning + '\n';
    if (!text.empty())
        text += '\n';
    std::vector<std::vector<std::string>> cells = {{"", "base", "new", "difference", "between", "verdict"}};
    for (const auto& row : comparison.rows)
        cells.push_back({"  " + std::string(row.metric == "error_share" ? "errors" : row.metric),
                         figure(row.metric, row.base.value), figure(row.metric, row.now.value),
                         difference_cell(row), range_cell(row), std::string(change_name(row.verdict))});
    // The names of the operations are lines of their own: beside the figures they would need more than 80
    // columns.
    const auto table = format_table(cells);
    std::size_t at = table.find('\n') + 1;
    text += table.substr(0, at);
    std::string operation;
    for (const auto& row : comparison.rows) {
        if (row.operation != operation)
            text += printable(row.operation) + '\n';
        operation = row.operation;
        const auto end = table.find('\n', at) + 1;
        text += table.substr(at, end - at);
        at = end;
    }
    text +=
        "\nBetter or worse: the 99 % confidence intervals do not overlap, and the\n"
        "difference is over " +
        formatted("%g", comparison.tolerance) + " %.\n";
    if (std::min(comparison.base_count, comparison.new_count) < 2)
        text +=
            "One run knows nothing of what differs from run to run: before you rely on a\n"
            "difference compare several runs of each side (compare BASE... --new NEW...).\n";
    return text;
}

boost::json::object to_json(const comparison& comparison) {
    boost::json::object out;
    out["program"] = "bandwidth-webrtc-bulk";
    out["tolerance_percent"] = comparison.tolerance;
    out["base_reports"] = comparison.base_count;
    out["new_reports"] = comparison.new_count;
    boost::json::array warnings;
    for (const auto& one : comparison.warnings)
        warnings.emplace_back(one);
    out["warnings"] = std::move(warnings);
    boost::json::array rows;
    for (const auto& row : comparison.rows) {
        boost::json::object entry;
        entry["operation"] = row.operation;
        entry["metric"] = row.metric;
        entry["base"] = estimate_json(row.base);
        entry["new"] = estimate_json(row.now);
        entry["difference"] = nullptr;
        entry["difference_low"] = nullptr;
        entry["difference_high"] = nullptr;
        if (row.difference)
            entry["difference"] = *row.difference;
        if (row.range) {
            entry["difference_low"] = row.range->first;
            entry["difference_high"] = row.range->second;
        }
        entry["verdict"] = std::string(change_name(row.verdict));
        rows.push_back(std::move(entry));
    }
    out["rows"] = std::move(rows);
    out["any_worse"] = comparison.any_worse();
    return out;
}

} // namespace bandwidth::webrtc::bulk
