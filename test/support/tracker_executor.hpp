#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <memory>
#include <type_traits>
#include <utility>

namespace support {

namespace asio = boost::asio;

/// What a `tracker_executor` has seen.
struct tracker_log {
    std::atomic<int> executed = 0;
};

/// An executor that hands everything to another one, and knows when it is running something itself: to prove
/// on which executor a handler ran.
class tracker_executor {
public:
    explicit tracker_executor(asio::io_context& context)
        : tracker_executor(context.get_executor(), std::make_shared<tracker_log>()) {}

    /// How many functions were given to it, by all its copies.
    int executed() const noexcept { return log_->executed; }
    /// Whether the calling code runs inside of a function that was given to it.
    bool running_here() const noexcept { return current() == log_.get(); }

    template <class Function>
    void execute(Function&& function) const {
        ++log_->executed;
        inner_.execute(
            [log = log_, work = std::decay_t<Function>(std::forward<Function>(function))]() mutable {
                const auto* const outer = std::exchange(current(), log.get());
                std::move(work)();
                current() = outer;
            });
    }

    template <class Property>
    auto query(const Property& property) const
        -> decltype(asio::query(std::declval<const asio::any_io_executor&>(), property)) {
        return asio::query(inner_, property);
    }
    template <class Property>
    auto require(const Property& property) const
        -> std::enable_if_t<asio::can_require_v<const asio::any_io_executor&, Property>, tracker_executor> {
        return tracker_executor(asio::require(inner_, property), log_);
    }
    template <class Property>
    auto prefer(const Property& property) const
        -> std::enable_if_t<asio::can_prefer_v<const asio::any_io_executor&, Property>, tracker_executor> {
        return tracker_executor(asio::prefer(inner_, property), log_);
    }

    friend bool operator==(const tracker_executor& a, const tracker_executor& b) noexcept {
        return a.log_ == b.log_ && a.inner_ == b.inner_;
    }
    friend bool operator!=(const tracker_executor& a, const tracker_executor& b) noexcept {
        return !(a == b);
    }

private:
    tracker_executor(asio::any_io_executor inner, std::shared_ptr<tracker_log> log)
        : inner_(std::move(inner)), log_(std::move(log)) {}

    static const tracker_log*& current() noexcept {
        thread_local const tracker_log* running = nullptr;
        return running;
    }

    asio::any_io_executor inner_;
    std::shared_ptr<tracker_log> log_;
};

} // namespace support
