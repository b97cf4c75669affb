#pragma once

#include "bulk/figures/operation_record.hpp"
#include "bulk/figures/time_series.hpp"
#include "bulk/job/job.hpp"
#include "bulk/journal/journal_writer.hpp"
#include "bulk/report/report.hpp"
#include "bulk/run/arrivals.hpp"
#include "bulk/run/caller.hpp"
#include "bulk/run/settings.hpp"
#include "bulk/run/stage.hpp"

#include <array>
#include <atomic>
#include <bandwidth/webrtc/error.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// Why a run ends before all is done.
struct fatal_problem {
    enum class reason { no_connection, refused, journal, exception };
    reason why;
    std::optional<bandwidth::webrtc::failure> failure; ///< of a call, for the first two
    std::string text;                                  ///< for the others
};

/// What one thread of a run does: stage by stage, the items of its share of the sessions or endpoints. In a
/// closed loop it has so many callers, each of which takes the next item when its last one is done; in an
/// open loop each item begins at the time that the schedule has for it.
///
/// | work    | items begin | calls of an item that has begun | becomes                                  |
/// |---------|-------------|---------------------------------|------------------------------------------|
/// | allowed | yes         | are made                        | stopped by `stop`, given_up by `give_up` |
/// | stopped | no          | end with the one under way      | allowed by `start` of a clean-up         |
/// | given_up| no          | fail                            |                                          |
///
/// All functions but those that say otherwise are called on the context's thread.
class engine final {
public:
    using clock = call_log::clock;

    /// What an engine is made of. All of it outlives the engine.
    struct parts {
        boost::asio::io_context& context;
        job& work;
        const settings& chosen;
        share items;           ///< of all sessions or endpoints of the run
        std::size_t index = 0; ///< of the threads
        journal_writer* journal = nullptr;
        /// Is called on the context's thread.
        std::function<void(const fatal_problem&)> on_fatal;
    };
    explicit engine(parts made_of);
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;

    /// Begins a stage. There is no other one under way.
    /// \param stage  outlives it
    /// \param done   is called when its last item has ended
    void start(const stage& stage, std::function<void()> done);
    /// Begins nothing more; calls under way go on.
    void stop();
    /// Ends the calls under way.
    void cancel_flight();
    /// Ends everything for good.
    void give_up();

    /// The run goes on that the journal tells of: lives that are complete are not lived again.
    /// \param before  outlives the engine
    void continue_run(const journal_contents& before);

    // Between stages, on any thread.
    const operation_record& record(call_kind kind) const noexcept {
        return records_[static_cast<std::size_t>(kind)];
    }
    const time_series& series() const noexcept { return series_; }
    const life_record& lives() const noexcept { return lives_; }
    std::uint64_t unknown_creations() const noexcept { return unknown_creations_; }
    /// Arrivals of an open loop that were due and never began, because the stage ended before there was a
    /// caller for them.
    std::uint64_t not_begun() const noexcept { return not_begun_; }
    /// What the failures of a round of a clean-up say of the next one.
    enum class outlook {
        none,   ///< there were none, or they are final
        broken, ///< 500: it may go, and it may be of that one thing
        away,   ///< the service could not be reached, or was not ready
    };
    /// Begins another round, and tells of the last one.
    outlook begin_round(bool first);
    const std::string& first_clean_up_error() const noexcept { return first_clean_up_error_; }

    /// What may be looked at at any time, on any thread.
    struct live_counts {
        std::atomic<std::uint64_t> done{0}; ///< items of the stage
        std::atomic<std::uint64_t> in_flight{0};
        std::atomic<std::uint64_t> failed{0};     ///< calls, but those of the clean-up
        std::atomic<std::uint64_t> mismatched{0}; ///< alike
        std::atomic<clock::rep> last_success{0};
        std::atomic<clock::rep> last_failure{0};
        std::atomic<bool> any_success{false};
    };
    const live_counts& live() const noexcept { return live_; }
    /// The number in the run of what has this number in the engine's job. On any thread.
    std::uint64_t number_in_run(thing_kind kind, std::size_t number) const noexcept;
    /// How many items the stage has for this engine; nothing where it has no end but its time. On any thread.
    std::optional<std::size_t> items_of(const stage& stage) const;
    /// Hands over the seconds that have ended since the last time. On any thread.
    time_series take_seconds();

private:
    enum class work_state { allowed, stopped, given_up };
    class item_under_way;
    friend class caller; // notes what became of its calls

    void run_callers();
    boost::asio::awaitable<void> call_repeatedly(caller& one, std::chrono::nanoseconds begin_after);
    boost::asio::awaitable<void> arrive();
    boost::asio::awaitable<void> call_once(caller& one, std::size_t item, clock::time_point intended);
    boost::asio::awaitable<void> make_item(caller& one, std::size_t item);
    boost::asio::awaitable<void> live(caller& one, std::size_t number);
    boost::asio::awaitable<void> make_one_of_mix(caller& one, std::size_t number);
    boost::asio::awaitable<void> pause(caller& one, clock::time_point until);
    std::optional<std::size_t> take();
    std::size_t take_of_mix();
    caller& free_caller();
    void spawn(caller& one, boost::asio::awaitable<void> work);
    void end_waits_to_begin();
    void end_one();

    const job_call& call(call_kind kind) const;
    bool is_measured(const call_log::started_call& call) const noexcept;
    bool is_cleaning() const noexcept { return stage_->kind == stage_kind::clean_up; }
    clock::time_point end_of_stage() const noexcept;
    operation_record& record(call_kind kind) noexcept { return records_[static_cast<std::size_t>(kind)]; }
    second_record& this_second(clock::time_point now);
    void sample(clock::time_point of, bool has_ended);
    void schedule_sample();

    // What the callers tell.
    void add_success(const call_log::started_call& call, const response_info& info);
    void add_failure(const call_log::started_call& call, const failure& failure);
    void add_check(const call_log::started_call& call, const std::string& problem);
    void skip(call_kind kind);
    void created(thing_kind kind, std::size_t number, std::string_view id);
    void deleted(thing_kind kind, std::size_t number);
    void keep_off(clock::time_point now);
    void check_journal(bool written);
    void tell_fatal(fatal_problem problem);
    void tell_exception(const std::exception_ptr& error);
    bool may_go_on() const noexcept { return work_ == work_state::allowed; }

    parts parts_;
    std::vector<job_call> calls_;
    std::mt19937_64 random_;
    work_state work_ = work_state::allowed;

    const stage* stage_ = nullptr;
    std::function<void()> done_;
    clock::time_point stage_started_;
    std::size_t next_ = 0; // item of the stage
    std::size_t callers_at_most_ = 0;
    std::size_t running_ = 0;    // coroutines of the stage
    std::deque<caller> callers_; // a deque, because they cannot move
    std::vector<caller*> free_;
    boost::asio::steady_timer arrival_timer_;
    bool waits_for_caller_ = false;
    std::vector<bool> busy_; // of a mix: the sessions or endpoints that a call is about

    // After a failure to reach the service no call begins for a while.
    clock::time_point off_until_{};
    std::chrono::nanoseconds off_time_{0};

    std::array<operation_record, call_kind_count> records_;
    life_record lives_;
    const journal_contents* before_ = nullptr;
    std::vector<bool> complete_before_;
    std::uint64_t not_begun_ = 0;
    outlook outlook_ = outlook::none; // of this round of the clean-up
    std::uint64_t unknown_creations_ = 0;
    std::string first_clean_up_error_;
    bool fatal_told_ = false;
    bool service_problem_told_ = false;
    live_counts live_;

    boost::asio::steady_timer sample_timer_;
    bool sampling_ = false;            // while a stage is under way
    std::chrono::nanoseconds to_wall_; // from this program's clock to the system's
    time_series series_;
    client_stats sampled_; // the client's counts at the last sample
    std::mutex seconds_mutex_;
    bool seconds_wanted_ = false;
    time_series seconds_; // that have ended, for take_seconds
    time_series::seconds published_{0};
};

} // namespace bandwidth::webrtc::bulk
