#pragma once

#include <bandwidth/webrtc/detail/bounded_window.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/result.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace bandwidth::webrtc {

/// How far `for_each_bounded` has come, and at its end what came of it all. The items that did not begin are
/// those of the range behind the first `begun`.
/// Thread safety: distinct objects safe, a shared object safe for reading.
struct bounded_progress {
    std::size_t begun = 0;     ///< items that were taken from the range
    std::size_t succeeded = 0; ///< results told so far that are values
    std::size_t failed = 0; ///< results told so far that are failures, and calls that ended with an exception
    bool reached_end = false; ///< the range has no more items; false at the end: it was stopped before
    std::size_t first_failed =
        0;                 ///< where `failed` is not 0: the place in the range of the first that failed
    failure first_failure; ///< why that one failed; without a code where it ended with an exception

    /// Items that began and whose results were not told yet.
    [[nodiscard]] std::size_t in_flight() const noexcept { return begun - succeeded - failed; }
};

/// What `for_each_bounded` tells of one item. Thread safety: distinct objects safe.
template <class Item, class T>
struct bounded_result {
    std::size_t index;         ///< the item's place in the range, from 0
    Item item;                 ///< as it was given to `make_call`
    result<T> outcome;         ///< of its call
    bounded_progress progress; ///< with this result
};

namespace detail {

namespace asio = boost::asio;

/// What a call gives: T of an asynchronous operation with the signature `void(result<T>)`, of an
/// `awaitable<result<T>>` and of an `awaitable<T>`; nothing of what is no call.
template <class Signature>
struct value_of_signature {};
template <class T>
struct value_of_signature<void(result<T>)> {
    using type = T;
};
template <class Call>
struct value_of_call {};
template <class Call>
requires(asio::is_async_operation<Call>::value) struct value_of_call<Call>
    : value_of_signature<typename asio::completion_signature_of<Call>::type> {
};
template <class T, class Executor>
struct value_of_call<asio::awaitable<T, Executor>> {
    using type = T;
};
template <class T, class Executor>
struct value_of_call<asio::awaitable<result<T>, Executor>> {
    using type = T;
};

template <class Call>
concept bounded_call = requires {
    typename value_of_call<Call>::type;
};

template <class T>
constexpr bool is_awaitable = false;
template <class T, class Executor>
constexpr bool is_awaitable<asio::awaitable<T, Executor>> = true;

/// The arguments of `for_each_bounded`. Range is a reference where the caller keeps the range.
template <class Range, class MakeCall, class OnResult>
struct bounded_task {
    using item = std::ranges::range_value_t<Range>;
    using iterator = std::ranges::iterator_t<Range>;
    using call = std::decay_t<std::invoke_result_t<MakeCall&, const item&>>;
    using value = typename value_of_call<call>::type;
    using told = bounded_result<item, value>;

    Range range;
    std::size_t limit;
    bounded_order order;
    MakeCall make_call;
    OnResult on_result;
};

/// One `for_each_bounded` from its start to its completion. All of it runs on one strand.
///
/// Each call in flight owns the run by its handler; so where an execution context is destroyed with its
/// calls, the run goes with the last of them, and the caller's handler is destroyed without having been
/// called.
///
/// No allocation that fails is survived once it has begun, except in what the caller's own functions and
/// range do: what could leave it half done is noexcept.
template <class Task, class Handler>
class bounded_run {
public:
    using pointer = std::shared_ptr<bounded_run>;

    template <class Given>
    static void start(const asio::any_io_executor& executor, Task&& task, Given&& handler) {
        auto run = std::make_shared<bounded_run>(executor, std::move(task), std::forward<Given>(handler));
        auto slot = asio::get_associated_cancellation_slot(run->handler_);
        if (slot.is_connected())
            slot.template emplace<canceller>(run);
        // Nothing of the caller's runs inside of the function that starts this.
        const auto strand = run->strand_;
        asio::post(strand, [run = std::move(run)]() mutable { advance(std::move(run)); });
    }

    template <class Given>
    bounded_run(const asio::any_io_executor& executor, Task&& task, Given&& handler)
        : task_(std::in_place, std::move(task))
        , handler_(std::forward<Given>(handler))
        , strand_(asio::make_strand(executor))
        , work_(asio::get_associated_executor(handler_, executor))
        , window_(task_->limit, task_->order) {
        if (task_->limit == 0)
            fail(std::make_exception_ptr(api_error(
                failure(errc::invalid_argument, "for_each_bounded: a limit of 0 lets nothing begin"))));
    }

private:
    using value = typename Task::value;
    using strand_type = asio::strand<asio::any_io_executor>;

    /// An item from its beginning until its result is told. It stays at its address.
    struct place {
        std::size_t index = 0;
        std::optional<typename Task::item> item;
        std::optional<result<value>> outcome; // nothing where an exception has ended the call
        bool in_flight = false;
        asio::cancellation_signal cancel;
    };

    /// The handler of a call.
    class call_handler {
    public:
        call_handler(pointer run, std::size_t number) noexcept : run_(std::move(run)), number_(number) {}

        using executor_type = strand_type;
        executor_type get_executor() const noexcept { return run_->strand_; }
        using cancellation_slot_type = asio::cancellation_slot;
        cancellation_slot_type get_cancellation_slot() const noexcept {
            return run_->places_[number_].cancel.slot();
        }

        void operator()(result<value> outcome) { end(std::move(outcome)); }
        // Of a coroutine.
        void operator()(std::exception_ptr thrown, result<value> outcome) {
            if (thrown)
                end(thrown);
            else
                end(std::move(outcome));
        }
        void operator()(std::exception_ptr thrown) { (*this)(std::move(thrown), result<value>()); }

    private:
        void end(result<value> outcome) {
            run_->call_ended(number_, std::move(outcome));
            advance(std::move(run_));
        }
        void end(const std::exception_ptr& thrown) {
            run_->call_ended(number_, thrown);
            advance(std::move(run_));
        }

        pointer run_;
        std::size_t number_;
    };

    /// Takes the caller's cancellation, which comes on the executor of the caller's handler. It may outlive
    /// the execution context, so it holds nothing of it.
    class canceller {
    public:
        explicit canceller(const pointer& run) : run_(run) {}
        void operator()(asio::cancellation_type_t type) const {
            auto run = run_.lock();
            if (!run)
                return;
            const auto strand = run->strand_;
            // The run goes along, so that it is destroyed on its strand.
            asio::dispatch(strand, [run = std::move(run), type]() mutable {
                run->stop(type);
                advance(std::move(run));
            });
        }

    private:
        std::weak_ptr<bounded_run> run_;
    };

    /// Does what the window says until there is nothing left to do now.
    static void advance(pointer run) {
        // A call may end inside of `begin` or `stop`, as coroutines do, and a result may cancel: the loop
        // that is under way goes on with it.
        if (std::exchange(run->advancing_, true))
            return;
        for (;;)
            switch (run->window_.next()) {
            case bounded_window::action::begin:
                run->begin(run);
                break;
            case bounded_window::action::tell:
                run->tell();
                break;
            case bounded_window::action::wait:
                run->advancing_ = false;
                return;
            case bounded_window::action::complete:
                complete(std::move(run));
                return;
            }
    }

    void begin(const pointer& run) noexcept {
        try {
            if (next_)
                ++*next_;
            else
                next_.emplace(std::ranges::begin(task_->range));
            if (*next_ == std::ranges::end(task_->range)) {
                progress_.reached_end = true;
                window_.end();
                return;
            }
            if (stopped_with_ != asio::cancellation_type::none)
                return; // the range's step has asked for it
        } catch (...) {
            fail(std::current_exception());
            return;
        }
        const auto number = window_.begin();
        if (number == places_.size())
            places_.emplace_back();
        auto& one = places_[number];
        one.index = progress_.begun++;
        one.cancel.slot().clear(); // of the call before
        one.in_flight = true;
        try {
            one.item.emplace(**next_);
            launch(std::invoke(task_->make_call, std::as_const(*one.item)), call_handler(run, number));
        } catch (...) {
            call_ended(number);
            fail(std::current_exception());
        }
        // A stop that came from `make_call`, when the call had no handler yet for its cancellation.
        if (one.in_flight && stopped_with_ != asio::cancellation_type::none)
            one.cancel.emit(stopped_with_);
    }
    void launch(typename Task::call call, call_handler handler) {
        if constexpr (is_awaitable<typename Task::call>)
            asio::co_spawn(strand_, std::move(call), std::move(handler));
        else
            std::move(call)(std::move(handler));
    }

    void call_ended(std::size_t number) noexcept {
        places_[number].in_flight = false;
        window_.call_ended(number);
    }
    void call_ended(std::size_t number, result<value>&& outcome) noexcept {
        places_[number].outcome.emplace(std::move(outcome));
        call_ended(number);
    }
    void call_ended(std::size_t number, const std::exception_ptr& thrown) noexcept {
        try {
            std::rethrow_exception(thrown);
        } catch (const api_error& error) {
            call_ended(number, result<value>(error.failure()));
        } catch (const boost::system::system_error& error) {
            call_ended(number, result<value>(failure_of(error.code())));
        } catch (...) {
            call_ended(number);
            fail(thrown);
        }
    }

    // A coroutine has thrown what is no failure of a call, such as Asio's error where it was cancelled between two
    // calls. Nothing is known of the calls that it has made before.
    static failure failure_of(const error_code& thrown) {
        failure_state state;
        state.code = thrown == asio::error::operation_aborted ? error_code(errc::cancelled) : thrown;
        state.message =
            "thrown by the coroutine of this item; calls that it has made before may have been processed";
        state.delivery = delivery::maybe_processed;
        return failure(std::move(state));
    }

    void tell() noexcept {
        auto& one = places_[window_.tell()];
        const bool succeeded = one.outcome && one.outcome->has_value();
        if (!succeeded && progress_.failed == 0) {
            progress_.first_failed = one.index;
            if (one.outcome)
                progress_.first_failure = one.outcome->error();
        }
        ++(succeeded ? progress_.succeeded : progress_.failed);
        if (!one.outcome || deaf_) {
            one.item.reset();
            one.outcome.reset();
            return;
        }
        try {
            typename Task::told told{one.index, std::move(*one.item), std::move(*one.outcome), progress_};
            one.item.reset();
            one.outcome.reset();
            if constexpr (std::is_void_v<
                              std::invoke_result_t<decltype(task_->on_result)&, typename Task::told>>)
                std::invoke(task_->on_result, std::move(told));
            else if (const asio::cancellation_type type = std::invoke(task_->on_result, std::move(told));
                     type != asio::cancellation_type::none)
                stop(type);
        } catch (...) {
            deaf_ = true;
            fail(std::current_exception());
        }
    }

    /// No more items begin, and the calls in flight are cancelled, once for each type.
    void stop(asio::cancellation_type type) noexcept {
        window_.end();
        // With limit calls in flight, each of which fails and asks for the same again, this would be limit
        // squared.
        if ((type & ~stopped_with_) == asio::cancellation_type::none)
            return;
        stopped_with_ |= type;
        const bool before = std::exchange(advancing_, true);
        for (auto& one : places_)
            if (one.in_flight)
                one.cancel.emit(type);
        advancing_ = before;
    }
    void fail(std::exception_ptr thrown) noexcept {
        if (!thrown_)
            thrown_ = std::move(thrown);
        stop(asio::cancellation_type::total);
    }

    /// The range and the functions are gone when the caller's handler runs. The run is too, unless a
    /// cancellation is on its way to it: that finds nothing left to do.
    static void complete(pointer run) {
        const auto executor = run->work_.get_executor();
        auto last = [handler = std::move(run->handler_), work = std::move(run->work_),
                     thrown = std::move(run->thrown_), progress = std::move(run->progress_)]() mutable {
            // The signal may be emitted until here; from now on the caller may use it for something else.
            if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
                slot.clear();
            work.reset();
            std::move(handler)(std::move(thrown), std::move(progress));
        };
        run->places_.clear();
        run->next_.reset();
        run->task_.reset();
        run.reset();
        asio::dispatch(executor, std::move(last));
    }

    std::optional<Task> task_; // until it completes
    Handler handler_;
    strand_type strand_;
    asio::executor_work_guard<asio::associated_executor_t<Handler, asio::any_io_executor>> work_;
    bounded_window window_;
    std::optional<typename Task::iterator> next_; // the item that began last
    std::deque<place> places_;
    bounded_progress progress_;
    std::exception_ptr thrown_;
    asio::cancellation_type stopped_with_ = asio::cancellation_type::none;
    bool advancing_ = false;
    bool deaf_ = false; // `on_result` has thrown
};

/// Starts a run, for `async_initiate`. It has an executor, so that adapters which need a timer, such as
/// `cancel_after` of later versions of Asio, find one.
class initiate_bounded_run {
public:
    using executor_type = asio::any_io_executor;

    explicit initiate_bounded_run(executor_type executor) noexcept : executor_(std::move(executor)) {}
    executor_type get_executor() const noexcept { return executor_; }

    template <class Handler, class Task>
    void operator()(Handler&& handler, Task&& task) const {
        bounded_run<std::decay_t<Task>, std::decay_t<Handler>>::start(executor_, std::forward<Task>(task),
                                                                      std::forward<Handler>(handler));
    }

private:
    executor_type executor_;
};

} // namespace detail

} // namespace bandwidth::webrtc
