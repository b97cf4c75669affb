#include "bulk/program/dry_run.hpp"

#include "bulk/figures/units.hpp"
#include "bulk/journal/journal.hpp"
#include "bulk/report/exit_status.hpp"
#include "bulk/run/stage.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace bandwidth::webrtc::bulk {

namespace {

std::string count_of(std::uint64_t count, const std::string& noun) {
    return format_count(count) + ' ' + noun + (count == 1 ? "" : "s");
}

std::string number_text(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.6g", value);
    return text.data();
}

// How many calls of this kind one session or endpoint has; 0 where there is one for all.
std::size_t calls_each(call_kind kind, std::size_t participants) {
    using enum call_kind;
    switch (kind) {
    case create_participant:
    case add_participant_to_session:
    case get_participant:
    case update_participant_subscriptions:
    case get_participant_subscriptions:
    case remove_participant_from_session:
    case delete_participant:
        return participants;
    case list_endpoints:
        return 0;
    default:
        return 1;
    }
}

std::string service_of(const settings& load) {
    if (load.service == service_kind::loopback)
        return "the embedded service";
    if (!load.base_url.empty())
        return printable(load.base_url);
    return load.service == service_kind::real ? "Bandwidth's"
                                              : "the well-known one of bandwidth-webrtc-loopback";
}

std::string load_of(const settings& load) {
    const std::string item = load.shape == load_shape::lives ? "lives" : "calls";
    std::string text;
    if (load.is_open_loop()) {
        text = number_text(load.rate) + ' ' + item + " begin in each second" +
               (load.process == arrival_process::poisson ? ", at random distances" : "");
        if (load.part.count > 1)
            text += ", of them " + number_text(load.rate / static_cast<double>(load.part.count)) +
                    " of this shard";
        text += "; at most " + format_count(load.concurrent_items()) + " at the same time";
    } else {
        text = "closed loop of " + count_of(load.concurrent_items(), "caller");
    }
    if (load.ramp.count() > 0)
        text += "; grows for " + format_duration(load.ramp);
    if (load.warm_up.count() > 0)
        text += "; not measured for the first " + format_duration(load.warm_up);
    if (load.think_max.count() > 0)
        text += "; pauses from " + format_duration(load.think_min) + " to " + format_duration(load.think_max);
    return text;
}

std::string mix_of(const stage& mix) {
    double all = 0;
    for (const auto& one : mix.mix)
        all += one.weight;
    std::string text;
    for (const auto& one : mix.mix)
        text += (text.empty() ? "" : ", ") + number_text(std::round(1000 * one.weight / all) / 10) + "% " +
                std::string(to_string(one.kind));
    return text;
}

std::string calls_of(const stage& stage, const settings& load) {
    const auto own = load.own_items().count;
    const auto limit = stage.limit.count() > 0 ? "for " + format_duration(stage.limit) : std::string();
    if (stage.kind == stage_kind::mix)
        return limit + ": " + mix_of(stage);
    if (stage.kind == stage_kind::lives) {
        std::size_t calls = 0;
        for (const auto kind : stage.calls)
            calls += calls_each(kind, load.participants);
        return (limit.empty() ? format_count(own) + " lives" : "lives that begin " + limit) + ", each of " +
               count_of(calls, "call");
    }
    const auto kind = stage.calls.front();
    const auto each = calls_each(kind, load.participants);
    if (kind == call_kind::list_endpoints)
        return "1 list of all, page by page";
    return count_of(own * each, "call");
}

void tell_journal(const options& wanted, const std::string& run_id, std::ostream& out) {
    const auto named = [&] {
        return printable(expand_file_name(wanted.journal_pattern(), wanted.load.part, run_id));
    };
    out << "Journal      ";
    if (wanted.resumes)
        out << printable(wanted.journal) << ", which goes on\n";
    else if (wanted.keeps_journal())
        out << named() << (wanted.journal.empty() ? ", deleted when all that was created is" : "") << '\n';
    else
        out << "none\n";
}

void tell_files(const options& wanted, const std::string& run_id, std::ostream& out) {
    const std::array<std::pair<const char*, const std::string*>, 4> files = {
        {{"JSON", &wanted.json},
         {"HTML", &wanted.html},
         {"CSV", &wanted.csv},
         {"CSV of the seconds", &wanted.seconds_csv}}};
    const auto name = [&](const std::string& pattern) {
        return pattern == "-" ? "standard output"
                              : printable(expand_file_name(pattern, wanted.load.part, run_id));
    };
    for (const auto& [form, pattern] : files)
        if (!pattern->empty())
            out << "Report       " << form << ", to " << name(*pattern) << '\n';
    if (!wanted.hgrm.empty())
        out << "Report       percentiles, to " << name(wanted.hgrm) << "-OPERATION.hgrm\n";
    for (const auto& one : wanted.thresholds)
        out << "Threshold    " << printable(one.condition) << '\n';
}

std::uint64_t count_existing(const journal_contents& journal) {
    std::uint64_t count = 0;
    for (const auto& kind : journal.of_kind)
        count += kind.existing.size();
    return count;
}

} // namespace

int tell_what_would_be_done(const options& wanted, std::ostream& out) {
    const auto& load = wanted.load;
    const auto run_id = wanted.run_id.empty() ? std::string("{run}") : wanted.run_id;
    std::optional<journal_contents> before;
    if (wanted.resumes)
        before = read_journal(wanted.journal);
    if (wanted.wanted == command::clean_up) {
        out << "Would delete " << count_of(count_existing(*before), "thing") << " of run "
            << printable(run_id) << "\nService      " << service_of(load) << '\n';
        return static_cast<int>(exit_status::ok);
    }
    out << "Would run    " << describe_job(load) << "\nService      " << service_of(load) << '\n';
    const auto own = load.own_items();
    if (load.part.count > 1)
        out << "Shard        " << load.part.index << " of " << load.part.count << ", with "
            << count_of(own.count, load.api == api_family::brtc ? "endpoint" : "session") << " from number "
            << format_count(own.first) << " on\n";
    if (before)
        out << "Goes on      with run " << printable(run_id) << ", of which "
            << count_of(count_existing(*before), "thing") << " should exist and "
            << format_count(before->complete_lives.size()) << " lives are complete\n";
    out << "Load         " << load_of(load) << "\nThreads      " << format_count(load.threads) << ", with "
        << count_of(load.connections, "connection") << " and at most " << count_of(load.depth, "request")
        << " in flight on each\n";
    tell_journal(wanted, run_id, out);
    tell_files(wanted, run_id, out);
    const auto plan = plan_of(load);
    const auto first =
        before && load.shape == load_shape::phases ? stage_to_go_on_with(plan, before->phase) : 0;
    std::size_t width = 0;
    for (const auto& one : plan)
        width = std::max(width, one.name.size());
    out << "\nStages\n";
    for (auto number = first; number < plan.size(); ++number)
        out << "  " << plan[number].name << std::string(width + 2 - plan[number].name.size(), ' ')
            << calls_of(plan[number], load) << '\n';
    out << "  and the deleting of what is left\n";
    return static_cast<int>(exit_status::ok);
}

} // namespace bandwidth::webrtc::bulk
