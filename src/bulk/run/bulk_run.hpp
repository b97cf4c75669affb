#pragma once

#include "bulk/journal/journal_writer.hpp"
#include "bulk/report/report.hpp"
#include "bulk/run/engine.hpp"
#include "bulk/run/progress_snapshot.hpp"
#include "bulk/run/settings.hpp"
#include "bulk/run/stage.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// One run: stage by stage, by engines that have a thread and a share of the sessions or endpoints each, and
/// at the end the deleting of what is left.
///
/// The functions that run stages run `context` on the caller's thread and return when the stages are done;
/// `interrupt` is called from a handler on it. Not thread-safe.
class bulk_run final {
public:
    /// Makes the job of an engine, whose client has an executor of the context.
    /// \param items   of all sessions or endpoints of the run those of the engine
    /// \param thread  its number, from 0
    using make_job =
        std::function<std::unique_ptr<job>(boost::asio::io_context&, share items, std::size_t thread)>;

    /// \param context  of the caller's thread; outlives the run, as do the settings and the journal
    /// \param journal  what is created and deleted is written there; null: nowhere
    bulk_run(boost::asio::io_context& context, const settings& chosen, const make_job& make,
             journal_writer* journal);
    bulk_run(const bulk_run&) = delete;
    bulk_run& operator=(const bulk_run&) = delete;
    ~bulk_run();

    /// What a run before has left, by its journal: things that exist, and lives that are complete. Before all else.
    void restore(const journal_contents& before);

    /// Runs these stages, or those up to an interrupt. Ends early when no service can be reached, or when it
    /// refuses the credentials, before anything has succeeded; when there was no success for `abort_after`;
    /// and when the journal cannot be written.
    /// \param first  of the plan's stages; those before it are done already
    void run_stages(std::vector<stage> plan, std::size_t first = 0);

    /// Deletes what still exists, again and again until all is deleted, nothing more can be deleted although
    /// the service can be reached, or the time for it is over.
    /// \param timeout  without a signal; 0: nothing is deleted
    void clean_up(std::chrono::nanoseconds timeout);

    /// Ends the run in an orderly way: nothing new is started, what is in flight has two seconds to end, and
    /// `clean_up` has its time for signals. The second interrupt ends everything at once.
    void interrupt(int signal);

    /// Where the run stands, but for the rates. While a stage is under way.
    progress_snapshot progress() const;
    /// Hands over the seconds that have ended since the last time.
    time_series take_seconds();

    // When the stages have ended:

    /// The operations of which a call was made or skipped, in the order of a session's life.
    std::vector<operation_figures> operations() const;
    time_series series() const;
    std::optional<life_record> lives() const;
    /// See `engine::not_begun`.
    std::uint64_t not_begun() const;
    /// Calls this for all that exists, with its number in the run and its id.
    void visit_existing(const std::function<void(thing_kind, std::uint64_t, std::string_view)>& visit) const;
    client_stats stats() const;
    clean_up_record clean_up_result() const;
    /// When the first call was made, since 1970, and from then to the last result.
    std::chrono::nanoseconds started() const noexcept { return started_; }
    std::chrono::nanoseconds time() const noexcept { return time_; }
    /// The signal that interrupted the run; 0 when none did.
    int signal() const noexcept { return signal_; }
    /// Why the run ended early, unless that was a signal.
    const std::optional<fatal_problem>& problem() const noexcept { return problem_; }
    /// Whether it ended early because nothing had succeeded for `abort_after`.
    bool aborted() const noexcept { return aborted_; }

private:
    using clock = std::chrono::steady_clock;

    struct worker {
        boost::asio::io_context context{1};
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{
            context.get_executor()};
        share items;
        std::unique_ptr<job> work;
        std::optional<engine> made;
        std::thread thread;
    };

    void start_threads();
    void run_stage(const stage& stage);
    void end_of_engine();
    void end_early(const fatal_problem& problem);
    void stop_early();
    void stop_engines();
    void give_up();
    void limit_flight();
    void limit_clean_up(std::chrono::nanoseconds time);
    void watch();
    bool fails_for_too_long();
    bool may_go_on() const noexcept { return cleaning_ ? !gave_up_ : !stopping_; }
    std::vector<thing_count> existing() const;
    template <class Function>
    void on_every_engine(Function function);

    boost::asio::io_context& context_;
    const settings& settings_;
    journal_writer* journal_;
    std::deque<worker> workers_; // a deque, because they cannot move
    bool threads_run_ = false;

    std::vector<stage> plan_;
    std::size_t stage_ = 0; // the one under way
    clock::time_point stage_began_;
    std::size_t running_ = 0;       // engines that have not ended it
    std::size_t first_stage_ = 0;   // of the plan; those before it were done by the run before
    std::uint64_t done_before_ = 0; // items of the plan's stages that are over
    clean_up_record clean_up_;

    boost::asio::steady_timer flight_limit_;
    boost::asio::steady_timer clean_up_limit_;
    boost::asio::steady_timer watch_timer_;
    clock::rep last_success_ = 0;  // when it was last looked
    clock::rep failing_since_ = 0; // the first failure that was seen since; 0: none
    clock::rep counts_from_ = 0;   // failures before are of a clean-up
    std::chrono::nanoseconds started_{0};
    std::chrono::nanoseconds time_{0};
    std::optional<fatal_problem> problem_;
    int signal_ = 0;
    bool aborted_ = false;
    bool stopping_ = false;
    bool cleaning_ = false;
    bool gave_up_ = false;
};

} // namespace bandwidth::webrtc::bulk
