#include "transport/serial_executor.hpp"

#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;

class serial_executor::queue {
public:
    explicit queue(const asio::any_io_executor& below)
        : below_possibly(asio::prefer(below, asio::execution::blocking.possibly))
        , below_never(asio::require(below, asio::execution::blocking.never)) {
        // As a continuation a runner would wait for the function that scheduled it, which may block.
        if (const auto* const known = below.target<asio::io_context::executor_type>())
            context_.emplace(asio::require(*known, asio::execution::blocking.possibly,
                                           asio::execution::relationship.fork));
    }
    ~queue() { drop_all(); }
    queue(const queue&) = delete;
    queue& operator=(const queue&) = delete;

    // True: nobody runs the queue, nor is about to, and the caller has to hand it over. Another thread that
    // is just doing so may fail, and would then leave what is added meanwhile to nobody: it is waited for.
    // (Not this thread, should the executor below call us.) So an executor below whose `execute` blocks, as
    // one with a bounded queue may, could deadlock: what would make room for it may be waiting here.
    bool push(task& added) noexcept {
        const auto self = std::this_thread::get_id();
        std::unique_lock lock(mutex_);
        handed_over_.wait(lock, [&] { return handing_ == std::thread::id() || handing_ == self; });
        added.next = nullptr; // it may have been in the queue before
        (last_ ? last_->next : first_) = &added;
        last_ = &added;
        if (std::exchange(scheduled_, true))
            return false;
        handing_ = self;
        return true;
    }
    // True: nobody runs the queue, nor is about to, and what a function given now could run at once.
    bool enter() noexcept {
        if (!context_ || !context_->running_in_this_thread())
            return false;
        const std::lock_guard lock(mutex_);
        return !std::exchange(scheduled_, true);
    }
    // False when there is something more, and who asked goes on running the queue.
    bool leave() noexcept {
        const std::lock_guard lock(mutex_);
        end_handing();
        if (!first_)
            scheduled_ = false;
        return !first_;
    }
    bool over_io_context() const noexcept { return context_.has_value(); }
    // The executor below has taken it.
    void handed_over() noexcept {
        const std::lock_guard lock(mutex_);
        if (handing_ == std::this_thread::get_id()) // it may be under way already, or even at its end
            end_handing();
    }
    // Null when there is nothing more; who asked has stopped running the queue then.
    task* pop() noexcept {
        const std::lock_guard lock(mutex_);
        end_handing();
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
    // The executor below has not taken it. What waits in `push` is for them who push it to hand over.
    void take_back(task& added) noexcept {
        const std::lock_guard lock(mutex_);
        end_handing();
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
            end_handing();
        }
        while (dropped) {
            task* const next = dropped->next;
            dropped->end(*dropped, false);
            dropped = next;
        }
    }

    // Gives a runner to the executor below.
    void schedule(runner&& value, bool never_blocks);

    const asio::any_io_executor below_possibly;
    const asio::any_io_executor below_never;

private:
    template <class T>
    class runner_memory;

    void end_handing() noexcept {
        if (std::exchange(handing_, std::thread::id()) != std::thread::id())
            handed_over_.notify_all();
    }

    // The usual executor below by its type: without the wrapping that costs an allocation each time, and with
    // memory for the one runner that there can be. Who schedules or runs it owns the memory.
    std::optional<asio::io_context::executor_type> context_;
    static constexpr std::size_t runner_size = 128;
    alignas(std::max_align_t) std::byte runner_memory_[runner_size];
    bool runner_memory_taken_ = false;

    std::mutex mutex_;
    std::condition_variable handed_over_;
    std::thread::id handing_; // the thread in whose hands it is
    task* first_ = nullptr;
    task* last_ = nullptr;
    bool scheduled_ = false;
};

/// On the stack of a thread that hands a runner to the executor below: a runner that is destroyed meanwhile,
/// and was not run, was not taken.
struct serial_executor::handing_over {
    explicit handing_over(const queue& of) noexcept : of_(of), outer_(std::exchange(innermost, this)) {}
    ~handing_over() { innermost = outer_; }
    handing_over(const handing_over&) = delete;
    handing_over& operator=(const handing_over&) = delete;

    // Null when this thread is not about it, or no longer.
    static handing_over* find(const queue& of) noexcept {
        auto* at = innermost;
        while (at && (&at->of_ != &of || at->ran))
            at = at->outer_;
        return at;
    }
    bool ran = false;
    bool dropped = false;

private:
    const queue& of_;
    handing_over* outer_;
    static thread_local handing_over* innermost;
};
thread_local serial_executor::handing_over* serial_executor::handing_over::innermost = nullptr;

/// On the stack of a thread that runs the queue.
class serial_executor::running {
public:
    running(const queue& of, outside_place& place) noexcept
        : outside(place), of_(of), outer_(std::exchange(innermost, this)) {}
    ~running() { innermost = outer_; }
    running(const running&) = delete;
    running& operator=(const running&) = delete;

    // Null when this thread does not.
    static running* find(const queue& of) noexcept {
        return innermost && &innermost->of_ == &of ? innermost : nullptr;
    }
    outside_place& outside;

private:
    const queue& of_;
    running* outer_;
    static thread_local running* innermost;
};
thread_local serial_executor::running* serial_executor::running::innermost = nullptr;

/// What the executor below is given. Destroyed without having been run, as when an execution context is
/// destroyed, it destroys what is in the queue.
class serial_executor::runner {
public:
    explicit runner(std::shared_ptr<queue> of) noexcept : queue_(std::move(of)) {}
    runner(runner&&) noexcept = default;
    runner& operator=(runner&&) = delete;
    ~runner() {
        if (!queue_)
            return;
        if (auto* const here = handing_over::find(*queue_))
            here->dropped = true;
        else
            queue_->drop_all();
    }

    void operator()() {
        const auto mine = std::move(queue_);
        if (auto* const here = handing_over::find(*mine))
            here->ran = true;
        run(mine, nullptr, nullptr);
    }

    // Runs the function, and then the queue.
    static void run(const std::shared_ptr<queue>& mine, void (*function)(void*), void* argument) {
        std::exception_ptr thrown; // of several, and there was no memory to run them apart, the first
        const auto attempt = [&](auto&& what) {
            try {
                what();
            } catch (...) {
                if (!thrown)
                    thrown = std::current_exception();
            }
        };
        outside_place outside;
        {
            const running scope(*mine, outside);
            int left = most_in_a_row;
            if (function)
                attempt([&] { function(argument); });
            for (;;) {
                if ((outside.taken || thrown) && mine->leave())
                    break;
                if (thrown || outside.taken || left == 0) {
                    if (run_later(mine))
                        break;
                    left = most_in_a_row;
                }
                task* const next = mine->pop();
                if (!next)
                    break;
                --left;
                attempt([&] { next->end(*next, true); });
            }
        }
        if (outside.taken)
            attempt([&] { outside.taken->end(*outside.taken, true); });
        if (thrown)
            std::rethrow_exception(thrown);
    }

private:
    // Then something else of the executor below has its turn.
    static constexpr int most_in_a_row = 64;

    // False: there was no memory for that.
    static bool run_later(const std::shared_ptr<queue>& mine) noexcept {
        handing_over scope(*mine);
        try {
            mine->schedule(runner(mine), true);
        } catch (...) {
            return !scope.dropped;
        }
        if (scope.dropped)
            mine->drop_all();
        return true;
    }

    std::shared_ptr<queue> queue_;
};

template <class T>
class serial_executor::queue::runner_memory {
public:
    using value_type = T;

    explicit runner_memory(queue& of) noexcept : of_(&of) {}
    template <class Other>
    runner_memory(const runner_memory<Other>& other) noexcept : of_(other.of_) {}

    T* allocate(std::size_t count) {
        if (sizeof(T) * count > runner_size || std::exchange(of_->runner_memory_taken_, true))
            return std::allocator<T>().allocate(count);
        return reinterpret_cast<T*>(of_->runner_memory_);
    }
    void deallocate(T* memory, std::size_t count) noexcept {
        if (static_cast<void*>(memory) == of_->runner_memory_)
            of_->runner_memory_taken_ = false;
        else
            std::allocator<T>().deallocate(memory, count);
    }
    friend bool operator==(const runner_memory& a, const runner_memory& b) noexcept { return a.of_ == b.of_; }

private:
    template <class Other>
    friend class runner_memory;
    queue* of_;
};

void serial_executor::queue::schedule(runner&& value, bool never_blocks) {
    if (!context_)
        (never_blocks ? below_never : below_possibly).execute(std::move(value));
    else if (never_blocks)
        asio::require(*context_, asio::execution::blocking.never,
                      asio::execution::allocator(runner_memory<void>(*this)))
            .execute(std::move(value));
    else
        asio::require(*context_, asio::execution::allocator(runner_memory<void>(*this)))
            .execute(std::move(value));
}

serial_executor serial_executor::over(const asio::any_io_executor& below) {
    return {std::make_shared<queue>(below), false};
}

asio::execution_context& serial_executor::query(asio::execution::context_t) const {
    return asio::query(queue_->below_never, asio::execution::context);
}

std::shared_ptr<serial_executor::queue> serial_executor::enter() const noexcept {
    return !never_blocks_ && queue_->enter() ? queue_ : nullptr;
}

void serial_executor::run_inside(std::shared_ptr<queue> entered, void (*function)(void*), void* argument) {
    runner::run(entered, function, argument);
}

serial_executor::outside_place* serial_executor::find_outside_place() const noexcept {
    auto* const here = running::find(*queue_);
    return here && !here->outside.taken && queue_->over_io_context() ? &here->outside : nullptr;
}

void serial_executor::execute_task(task& added) const {
    if (const auto inside = enter())
        runner::run(
            inside,
            [](void* it) {
                auto& given = *static_cast<task*>(it);
                given.end(given, true);
            },
            &added);
    else
        enqueue(added);
}

void serial_executor::enqueue(task& added) const {
    const auto mine = queue_; // the function may own this
    if (!mine->push(added))
        return;
    handing_over scope(*mine);
    try {
        mine->schedule(runner(mine), never_blocks_);
    } catch (...) {
        if (scope.dropped) {
            mine->take_back(added);
            added.end(added, false);
        } else {
            mine->handed_over();
        }
        throw;
    }
    if (scope.dropped) // the executor below is closed, and says nothing
        mine->drop_all();
    else
        mine->handed_over();
}

} // namespace bandwidth::webrtc::detail
