#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <type_traits>
#include <utility>

#include "support/forwarding_executor.hpp"

namespace support {

/// What a `tracker_executor` has seen.
struct tracker_log {
    std::atomic<int> executed = 0;
};

/// An executor that hands everything to another one, and knows when it is running something itself: to show
/// on which executor a handler ran.
class tracker_executor : public forwarding_executor<tracker_executor, tracker_log> {
public:
    explicit tracker_executor(asio::io_context& context)
        : forwarding_executor(context.get_executor(), std::make_shared<tracker_log>()) {}

    /// How many functions were given to it, by all its copies.
    int executed() const noexcept { return state_->executed; }
    /// Whether the calling code runs inside of a function that was given to it.
    bool running_here() const noexcept { return current() == state_.get(); }

    template <class Function>
    void execute(Function&& function) const {
        ++state_->executed;
        inner_.execute(
            [log = state_, work = std::decay_t<Function>(std::forward<Function>(function))]() mutable {
                const auto* const outer = std::exchange(current(), log.get());
                std::move(work)();
                current() = outer;
            });
    }

private:
    static const tracker_log*& current() noexcept {
        thread_local const tracker_log* running = nullptr;
        return running;
    }
};

} // namespace support
