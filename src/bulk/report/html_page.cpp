#include "bulk/report/html_page.hpp"

#include "bulk/report/html_assets.hpp"
#include "bulk/report/html_sections.hpp"
#include "bulk/report/html_text.hpp"

#include <array>
#include <boost/json/serialize.hpp>
#include <string_view>

namespace bandwidth::webrtc::bulk {

namespace html {

namespace {

// Nothing that a service said can end the element: there is no '<' in it. In JSON that occurs in texts only,
// where the escape means the same.
std::string embedded_json(std::string_view id, const report& figures) {
    const auto json = boost::json::serialize(bulk::to_json(figures));
    std::string out = "<script type=\"application/json\" id=\"" + std::string(id) + "\">";
    out.reserve(json.size() + 128);
    for (const char c : json)
        if (c == '<')
            out += "\\u003c";
        else
            out += c;
    return out + "</script>\n";
}

std::string plot(std::string_view name, std::string_view title, std::string_view explanation) {
    return "<figure class=\"plot\" id=\"plot-" + std::string(name) + "\">\n<figcaption><h3>" +
           std::string(title) + "</h3><p>" + std::string(explanation) +
           "</p></figcaption>\n<div class=\"drawing\"><noscript><p class=\"empty\">Plots are drawn by a "
           "script. "
           "The tables of this page need none.</p></noscript></div>\n</figure>\n";
}

std::string plots_section() {
    return "<section id=\"plots\"><h2>Over time</h2>\n<div class=\"plots\">\n" +
           plot("rate", "Rate",
                "Calls that ended in each second; marks on the axis are seconds with failures. The first and "
                "the "
                "last second are not whole.") +
           plot("latency", "Latency", "Of the calls that succeeded in each second.") +
           plot(
               "load", "Calls in flight and queued",
               "At the end of each second: all calls, and those of them that waited in the client's queue.") +
           plot("again", "Sent again, throttled, dialled",
                "In each second: requests sent again after a pause, those of them after 429 or 503, and "
                "connections dialled.") +
           "</div></section>\n<section id=\"percentiles\"><h2>Percentiles</h2>\n" +
           plot("percentiles", "Latency by percentile",
                "The latency that so many of the calls of an operation did not exceed.") +
           "</section>\n";
}

std::string page_of(shown_reports reports, std::string_view title) {
    std::string page =
        "<!DOCTYPE html>\n<html lang=\"en\"" + std::string(reports.size() > 1 ? " class=\"compared\"" : "") +
        ">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<link rel=\"icon\" href=\"data:,\">\n<title>" +
        escaped(title) + "</title>\n<style>\n" + std::string(page_style) + "</style>\n</head>\n<body>\n";
    page += "<header><p class=\"program\">bandwidth-webrtc-bulk</p>\n<h1>" + escaped(title) + "</h1>\n" +
            verdict_section(reports) + "</header>\n<main>\n";
    page += summary_section(reports) + facts_section(reports) + thresholds_section(reports) + plots_section();
    page += operations_section(reports) + errors_section(reports) + client_section(reports) +
            settings_section(reports) + parts_section(reports) + "</main>\n";
    for (const auto& one : reports)
        page += embedded_json(one.name == "base" ? "base" : "report", *one.figures);
    return page + "<script>\n" + std::string(page_script) + "</script>\n</body>\n</html>\n";
}

std::string job_of(const report& figures) {
    return figures.parts.empty() || figures.parts.front().job.empty() ? "A run" : figures.parts.front().job;
}

} // namespace

} // namespace html

std::string html_page(const report& report) {
    const std::array<html::shown_report, 1> shown = {{{"", &report}}};
    return html::page_of(shown, html::job_of(report));
}

std::string html_page(const report& base, const report& changed) {
    const std::array<html::shown_report, 2> shown = {{{"base", &base}, {"new", &changed}}};
    const auto before = html::job_of(base);
    const auto after = html::job_of(changed);
    return html::page_of(shown, "Compared: " + (before == after ? after : before + " \u2192 " + after));
}

} // namespace bandwidth::webrtc::bulk
