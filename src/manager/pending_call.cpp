#include <bandwidth/webrtc/detail/pending_call.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/strand.hpp>

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

} // namespace bandwidth::webrtc::detail
