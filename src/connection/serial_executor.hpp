#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/recycling_allocator.hpp>
#include <memory>
#include <type_traits>
#include <utility>

namespace bandwidth::webrtc::detail {

/// Runs functions one after the other, in the order in which they were given: a strand over any executor.
///
/// Asio's own is of no use to us where memory ends: a function whose scheduling could not be allocated stays
/// in it, and with it all that follow, for ever; and rescheduling itself it throws in a destructor. Here
/// `execute` has happened or has not: when it throws, the function is destroyed without having been run, and
/// all else goes on.
///
/// Functions are never run inside of `execute`, be it asked to block or not, unless the executor below runs
/// it there. What throws leaves the executor below as if it had been run there, and the rest goes on. What
/// waits when the execution context below is destroyed is destroyed without having been run. What is
/// scheduled is work for the context below; a copy of this executor alone is not, so a work guard on one
/// guards nothing. Thread safety: safe.
class serial_executor {
public:
    /// No constructor: Asio's conversion to `any_io_executor`, looking for one, would look at itself.
    static serial_executor over(const boost::asio::any_io_executor& below);

    template <class Function>
    void execute(Function&& function) const {
        using stored = task_of<std::decay_t<Function>>;
        typename stored::allocator memory;
        auto* const place = memory.allocate(1);
        try {
            ::new (static_cast<void*>(place)) stored(std::forward<Function>(function));
        } catch (...) {
            memory.deallocate(place, 1);
            throw;
        }
        enqueue(*place);
    }

    boost::asio::execution_context& query(boost::asio::execution::context_t) const;
    serial_executor require(boost::asio::execution::blocking_t::never_t) const noexcept {
        return {queue_, true};
    }
    serial_executor require(boost::asio::execution::blocking_t::possibly_t) const noexcept {
        return {queue_, false};
    }
    boost::asio::execution::blocking_t query(boost::asio::execution::blocking_t) const noexcept {
        return never_blocks_ ? boost::asio::execution::blocking_t(boost::asio::execution::blocking.never)
                             : boost::asio::execution::blocking_t(boost::asio::execution::blocking.possibly);
    }

    friend bool operator==(const serial_executor& a, const serial_executor& b) noexcept {
        return a.queue_ == b.queue_ && a.never_blocks_ == b.never_blocks_;
    }
    friend bool operator!=(const serial_executor& a, const serial_executor& b) noexcept { return !(a == b); }

private:
    struct task {
        task* next = nullptr;
        /// Frees the task, and runs its function or does not.
        void (*end)(task&, bool run) = nullptr;
    };
    template <class Function>
    struct task_of final : task {
        using allocator = boost::asio::recycling_allocator<task_of>;
        explicit task_of(Function given) : function(std::move(given)) {
            end = [](task& base, bool run) {
                auto& self = static_cast<task_of&>(base);
                task_place place(&self);
                if (!run)
                    return;
                Function taken(std::move(self.function)); // may copy, and so throw
                place.reset();
                std::move(taken)();
            };
        }
        Function function;

    private:
        struct free_task {
            void operator()(task_of* done) const noexcept {
                done->~task_of();
                allocator().deallocate(done, 1);
            }
        };
        using task_place = std::unique_ptr<task_of, free_task>;
    };
    class queue;
    class runner;
    struct handing_over;

    serial_executor(std::shared_ptr<queue> of, bool never_blocks) noexcept
        : queue_(std::move(of)), never_blocks_(never_blocks) {}
    void enqueue(task& added) const;

    std::shared_ptr<queue> queue_;
    bool never_blocks_ = false;
};

} // namespace bandwidth::webrtc::detail
