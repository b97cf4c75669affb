#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/recycling_allocator.hpp>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace bandwidth::webrtc::detail {

/// Runs functions one after the other, in the order in which they were given: a strand over any executor.
///
/// Asio's own is of no use to us where memory ends: a function whose scheduling could not be allocated stays
/// in it, and with it all that follow, for ever; and rescheduling itself it throws in a destructor. Here
/// `execute` has happened or has not: when it throws for want of memory, the function is destroyed without
/// having been run, and all else goes on.
///
/// Functions are never run inside of `execute`, be it asked to block or not, unless the executor below would
/// run them there: on a thread of an `io_context` a function that may run at once does, and needs no memory.
/// What throws leaves the executor below as if it had been run there, and the rest goes on. What waits when
/// the execution context below is destroyed is destroyed without having been run. What is scheduled is work
/// for the context below; a copy of this executor alone is not, so a work guard on one guards nothing. Thread
/// safety: safe.
class serial_executor {
public:
    /// What waits in the queue. Who has one of their own keeps it until `end` is called, and only then gives
    /// it again.
    struct task {
        task* next = nullptr;
        /// Runs its function or does not. The task is its owner's again.
        void (*end)(task&, bool run) = nullptr;
    };

    /// No constructor: Asio's conversion to `any_io_executor`, looking for one, would look at itself.
    static serial_executor over(const boost::asio::any_io_executor& below);

    template <class Function>
    void execute(Function&& function) const {
        using given = std::decay_t<Function>;
        if (auto inside = enter()) {
            auto run = [&function] {
                given taken(std::forward<Function>(function)); // gone before the strand is left
                std::move(taken)();
            };
            run_inside(
                std::move(inside), [](void* it) { (*static_cast<decltype(run)*>(it))(); }, &run);
            return;
        }
        enqueue(store<given>(std::forward<Function>(function)));
    }
    /// As above, with a task of the caller's: over an `io_context` it needs no memory, and so never throws.
    void execute_task(task& added) const;

    /// Runs a function behind the one that is running, on the same thread, and when the strand has been left:
    /// a function that may take its time, or wait for what another thread does on the strand. Nothing that
    /// the strand has in its queue waits for it. True: it was moved from. False, and it was not: not on the
    /// strand, not over an `io_context`, or there is one already.
    template <class Function>
    bool execute_outside(Function& function) const noexcept {
        using stored = outside_of<Function>;
        static_assert(sizeof(stored) <= outside_place::size);
        outside_place* const place = find_outside_place();
        if (place)
            place->taken = ::new (static_cast<void*>(place->memory)) stored(std::move(function));
        return place;
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
    /// On the stack of the thread that runs the strand.
    struct outside_place {
        static constexpr std::size_t size = 64;
        task* taken = nullptr;
        alignas(std::max_align_t) std::byte memory[size];
    };
    template <class Function>
    struct outside_of final : task {
        explicit outside_of(Function given) noexcept : function(std::move(given)) {
            end = [](task& base, bool) {
                Function taken(std::move(static_cast<outside_of&>(base).function));
                static_cast<outside_of&>(base).~outside_of();
                std::move(taken)();
            };
        }
        Function function;
    };
    template <class Stored, class Function>
    static task& store(Function&& function) {
        using stored = task_of<Stored>;
        typename stored::allocator memory;
        auto* const place = memory.allocate(1);
        try {
            ::new (static_cast<void*>(place)) stored(std::forward<Function>(function));
        } catch (...) {
            memory.deallocate(place, 1);
            throw;
        }
        return *place;
    }

    class queue;
    class running;
    class runner;
    struct handing_over;

    serial_executor(std::shared_ptr<queue> of, bool never_blocks) noexcept
        : queue_(std::move(of)), never_blocks_(never_blocks) {}
    std::shared_ptr<queue> enter() const noexcept;
    static void run_inside(std::shared_ptr<queue> entered, void (*function)(void*), void* argument);
    outside_place* find_outside_place() const noexcept;
    void enqueue(task& added) const;

    std::shared_ptr<queue> queue_;
    bool never_blocks_ = false;
};

} // namespace bandwidth::webrtc::detail
