#include "bulk/figures/units.hpp"
#include "bulk/report/html_sections.hpp"
#include "bulk/report/html_text.hpp"

#include <algorithm>
#include <bandwidth/webrtc/version.hpp>
#include <set>
#include <utility>

namespace bandwidth::webrtc::bulk::html {

namespace {

// Of each run of several parts, the shards of which there is none.
void add_missing_shards(const report& figures, std::vector<std::string>& problems) {
    std::set<std::pair<std::string, std::size_t>> shards;
    for (const auto& part : figures.parts)
        shards.emplace(part.run_id, part.shard_index);
    const auto& first = figures.parts.front();
    if (figures.parts.size() == 1 || shards.size() >= first.shard_count)
        return;
    problems.push_back(counted(first.shard_count - shards.size(), "shard") + " of " +
                       format_count(first.shard_count) + " not in this report");
}

void add_early_ends(const report& figures, std::vector<std::string>& problems) {
    for (const auto& part : figures.parts) {
        const auto who = figures.parts.size() > 1 ? "shard " + format_count(part.shard_index) + " ended early"
                                                  : "ended early";
        if (part.signal != 0)
            problems.push_back(who + " by signal " + std::to_string(part.signal));
        else if (!part.ended_early.empty())
            problems.push_back(who + ": " + part.ended_early);
    }
}

std::string verdict_of(const shown_report& shown) {
    const auto problems = problems_of(*shown.figures);
    const auto calls = shown.figures->totals().record.calls();
    std::string text = std::string("<div class=\"verdict ") +
                       (!problems.empty() ? "bad"
                        : calls == 0      ? "none"
                                          : "good") +
                       "\">";
    auto headline = !problems.empty() ? problems.front() : calls == 0 ? "no call was made" : "all is well";
    if (shown.name.empty() && headline.front() >= 'a' && headline.front() <= 'z')
        headline.front() = static_cast<char>(headline.front() - 'a' + 'A');
    text += "<p><strong>" +
            std::string(shown.name.empty()     ? ""
                        : shown.name == "base" ? "Base: "
                                               : "New: ") +
            escaped(headline) + "</strong></p>";
    if (problems.empty() && calls > 0)
        text += "<p>" + counted(calls, "call") + " succeeded" +
                (shown.figures->thresholds.empty() ? "" : ", and every threshold holds") + ".</p>";
    if (problems.size() > 1) {
        text += "<ul>";
        for (auto one = problems.begin() + 1; one != problems.end(); ++one)
            text += "<li>" + escaped(*one) + "</li>";
        text += "</ul>";
    }
    return text + "</div>\n";
}

struct summary_figure {
    std::string_view name;
    std::string value;
    std::string note;
    double number; // for the change
    bool is_bad = false;
};

// Of the operation with the largest p99; empty when no call succeeded.
std::string slowest_of(const report& figures) {
    std::string name;
    std::chrono::nanoseconds largest(-1);
    for (const auto& one : figures.operations)
        if (const auto p99 = one.record.latency.percentile(0.99);
            one.record.succeeded() > 0 && p99 > largest) {
            largest = p99;
            name = one.operation;
        }
    return name;
}

std::vector<summary_figure> summary_figures(const report& figures, const std::string& slowest) {
    const auto all = figures.totals();
    const auto rate = all.requests_per_second();
    std::chrono::nanoseconds p99(0);
    for (const auto& one : figures.operations)
        if (one.operation == slowest)
            p99 = one.record.latency.percentile(0.99);
    return {
        {"Calls", format_count(all.record.calls()), "", static_cast<double>(all.record.calls())},
        {"Failed", format_count(all.record.failed), share_text(all.record.failed, all.record.calls()),
         static_cast<double>(all.record.failed), all.record.failed > 0},
        {"Succeeded per second", rate_text(rate), "over the whole time", rate},
        {"Slowest p99", p99.count() == 0 ? "\u2013" : duration_text(p99),
         slowest.empty() ? "no call succeeded" : slowest, static_cast<double>(p99.count())},
        {"Time", duration_text(figures.time()), "first call to last result",
         static_cast<double>(figures.time().count())},
    };
}

std::string lives_text(const report& figures) {
    const auto lives = figures.lives();
    if (!lives)
        return "\u2013";
    auto text = format_count(lives->complete) + " complete, " + format_count(lives->failed) +
                " with a failure, of " + format_count(lives->planned);
    if (lives->complete_before > 0)
        text += "; " + format_count(lives->complete_before) + " were complete before";
    return text;
}

std::string run_text(const report& figures) {
    std::set<std::string> runs;
    for (const auto& part : figures.parts)
        runs.insert(part.run_id);
    auto text = figures.parts.front().run_id;
    if (runs.size() > 1)
        text += " and " + counted(runs.size() - 1, "other");
    return text;
}

std::string parts_text(const report& figures) {
    const auto& first = figures.parts.front();
    if (figures.parts.size() > 1)
        return counted(figures.parts.size(), "report") + " of " + counted(first.shard_count, "shard") +
               ", merged";
    if (first.shard_count > 1)
        return "shard " + format_count(first.shard_index) + " of " + format_count(first.shard_count);
    return "the whole run";
}

template <class Text>
std::vector<std::string> texts_of(shown_reports reports, Text text) {
    std::vector<std::string> out;
    for (const auto& one : reports)
        out.push_back(one.figures->parts.empty() ? std::string("\u2013") : text(*one.figures));
    return out;
}

} // namespace

std::vector<std::string> problems_of(const report& report) {
    std::vector<std::string> problems;
    const auto all = report.totals().record;
    if (all.failed > 0)
        problems.push_back(format_count(all.failed) + " of " + counted(all.calls(), "call") + " failed");
    if (all.mismatched > 0)
        problems.push_back(counted(all.mismatched, "response") + " did not belong to the request");
    const auto broken = std::count_if(report.thresholds.begin(), report.thresholds.end(),
                                      [](const threshold_result& one) { return !one.holds; });
    if (broken > 0)
        problems.push_back(counted(static_cast<std::uint64_t>(broken), "threshold") + " of " +
                           format_count(report.thresholds.size()) + " missed");
    if (!report.parts.empty()) {
        add_early_ends(report, problems);
        add_missing_shards(report, problems);
    }
    if (all.skipped > 0)
        problems.push_back(counted(all.skipped, "call") +
                           " not made, as what they need could not be created or joined");
    const auto clean_up = report.clean_up();
    for (const auto& one : clean_up.things)
        if (one.left > 0)
            problems.push_back(counted(one.left, one.noun) + " left behind");
    if (clean_up.unknown_creations > 0)
        problems.push_back(counted(clean_up.unknown_creations, "creation") +
                           " without a response: the service may have done them");
    if (problems.empty() && report.exit_status != 0)
        problems.push_back("exit status " + std::to_string(report.exit_status));
    return problems;
}

std::string verdict_section(shown_reports reports) {
    std::string text = "<div class=\"verdicts\">\n";
    for (auto one = reports.rbegin(); one != reports.rend(); ++one)
        text += verdict_of(*one);
    return text + "</div>\n";
}

std::string summary_section(shown_reports reports) {
    std::string text = "<section id=\"summary\" aria-label=\"Summary\"><dl class=\"tiles\">\n";
    const auto slowest = slowest_of(*reports.back().figures);
    const auto figures = summary_figures(*reports.back().figures, slowest);
    const auto before = summary_figures(*reports.front().figures, slowest);
    for (std::size_t i = 0; i < figures.size(); ++i) {
        const auto& one = figures[i];
        text += (one.is_bad ? "<div class=\"bad\"><dt>" : "<div><dt>") + std::string(one.name) + "</dt><dd>" +
                escaped(one.value) + "</dd><dd class=\"note\">" + escaped(one.note) + "</dd>";
        if (reports.size() > 1)
            text += "<dd class=\"note\">base " + escaped(before[i].value) + ", " +
                    escaped(change_text(before[i].number, one.number)) + "</dd>";
        text += "</div>\n";
    }
    return text + "</dl></section>\n";
}

std::string facts_section(shown_reports reports) {
    const auto part = [](std::string part_record::*member) {
        return [member](const report& figures) { return figures.parts.front().*member; };
    };
    pairs facts("The run", reports);
    if (reports.size() > 1)
        facts.add("Job", texts_of(reports, part(&part_record::job)));
    facts.add("Run", texts_of(reports, run_text));
    facts.add("Service", texts_of(reports, part(&part_record::service)));
    facts.add("Base URL", texts_of(reports, part(&part_record::base_url)));
    facts.add("Started", texts_of(reports, [](const report& figures) {
                  return date_text(figures.parts.front().started);
              }));
    facts.add("Covers", texts_of(reports, parts_text));
    if (std::any_of(reports.begin(), reports.end(), [](const auto& one) { return one.figures->lives(); }))
        facts.add("Lives", texts_of(reports, lives_text));
    facts.add("Exit status",
              texts_of(reports, [](const report& figures) { return std::to_string(figures.exit_status); }));
    return "<section id=\"run\"><h2>The run</h2>\n" + facts.text() +
           "<p class=\"small\">This page was made by version " + escaped(version_string) +
           ".</p></section>\n";
}

std::string thresholds_section(shown_reports reports) {
    std::vector<std::string> headings = {"Threshold"};
    if (reports.size() > 1)
        headings.emplace_back("Of");
    headings.insert(headings.end(), {"Verdict", "Measured"});
    table thresholds("Thresholds", headings, headings.size());
    bool any = false;
    for (const auto& shown : reports)
        for (const auto& one : shown.figures->thresholds) {
            any = true;
            std::vector<std::string> cells = {one.condition};
            if (reports.size() > 1)
                cells.emplace_back(shown.name);
            cells.insert(cells.end(), {one.holds ? "\u2713 holds" : "\u2717 missed", one.value});
            thresholds.add_row(cells, one.holds ? "" : "bad");
        }
    return any ? "<section id=\"thresholds\"><h2>Thresholds</h2>\n" + thresholds.text() + "</section>\n" : "";
}

} // namespace bandwidth::webrtc::bulk::html
