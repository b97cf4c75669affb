#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/replay.hpp"
#include "pool/call.hpp"
#include "pool/counters.hpp"
#include "pool/member.hpp"
#include "pool/timer_queue.hpp"

namespace bandwidth::webrtc::detail {

struct dispatcher_settings {
    std::size_t max_connections = 8;
    std::size_t depth = 8;
    std::size_t queue_limit = 1024;
    int max_replays = 2;
    std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);
    std::chrono::nanoseconds response_timeout = std::chrono::seconds(15);
    std::chrono::nanoseconds idle_timeout = std::chrono::seconds(50);
    std::chrono::nanoseconds max_age = std::chrono::minutes(8);
    /// A zombie's answer is waited for this long before its connection takes no more calls.
    std::chrono::nanoseconds zombie_grace = std::chrono::seconds(2);
    /// An unsafe call, which cannot be replayed, does not trust a connection idle for longer.
    std::chrono::nanoseconds unsafe_idle_limit = std::chrono::seconds(4);
    std::uint64_t jitter_seed = 0;
};

/// What a dispatcher needs of the outside.
class dispatcher_host {
public:
    /// A connection that reports to `events`; the dispatcher opens it.
    virtual std::shared_ptr<connection> make_connection(connection_events& events) = 0;
    /// The call is done, its outcome in it: it is the host's now.
    virtual void finished(call& value) = 0;

protected:
    ~dispatcher_host() = default;
};

/// Who carries a call: the queue, the choice of a connection, dialling, deadlines, replays, drain and close.
/// Sans-io: connections come from the host, and the time is told at the start of each turn. One strand.
///
/// The queue has two lanes. Safe and idempotent calls go to an idle connection, else to a new one, else
/// behind the least that is in flight; an unsafe call needs an idle connection to itself (see `pipeline`).
/// When all are busy and none can be added, connections are reserved for the unsafe lane: they take nothing
/// new until they are idle. The lanes are served by age, and neither holds up the other.
class dispatcher {
public:
    dispatcher(const dispatcher_settings& settings, const request_encoder& encoder, dispatcher_host& host);
    ~dispatcher();

    /// Everything that follows happens at this time.
    void begin_turn(time_point now) noexcept { now_ = now; }
    /// Gives what waits to connections, dials, and flushes what was staged.
    void end_turn();

    void submit(call& value);
    /// The caller of the call with this number waits no longer.
    void cancel(std::uint64_t id);
    /// Fails everything, closes every connection, refuses what comes after.
    void close();
    /// Destroys everything without completing it: the execution context is gone.
    void abandon() noexcept;

    std::optional<time_point> next_time() const noexcept { return timers_.next(); }
    void expire();

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
    void enqueue(call& value) noexcept;
    void unqueue(call& value) noexcept;
    void fail(call& value, const error_code& code, std::string text, delivery known);
    void fail(call& value, const error_code& code, std::string text = {});
    void complete(call& value, bool success);
    void give_up(call& value, errc code);
    void fail_queue(const error_code& code, const std::string& text);
    void check_drained();
    errc waiting_timeout() const noexcept;

    // Connections.
    void dispatch();
    member* usable(member* (connection_set::*choose)() const noexcept);
    bool dispatch_replayable();
    bool dispatch_unsafe();
    void assign(call& value, member& to);
    bool worth_dialling(const member& shallowest) const noexcept;
    bool can_dial() const noexcept;
    void dial();
    void dial_failed(const error_code& code, const std::string& text);
    void dial_for_waiting();
    void reserve_for_unsafe();
    void retire(member& value);
    void close_member(member& value);
    void settle_lost(member& value, loss how, const error_code& code, const std::string& text);
    void remove(member& value);
    void refile(member& value);
    time_point due(const member& value) const noexcept;
    time_point head_due(const member& value) const noexcept;

    dispatcher_settings settings_;
    const request_encoder& encoder_;
    dispatcher_host& host_;
    timer_queue timers_;
    call_list replayable_; // safe and idempotent
    call_list unsafe_;
    call_list drains_;
    connection_set connections_;
    std::vector<member*> touched_;
    std::unordered_map<std::uint64_t, call*> cancellable_; // the calls that have a number
    counters counters_;
    std::minstd_rand jitter_;
    time_point now_{};
    std::uint64_t sequence_ = 0;
    std::size_t connecting_ = 0;
    std::size_t reserved_ = 0;
    std::size_t active_calls_ = 0;             // queued or in flight
    std::chrono::nanoseconds service_time_{0}; // moving averages; 0: not known yet
    std::chrono::nanoseconds connect_time_{0};
    time_point dial_again_at_{}; // while there are other connections
    struct wake_up final : timed {
        void on_time(time_point) override {} // the turn that it begins does the rest
    } dial_again_;
    std::string last_dial_error_;
    int dial_failures_ = 0; // in a row
    bool draining_ = false;
    bool closed_ = false;
};

} // namespace bandwidth::webrtc::detail
