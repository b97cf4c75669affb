#include "manager/completion_batch.hpp"

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "manager/pool.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// Where a batch leaves its calls that is destroyed while this thread posts it.
thread_local call_list* giving_back = nullptr;

} // namespace

completion_batch::completion_batch(std::shared_ptr<pool> home, call_list calls) noexcept
    : home_(std::move(home)), calls_(calls) {}

completion_batch::completion_batch(completion_batch&& other) noexcept
    : home_(std::move(other.home_)), calls_(std::exchange(other.calls_, {})) {}

completion_batch::~completion_batch() {
    while (call* const value = calls_.pop_front()) {
        if (giving_back)
            giving_back->push_back(*value);
        else
            value->recycle();
    }
}

call_list completion_batch::send(completion_batch&& batch, const serial_executor* strand) noexcept {
    call_list back;
    auto* const outer = std::exchange(giving_back, &back);
    try {
        completion_batch leaving(std::move(batch));
        if (!strand || !strand->execute_outside(leaving)) {
            const auto executor = leaving.calls_.front()->executor();
            asio::post(executor, std::move(leaving));
        }
    } catch (...) {
    }
    giving_back = outer;
    return back;
}

void completion_batch::operator()() {
    std::exception_ptr thrown; // and there was no memory to let the others run on their own
    while (call* const value = calls_.pop_front()) {
        // The last one takes the pool along, and lets go of it before its handler runs: once that has told
        // that all is done, the pool's execution context may go, and the pool must not be here still.
        value->home() = calls_.empty() ? std::move(home_) : home_;
        try {
            pending_call::complete(call_handle(value));
        } catch (...) {
            if (!calls_.empty())
                calls_ = send(completion_batch(home_, std::exchange(calls_, {})), nullptr);
            if (calls_.empty())
                throw;
            if (!thrown)
                thrown = std::current_exception();
        }
    }
    if (thrown)
        std::rethrow_exception(thrown);
}

} // namespace bandwidth::webrtc::detail
