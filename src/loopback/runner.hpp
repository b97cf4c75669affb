#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace bandwidth::webrtc::testing::detail {

/// Where a testing server runs: on a background thread of its own, or on the caller's executor. Either way
/// all of the server runs on one strand.
class runner {
public:
    /// A thread of its own, which starts at once.
    runner();
    explicit runner(const boost::asio::any_io_executor& executor);
    runner(const runner&) = delete;
    runner& operator=(const runner&) = delete;
    ~runner();

    /// The strand.
    const boost::asio::any_io_executor& executor() const noexcept { return strand_; }

    /// Runs `action` on the strand. On a thread of its own it has run when this returns; on the caller's
    /// executor it runs inline where that is allowed. Nothing after `stop`. Thread-safe.
    void run(std::function<void()> action);

    /// Runs `last` as above, then ends the thread if there is one. A second call does nothing. Thread-safe.
    void stop(std::function<void()> last);

private:
    void run_and_wait(std::function<void()> action);

    std::mutex mutex_;
    bool stopped_ = false;
    std::optional<boost::asio::io_context> context_; // engaged: a thread of its own
    boost::asio::any_io_executor strand_;
    std::thread thread_;
};

} // namespace bandwidth::webrtc::testing::detail
