#pragma once

#include <bandwidth/webrtc/detail/pending_call.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/response_info.hpp>
#include <bandwidth/webrtc/retry_policy.hpp>
#include <bandwidth/webrtc/trace_context.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/unordered_set_hook.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/exchange.hpp"
#include "http1/response_reader.hpp"
#include "pool/call_group.hpp"
#include "pool/timer_queue.hpp"

namespace bandwidth::webrtc::detail {

class pooled_connection;

/// A drain of a client with several shards: the first shard completes it, when the others have drained too.
/// It belongs to the strand of the first shard once it has begun.
struct joint_drain {
    std::vector<call_handle> parts; ///< one drain call for each other shard, until the drain begins
    std::size_t left = 0;           ///< how many of these have not completed
    bool cut_off = false;           ///< calls were cut off in one of the shards
};

/// What a call made of the response that came for it.
enum class settled : std::uint8_t {
    value,
    failure,
    mismatched, ///< a failure too: it is the response to another request, so the order of responses is lost
};

/// One call from its preparation to its completion: the caller's handler, the request, and where it stands.
/// The layer above derives from it to keep the typed result.
///
/// | state     | owned by                         | left by                                           |
/// |-----------|----------------------------------|---------------------------------------------------|
/// | prepared  | the operation object             | start                                             |
/// | queued    | the request queue                | a connection takes it; deadline; cancellation     |
/// | in_flight | a connection's slot points to it | response; loss of the connection; deadline; ...   |
/// | paused    | the request queue                | the end of its pause, or another token of its     |
/// |           |                                  | group; deadline; cancellation                     |
/// | done      | its completion                   | its handler runs                                  |
///
/// Its members are many, and plain values: each part of the pool keeps what it needs of a call in the call.
class call : public pending_call, public exchange, public timed, public boost::intrusive::list_base_hook<> {
public:
    enum class state : std::uint8_t { prepared, queued, in_flight, paused, done };

    // Set when it is prepared; see below for the small ones.
    std::chrono::nanoseconds timeout{0};
    boost::intrusive_ptr<call_group> group; ///< whose call it is; null only for a drain of the whole pool

    /// What most calls do not have, apart from the call to keep that small.
    struct extra_terms {
        std::optional<failure> refused;     ///< an argument was refused: completes with this, nothing is sent
        std::shared_ptr<joint_drain> joint; ///< only of a drain that waits for other shards too
        std::optional<std::chrono::nanoseconds> attempt_timeout;
        std::optional<retry_policy> retry;   ///< in place of the client's, which is usual
        std::shared_ptr<response_info> info; ///< what the caller wants to know of the response
        call_timings timings;                ///< of all attempts
        call_timings of_attempt;             ///< of the one under way, or the last one
        bool is_timed = false;               ///< both are kept
        std::uint64_t observed_as = 0;       ///< its number for observers; 0: none are told of it
        bool on_reused = false; ///< the connection of its last attempt had carried a request before
        std::optional<trace_context> trace;         ///< of the caller
        std::optional<trace_context> attempt_trace; ///< that the last attempt was sent with
    };
    extra_terms& extras() {
        if (!extras_)
            extras_ = std::make_unique<extra_terms>();
        return *extras_;
    }
    // Each of these is null where there is none.
    const failure* refused() const noexcept {
        return extras_ && extras_->refused ? &*extras_->refused : nullptr;
    }
    joint_drain* joint() const noexcept { return extras_ ? extras_->joint.get() : nullptr; }
    response_info* info() const noexcept { return extras_ ? extras_->info.get() : nullptr; }
    call_timings* timings() const noexcept {
        return extras_ && extras_->is_timed ? &extras_->timings : nullptr;
    }
    /// With `timings` only.
    call_timings& attempt_timings() const noexcept { return extras_->of_attempt; }
    bool on_reused() const noexcept { return extras_ && extras_->on_reused; }
    std::uint64_t observed_as() const noexcept { return extras_ ? extras_->observed_as : 0; }
    const trace_context* trace() const noexcept {
        return extras_ && extras_->trace ? &*extras_->trace : nullptr;
    }
    const trace_context* attempt_trace() const noexcept {
        return extras_ && extras_->attempt_trace ? &*extras_->attempt_trace : nullptr;
    }
    const std::chrono::nanoseconds* attempt_timeout() const noexcept {
        return extras_ && extras_->attempt_timeout ? &*extras_->attempt_timeout : nullptr;
    }
    const retry_policy* retry() const noexcept {
        return extras_ && extras_->retry ? &*extras_->retry : nullptr;
    }

    /// Names the call in a cancellation, which may come when the call is over; 0: it has no cancellation
    /// slot.
    std::uint64_t cancel_id = 0;
    /// Links the call into the table by which its `cancel_id` is looked up.
    boost::intrusive::unordered_set_member_hook<boost::intrusive::link_mode<boost::intrusive::normal_link>>
        by_cancel_id;

    // Kept by the pool.
    std::uint64_t sequence = 0; ///< its age among the calls of the pool; 0: it was never queued
    time_point started{};
    time_point queued_since{};
    pooled_connection* connection = nullptr; ///< only in flight

private:
    std::unique_ptr<extra_terms> extras_;

public:
    // Small members together, so that no padding is between them. Set when the call is prepared:
    bool is_drain = false; ///< no request: waits for the client's last call
    bool asks = false;     ///< no request: wants a description of the pool
    bool allow_resend = true;
    // Kept by the pool:
    state where = state::prepared;
    bool maybe_processed = false;      ///< an earlier attempt may have reached the server
    bool needs_new_connection = false; ///< it needs a connection that has carried no request (421)
    bool last_response = false;        ///< it was sent again because of a 421 or 425 before
    bool awaits_token = false;         ///< paused: until its group has another token
    bool had_new_token = false;        ///< it was sent again, or waits, because of a 401
    bool was_refused = false;          ///< it was sent, and waits or is sent again because of a 429
    int attempts = 0;                  ///< times it was given to a connection
    // Bounded by `max_resends` and by the policy's attempts, which are small.
    std::uint16_t resends = 0;         ///< of these: at once, after a loss that was not its own fault
    std::uint16_t retries = 0;         ///< of these: after a pause, by policy
    std::uint16_t fresh_losses = 0;    ///< connections lost before their first response, with it in front
    std::uint16_t failed_connects = 0; ///< attempts to connect that failed while it waited

    /// Once it has been submitted.
    time_point deadline() const noexcept { return started + timeout; }
    /// Whether it may be sent again when it is not known whether it was processed.
    bool repeatable() const noexcept { return request.kind != request_class::unsafe && allow_resend; }
    void on_time(scheduler& by) override;

    /// The response has come: keeps what the operation makes of it, a value or a failure.
    virtual settled settle(const response& received, std::chrono::nanoseconds elapsed) = 0;
    /// There is no response: keeps the failure.
    virtual void settle(failure reason) = 0;
    /// Of a finished call: why it failed; null when it succeeded.
    virtual failure* reason() = 0;
    /// Asked for a response 429 or 503: whether that can say that the origin takes fewer requests than it gets. Where
    /// it is false, the response is the result of the call, and says nothing of other calls.
    virtual bool limits_rate(const response& /*received*/) const { return true; }
    /// Of a call that `asks`.
    virtual void take_description(std::string /*text*/) {}
    /// Makes it ready for another use, and gives it back to where calls are kept.
    virtual void recycle() noexcept = 0;

    using pending_call::forget_handler;
    std::shared_ptr<pool>& home() noexcept { return pool_; }

protected:
    call() = default;
    virtual ~call() = default;
    /// Forgets what was set when it was prepared. Keeps the memory.
    void reset_terms() noexcept;
    /// Forgets what the pool kept.
    void reset_progress() noexcept;
};

/// Calls in an order, linked through themselves.
using call_list = boost::intrusive::list<call>;

/// Null where there is none.
inline call* take_front(call_list& from) noexcept {
    if (from.empty())
        return nullptr;
    call& taken = from.front();
    from.pop_front();
    return &taken;
}

} // namespace bandwidth::webrtc::detail
