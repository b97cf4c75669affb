#include "bulk/program/program.hpp"

#include "bulk/figures/units.hpp"
#include "bulk/program/service.hpp"
#include "bulk/report/exit_status.hpp"
#include "bulk/report/report.hpp"
#include "bulk/run/bulk_run.hpp"
#include "bulk/run/progress.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <ostream>
#include <random>

namespace bandwidth::webrtc::bulk {

namespace asio = boost::asio;

namespace {

// Hands SIGINT and SIGTERM to the run: the first ends it in an orderly way, the second at once, and the third
// finds the system's own handler again.
class interruption {
public:
    interruption(asio::io_context& context, bulk_run& run, progress_line& progress, std::ostream& err,
                 bool quiet)
        : signals_(context, SIGINT, SIGTERM), run_(run), progress_(progress), err_(err), quiet_(quiet) {
        wait();
    }

private:
    void wait() {
        signals_.async_wait([this](error_code cancelled, int signal) {
            if (cancelled)
                return;
            const bool first = run_.signal() == 0;
            run_.interrupt(signal);
            progress_.clear();
            if (!quiet_)
                err_ << (first ? "bandwidth-webrtc-bulk: stopping, then deleting what was created. Once more "
                                 "gives up."
                               : "bandwidth-webrtc-bulk: giving up.")
                     << std::endl;
            if (first)
                wait();
            else
                signals_.clear();
        });
    }

    asio::signal_set signals_;
    bulk_run& run_;
    progress_line& progress_;
    std::ostream& err_;
    bool quiet_;
};

// Shows where the run stands, for as long as it lives.
class progress_ticker {
public:
    progress_ticker(asio::io_context& context, const bulk_run& run, progress_line& line)
        : timer_(context), run_(run), line_(line) {
        wait();
    }

private:
    void wait() {
        timer_.expires_after(line_.interval());
        timer_.async_wait([this](error_code cancelled) {
            if (cancelled)
                return;
            line_.show(run_.progress(), progress_line::clock::now(), terminal_width());
            wait();
        });
    }

    asio::steady_timer timer_;
    const bulk_run& run_;
    progress_line& line_;
};

std::uint64_t random_nonce() {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
}

verdict verdict_of(const bulk_run& run, const report& report) {
    const auto all = report.totals();
    verdict verdict;
    verdict.signal = run.signal();
    verdict.no_connection = run.no_connection().has_value();
    verdict.refused = run.refused().has_value();
    verdict.failed = all.failed;
    verdict.mismatched = all.mismatched;
    verdict.left_behind = report.clean_up.left();
    return verdict;
}

int run_against(const service& service, const settings& chosen, std::ostream& out, std::ostream& err) {
    asio::io_context context(1);
    const auto job = service.make_job(context, chosen, random_nonce());
    bulk_run run(context, *job, chosen);

    const auto terminal = look_at_terminal();
    progress_line line(err, terminal.is_terminal);
    const interruption interruption(context, run, line, err, chosen.quiet);
    std::optional<progress_ticker> ticker;
    if (shows_progress(chosen.progress, chosen.quiet, terminal))
        ticker.emplace(context, run, line);

    run.run_phases();
    line.clear();
    report report;
    report.chosen = chosen;
    report.service = service.description();
    report.base_url = service.base_url();
    report.operations = report_operations(run);
    report.time = run.time();
    report.signal = run.signal();
    report.unknown_creations = run.unknown_creations();
    report.client = job->stats();
    report.seen_by_service = service.stats();

    // The text comes before the clean-up: whoever loses patience then still has it.
    if (const auto& failure = run.no_connection())
        err << "bandwidth-webrtc-bulk: no "
            << (failure->code() == errc::token_timeout ? "access token for " : "connection to ")
            << printable(report.base_url) << ": " << printable(failure->describe()) << std::endl;
    else if (const auto& refusal = run.refused())
        err << "bandwidth-webrtc-bulk: " << printable(report.base_url)
            << " refuses the credentials or the account: " << printable(refusal->describe()) << std::endl;
    else if (!chosen.json)
        out << format_report(report) << std::flush;

    run.clean_up();
    line.clear();
    report.clean_up = run.clean_up_result();
    report.signal = run.signal(); // one may have come since
    report.exit_code = exit_code(verdict_of(run, report));
    if (chosen.json)
        out << boost::json::serialize(to_json(report)) << std::endl;
    else
        out << format_clean_up(report) << std::flush;
    return report.exit_code;
}

} // namespace

int run_program(const settings& chosen, std::ostream& out, std::ostream& err) {
    try {
        const service service(chosen);
        return run_against(service, chosen, out, err);
    } catch (const api_error& error) {
        err << "bandwidth-webrtc-bulk: " << printable(error.failure().describe()) << std::endl;
        return static_cast<int>(exit_status::configuration);
    }
}

} // namespace bandwidth::webrtc::bulk
