#pragma once

#include "bulk_sessions/inventory.hpp"
#include "bulk_sessions/progress.hpp"
#include "bulk_sessions/record.hpp"
#include "bulk_sessions/settings.hpp"

#include <array>
#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <type_traits>

namespace bandwidth::webrtc::bench {

/// How the deleting at the end went.
struct clean_up_record {
    std::size_t deleted_sessions = 0;
    std::size_t deleted_participants = 0;
    std::size_t left_sessions = 0;
    std::size_t left_participants = 0;
    std::string first_error;
    std::chrono::nanoseconds time{0};
};

/// One run: phase by phase each call is made for all sessions, by many callers at the same time, of which
/// each takes the next number when its last call is done.
///
/// Everything runs on the context's one thread; the functions that run the context return when their work is
/// done, and `interrupt` is called from a handler on it. Not thread-safe.
class bulk_run {
public:
    /// All of these must outlive the run.
    bulk_run(boost::asio::io_context& context, client& client, const settings& chosen, std::uint64_t nonce);
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

    /// Where the run stands, but for the rates.
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
    using clock = std::chrono::steady_clock;
    struct item {
        std::size_t session;
        std::size_t participant;
    };
    struct caller_slot {
        boost::asio::cancellation_signal cancel;
        bool running = false;
    };

    void run_phase(call_kind kind);
    std::size_t items_of(call_kind kind) const noexcept;
    std::optional<item> take() noexcept;
    bool may_go_on() const noexcept { return cleaning_ ? !gave_up_ : !stopping_; }
    void give_up();
    void limit_flight();
    void limit_clean_up();

    boost::asio::awaitable<void> call_until_done();
    boost::asio::awaitable<void> create_session(std::size_t session);
    boost::asio::awaitable<void> create_participant(std::size_t session, std::size_t number);
    boost::asio::awaitable<void> add_participant_to_session(std::size_t session, std::size_t number);
    boost::asio::awaitable<void> get_session(std::size_t session);
    boost::asio::awaitable<void> get_participant(std::size_t session, std::size_t number);
    boost::asio::awaitable<void> list_session_participants(std::size_t session);
    boost::asio::awaitable<void> update_participant_subscriptions(std::size_t session, std::size_t number);
    boost::asio::awaitable<void> get_participant_subscriptions(std::size_t session, std::size_t number);
    boost::asio::awaitable<void> remove_participant_from_session(std::size_t session, std::size_t number);
    boost::asio::awaitable<void> delete_participant(std::size_t session, std::size_t number);
    boost::asio::awaitable<void> delete_session(std::size_t session);
    boost::asio::awaitable<void> call(item next);

    subscriptions chosen_subscriptions(std::size_t session, std::size_t number) const;
    void skip() noexcept;
    void note_failure(const failure& failure);
    void note_check(const std::string& problem) { current().add_check(problem); }
    call_record& current() noexcept { return records_[static_cast<std::size_t>(kind_)]; }

    /// Notes what became of a call, and tells whether it succeeded.
    template <class T>
    bool note(clock::time_point started, const result<T>& response) {
        if (response.has_error()) {
            note_failure(response.error());
            return false;
        }
        anything_succeeded_ = true;
        if (!cleaning_)
            current().add_success(clock::now() - started);
        return true;
    }

    boost::asio::io_context& context_;
    client& client_;
    const settings& settings_;
    inventory created_;
    std::array<call_record, call_kind_count> records_;
    clean_up_record clean_up_;
    call_options delete_options_;

    // The phase under way.
    call_kind kind_ = call_kind::create_session;
    std::size_t phase_ = 0;
    std::size_t next_ = 0;
    std::size_t total_ = 0;
    std::size_t in_flight_ = 0;
    std::size_t running_callers_ = 0;
    std::deque<caller_slot> callers_; // a deque, because a signal cannot move
    std::size_t done_before_ = 0;     // in the phases that are over

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

} // namespace bandwidth::webrtc::bench
