#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/origin_pacer.hpp"
#include "policy/pipelining_health.hpp"
#include "pool/attempt_timings.hpp"
#include "pool/call.hpp"
#include "pool/connect_controller.hpp"
#include "pool/connection_set.hpp"
#include "pool/counters.hpp"
#include "pool/latency_model.hpp"
#include "pool/observation.hpp"
#include "pool/request_queue.hpp"
#include "pool/resend.hpp"
#include "pool/timer_queue.hpp"
#include "pool/write_coalescer.hpp"

namespace bandwidth::webrtc::detail {

struct scheduler_settings {
    std::size_t max_connections = 8;
    std::size_t min_connections = 0;
    std::size_t depth = 8;
    std::size_t queue_limit = 1024; ///< of each queue
    resend::settings again;
    response_limits limits;
    observation_settings observed;
    std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);
    std::chrono::nanoseconds response_timeout = std::chrono::seconds(15);
    std::chrono::nanoseconds idle_timeout = std::chrono::seconds(50);
    std::chrono::nanoseconds max_age = std::chrono::minutes(8);
    /// How long the response to an abandoned request may take before its connection takes no more calls.
    std::chrono::nanoseconds abandoned_grace = std::chrono::seconds(2);
    /// An unsafe call, which cannot be sent again, is not put on a connection that was idle for longer.
    std::chrono::nanoseconds unsafe_idle_limit = std::chrono::seconds(4);
    /// A response that is due for a shorter time is never late.
    std::chrono::nanoseconds late_floor = std::chrono::milliseconds(250);
};

/// What the pool needs from its surroundings.
class scheduler_host {
public:
    /// A stream that belongs to `owner`; the scheduler has it connect.
    virtual std::shared_ptr<stream> make_stream(stream_owner& owner) = 0;
    /// Hands over what other threads have asked for since the last cycle: `submit`, `cancel`,
    /// `drain_connections` and `close` are called from inside of this.
    virtual void take_submitted() {}
    /// The call is done and holds its outcome. It belongs to the host from now on.
    virtual void finished(call& value) noexcept = 0;
    /// The time of day, for a Retry-After that is a date.
    virtual std::chrono::sys_seconds time_of_day() = 0;

    // For groups that have `tokens`, of which only the host knows what they are.
    /// The token as it is now. Begins a fetch where one is due; `scheduler::follow_tokens` is called in a cycle after
    /// its end.
    virtual token_view look_at_token(call_group& /*of*/) { return {}; }
    /// The server has refused a request that was written with that Authorization value.
    virtual token_lifecycle::verdict refuse_token(call_group& /*of*/,
                                                  const std::shared_ptr<const std::string>& /*used*/) {
        return token_lifecycle::verdict::deliver;
    }
    /// The group sends no request any more.
    virtual void leave_token(call_group& /*of*/) noexcept {}

protected:
    ~scheduler_host() = default;
};

/// The pool: who carries a request, and when. It owns the connections and the calls that wait, and calls
/// the machines that decide in the order of one cycle, which `end_cycle` shows. It has no sockets, no clock
/// and no threads: streams come from the host, and the time is told at the start of each cycle. All calls
/// of its functions are on one strand.
///
/// | machine              | decides                                                                      |
/// |----------------------|------------------------------------------------------------------------------|
/// | `request_queue`      | which call is next, and whether another one may wait                         |
/// | `pooled_connection`  | what the bytes of one connection mean, and what its timer calls for          |
/// | `connection_set`     | the state of a connection, and which one has the least to do                 |
/// | `connect_controller` | how many connections to make, and when                                       |
/// | `latency_model`      | whether a response is late, and whether another connection is worth its cost |
/// | `write_coalescer`    | what is written now, and what waits for more                                 |
/// | `resend`             | what becomes of a call after a response or a loss                            |
/// | `pipelining_health`  | whether more than one request may be in flight on a connection               |
/// | `origin_pacer`       | how many may be in flight in all, after a response that has asked for fewer  |
///
/// It has many members since it is where the machines meet. Its code is in six files: scheduler.cpp (the
/// cycle, and the life of a call), scheduler_choice.cpp (which connection takes which call),
/// scheduler_connections.cpp (the life of a connection), scheduler_pacing.cpp (responses that ask for fewer
/// requests), scheduler_tokens.cpp (calls that wait for an access token) and description.cpp.
class scheduler {
public:
    scheduler(const scheduler_settings& settings, scheduler_host& host);

    /// Everything until `end_cycle` happens at this time. The streams tell now what they have received.
    void begin_cycle(time_point now) noexcept { now_ = now; }
    /// The rest of the cycle.
    void end_cycle();
    /// When the next cycle is to begin, if nothing else begins one before.
    std::optional<time_point> next_time() const noexcept { return timers_.next(); }

    // In a cycle.
    void submit(call& value);
    /// The caller has cancelled the call. Nothing happens when the call is done already.
    /// \param only_unsent do nothing if a byte of the request may have left this machine (Asio's `total`:
    ///        the operation has had no effect), or if the call drains the pool, which has had its effect.
    void cancel(call& value, bool only_unsent = false) {
        if (!only_unsent || !may_have_had_effect(value))
            give_up(value, errc::cancelled);
    }
    /// Every connection is replaced: those that exist take no more calls, and close when they are idle.
    void drain_connections();
    /// Fails every call, closes every connection, and refuses later calls.
    void close();
    /// Fails the calls of that group and refuses its later ones. Connections stay, but for what has to end with
    /// a call.
    void close(call_group& group);
    /// Looks at the groups' access tokens anew: those who wait for one are sent, fail, or wait on.
    void follow_tokens();
    /// Destroys everything without completing it: the execution context is gone.
    void on_context_shutdown() noexcept;

    const counters& stats() const noexcept { return counters_; }
    /// In a cycle: what it holds, for a person to read. Several lines, each ended.
    std::string describe() const;
    /// For tests that look at the connections from outside.
    const connection_set& connections() const noexcept { return connections_; }
    const origin_pacer& pacer() const noexcept { return pacer_; }

    // From the connections and timers.
    void on_connected(pooled_connection& value, bool resumed, std::chrono::nanoseconds round_trip);
    void on_connect_failed(pooled_connection& value, const close_info& info);
    void on_received(pooled_connection& value, std::size_t bytes, bool all);
    void on_response(pooled_connection& value);
    void on_all_read(pooled_connection& value);
    void on_closed(pooled_connection& value, const close_info& info);
    void on_sent(std::size_t bytes) noexcept { increase(counters_.bytes_sent, bytes); }
    void on_timer(pooled_connection& value);
    void on_timer(call& value);

private:
    // scheduler.cpp: the cycle, and the life of a call.
    void run_timers();
    void fail(call& value, const error_code& code, std::string_view text = {},
              delivery known = delivery::not_sent);
    void complete(call& value, const error_code& error = {}, int status = 0);
    static bool may_have_had_effect(const call& value) noexcept;
    void give_up(call& value, errc code);
    void give_up_in_flight(call& value, errc code);
    void follow(const resend::verdict& verdict, call& value);
    template <class Predicate>
    void fail_waiting(Predicate which, const error_code& code, std::string_view text) {
        queue_.for_each([&](call& waiting) {
            if (which(waiting)) {
                queue_.remove(waiting);
                fail(waiting, code, text);
            }
        });
    }
    void fail_queue(const error_code& code, std::string_view text);
    template <class End>
    void end_everything(End end);
    void start_drain(call& value);
    bool is_closed(const call_group* group) const noexcept;
    void check_drained();
    void finish_drained_groups();
    void finish_drains(const call_group* of, bool cut_off);
    const pooled_connection* furthest_connecting() const noexcept;

    // scheduler_choice.cpp: which connection takes which call.
    void follow_health();
    void assign_waiting();
    void read_idle_connections();
    bool is_known_empty(pooled_connection* value);
    bool assign_shared();
    bool assign_exclusive();
    bool assign_behind_stale(pooled_connection& stale);
    void assign(call& value, pooled_connection& to);
    void make_room_for_new_connection();
    void reserve_for_exclusive();
    void flush();

    // scheduler_pacing.cpp: responses that ask for fewer requests.
    resend::verdict after_response(call& value, const response& received, const pooled_connection& from);
    time_point limit_rate(int status, std::optional<std::chrono::seconds> retry_after, time_point sent);
    /// A call's request is in flight no more: its response has come, its connection is lost, it was given up or taken
    /// back. `staged`: when the connection has taken it.
    void leave_flight(call& value, const pooled_connection& on, time_point staged,
                      const attempt_outcome& outcome) noexcept {
        decrease(counters_.in_flight);
        pacer_.ended(staged);
        if (auto* const all = value.timings()) {
            value.attempt_timings() += time_on(on, staged, outcome.how, now_);
            *all += value.attempt_timings();
            observed_.attempt_ended(value, on, outcome);
        }
    }
    static leaving leaving_from(std::size_t place) noexcept {
        return place == 0 ? leaving::front : leaving::behind;
    }
    void follow_pacer();
    void tend_pacer_timer() noexcept;
    void queue_again(call& value);
    bool opens_too_late_for(const call& value) const noexcept {
        return pacer_.is_closed() && pacer_.opens_at() >= value.deadline();
    }
    std::string why_throttled() const;
    std::size_t sendable() const noexcept;

    // scheduler_tokens.cpp: calls that wait for an access token.
    bool has_token(call_group& group);
    void read_token(call_group& group);
    void wait_for_token(call& value);
    bool end_pause(call& value) noexcept;
    bool send_with_new_token(call& value);
    void fail_for_token(call& value, errc code);
    void tend_token_groups() noexcept;

    // scheduler_connections.cpp: the life of a connection.
    bool may_connect() const noexcept;
    void connect_for_waiting();
    void connect();
    void connect_ended(const close_info& info, time_point dialled, bool took_request);
    void lose(pooled_connection& value, const close_info& info);
    bool deliver(call& value, const response& received, pooled_connection& from);
    void on_mismatched_response(pooled_connection& value, call& victim);
    void response_overdue(pooled_connection& value);
    void drain(pooled_connection& value);
    void unstage_unsent(pooled_connection& value, std::size_t allowed);
    /// Ends a connection that is open, from this side, and what is in flight on it moves on.
    void close_connection(pooled_connection& value, const close_info& info);
    void remove(pooled_connection& value, const close_info& why);
    void connection_changed(pooled_connection& value);
    bool kept_when_idle() const noexcept { return connections_.size() <= settings_.min_connections; }
    time_point due(const pooled_connection& value) const noexcept {
        return value.next_due(settings_, latency_, kept_when_idle());
    }

    /// The rest of an abandoned request is written if it is no longer than this.
    static constexpr std::uint64_t longest_abandoned_request = 64 * 1024;
    /// The response to an abandoned request is read to its end if no more than this is left of it; else a new
    /// connection costs less.
    static constexpr std::uint64_t longest_abandoned_response = 256 * 1024;

    const scheduler_settings settings_;
    scheduler_host& host_;
    counters counters_;
    timer_queue timers_;
    request_queue queue_;
    connection_set connections_;
    connect_controller connects_;
    latency_model latency_;
    write_coalescer writes_;
    resend again_;
    pipelining_health health_;
    origin_pacer pacer_;
    observation observed_;
    call_list drains_;
    time_point now_{};
    std::size_t depth_;            // what is allowed now
    std::size_t active_calls_ = 0; // queued, in flight or paused
    struct wake_up final : timed {
        void on_time(scheduler&) override {} // the cycle that it begins does the rest
    } connect_again_, origin_opens_;
    struct token_due final : timed {
        void on_time(scheduler& by) override { by.follow_tokens(); }
    } token_due_;
    std::vector<boost::intrusive_ptr<call_group>> token_groups_; // whose credentials are fetched
    std::size_t waiting_for_token_ = 0;                          // calls
    int limited_by_ = 0;                                         // the status that has closed the origin
    time_point failed_until_{}; // calls whose deadlines come before this have failed, since it is closed
    bool lost_while_flushing_ = false;
    bool draining_ = false;
    bool closed_ = false;
};

} // namespace bandwidth::webrtc::detail
