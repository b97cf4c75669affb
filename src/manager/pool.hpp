#pragma once

#include <atomic>
#include <bandwidth/webrtc/credentials.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http1/request_encoder.hpp"
#include "pool/call.hpp"
#include "pool/scheduler.hpp"
#include "transport/host.hpp"

namespace bandwidth::webrtc::detail {

struct pool_settings {
    scheduler_settings schedule;
    webrtc::detail::endpoint endpoint;
    name_settings names;
    std::string host_header;
    std::string user_agent;
    std::shared_ptr<const credential_source> credentials;
};

/// The scheduler's way to the world: a strand, a clock, and the way in for calls from any thread.
///
/// In: `submit` pushes the call on a lock-free list and, unless one is to come, posts a turn that takes all
/// there are, so that calls that are started together are written together. Out: calls that finish in one
/// turn go to their executors at its end, those with the same executor in one piece, and never run on the
/// strand: they are posted, or, where that executor is the `io_context` whose thread this is, run here as
/// soon as the strand has been left. Life: pending operations (the turn, the timer, each connection's wait)
/// hold the pool; the pool owns the calls that were submitted. When the execution context goes first, its
/// shutdown abandons the calls.
class pool final : public std::enable_shared_from_this<pool>, private scheduler_host, private transport_host {
public:
    /// \throws api_error (`errc::invalid_options`) when the credentials cannot be used.
    static std::shared_ptr<pool> make(const asio::any_io_executor& executor, pool_settings settings,
                                      std::shared_ptr<tls_context> tls);
    ~pool();

    const asio::any_io_executor& base_executor() const noexcept { return base_executor_; }
    const executor_type& strand() const noexcept { return strand_; }

    /// Any thread. The call is the pool's until it completes.
    /// \throws std::bad_alloc and the call is the caller's still.
    void submit(call& value);
    /// Any thread. A number for a call that may be cancelled.
    std::uint64_t next_cancel_id() noexcept {
        return last_cancel_id_.fetch_add(1, std::memory_order_relaxed) + 1;
    }
    /// Any thread. Cancels the call with that number, if it is not done.
    /// \throws std::bad_alloc and nothing has happened.
    void cancel(std::uint64_t id);
    /// Any thread. What is submitted from now on uses this context; open connections end when what is in
    /// flight on them is answered. Where there is no memory for that, they do so at the next event.
    void reload_tls(std::shared_ptr<tls_context> context) noexcept;
    /// On the strand: another shard has drained.
    void drained_elsewhere(joint_drain& drain, bool cut_off) noexcept;
    /// Any thread. Closes at once; where there is no memory for that, at the next event.
    void close() noexcept;
    const counters& stats() const noexcept { return scheduler_.stats(); }

    /// The execution context is going: nothing completes any more.
    void abandon() noexcept;

private:
    pool(const asio::any_io_executor& executor, pool_settings settings, std::shared_ptr<tls_context> tls);

    // transport_host
    const executor_type& executor() const noexcept override { return strand_; }
    read_buffers& buffers() noexcept override { return buffers_; }
    name_lookup& names() noexcept override { return *names_; }
    std::shared_ptr<tls_context> tls() noexcept override { return tls_; }
    std::shared_ptr<void> keep_alive() override { return shared_from_this(); }
    void begin_cycle() noexcept override;
    void end_cycle() noexcept override;
    bool abandoned() const noexcept { return abandoned_.load(std::memory_order_relaxed); }
    // scheduler_host
    std::shared_ptr<stream> make_stream(stream_owner& owner) override;
    void take_submitted() noexcept override;
    void finished(call& value) noexcept override { finished_.push_back(value); }
    std::chrono::sys_seconds time_of_day() override {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    }

    std::string authorization() const;
    void refresh_credentials() noexcept;
    void post_turn();
    void deliver() noexcept;
    void arm_timer() noexcept;
    void turn() noexcept;

    pool_settings settings_;
    asio::any_io_executor base_executor_;
    executor_type strand_;
    std::optional<asio::io_context::executor_type> io_context_; // the base executor, where it is of one
    asio::steady_timer timer_;
    std::optional<time_point> armed_;
    time_point now_{};
    std::shared_ptr<tls_context> tls_;
    std::shared_ptr<name_lookup> names_;
    request_encoder encoder_;
    unsigned long long credentials_generation_;
    scheduler scheduler_;
    read_buffers buffers_;
    call_list finished_;
    std::mutex sorted_mutex_;
    std::vector<call*> submitted_;
    std::shared_ptr<tls_context> next_tls_; // under the same mutex: what is submitted after it uses it
    std::atomic<bool> scheduled_{false};
    std::atomic<bool> close_requested_{false};
    std::atomic<bool> abandoned_{false};
    std::atomic<std::uint64_t> last_cancel_id_{0};
};

} // namespace bandwidth::webrtc::detail
