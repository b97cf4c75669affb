#pragma once

#include <array>
#include <bandwidth/webrtc/retry_policy.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "policy/pipelining_health.hpp"
#include "policy/replay.hpp"
#include "policy/retry_budget.hpp"
#include "pool/call.hpp"
#include "pool/counters.hpp"
#include "pool/member.hpp"
#include "pool/timer_queue.hpp"

namespace bandwidth::webrtc::detail {

struct dispatcher_settings {
    std::size_t max_connections = 8;
    std::size_t min_connections = 0;
    std::size_t depth = 8;
    std::size_t queue_limit = 1024;
    int max_replays = 2;
    retry_policy retry;
    double budget_per_second = 10;
    double budget_ratio = 0.2;
    std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);
    std::chrono::nanoseconds response_timeout = std::chrono::seconds(15);
    std::chrono::nanoseconds idle_timeout = std::chrono::seconds(50);
    std::chrono::nanoseconds max_age = std::chrono::minutes(8);
    /// A zombie's answer is waited for this long before its connection takes no more calls.
    std::chrono::nanoseconds zombie_grace = std::chrono::seconds(2);
    /// An unsafe call, which cannot be replayed, does not trust a connection idle for longer.
    std::chrono::nanoseconds unsafe_idle_limit = std::chrono::seconds(4);
    /// An answer that is due for less is never called late.
    std::chrono::nanoseconds suspect_floor = std::chrono::milliseconds(250);
    std::uint64_t jitter_seed = 0;
};

/// What a dispatcher needs of the outside.
class dispatcher_host {
public:
    /// A connection that reports to `events`; the dispatcher opens it.
    virtual std::shared_ptr<connection> make_connection(connection_events& events) = 0;
    /// The call is done, its outcome in it: it is the host's now.
    virtual void finished(call& value) noexcept = 0;
    /// The time of day, for a Retry-After that is a date.
    virtual std::chrono::sys_seconds time_of_day() = 0;

protected:
    ~dispatcher_host() = default;
};

// clang-format off
/// Who carries a call: the queue, the choice of a connection, dialling, deadlines, replays, retries, drain
/// and close. Sans-io: connections come from the host, and the time is told at the start of each turn. One
/// strand.
///
/// The queue has three lanes. Calls that share go to an idle connection, else to a new one, else behind the
/// least that is in flight; an exclusive call (unsafe, or isolated by its caller) needs an idle connection to
/// itself (see `pipeline`). When all are busy and none can be added, connections are reserved for the
/// exclusive lane: they take nothing new until they are idle. These two are served by age, and neither holds
/// up the other. The third is for calls that need a connection that nobody has used.
///
/// When an allocation fails, it fails one call, or one connection, with `errc::out_of_memory`; no function
/// throws. What a call needs to come to its end (its timer, its failure) is there since it was submitted, and
/// what a connection needs, since it was dialled.
///
/// While a server has enough to do, what is staged for it may gather, for `longest_gathering` at most, and then
/// costs one record and one write together (see `may_gather`). To the rest of the pool it is unsent.
///
/// A connection whose head is late (`suspect`) takes nothing new until the answer has come, and what it has
/// not written yet is taken back.
///
/// | file                       | holds                                                                |
/// |----------------------------|----------------------------------------------------------------------|
/// | dispatcher.cpp             | the life of a call: queued, given up, completed; close and drain     |
/// | dispatcher_choice.cpp      | the end of a turn: which connection takes which call, reservations   |
/// | dispatcher_again.cpp       | what is sent again: after an answer, after a loss, when, how often   |
/// | dispatcher_connections.cpp | making, watching and ending connections                              |
// clang-format on
class dispatcher {
public:
    dispatcher(const dispatcher_settings& settings, const request_encoder& encoder, dispatcher_host& host);
    ~dispatcher();

    /// Everything that follows happens at this time; what was due by then happens first.
    void begin_turn(time_point now);
    /// Gives what waits to connections, dials, and flushes what was staged, but for what may gather.
    void end_turn();

    void submit(call& value);
    /// The call's caller waits no longer. Nothing happens when it is done.
    void cancel(call& value);
    /// Every connection is replaced: those there are take no more calls and close when they are idle.
    void retire_all();
    /// Fails everything, closes every connection, refuses what comes after.
    void close();
    /// Destroys everything without completing it: the execution context is gone.
    void abandon() noexcept;

    /// When the next turn is to begin, if nothing else begins one before.
    std::optional<time_point> next_time() const noexcept { return timers_.next(); }

    const counters& stats() const noexcept { return counters_; }

private:
    friend class member;
    friend class call;

    // From the members.
    void opened(member& value, bool resumed);
    void received(member& value, std::size_t bytes);
    void answered(member& value, exchange* owner, const response& answer);
    void closed(member& value, const close_info& info);
    void expired(member& value);
    void expired(call& value);

    // Calls.
    call_list& lane_of(const call& value) noexcept;
    void enqueue(call& value) noexcept;
    void enqueue_front(call& value) noexcept;
    void unqueue(call& value) noexcept;
    std::size_t queued() const noexcept { return shared_.size() + exclusive_.size() + fresh_.size(); }
    void fail(call& value, const error_code& code, std::string_view text, delivery known) noexcept;
    void fail(call& value, const error_code& code, std::string_view text = {}) noexcept;
    const failure& out_of_memory(delivery known) const noexcept;
    void complete(call& value, bool success) noexcept;
    void give_up(call& value, errc code);
    void give_up_in_flight(call& value, errc code);
    /// Fails those that wait for a connection and for which `which` is true.
    template <class Predicate>
    void fail_waiting(Predicate which, const error_code& code, std::string_view text);
    void fail_queue(const error_code& code, std::string_view text);
    void check_drained();
    void finish_drains(bool cut_off);
    const member* awaited_dial() const noexcept;

    // Sending again.
    bool send_again(call& value, const member& from, const response& answer);
    bool retry_later(call& value, counter& reason, bool throttled = false,
                     std::optional<std::chrono::seconds> retry_after = std::nullopt);
    void settle_lost(member& value, loss how, const error_code& code, std::string_view text);
    void settle_lost(call& value, const lost_request& request, loss how, const error_code& code,
                     std::string_view text);
    const retry_policy& policy_of(const call& value) const noexcept {
        const auto* const own = value.retry();
        return own ? *own : settings_.retry;
    }
    double chance() { return std::uniform_real_distribution<double>(0, 1)(jitter_); }

    // The choice of a connection.
    void dispatch();
    void read_idle();
    bool seen_empty(member* value);
    member* usable(member* (connection_set::*choose)() const noexcept);
    bool dispatch_shared();
    bool dispatch_exclusive();
    void assign(call& value, member& to);
    bool worth_dialling(const member& shallowest) const noexcept;
    void make_room_for_fresh();
    void reserve_for_exclusive();
    void follow_health();

    // Connections.
    bool can_dial() const noexcept;
    void dial();
    void touch(member& value) noexcept;
    void flush_touched();
    void flush(member& value);
    bool may_gather(const member& value, std::size_t unsent) const noexcept;
    /// What a dial led to that led to no answer.
    enum class dead_end_kind {
        dial,       ///< no connection, or one that ended before it was used
        final,      ///< no connection, for a reason that every dial would meet
        timeout,    ///< no connection in time
        unanswered, ///< a connection that took a request and ended
    };
    void dead_end(dead_end_kind kind, time_point dialled, const error_code& code, std::string_view text);
    void dial_for_waiting();
    void suspect(member& value);
    void take_back_unwritten(member& value);
    void retire(member& value);
    void abandon(member& value);
    void distrust(member& value, call& victim);
    void close_member(member& value);
    void remove(member& value);
    void count_failed_dial(const error_code& code) noexcept;
    void refile(member& value);
    time_point due(const member& value) const noexcept;
    time_point head_due(const member& value) const noexcept;
    time_point suspect_at(const member& value) const noexcept;

    /// An answer that nobody waits for is read to its end if that is no further away than this; else the
    /// connection is cheaper to make anew.
    static constexpr std::uint64_t drain_limit = 256 * 1024;
    /// A connection that is idle for this long gives back its buffers. Shorter, and a steady trickle of calls
    /// would take them anew each time.
    static constexpr std::chrono::nanoseconds rest_after = std::chrono::seconds(1);
    /// So many requests do not wait for more: the next would save little.
    static constexpr std::size_t most_gathered = 8;
    /// No request gathers for longer, unless the thread is held up.
    static constexpr std::chrono::nanoseconds longest_gathering = std::chrono::milliseconds(2);
    /// More answers than these in one turn have waited for us, most likely, and the server is not the slower
    /// side. Where it sends several in one piece, requests come several at a time too, and need not gather.
    static constexpr std::size_t most_apart = 2;
    /// A connection of which everything was read no longer ago than this is not read once more before a
    /// request goes to it. Shorter than any way to a server and back, so that what arrives meanwhile could as
    /// well have crossed the request on its way.
    static constexpr std::chrono::nanoseconds seen_empty_for = std::chrono::microseconds(100);
    /// The rest of a request whose caller has gone is written if it is no longer than this.
    static constexpr std::uint64_t write_off_limit = 64 * 1024;

    dispatcher_settings settings_;
    const request_encoder& encoder_;
    dispatcher_host& host_;
    timer_queue timers_;
    call_list shared_;
    call_list exclusive_;
    call_list fresh_;
    call_list waiting_; // for the end of their pause
    call_list drains_;
    connection_set connections_;
    std::vector<member*> touched_;
    counters counters_;
    std::minstd_rand jitter_;
    retry_budget budget_;
    pipelining_health health_;
    time_point now_{};
    std::uint64_t sequence_ = 0;
    std::size_t depth_; // what is allowed now
    std::size_t connecting_ = 0;
    std::size_t reserved_ = 0;
    std::size_t active_calls_ = 0;             // queued, in flight or waiting
    std::chrono::nanoseconds service_time_{0}; // moving averages; 0: not known yet
    std::chrono::nanoseconds latency_{-1};     // the same with the wait behind others; -1: not known yet
    std::chrono::nanoseconds connect_time_{0};
    time_point dial_again_at_{};
    struct wake_up final : timed {
        void on_time(dispatcher&) override {} // the turn that it begins does the rest
    } dial_again_;
    error_code last_dial_code_;
    std::string last_dial_error_;
    time_point last_dead_end_ = time_point::min();
    int dial_failures_ = 0;     // in a row
    int unanswered_in_row_ = 0; // connections that took a request
    // Connections that served well and were ended by agreement: as many new ones need not prove themselves.
    std::size_t proven_places_ = 0;
    // One for each `delivery`: to fail for want of memory needs none.
    std::array<failure, 3> out_of_memory_;
    bool draining_ = false;
    bool closed_ = false;
};

} // namespace bandwidth::webrtc::detail
