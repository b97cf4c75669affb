#pragma once

#include "bulk/job/call_log.hpp"
#include "bulk/job/job.hpp"
#include "bulk/report/record.hpp"
#include "bulk/report/settings.hpp"
#include "bulk/run/progress.hpp"

#include <array>
#include <bandwidth/webrtc/error.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// How the deleting at the end went.
struct clean_up_record {
    struct thing {
        std::string_view noun; ///< "session"
        std::size_t deleted = 0;
        std::size_t left = 0;
    };
    std::vector<thing> things; ///< one entry for each kind that the job creates
    std::string first_error;
    std::chrono::nanoseconds time{0};

    std::size_t deleted() const noexcept;
    std::size_t left() const noexcept;
};

/// One run: phase by phase each call of the job is made for all items, by many callers at the same time, of which
/// each takes the next item when its last one is done.
///
/// Everything runs on the context's one thread; the functions that run the context return when their work is
/// done, and `interrupt` is called from a handler on it. Not thread-safe.
class bulk_run final : private call_log {
public:
    /// All of these must outlive the run. The job's client has an executor of the context.
    bulk_run(boost::asio::io_context& context, job& job, const settings& chosen);
    bulk_run(const bulk_run&) = delete;
    bulk_run& operator=(const bulk_run&) = delete;

    /// Runs all phases, or those up to an interrupt. Ends early when no service can be reached, or when it
    /// refuses the credentials, before anything has succeeded.
    void run_phases();

    /// Deletes what still exists. Ends early when the service can no longer be reached.
    void clean_up();

    /// Ends the run in an orderly way: nothing new is started, what is in flight has two seconds to end, and
    /// `clean_up` has ten. The second interrupt ends everything at once.
    void interrupt(int signal);

    /// Where the run stands, but for the rates. While a phase is under way.
    progress_snapshot progress() const;

    const call_record& record(call_kind kind) const noexcept {
        return records_[static_cast<std::size_t>(kind)];
    }
    const clean_up_record& clean_up_result() const noexcept { return clean_up_; }
    /// Creations that failed in a way that leaves open whether the service did them.
    std::uint64_t unknown_creations() const noexcept { return unknown_creations_; }
    /// From the first call of all phases to the last response.
    std::chrono::nanoseconds time() const noexcept { return time_; }
    /// The signal that interrupted the run; 0 when none did.
    int signal() const noexcept { return signal_; }
    /// Why the run ended early, if there was no service to reach, or no credentials that it takes.
    const std::optional<failure>& no_connection() const noexcept { return no_connection_; }
    const std::optional<failure>& refused() const noexcept { return refused_; }

private:
    struct caller_slot {
        boost::asio::cancellation_signal cancel;
        bool running = false;
    };

    // Of the phase under way.
    void add_success(std::chrono::nanoseconds latency) override;
    void add_failure(const failure& failure) override;
    void add_check(const std::string& problem) override;
    void skip() override;
    bool may_go_on() const noexcept override { return cleaning_ ? !gave_up_ : !stopping_; }

    void run_plan();
    void run_phase();
    boost::asio::awaitable<void> call_until_done();
    std::optional<std::size_t> take() noexcept;
    void give_up();
    void limit_flight();
    void limit_clean_up();
    const job_call& phase() const noexcept { return plan_[phase_]; }
    call_record& current() noexcept { return records_[static_cast<std::size_t>(phase().kind)]; }

    boost::asio::io_context& context_;
    job& job_;
    const settings& settings_;
    std::array<call_record, call_kind_count> records_;
    clean_up_record clean_up_;

    std::vector<job_call> plan_; // the phases, or those of the clean-up
    std::size_t phase_ = 0;      // the one under way
    std::size_t next_ = 0;       // its next item
    std::size_t in_flight_ = 0;
    std::size_t running_callers_ = 0;
    std::deque<caller_slot> callers_; // a deque, because a signal cannot move
    std::size_t done_before_ = 0;     // items of the plan's phases that are over

    boost::asio::steady_timer flight_limit_;
    boost::asio::steady_timer clean_up_limit_;
    std::chrono::nanoseconds time_{0};
    std::optional<failure> no_connection_;
    std::optional<failure> refused_;
    std::uint64_t unknown_creations_ = 0;
    int signal_ = 0;
    bool anything_succeeded_ = false;
    bool stopping_ = false;
    bool cleaning_ = false;
    bool gave_up_ = false;
};

} // namespace bandwidth::webrtc::bulk
