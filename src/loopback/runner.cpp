#include "loopback/runner.hpp"

#include <future>
#include <memory>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

namespace bandwidth::webrtc::testing::detail {

namespace asio = boost::asio;

runner::runner()
    : context_(std::in_place, 1), strand_(context_->get_executor()) { // one thread is a strand already
    thread_ = std::thread([this, work = asio::make_work_guard(*context_)] { context_->run(); });
}

runner::runner(const asio::any_io_executor& executor) : strand_(asio::make_strand(executor)) {}

runner::~runner() {
    stop([] {});
}

void runner::run_and_wait(std::function<void()> action) {
    // Shared, because set_value may still be at work when the waiting thread goes on.
    const auto done = std::make_shared<std::promise<void>>();
    asio::post(strand_, [done, &action] {
        action();
        done->set_value();
    });
    done->get_future().wait();
}

void runner::run(std::function<void()> action) {
    const std::lock_guard lock(mutex_);
    if (stopped_)
        return;
    if (context_)
        run_and_wait(std::move(action));
    else
        asio::dispatch(strand_, std::move(action));
}

void runner::stop(std::function<void()> last) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true))
        return;
    if (context_) {
        run_and_wait(std::move(last));
        context_->stop();
        thread_.join();
    } else {
        asio::dispatch(strand_, std::move(last));
    }
}

} // namespace bandwidth::webrtc::testing::detail
