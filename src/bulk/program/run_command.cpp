#include "bulk/program/run_command.hpp"

#include "bulk/figures/hint.hpp"
#include "bulk/figures/units.hpp"
#include "bulk/job/lost_endpoints.hpp"
#include "bulk/journal/journal.hpp"
#include "bulk/journal/journal_writer.hpp"
#include "bulk/program/output.hpp"
#include "bulk/program/service.hpp"
#include "bulk/program/watchers.hpp"
#include "bulk/report/exit_status.hpp"
#include "bulk/run/bulk_run.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/array.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <ostream>
#include <random>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using namespace std::chrono_literals;

// Of the clean-up without a signal, where nothing else was asked for: at the end of a run, and of the command
// for it.
constexpr auto clean_up_time_of_run = 1min;
constexpr auto clean_up_time_of_command = 2h;

std::uint64_t random_number() {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
}

std::string random_run_id() {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%08llx", static_cast<unsigned long long>(random_number() >> 32));
    return text.data();
}

// The run's journal, if it has one, and what it tells of a run before.
struct run_journal {
    std::string path;
    std::unique_ptr<journal_writer> writer;
    std::optional<journal_contents> before;
    bool has_lost = false; // endpoints may exist whose ids the journal does not know: see `delete_lost`
};

journal_header header_of(const options& wanted, const std::string& run_id, std::uint64_t nonce,
                         const std::string& base_url) {
    const auto& load = wanted.load;
    journal_header header;
    header.run_id = run_id;
    header.api = load.api;
    header.nonce = nonce;
    const bool brtc = load.api == api_family::brtc;
    header.sessions = brtc ? 0 : load.sessions;
    header.participants = brtc ? 0 : load.participants;
    header.endpoints = brtc ? load.endpoints : 0;
    header.shard = load.part.index;
    header.shards = load.part.count;
    header.base_url = base_url;
    json::array words;
    for (const auto& word : wanted.words)
        words.emplace_back(word);
    header.settings["words"] = std::move(words);
    return header;
}

// Another number of sessions, or another part of them, would give the numbers of the journal another meaning.
void check_same_run(const journal_header& before, const journal_header& now) {
    if (before.api != now.api || before.sessions != now.sessions || before.participants != now.participants ||
        before.endpoints != now.endpoints || before.shard != now.shard || before.shards != now.shards)
        throw std::runtime_error(
            "the journal is of another job: its API, sessions, participants, endpoints and "
            "shard cannot be changed when a run goes on");
    if (before.base_url != now.base_url)
        throw std::runtime_error("the journal is of another service: " + before.base_url);
}

run_journal open_journal(const options& wanted, std::string& run_id, std::uint64_t& nonce,
                         const std::string& base_url, std::ostream& err) {
    run_journal opened;
    if (wanted.resumes) {
        opened.path = wanted.journal;
        opened.before = read_journal(opened.path);
        run_id = opened.before->header.run_id;
        nonce = opened.before->header.nonce;
        check_same_run(opened.before->header, header_of(wanted, run_id, nonce, base_url));
        opened.writer = journal_writer::append_to(opened.path, *opened.before);
        opened.has_lost = wanted.load.api == api_family::brtc &&
                          (!opened.before->ended || !opened.before->of(thing_kind::endpoint).unknown.empty());
        if (!opened.before->ended && !opened.has_lost)
            err << "bandwidth-webrtc-bulk: the run before was cut off: what it was just creating may exist, "
                   "and is not in the journal"
                << std::endl;
    } else if (wanted.keeps_journal()) {
        opened.path = expand_file_name(wanted.journal_pattern(), wanted.load.part, run_id);
        try {
            opened.writer = journal_writer::create(opened.path, header_of(wanted, run_id, nonce, base_url));
        } catch (const std::runtime_error& error) {
            throw std::runtime_error(error.what() +
                                     std::string(" (--journal names another file, --no-journal keeps none)"));
        }
    }
    return opened;
}

// One place for what a run and a clean-up by journal have in common: the context, the signals and the progress.
class watched_run {
public:
    watched_run(const options& wanted, const service& service, std::uint64_t nonce, journal_writer* journal,
                const std::string& title, std::ostream& err)
        : run_(
              context_, wanted.load,
              [&](asio::io_context& context, share items, std::size_t thread) {
                  return service.make_job(context, wanted.load, items, thread, nonce);
              },
              journal)
        , terminal_(look_at_terminal())
        , line_(err, title, terminal_.is_terminal,
                choose_style(wanted.color, terminal_.is_terminal,
                             [](const char* name) { return std::getenv(name); }))
        , interruption_(context_, run_, line_, err, wanted.quiet)
        , shows_progress_(shows_progress(wanted.progress, wanted.quiet, terminal_)) {
        if (wanted.load.is_open_loop() && wanted.load.shape == load_shape::phases)
            line_.set_target_rate(wanted.load.rate / static_cast<double>(wanted.load.part.count));
    }

    void run_stages(std::vector<stage> plan, std::size_t first) {
        show_progress();
        run_.run_stages(std::move(plan), first);
        line_.clear(look_at_size());
    }
    void clean_up(std::chrono::nanoseconds timeout) {
        show_progress();
        run_.clean_up(timeout);
        line_.clear(look_at_size());
    }
    bulk_run& run() noexcept { return run_; }

private:
    // The ticker stays: a handler of one that is gone could still be in the context.
    void show_progress() {
        line_.start_anew();
        if (shows_progress_ && !ticker_)
            ticker_.emplace(context_, run_, line_);
    }

    asio::io_context context_{1};
    bulk_run run_;
    terminal_facts terminal_;
    progress_display line_;
    interruption interruption_;
    bool shows_progress_;
    std::optional<progress_ticker> ticker_;
};

verdict verdict_of(const bulk_run& run, const report& report, const run_journal& journal) {
    const auto all = report.totals();
    verdict verdict;
    verdict.signal = run.signal();
    if (const auto& problem = run.problem()) {
        verdict.no_connection = problem->why == fatal_problem::reason::no_connection;
        verdict.refused = problem->why == fatal_problem::reason::refused;
        verdict.incomplete = !problem->failure.has_value();
    }
    verdict.no_connection = verdict.no_connection || run.aborted();
    verdict.incomplete = verdict.incomplete || journal.has_lost;
    verdict.failed = all.record.failed;
    verdict.mismatched = all.record.mismatched;
    verdict.left_behind = report.clean_up().left();
    return verdict;
}

// Why a run ended early, for people; empty when it did not, or by a signal.
std::string early_end(const bulk_run& run, const settings& load, const std::string& base_url) {
    if (run.aborted())
        return "no call had succeeded for " + format_duration(load.abort_after) + " (--abort-after)";
    if (!run.problem())
        return {};
    const auto& problem = *run.problem();
    switch (problem.why) {
    case fatal_problem::reason::journal:
        return "the journal cannot be written: " + problem.text;
    case fatal_problem::reason::exception:
        return problem.text;
    case fatal_problem::reason::refused:
        return printable(base_url) +
               " refuses the credentials or the account: " + printable(problem.failure->describe());
    case fatal_problem::reason::no_connection:
        break;
    }
    const auto code = problem.failure->code();
    auto text = std::string("no ") + (code == errc::token_timeout ? "access token for " : "connection to ") +
                printable(base_url) + ": " + printable(problem.failure->describe());
    if (const auto hint = hint_for(code); !hint.empty())
        text += " (" + std::string(hint) + ')';
    return text;
}

// Nobody has asked for the file by its name, now or when the run began.
bool is_named_by_default(const options& wanted, const run_journal& journal, const std::string& run_id) {
    if (!wanted.resumes)
        return wanted.journal.empty();
    return std::filesystem::path(journal.path).filename() ==
           expand_file_name(wanted.default_journal(), wanted.load.part, run_id);
}

// The journal has done its duty when nothing is left; else it is kept, and whoever reads this is told what for.
void close_journal(const options& wanted, run_journal& journal, const report& report, const bulk_run& run,
                   std::ostream& err) {
    if (!journal.writer)
        return;
    if (!journal.has_lost) // else they are to be looked for when the journal is read again
        journal.writer->end();
    journal.writer->sync();
    const auto clean_up = report.clean_up();
    const bool is_all = report.parts.front().signal == 0 && report.parts.front().ended_early.empty();
    const bool is_empty = clean_up.left() + clean_up.unknown_creations == 0 && !journal.has_lost;
    if (is_empty && is_named_by_default(wanted, journal, report.parts.front().run_id)) {
        journal.writer->remove();
        return;
    }
    if (is_empty && is_all)
        return;
    if (journal.writer->error() && clean_up.left() > 0) {
        err << "bandwidth-webrtc-bulk: the journal could not be written in full. What exists:" << std::endl;
        run.visit_existing([&](thing_kind kind, std::uint64_t number, std::string_view id) {
            err << "+ " << to_string(kind) << ' ' << number << ' ' << printable(id) << '\n';
        });
        err << std::flush;
    } else if (!wanted.quiet) {
        err << "bandwidth-webrtc-bulk: to go on with the run: --resume " << journal.path;
        if (clean_up.left() > 0 || journal.has_lost)
            err << "; to delete what is left: bandwidth-webrtc-bulk clean-up " << journal.path;
        err << std::endl;
    }
}

// Creations of the runs before whose result nobody knows.
std::uint64_t unknown_before(const run_journal& journal) {
    std::uint64_t all = 0;
    if (journal.before)
        for (const auto& kind : journal.before->of_kind)
            all += kind.unknown.size();
    return all;
}

// Once all is deleted that the journal knows: looks for endpoints that the service has created for this run or the one
// before, and of which neither ever heard. Sessions cannot be found so, as that API has no list of them.
void delete_lost(const options& wanted, const service& service, std::uint64_t nonce, run_journal& journal,
                 const bulk_run& run, clean_up_record& cleaned, std::ostream& err) {
    if (!journal.has_lost || run.signal() != 0 || run.problem() || run.aborted() || cleaned.left() > 0)
        return;
    asio::io_context context(1);
    auto client = service.make_endpoint_client(context);
    // The run's own context, which looks after signals, runs no more.
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](error_code cancelled, int) {
        if (!cancelled)
            client.close();
    });
    lost_endpoints lost;
    asio::co_spawn(context, delete_lost_endpoints(client, wanted.load.own_items(), nonce),
                   [&](std::exception_ptr error, lost_endpoints found) {
                       signals.cancel();
                       client.close();
                       if (error)
                           std::rethrow_exception(error);
                       lost = std::move(found);
                   });
    context.run();
    cleaned.things.front().deleted += lost.deleted;
    if (lost.error) {
        err << "bandwidth-webrtc-bulk: endpoints that the journal does not know may exist, and could not be "
               "looked for or deleted: "
            << printable(lost.error->describe()) << std::endl;
        return;
    }
    journal.has_lost = false;
    // No creation is unknown any more: what the service had done of them was listed.
    cleaned.unknown_creations = 0;
    const auto now = read_journal(journal.path);
    for (const auto number : now.of(thing_kind::endpoint).unknown)
        journal.writer->deleted(thing_kind::endpoint, number);
}

part_record describe_part(const options& wanted, const service& service, const std::string& run_id,
                          const bulk_run& run) {
    part_record part;
    part.run_id = run_id;
    part.shard_index = wanted.load.part.index;
    part.shard_count = wanted.load.part.count;
    part.job = describe_job(wanted.load);
    part.service = service.description();
    part.base_url = service.base_url();
    part.settings = to_json(wanted.load);
    part.started = run.started();
    part.time = run.time();
    part.signal = run.signal();
    part.ended_early = early_end(run, wanted.load, part.base_url);
    part.not_begun = run.not_begun();
    part.lives = run.lives();
    part.clean_up = run.clean_up_result();
    return part;
}

} // namespace

int make_run(const options& wanted, std::ostream& out, std::ostream& err) {
    const service service(wanted.load);
    auto run_id = wanted.run_id.empty() ? random_run_id() : wanted.run_id;
    auto nonce = random_number();
    auto journal = open_journal(wanted, run_id, nonce, service.base_url(), err);

    watched_run watched(wanted, service, nonce, journal.writer.get(),
                        "run " + run_id + " · " + service.description(), err);
    auto& run = watched.run();
    if (journal.before)
        run.restore(*journal.before);
    const bool lives_again = journal.before && wanted.load.shape == load_shape::lives;
    if (lives_again) { // what lives that were cut off have left goes first, and then they begin anew
        watched.clean_up(wanted.load.clean_up_timeout.value_or(clean_up_time_of_run));
        const auto& done = run.clean_up_result();
        if (done.left() > 0 && run.signal() == 0) {
            err << "bandwidth-webrtc-bulk: what the run before has left cannot be deleted: "
                << done.first_error << std::endl;
            if (!journal.has_lost)
                journal.writer->end();
            return static_cast<int>(exit_status::operations_failed);
        }
    }
    auto plan = plan_of(wanted.load);
    const auto first =
        stage_to_go_on_with(plan, journal.before ? journal.before->phase : std::optional<std::uint64_t>());
    watched.run_stages(std::move(plan), first);

    report report;
    report.operations = run.operations();
    report.client = run.stats();
    if (const auto seen = service.stats())
        report.most_pipelined_at_service = seen->max_pipelined;
    report.parts.push_back(describe_part(wanted, service, run_id, run));

    // The text comes before the clean-up: whoever loses patience then still has it.
    const auto& part = report.parts.front();
    const bool began = !run.problem() || !run.problem()->failure;
    if (!part.ended_early.empty())
        err << "bandwidth-webrtc-bulk: " << part.ended_early << std::endl;
    if (wanted.json != "-" && began)
        out << format_report(report) << std::flush;

    watched.clean_up(wanted.load.clean_up_timeout.value_or(clean_up_time_of_run));
    const bool was_told = !part.ended_early.empty();
    report.parts.front() = describe_part(wanted, service, run_id, run); // a signal may have come since
    if (!was_told && !part.ended_early.empty())
        err << "bandwidth-webrtc-bulk: " << part.ended_early << std::endl;
    report.parts.front().clean_up.unknown_creations += unknown_before(journal);
    delete_lost(wanted, service, nonce, journal, run, report.parts.front().clean_up, err);
    report.series = run.series();
    close_journal(wanted, journal, report, run, err);
    report.exit_status = report.parts.front().exit_status = exit_code(verdict_of(run, report, journal));
    auto status = judge(wanted, report);
    if (wanted.json != "-")
        out << format_thresholds(report) << format_clean_up(report) << std::flush;
    if (!write_files(wanted, report, out, err) && status == 0)
        status = static_cast<int>(exit_status::operations_failed);
    return status;
}

int clean_up_by_journal(const options& wanted, std::ostream& out, std::ostream& err) {
    const service service(wanted.load);
    auto run_id = wanted.run_id;
    std::uint64_t nonce = 0;
    auto journal = open_journal(wanted, run_id, nonce, service.base_url(), err);
    watched_run watched(wanted, service, nonce, journal.writer.get(),
                        "run " + run_id + " · " + service.description(), err);
    auto& run = watched.run();
    run.restore(*journal.before);
    watched.clean_up(wanted.load.clean_up_timeout.value_or(clean_up_time_of_command));

    report report;
    report.parts.push_back(describe_part(wanted, service, run_id, run));
    report.parts.front().clean_up.unknown_creations += unknown_before(journal);
    delete_lost(wanted, service, nonce, journal, run, report.parts.front().clean_up, err);
    if (wanted.json != "-")
        out << format_clean_up(report);
    const auto all = report.clean_up();
    if (wanted.json != "-" && all.deleted() + all.left() + all.unknown_creations == 0)
        out << "Nothing is left of run " << printable(run_id) << '\n';
    close_journal(wanted, journal, report, run, err);
    const auto status = exit_code(verdict_of(run, report, journal));
    report.exit_status = report.parts.front().exit_status = status;
    if (!write_files(wanted, report, out, err) && status == 0)
        return static_cast<int>(exit_status::operations_failed);
    return status;
}

} // namespace bandwidth::webrtc::bulk
