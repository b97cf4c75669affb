#include <bandwidth/webrtc/detail/pending_call.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/strand.hpp>

#include "manager/await_value.hpp"
#include "manager/pool.hpp"

namespace bandwidth::webrtc::detail {

namespace {

using io_executor = asio::io_context::executor_type;
using tracked_io_executor =
    decltype(asio::require(std::declval<io_executor>(), asio::execution::outstanding_work.tracked));

/// What an executor is given.
struct completion {
    call_handle call;
    void operator()() { pending_call::complete(std::move(call)); }
};

} // namespace

const asio::any_io_executor& pending_call::client_executor() const noexcept { return pool_->base_executor(); }

// What is usual is taken out of its wrapping: a wrapping around the wrapping would be allocated each time.
void pending_call::run_on(const asio::any_io_executor& executor) {
    using asio::execution::outstanding_work;
    may_block_ = false;
    if (const auto* const known = executor.target<io_executor>())
        executor_ = asio::require(*known, outstanding_work.tracked);
    else if (const auto* const tracked = executor.target<tracked_io_executor>())
        executor_ = *tracked;
    else if (const auto* const strand = executor.target<asio::strand<io_executor>>())
        keep_executor(*strand);
    else
        keep_executor(executor);
}

// Each completion is submitted by itself, so that a handler that blocks holds up no other one where threads
// are idle. It is submitted as a continuation, since this is the end of a cycle: then Asio takes no lock for
// what follows on this thread, and wakes no other thread before the cycle is over.
void pending_call::submit_completion(call_handle call, const asio::any_io_executor& way) noexcept {
    using namespace asio::execution;
    auto& value = *call;
    if (const auto* const known = value.executor_.target<tracked_io_executor>()) {
        asio::require(*known, blocking.never, relationship.continuation, outstanding_work.untracked,
                      allocator(handler_allocator<void>(value.memory_)))
            .execute(completion{std::move(call)});
    } else if (value.may_block_) {
        // This executor may run the handler at once, so it is given the handler where that does no harm.
        asio::post(way, [call = std::move(call)]() mutable {
            const auto executor = std::move(call->executor_);
            executor.execute(completion{std::move(call)});
        });
    } else {
        const auto executor = std::move(value.executor_); // the call may be gone before it returns
        executor.execute(completion{std::move(call)});
    }
}

bool pending_call::runs_inside(const asio::execution_context& context) const noexcept {
    const auto* const known = executor_.target<tracked_io_executor>();
    return known && &asio::query(*known, asio::execution::context) == &context &&
           asio::query(*known, asio::execution::blocking) == asio::execution::blocking.possibly;
}

// --- its start -------------------------------------------------------------------------------------------

namespace {

/// What the end of another shard's drain calls, on the executor of the first one.
struct part_drained {
    using executor_type = serialized_executor;
    executor_type get_executor() const noexcept { return first->executor(); }
    void operator()(const result<void>& outcome) const {
        first->drained_elsewhere(*drain, outcome.has_error());
    }

    std::shared_ptr<pool> first;
    std::shared_ptr<joint_drain> drain;
};

// Before the function that drains returns, since what is called after it is refused in every shard; and
// before the first shard's own. All handlers are bound before the first part starts, so that what throws has
// started nothing. A part that ends at once is counted.
void start_parts(const std::shared_ptr<joint_drain>& joint, const std::shared_ptr<pool>& first) {
    auto parts = std::exchange(joint->parts, {});
    for (auto& part : parts)
        part->bind<as_result<void>>(part_drained{first, joint});
    for (auto& part : parts)
        start(std::move(part), {});
}

} // namespace

/// What a caller's cancellation signal calls. The call may be gone when its turn comes, so it goes by number.
struct cancel_hook {
    std::weak_ptr<pool> home;
    std::uint64_t id;

    void operator()(asio::cancellation_type type) const {
        using enum asio::cancellation_type;
        const bool at_once = (type & (terminal | partial)) != none;
        if (!at_once && (type & total) == none)
            return;
        if (const auto alive = home.lock())
            alive->cancel(id, !at_once);
    }
};

void call_releaser::operator()(pending_call* value) const noexcept {
    static_cast<detail::call*>(value)->recycle();
}

void start(call_handle handle, asio::cancellation_slot slot) {
    auto& value = static_cast<detail::call&>(*handle);
    const auto home = std::move(value.home());
    if (slot.is_connected()) {
        value.cancel_id = home->next_cancel_id();
        slot.assign(cancel_hook{home, value.cancel_id});
    }
    if (value.joint())
        start_parts(value.extras().joint, home);
    // From here on nothing throws.
    home->submit(value); // another thread may complete it at once
    static_cast<void>(handle.release());
}

template <>
result<void> take_result<void>(call_handle handle) {
    if (auto* const reason = static_cast<call&>(*handle).reason())
        return std::move(*reason);
    return {};
}

template asio::awaitable<void> await_value<void>(call_handle);

std::exception_ptr to_exception(const failure& reason) { return std::make_exception_ptr(api_error(reason)); }

} // namespace bandwidth::webrtc::detail
