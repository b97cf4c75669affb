#include "bulk/report/html_page.hpp"

#include "html_reports.hpp"

#include <doctest/doctest.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "support/text.hpp"

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;
using support::count_of;
using support::names;
using test::made_up_report;
using test::made_up_run;

namespace {

// What stands in the element with this id, as a program that knows nothing of HTML gets it.
std::string embedded_in(const std::string& page, const std::string& id) {
    const auto tag = "<script type=\"application/json\" id=\"" + id + "\">";
    const auto begin = page.find(tag);
    REQUIRE(begin != std::string::npos);
    const auto from = begin + tag.size();
    return page.substr(from, page.find("</script>", from) - from);
}

report one_call() {
    auto made = made_up_report({.seconds = 1, .calls = 1});
    made.operations.resize(1);
    return made;
}

} // namespace

TEST_CASE("html page: it is one file that loads nothing and that a strict policy allows") {
    const auto page = html_page(made_up_report({.failing = true}));
    CHECK(page.starts_with("<!DOCTYPE html>"));
    CHECK(names(page,
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"));
    // The namespace of SVG and what the report tells of the service are no links.
    for (const auto* const loading :
         {"src=\"", "@import", "url(", "href=\"http", "fetch(", " onload=\"", " onclick="})
        CHECK_FALSE(names(page, loading));
    CHECK(count_of(page, "<script") == 2);
    CHECK(count_of(page, "</script>") == 2);
}

TEST_CASE("html page: the report can be read back out of it") {
    auto made = made_up_report({.seconds = 5, .failing = true});
    made.thresholds.clear(); // who reads a report has thresholds of their own
    const auto text = embedded_in(html_page(made), "report");
    CHECK_FALSE(names(text, "<"));
    const auto again = parse_report(boost::json::parse(text));
    const bool equal = boost::json::serialize(to_json(again)) == boost::json::serialize(to_json(made));
    CHECK(equal); // not the texts, which would fill the screen
    CHECK(again.operations[0].record.errors.at("HTTP 503 Service Unavailable").first ==
          test::hostile_message);
}

TEST_CASE("html page: what a service said is text in the tables") {
    const auto page = html_page(made_up_report({.failing = true}));
    CHECK_FALSE(names(page, "<img"));
    CHECK(names(page, "503: &lt;/script&gt;&lt;script&gt;document.title='broken out'"));
    CHECK(names(page, "&amp; &quot;quotes&quot;"));
    auto hostile = made_up_report({.seconds = 1, .failing = true});
    hostile.parts[0].run_id = hostile.parts[0].job = hostile.parts[0].service = "<b>\"&";
    hostile.parts[0].base_url = hostile.parts[0].ended_early = hostile.operations[0].operation = "<b>\"&";
    hostile.parts[0].settings["<b>"] = "<b>";
    hostile.operations[0].record.errors["<b>"].first = "<b>\x01";
    hostile.thresholds[0].condition = hostile.thresholds[0].value = "<b>";
    hostile.parts[0].signal = 0;
    hostile.parts[0].clean_up.things[0].noun = "<b>";
    const auto other = html_page(hostile, hostile);
    // The only element of that name is the number beside a bar.
    CHECK(count_of(other, "<b>") == count_of(other, "</b></span>"));
    CHECK_FALSE(names(other, "\x01"));
}

TEST_CASE("html page: the verdict") {
    CHECK(names(html_page(made_up_report()),
                "<div class=\"verdict good\"><p><strong>All is well</strong></p>"
                "<p>36,000 calls succeeded.</p>"));
    const auto page = html_page(made_up_report({.failing = true}));
    CHECK_FALSE(names(page, "verdict good"));
    CHECK(names(page, "<strong>255 of 36,255 calls failed</strong>"));
    CHECK(names(page, "<li>1 response did not belong to the request</li>"));
    CHECK(names(page, "<li>1 threshold of 2 missed</li>"));
    CHECK(names(page, "<li>ended early by signal 15</li>"));
    CHECK(names(page, "<li>31 calls not made, as what they need could not be created or joined</li>"));
    CHECK(names(page, "<li>3 sessions left behind</li>"));
    auto other = made_up_report();
    other.exit_status = 4;
    CHECK(names(html_page(other), "<div class=\"verdict bad\"><p><strong>Exit status 4</strong>"));
    CHECK(names(html_page(made_up_report({.seconds = 0})),
                "<div class=\"verdict none\"><p><strong>No call was made</strong></p></div>"));
}

TEST_CASE("html page: the tables have the figures") {
    const auto page = html_page(made_up_report({.failing = true}));
    CHECK(names(page, "<h1>1,000 sessions with 2 participants each</h1>"));
    CHECK(names(page, "2026-11-18 11:06:40 UTC"));
    CHECK(names(page,
                "<th scope=\"row\">create_session</th><td class=\"number\">7,251</td><td class=\"number\">51"
                "</td>"));
    CHECK(names(page, "<td>HTTP 503 Service Unavailable</td><td class=\"number\">9</td>"));
    CHECK(names(page, "<td>mismatch</td><td class=\"number\">1</td><td>tag 'a' where 'b' was due</td>"));
    CHECK(names(page, "<th scope=\"row\">timeout</th><td>30.0 s</td>"));
    CHECK(names(page, "<th scope=\"row\">poisson</th><td>yes</td>"));
    CHECK(names(page, "<th scope=\"row\">ca_file</th><td>\u2013</td>"));
    CHECK(names(page, "<th scope=\"row\">Requests per write</th><td>2.50</td>"));
    CHECK(names(page, "<th scope=\"row\">Resumed of all handshakes</th><td>87.5 %</td>"));
    CHECK(names(page, "<td>\u2713 holds</td><td>18.4 ms</td>"));
    CHECK(names(page, "<td>\u2717 missed</td><td>2.1 %</td>"));
    CHECK(names(page, "990 complete, 10 with a failure, of 1,000"));
}

TEST_CASE("html page: call times are there where a schedule made them differ") {
    auto made = one_call();
    CHECK_FALSE(names(html_page(made), "Call time"));
    made.operations[0].record.call_time.add(842us);
    const auto page = html_page(made);
    CHECK(names(page, "<caption>Call time</caption>"));
    CHECK(names(page, "842 \u00b5s"));
}

TEST_CASE("html page: merged shards, and what is missing of them") {
    auto merged = made_up_report({.shard = 1, .shards = 3});
    merge(merged, made_up_report({.shard = 3, .shards = 3, .slowness = 1.5}));
    const auto page = html_page(merged);
    CHECK(names(page, "<th scope=\"row\">1 of 3</th>"));
    CHECK(names(page, "<th scope=\"row\">3 of 3</th>"));
    CHECK(names(page, "1 shard of 3 not in this report"));
    CHECK(names(page, "2 reports of 3 shards, merged"));
    merge(merged, made_up_report({.shard = 2, .shards = 3}));
    CHECK_FALSE(names(html_page(merged), "not in this report"));
    merged.parts[1].settings["rate"] = 600;
    CHECK(names(html_page(merged), "<th scope=\"row\">rate</th><td>500 | 600</td>"));
    CHECK_FALSE(names(html_page(merged), "<details>"));
    for (std::size_t i = 0; i < 12; ++i)
        merged.parts.push_back(merged.parts[0]);
    CHECK(names(html_page(merged), "<details><summary>15 reports</summary>"));
}

TEST_CASE("html page: two reports that are compared") {
    const auto base = made_up_report();
    auto changed = made_up_report({.slowness = 2, .failing = true});
    changed.parts[0].settings["rate"] = 600;
    const auto page = html_page(base, changed);
    CHECK(parse_report(boost::json::parse(embedded_in(page, "base"))).totals().record.failed == 0);
    CHECK(parse_report(boost::json::parse(embedded_in(page, "report"))).totals().record.failed == 255);
    CHECK(names(page, "<h1>Compared: 1,000 sessions with 2 participants each</h1>"));
    CHECK(page.find("New: 255 of 36,255 calls failed") < page.find("Base: all is well"));
    CHECK(names(page, "<tr class=\"differs \"><th scope=\"row\">rate</th><td>500</td><td>600</td>"));
    CHECK(names(page, "<tr class=\"\"><th scope=\"row\">sessions</th><td>1,000</td><td>1,000</td>"));
    CHECK(names(page, "<th scope=\"row\">get_session</th><td>base</td>"));
    CHECK(names(page, "<th scope=\"row\">get_session</th><td>new</td>"));
    CHECK(names(page, "<th scope=\"row\">get_session</th><td>change</td>"));
    CHECK(names(page, "<td class=\"number\">+100.0 %</td>"));
    CHECK(names(page, "<span class=\"bar base\">"));
    CHECK(names(page, "<td>new</td><td>\u2717 missed</td>"));
}

TEST_CASE("html page: an empty run") {
    const auto page = html_page(made_up_report({.seconds = 0}));
    CHECK(names(page, "No call was made."));
    CHECK(names(page, "No call failed"));
    CHECK_FALSE(names(page, ">nan"));
    CHECK_FALSE(names(page, "id=\"thresholds\""));
    report nothing; // which no program writes, and which is no reason to crash
    CHECK(names(html_page(nothing), "<h1>A run</h1>"));
    CHECK(names(html_page(nothing, nothing), "None are in the report."));
}

// Not a check by itself: page/run.mjs opens the files in a browser.
TEST_CASE("html page: the pages for the browser are written") {
    const char* const folder = std::getenv("BANDWIDTH_WEBRTC_PAGES");
    if (folder == nullptr)
        return;
    const auto write = [&](const char* name, const std::string& page) {
        std::ofstream file(std::string(folder) + '/' + name + ".html", std::ios::binary);
        file << page;
        file.close();
        CHECK_MESSAGE(file, name);
    };
    const auto failing = made_up_report({.failing = true});
    auto merged = made_up_report({.shard = 1, .shards = 3});
    merge(merged, made_up_report({.shard = 2, .shards = 3, .slowness = 1.5, .failing = true}));
    merge(merged, made_up_report({.shard = 3, .shards = 3, .slowness = 0.8}));
    auto only_failures = made_up_report({.seconds = 10, .calls = 0, .failing = true});
    for (int i = 0; i < 30; ++i) {
        auto& kind =
            only_failures.operations[0]
                .record.errors["a kind of failure that is told in many words, number " + std::to_string(i)];
        kind.count = static_cast<std::uint64_t>(1 + i * i);
        kind.first = std::string(400, 'x') + test::hostile_message;
        only_failures.operations[0].record.failed += kind.count;
    }
    auto scheduled = made_up_report();
    for (auto& one : scheduled.operations)
        one.record.call_time = one.record.latency;
    scheduled.thresholds = {{"get_session.p99<20ms", "18.4 ms", true}};
    auto many = made_up_report({.seconds = 20, .calls = 10});
    for (int i = 0; i < 10; ++i)
        test::add_made_up_operation(many, {.seconds = 20, .calls = 10},
                                    ("operation_" + std::to_string(i)).c_str(), i + 1);
    write("single", html_page(scheduled));
    write("failing", html_page(failing));
    write("merged", html_page(merged));
    write("compared",
          html_page(made_up_report(), made_up_report({.seconds = 75, .slowness = 1.4, .failing = true})));
    write("empty", html_page(made_up_report({.seconds = 0})));
    write("only_failures", html_page(only_failures));
    write("one_second", html_page(one_call()));
    write("an_hour", html_page(made_up_report({.seconds = 3600, .calls = 20, .failing = true})));
    write("three_hours",
          html_page(made_up_report({.seconds = 10'800, .calls = 2}), made_up_report({.seconds = 1})));
    write("many_operations", html_page(many));
    write("many_operations_compared", html_page(many, many));
}
