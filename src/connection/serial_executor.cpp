#include "connection/serial_executor.hpp"

#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <mutex>

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;

class serial_executor::queue {
public:
    explicit queue(const asio::any_io_executor& below)
        : below_possibly(asio::prefer(below, asio::execution::blocking.possibly))
        , below_never(asio::require(below, asio::execution::blocking.never)) {}
    ~queue() { drop_all(); }
    queue(const queue&) = delete;
    queue& operator=(const queue&) = delete;

    // True: nobody runs the queue, nor is about to.
    bool push(task& added) noexcept {
        const std::lock_guard lock(mutex_);
        (last_ ? last_->next : first_) = &added;
        last_ = &added;
        return !std::exchange(scheduled_, true);
    }
    // Null when there is nothing more; who asked has stopped running the queue then.
    task* pop() noexcept {
        const std::lock_guard lock(mutex_);
        task* const taken = first_;
        if (!taken) {
            scheduled_ = false;
            return nullptr;
        }
        first_ = std::exchange(taken->next, nullptr);
        if (!first_)
            last_ = nullptr;
        return taken;
    }
    // Nobody runs the queue after all. What others have added meanwhile stays, for who comes next.
    void take_back(task& added) noexcept {
        const std::lock_guard lock(mutex_);
        scheduled_ = false;
        task* before = nullptr;
        for (task* at = first_; at != &added; at = at->next)
            before = at;
        (before ? before->next : first_) = added.next;
        if (last_ == &added)
            last_ = before;
    }
    // Outside of the lock: a function may own what owns this.
    void drop_all() noexcept {
        task* dropped = nullptr;
        {
            const std::lock_guard lock(mutex_);
            dropped = std::exchange(first_, nullptr);
            last_ = nullptr;
            scheduled_ = false;
        }
        while (dropped) {
            task* const next = dropped->next;
            dropped->end(*dropped, false);
            dropped = next;
        }
    }

    const asio::any_io_executor below_possibly;
    const asio::any_io_executor below_never;

private:
    std::mutex mutex_;
    task* first_ = nullptr;
    task* last_ = nullptr;
    bool scheduled_ = false;
};

/// On the stack of a thread that hands a runner to the executor below: one that is destroyed meanwhile was
/// not taken, and one that runs meanwhile was.
struct serial_executor::handing_over {
    explicit handing_over(const queue& of) noexcept : of_(of), outer_(std::exchange(innermost, this)) {}
    ~handing_over() { innermost = outer_; }
    handing_over(const handing_over&) = delete;
    handing_over& operator=(const handing_over&) = delete;

    static handing_over* find(const queue& of) noexcept {
        return innermost && &innermost->of_ == &of ? innermost : nullptr;
    }
    bool ran = false;

private:
    const queue& of_;
    handing_over* outer_;
    static thread_local handing_over* innermost;
};
thread_local serial_executor::handing_over* serial_executor::handing_over::innermost = nullptr;

/// What the executor below is given. Destroyed without having been run, as when an execution context is
/// destroyed, it destroys what is in the queue.
class serial_executor::runner {
public:
    explicit runner(std::shared_ptr<queue> of) noexcept : queue_(std::move(of)) {}
    runner(runner&&) noexcept = default;
    runner& operator=(runner&&) = delete;
    ~runner() {
        if (queue_ && !handing_over::find(*queue_))
            queue_->drop_all();
    }

    void operator()() {
        const auto mine = std::move(queue_);
        if (auto* const here = handing_over::find(*mine))
            here->ran = true;
        while (task* const next = mine->pop()) {
            try {
                next->end(*next, true);
            } catch (...) {
                go_on(mine);
                throw;
            }
        }
    }

private:
    // The rest runs on its own; here, when there is no memory for that.
    static void go_on(const std::shared_ptr<queue>& mine) noexcept {
        try {
            const handing_over scope(*mine);
            mine->below_never.execute(runner(mine));
            return;
        } catch (...) {
        }
        while (task* const next = mine->pop()) {
            try {
                next->end(*next, true);
            } catch (...) { // one at a time can be told
            }
        }
    }

    std::shared_ptr<queue> queue_;
};

serial_executor serial_executor::over(const asio::any_io_executor& below) {
    return {std::make_shared<queue>(below), false};
}

asio::execution_context& serial_executor::query(asio::execution::context_t) const {
    return asio::query(queue_->below_never, asio::execution::context);
}

void serial_executor::enqueue(task& added) const {
    const auto mine = queue_; // the function may own this
    if (!mine->push(added))
        return;
    handing_over scope(*mine);
    try {
        (never_blocks_ ? mine->below_never : mine->below_possibly).execute(runner(mine));
    } catch (...) {
        if (!scope.ran) {
            mine->take_back(added);
            added.end(added, false);
        }
        throw;
    }
}

} // namespace bandwidth::webrtc::detail
