#include "pool/completion_batch.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "pool/pool.hpp"

namespace bandwidth::webrtc::detail {

completion_batch::completion_batch(std::shared_ptr<pool> home, call_list calls) noexcept
    : home_(std::move(home)), calls_(calls) {}

completion_batch::completion_batch(completion_batch&& other) noexcept
    : home_(std::move(other.home_)), calls_(std::exchange(other.calls_, {})) {}

completion_batch::~completion_batch() {
    while (call* const value = calls_.pop_front())
        value->recycle();
}

void completion_batch::post(completion_batch batch) {
    const auto executor = batch.calls_.front()->executor();
    asio::post(executor, std::move(batch));
}

void completion_batch::operator()() {
    while (call* const value = calls_.pop_front()) {
        value->home() = home_;
        try {
            pending_call::complete(call_handle(value));
        } catch (...) {
            if (!calls_.empty())
                post(completion_batch(std::move(home_), std::exchange(calls_, {})));
            throw;
        }
    }
}

} // namespace bandwidth::webrtc::detail
