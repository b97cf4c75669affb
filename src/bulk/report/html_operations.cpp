#include "bulk/figures/units.hpp"
#include "bulk/report/html_sections.hpp"
#include "bulk/report/html_text.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace bandwidth::webrtc::bulk::html {

namespace {

// The names of all operations of all reports, in the reports' order.
std::vector<std::string> operations_of(shown_reports reports) {
    std::vector<std::string> names;
    for (const auto& shown : reports)
        for (const auto& one : shown.figures->operations)
            if (std::find(names.begin(), names.end(), one.operation) == names.end())
                names.push_back(one.operation);
    return names;
}

const operation_figures* operation_in(const report& figures, const std::string& name) {
    for (const auto& one : figures.operations)
        if (one.operation == name)
            return &one;
    return nullptr;
}

constexpr std::array<double, 4> shares = {0.5, 0.9, 0.99, 0.999};

void add_latencies(std::vector<std::string>& cells, const histogram& latencies) {
    for (const auto share : shares)
        cells.push_back(latencies.count() == 0 ? "\u2013" : duration_text(latencies.percentile(share)));
    cells.push_back(latencies.count() == 0 ? "\u2013" : duration_text(latencies.max()));
}

std::vector<std::string> operation_cells(const operation_figures& one, std::string_view report_name,
                                         bool with_latencies = true) {
    const auto& record = one.record;
    std::vector<std::string> cells = {one.operation};
    if (!report_name.empty())
        cells.emplace_back(report_name);
    cells.insert(cells.end(), {format_count(record.calls()), format_count(record.failed),
                               format_count(record.mismatched), format_count(record.skipped),
                               format_count(record.sent_again), rate_text(one.requests_per_second())});
    if (with_latencies)
        add_latencies(cells, record.latency);
    else
        cells.resize(cells.size() + shares.size() + 1);
    return cells;
}

std::vector<std::string> change_cells(const operation_figures& base, const operation_figures& changed) {
    std::vector<std::string> cells = {base.operation,
                                      "change",
                                      "",
                                      "",
                                      "",
                                      "",
                                      "",
                                      change_text(base.requests_per_second(), changed.requests_per_second())};
    const auto add = [&](std::chrono::nanoseconds before, std::chrono::nanoseconds after) {
        cells.push_back(change_text(static_cast<double>(before.count()), static_cast<double>(after.count())));
    };
    for (const auto share : shares)
        add(base.record.latency.percentile(share), changed.record.latency.percentile(share));
    add(base.record.latency.max(), changed.record.latency.max());
    return cells;
}

std::vector<std::string> operation_headings(shown_reports reports, const std::vector<std::string>& others) {
    std::vector<std::string> headings = {"Operation"};
    if (reports.size() > 1)
        headings.emplace_back("Report");
    headings.insert(headings.end(), others.begin(), others.end());
    return headings;
}

std::string operations_table(shown_reports reports) {
    table operations("Operations",
                     operation_headings(reports, {"Calls", "Failed", "Mismatched", "Not made", "Resent",
                                                  "Per second", "p50", "p90", "p99", "p99.9", "max"}),
                     reports.size());
    for (const auto& name : operations_of(reports)) {
        const auto* const base = operation_in(*reports.front().figures, name);
        const auto* const changed = operation_in(*reports.back().figures, name);
        const bool in_both = reports.size() > 1 && base != nullptr && changed != nullptr;
        for (const auto& shown : reports)
            if (const auto* const one = operation_in(*shown.figures, name))
                operations.add_row(
                    operation_cells(*one, shown.name),
                    std::string(one->record.failed > 0 ? "bad" : "") + (in_both ? " grouped" : ""));
        if (in_both)
            operations.add_row(change_cells(*base, *changed), "change");
    }
    for (const auto& shown : reports)
        operations.add_row(operation_cells(shown.figures->totals(), shown.name, false), "total");
    return operations.text();
}

std::string call_times_table(shown_reports reports) {
    table times("Call time", operation_headings(reports, {"p50", "p90", "p99", "p99.9", "max"}),
                reports.size());
    bool any = false;
    for (const auto& name : operations_of(reports))
        for (const auto& shown : reports) {
            const auto* const one = operation_in(*shown.figures, name);
            if (one == nullptr || one->record.call_time.count() == 0)
                continue;
            any = true;
            std::vector<std::string> cells = {name};
            if (reports.size() > 1)
                cells.emplace_back(shown.name);
            add_latencies(cells, one->record.call_time);
            times.add_row(cells);
        }
    return any ? "<h3>Call time</h3>\n<p>Latency counts from the time that the schedule had for a call, "
                 "call time from the call "
                 "itself.</p>\n" +
                     times.text()
               : std::string();
}

std::string parts_of_time_table(shown_reports reports) {
    table parts("Parts of the call time",
                operation_headings(reports, {"Part", "Calls", "p50", "p90", "p99", "p99.9", "max"}),
                reports.size() + 1);
    bool any = false;
    const auto add = [&](const std::string& name, const shown_report& shown, const char* part,
                         const histogram& times) {
        if (times.count() == 0)
            return;
        any = true;
        std::vector<std::string> cells = {name};
        if (reports.size() > 1)
            cells.emplace_back(shown.name);
        cells.insert(cells.end(), {part, format_count(times.count())});
        add_latencies(cells, times);
        parts.add_row(cells);
    };
    for (const auto& name : operations_of(reports))
        for (const auto& shown : reports)
            if (const auto* const one = operation_in(*shown.figures, name)) {
                add(name, shown, "queueing", one->record.queueing);
                add(name, shown, "connecting", one->record.connecting);
                add(name, shown, "service", one->record.service);
            }
    return any ? "<h3>Where the time went</h3>\n<p>Queueing is the wait for a connection and behind other "
                 "requests of it; connecting the wait for a connection to be made, of those calls that had "
                 "to; service what the network and the service took.</p>\n" +
                     parts.text()
               : std::string();
}

// How often each kind of failure occurred in each report; what does not belong to its request is one of them.
std::map<std::string, std::vector<std::uint64_t>> counts_by_kind(shown_reports reports) {
    std::map<std::string, std::vector<std::uint64_t>> counts;
    for (std::size_t i = 0; i < reports.size(); ++i) {
        const auto add = [&](const std::string& kind, std::uint64_t count) {
            auto& all = counts[kind];
            all.resize(reports.size());
            all[i] += count;
        };
        for (const auto& one : reports[i].figures->operations) {
            for (const auto& [kind, error] : one.record.errors)
                add(kind, error.count);
            if (one.record.mismatched > 0)
                add("mismatch", one.record.mismatched);
        }
    }
    return counts;
}

std::string error_bars(shown_reports reports) {
    const auto counts = counts_by_kind(reports);
    std::uint64_t most = 1;
    for (const auto& [kind, of] : counts)
        most = std::max(most, *std::max_element(of.begin(), of.end()));
    std::vector<std::pair<std::string, std::vector<std::uint64_t>>> kinds(counts.begin(), counts.end());
    std::stable_sort(kinds.begin(), kinds.end(),
                     [](const auto& a, const auto& b) { return a.second.back() > b.second.back(); });
    std::string text =
        "<figure class=\"plot\" id=\"plot-errors\"><figcaption><h3>Errors by kind</h3></figcaption>\n"
        "<ul class=\"bars\">\n";
    for (const auto& [kind, of] : kinds) {
        text += "<li><span class=\"kind\">" + escaped(kind) + "</span>";
        for (std::size_t i = 0; i < of.size(); ++i) {
            text += "<span class=\"bar" + std::string(reports.size() > 1 && i == 0 ? " base" : "") + "\">";
            if (of[i] > 0)
                text += "<span style=\"width:" + ratio_text(100 * of[i], most) + "%\"></span>";
            text += "<b>" + (reports[i].name.empty() ? "" : std::string(reports[i].name) + ' ') +
                    format_count(of[i]) + "</b></span>";
        }
        text += "</li>\n";
    }
    return text + "</ul></figure>\n";
}

} // namespace

std::string operations_section(shown_reports reports) {
    std::string text = "<section id=\"operations\"><h2>Operations</h2>\n";
    if (operations_of(reports).empty())
        text += "<p class=\"empty\">No call was made.</p>\n";
    else
        text += operations_table(reports) + call_times_table(reports) + parts_of_time_table(reports);
    return text + "</section>\n";
}

std::string errors_section(shown_reports reports) {
    std::string text = "<section id=\"errors\"><h2>Errors</h2>\n";
    table errors("Errors", operation_headings(reports, {"Kind", "Count", "The first one"}),
                 reports.size() + 1, reports.size() + 2);
    bool any = false;
    for (const auto& name : operations_of(reports))
        for (const auto& shown : reports) {
            const auto* const one = operation_in(*shown.figures, name);
            if (one == nullptr)
                continue;
            const auto add = [&](const std::string& kind, std::uint64_t count, const std::string& first) {
                any = true;
                std::vector<std::string> cells = {name};
                if (reports.size() > 1)
                    cells.emplace_back(shown.name);
                cells.insert(cells.end(), {kind, format_count(count), first});
                errors.add_row(cells, "message");
            };
            for (const auto& [kind, error] : one->record.errors)
                add(kind, error.count, error.first);
            if (one->record.mismatched > 0)
                add("mismatch", one->record.mismatched, one->record.first_mismatch);
        }
    if (any)
        text += error_bars(reports) + errors.text();
    else
        text += "<p class=\"empty\">No call failed, and every response belonged to its request.</p>\n";
    return text + "</section>\n";
}

} // namespace bandwidth::webrtc::bulk::html
