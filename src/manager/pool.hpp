#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "manager/cancellable_calls.hpp"
#include "manager/token_store.hpp"
#include "pool/call.hpp"
#include "pool/scheduler.hpp"
#include "transport/host.hpp"

namespace bandwidth::webrtc::detail {

struct pool_settings {
    scheduler_settings schedule;
    webrtc::detail::endpoint endpoint;
    name_settings names;
    bool single_threaded = false; ///< one thread runs the execution context, so there is no strand
};

/// The surroundings of a scheduler: an executor that runs one function at a time, a clock, and an inbox for
/// calls from any thread.
///
/// Everything happens in cycles: submitted calls are taken in, something is done (a connection became
/// readable, a time has come), and at the end what is ready is written and the calls that are done go to
/// their executors. Their handlers never run in a cycle.
///
/// The inbox is under one mutex. A thread that puts something into it and finds `cycle_scheduled_` unset
/// sets the flag, leaves the mutex, and posts a cycle. The posted cycle unsets the flag and empties the inbox
/// in one hold of the mutex. Other cycles empty it if there is more than calls in it, so that a call which was
/// cancelled while it waited is never written; calls alone they leave, so that those of several handlers go
/// out together.
///
/// Life: pending operations (a cycle, the timer, each connection's wait) hold the pool; the pool owns the
/// calls that were submitted. A call that is done holds nothing of the pool. When the execution context goes
/// first, its shutdown abandons the calls, and when that has returned nothing here refers to the context any more: a
/// call that is submitted later completes with `errc::client_closed`.
///
/// No allocation that fails is survived from `submit` on: the functions of a cycle are noexcept. Its members
/// are many because a pool has one of each thing that its connections share.
class pool final : public std::enable_shared_from_this<pool>, private scheduler_host, private transport_host {
public:
    /// \throws api_error (`errc::invalid_options`) when the executor cannot be used.
    static std::shared_ptr<pool> make(const asio::any_io_executor& executor, pool_settings settings,
                                      std::shared_ptr<tls_context> tls);
    ~pool();

    const asio::any_io_executor& base_executor() const noexcept { return base_executor_; }
    const executor_type& executor() const noexcept override { return executor_; }

    /// Any thread. The call is the pool's until it completes.
    void submit(call& value) noexcept;
    /// Any thread. A number for a call that may be cancelled.
    std::uint64_t next_cancel_id() noexcept {
        return last_cancel_id_.fetch_add(1, std::memory_order_relaxed) + 1;
    }
    /// Any thread. Cancels the call with that number, if it is not done; with `only_unsent`, only if no byte
    /// of it can have left.
    /// \throws std::bad_alloc and nothing has happened.
    void cancel(std::uint64_t id, bool only_unsent);
    /// Any thread. Calls submitted from now on use this context; open connections end when the calls in
    /// flight on them have their responses.
    void reload_tls(std::shared_ptr<tls_context> context) noexcept;
    /// On the executor: another shard has drained.
    void drained_elsewhere(joint_drain& drain, bool cut_off) noexcept;
    /// Any thread. Closes at once, or ends the calls of that group only.
    void close() noexcept;
    void close(boost::intrusive_ptr<call_group> group) noexcept;
    const counters& stats() const noexcept { return scheduler_.stats(); }

    /// The execution context is being destroyed: no call that was submitted completes any more, and nothing here
    /// refers to the context when this returns. No other thread uses the pool meanwhile.
    void abandon() noexcept;

private:
    using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                             asio::wait_traits<std::chrono::steady_clock>, executor_type>;
    struct cancellation {
        std::uint64_t id;
        bool only_unsent;
    };
    struct inbox {
        call_list calls;
        std::vector<cancellation> cancellations;
        std::shared_ptr<tls_context> tls; ///< of the last `reload_tls`; null: none
        std::vector<boost::intrusive_ptr<call_group>> closed_groups;
        bool close = false;
        bool token_changed = false;
        bool urgent = false; ///< there is more than calls
    };

    pool(const asio::any_io_executor& executor, pool_settings settings, std::shared_ptr<tls_context> tls);

    // transport_host
    read_buffers& buffers() noexcept override { return buffers_; }
    name_lookup& names() noexcept override { return *names_; }
    std::shared_ptr<tls_context> tls() noexcept override { return tls_; }
    std::shared_ptr<void> keep_alive() override { return shared_from_this(); }
    void begin_cycle() noexcept override;
    void end_cycle() noexcept override;
    // scheduler_host
    std::shared_ptr<stream> make_stream(stream_owner& owner) override;
    void take_submitted() noexcept override;
    void finished(call& value) noexcept override;
    std::chrono::sys_seconds time_of_day() override {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    }

    token_view look_at_token(call_group& of) override;
    token_lifecycle::verdict refuse_token(call_group& of,
                                          const std::shared_ptr<const std::string>& used) override;
    void leave_token(call_group& of) noexcept override;
    /// The pool as a token's store knows it: it does not keep the pool, which is destroyed where its owners are and
    /// never on the thread of a fetch, and forgets it before the execution context goes.
    class token_link;
    void token_changed() noexcept;

    template <class Put>
    bool put_in(Put put, bool urgent = true);
    void drop_calls() noexcept;
    void post_cycle(std::shared_ptr<pool> self) noexcept;
    void cycle(bool posted) noexcept;
    void deliver() noexcept;
    void run_completions();
    void arm_timer() noexcept;

    pool_settings settings_;
    asio::any_io_executor base_executor_; // the system's, once the execution context has gone
    std::optional<asio::io_context::executor_type> io_context_; // the base executor, where it is of one
    executor_type executor_;
    std::optional<timer> timer_; // until the execution context goes
    std::optional<time_point> armed_;
    time_point now_{};
    std::shared_ptr<tls_context> tls_;
    std::shared_ptr<name_lookup> names_;
    std::shared_ptr<token_link> token_link_; // null until a group needs a token
    scheduler scheduler_;
    cancellable_calls cancellable_;
    read_buffers buffers_;
    call_list finished_;   // in this cycle
    call_list completing_; // without a strand: those whose handlers run behind the cycle, on the same thread

    std::vector<cancellation> cancellations_; // of this cycle; kept for its memory
    std::atomic<std::uint64_t> last_cancel_id_{0};
    handler_memory cycle_memory_; // for the one posted cycle that there can be, so that posting never fails

    std::mutex mutex_; // for what follows
    inbox inbox_;
    bool cycle_scheduled_ = false; // a cycle was posted, or is about to be, and has not begun
    bool abandoned_ = false;

    bool posted_ = false; // of this cycle, on the executor
};

} // namespace bandwidth::webrtc::detail
