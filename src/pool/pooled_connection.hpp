#pragma once

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "http1/connection.hpp"
#include "pool/latency_model.hpp"
#include "pool/timer_queue.hpp"
#include "transport/stream.hpp"

namespace bandwidth::webrtc::detail {

class scheduler;
struct scheduler_settings;

/// One connection of the pool: a stream, HTTP/1.1 on it, and where it stands. `connection_set::set_state`
/// alone changes the state.
///
/// | state      | open | takes new requests     | left for                                               |
/// |------------|------|------------------------|--------------------------------------------------------|
/// | connecting |      | no                     | idle; closed                                           |
/// | idle       | yes  | any                    | confirming or busy (a request); draining; closed       |
/// | confirming | yes  | no, until its first    | idle or busy (the response); blocked; reserving;       |
/// |            |      | response has shown     | draining; closed                                       |
/// |            |      | that pipelines work    |                                                        |
/// | busy       | yes  | up to the depth, none  | idle (its last response); blocked; reserving;          |
/// |            |      | behind an exclusive    | draining; closed                                       |
/// | blocked    | yes  | no: the front's        | idle, confirming or busy (that response); draining;    |
/// |            |      | response is late, or   | closed                                                 |
/// |            |      | long                   |                                                        |
/// | reserving  | yes  | no: it is to become    | reserved (its last response); confirming or busy (not  |
/// |            |      | idle for an exclusive  | needed); blocked; draining; closed                     |
/// |            |      | call                   |                                                        |
/// | reserved   | yes  | an exclusive one first | confirming or busy (a request); idle (not needed); ... |
/// | draining   | yes  | no                     | closed, after the responses to what is in flight       |
/// | closed     |      | no                     | destroyed at the end of the cycle                      |
///
/// It has many members because the times and counts on which its timer and its choice depend stand here, as
/// plain values that the scheduler keeps.
class pooled_connection final : public stream_owner, public timed, public boost::intrusive::list_base_hook<> {
public:
    enum class state : std::uint8_t {
        connecting,
        idle,
        confirming,
        busy,
        blocked,
        reserving,
        reserved,
        draining,
        closed
    };

    pooled_connection(scheduler& owner, std::size_t depth, const response_limits& limits)
        : http(depth, limits), owner_(owner) {}

    state status() const noexcept { return state_; }
    bool is_open() const noexcept { return state_ != state::connecting && state_ != state::closed; }
    std::size_t in_flight() const noexcept { return http.requests().size(); }

    /// What its timer calls for.
    enum class due : std::uint8_t {
        nothing_yet,
        connect_timeout,
        response_timeout,
        response_late,
        idle_timeout,
        age,
        abandoned_too_long, ///< the response to an abandoned request does not come
        buffers             ///< it has been idle for a while, and needs no buffers
    };
    due what_is_due(time_point now, const scheduler_settings& settings, const latency_model& latency,
                    bool kept_when_idle) const noexcept;
    /// When its timer has to be looked at.
    time_point next_due(const scheduler_settings& settings, const latency_model& latency,
                        bool kept_when_idle) const noexcept;

    void on_time(scheduler& by) override;

    // stream_owner
    void on_connected(bool resumed, std::chrono::nanoseconds round_trip) override;
    void on_connect_failed(const error_code& code, std::string text) override;
    void on_received(std::size_t bytes, bool all) override;
    void on_plaintext(std::string_view plain) override;
    void on_end(stream_end how, const error_code& code, std::string text) override;
    std::string_view output() const noexcept override { return http.output(); }
    void on_output_taken(std::size_t bytes) override { http.output_taken(bytes); }
    void on_output_sent(bool whole) noexcept override { http.output_sent(whole); }
    void on_sent(std::size_t bytes) noexcept override;

    http1::connection http;
    std::shared_ptr<stream> transport;

    // Times, kept by the scheduler.
    time_point dialled{};
    time_point opened{};
    time_point drain_at = time_point::max(); ///< when it will be too old to take requests
    time_point idle_since{};
    time_point front_since{};    ///< since when the front's response is due
    time_point response_began{}; ///< once a part of the front's response has come: when that was
    time_point received_last{};  ///< when the last bytes came
    time_point seen_empty{};     ///< when it was last read until nothing was left
    bool end_unseen = false;     ///< at that time bytes came last, and a FIN may have been behind them
    time_point staged_since{};   ///< only with `staged`
    std::chrono::nanoseconds idle_limit{0};
    std::chrono::nanoseconds round_trip{0}; ///< on the network, when it was opened; 0: not known

    // For observers, kept where there are some.
    std::uint64_t number = 0;
    connection_timings timings;

    std::size_t assigned = 0;       ///< requests that were ever given to it
    std::size_t responses = 0;      ///< responses that ever came on it
    std::size_t responses_read = 0; ///< of these: in the last cycle that received something
    /// At most so many requests may be assigned, by the server's `Keep-Alive: max=N`.
    std::size_t request_limit = std::numeric_limits<std::size_t>::max();
    std::size_t abandoned_bytes = 0; ///< received of the front's response since it was abandoned, about
    bool staged = false;             ///< a request was staged, and was not written yet
    bool dirty = false;              ///< `staged`, and something happened to it in this cycle
    bool buffers_released = false;   ///< its buffers are given back, since it has been idle for a while
    bool ends_well = false;          ///< it gave responses, and ends by agreement or by age

private:
    friend class connection_set;

    void run_actions();
    time_point response_due(const scheduler_settings& settings) const noexcept;
    time_point late_at(const scheduler_settings& settings, const latency_model& latency) const noexcept;

    scheduler& owner_;
    state state_ = state::connecting;
    std::size_t bucket_ = 0; // of the connection_set
    std::size_t index_ = 0;
};

} // namespace bandwidth::webrtc::detail
