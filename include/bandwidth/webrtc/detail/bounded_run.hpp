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

/// The completion handler of a `for_each_bounded`. Its executor has work until it is called, so that a context
/// does not run out of it before.
class bounded_completion {
public:
    bounded_completion() = default;
    bounded_completion(const bounded_completion&) = delete;
    bounded_completion& operator=(const bounded_completion&) = delete;
    virtual ~bounded_completion() = default;

    /// Calls the handler on its executor. `self`, which is this object, is destroyed before that.
    virtual void complete(std::unique_ptr<bounded_completion> self, std::exception_ptr thrown,
                          bounded_progress progress) = 0;
};

template <class Handler>
class bounded_completion_of final : public bounded_completion {
public:
    template <class Given>
    bounded_completion_of(const asio::any_io_executor& executor, Given&& handler)
        : handler_(std::forward<Given>(handler)), work_(asio::get_associated_executor(handler_, executor)) {}

    void complete(std::unique_ptr<bounded_completion> self, std::exception_ptr thrown,
                  bounded_progress progress) override {
        const auto executor = work_.get_executor();
        auto last = [handler = std::move(handler_), work = std::move(work_), thrown = std::move(thrown),
                     progress = std::move(progress)]() mutable {
            // The signal may be emitted until here; from now on the caller may use it for something else.
            if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
                slot.clear();
            work.reset();
            std::move(handler)(std::move(thrown), std::move(progress));
        };
        self.reset();
        asio::dispatch(executor, std::move(last));
    }

private:
    Handler handler_;
    asio::executor_work_guard<asio::associated_executor_t<Handler, asio::any_io_executor>> work_;
};

/// One `for_each_bounded` from its start to its completion. All of it runs on one strand. What depends on the
/// range, on the caller's functions and on what the calls give is in `bounded_run_of`, and as little as
/// possible is: it is compiled anew for each lambda.
///
/// Each call in flight owns the run by its handler; so where an execution context is destroyed with its
/// calls, the run goes with the last of them, and the caller's handler is destroyed without having been
/// called.
///
/// No allocation that fails is survived once it has begun, except in what the caller's own functions and
/// range do: what could leave it half done is noexcept.
class bounded_run {
public:
    using pointer = std::shared_ptr<bounded_run>;
    using strand_type = asio::strand<asio::any_io_executor>;

    bounded_run(const bounded_run&) = delete;
    bounded_run& operator=(const bounded_run&) = delete;
    virtual ~bounded_run() = default;

    /// `slot` is the one for the caller's cancellation.
    template <class Slot>
    static void start(pointer run, Slot slot) {
        if (slot.is_connected())
            slot.template emplace<canceller>(run);
        // Nothing of the caller's runs inside of the function that starts this.
        const auto strand = run->strand_;
        asio::post(strand, [run = std::move(run)]() mutable { advance(std::move(run)); });
    }

    // For the handlers of calls: where they run, and what cancels the call with that number.
    [[nodiscard]] const strand_type& strand() const noexcept { return strand_; }
    [[nodiscard]] asio::cancellation_slot slot(std::size_t number) noexcept {
        return calls_[number].cancel.slot();
    }

    /// The call with that number has left its result, or has thrown what is no failure of a call.
    static void call_ended(pointer run, std::size_t number, const std::exception_ptr& thrown = nullptr) {
        run->end_call(number);
        if (thrown)
            run->fail(thrown);
        advance(std::move(run));
    }

    /// What a coroutine has thrown, where that is a failure. Asio's errors are, such as that of an operation
    /// which was cancelled between two calls: then nothing is known of the calls that it has made before.
    static std::optional<failure> failure_of(const std::exception_ptr& thrown) noexcept {
        try {
            std::rethrow_exception(thrown);
        } catch (const api_error& error) {
            return error.failure();
        } catch (const boost::system::system_error& error) {
            failure_state state;
            state.code =
                error.code() == asio::error::operation_aborted ? error_code(errc::cancelled) : error.code();
            state.message =
                "thrown by the coroutine of this item; calls that it has made before may have been processed";
            state.delivery = delivery::maybe_processed;
            return failure(std::move(state));
        } catch (...) {
            return std::nullopt;
        }
    }

protected:
    bounded_run(const asio::any_io_executor& executor, std::size_t limit, bounded_order order,
                std::unique_ptr<bounded_completion> completion)
        : completion_(std::move(completion)), strand_(asio::make_strand(executor)), window_(limit, order) {
        if (limit == 0)
            fail(std::make_exception_ptr(api_error(
                failure(errc::invalid_argument, "for_each_bounded: a limit of 0 lets nothing begin"))));
    }

    // What the caller's part of it does. All but `release` may throw what the caller's own code throws.
    /// Goes to the next item of the range; false at the end.
    virtual bool next_item() = 0;
    /// Begins a call for the item.
    virtual void begin_call(const pointer& run, std::size_t number) = 0;
    /// Counts the result that the call has left, and tells it unless nothing is told any more.
    virtual asio::cancellation_type take_result(std::size_t number, bool tell) = 0;
    /// Destroys the range, the functions, and the places of the calls.
    virtual void release() noexcept = 0;

    /// Destroys the calls' signals. What a call of the caller's own has put there may refer to its item.
    void forget_calls() noexcept { calls_.clear(); }

    void count_success() noexcept { ++progress_.succeeded; }
    void count_failure(std::size_t number, const failure& why) noexcept {
        if (progress_.failed++ == 0) {
            progress_.first_failed = calls_[number].index;
            progress_.first_failure = why;
        }
    }
    [[nodiscard]] std::size_t index_of(std::size_t number) const noexcept { return calls_[number].index; }
    [[nodiscard]] const bounded_progress& progress() const noexcept { return progress_; }

private:
    /// A call from its beginning until its result is told. It stays at its address.
    struct call_state {
        std::size_t index = 0;
        bool in_flight = false;
        asio::cancellation_signal cancel;
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
            if (!next_item()) {
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
        if (number == calls_.size())
            calls_.emplace_back();
        auto& one = calls_[number];
        one.index = progress_.begun++;
        one.cancel.slot().clear(); // of the call before
        one.in_flight = true;
        try {
            begin_call(run, number);
        } catch (...) {
            end_call(number);
            fail(std::current_exception());
        }
        // A stop that came from `make_call`, when the call had no handler yet for its cancellation.
        if (one.in_flight && stopped_with_ != asio::cancellation_type::none)
            one.cancel.emit(stopped_with_);
    }

    void end_call(std::size_t number) noexcept {
        calls_[number].in_flight = false;
        window_.call_ended(number);
    }

    void tell() noexcept {
        const auto number = window_.tell();
        try {
            const auto type = take_result(number, !deaf_);
            if (type != asio::cancellation_type::none)
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
        for (auto& one : calls_)
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
        run->forget_calls();
        run->release();
        auto completion = std::move(run->completion_);
        auto& last = *completion;
        auto thrown = std::move(run->thrown_);
        auto progress = std::move(run->progress_);
        run.reset();
        last.complete(std::move(completion), std::move(thrown), std::move(progress));
    }

    std::unique_ptr<bounded_completion> completion_;
    strand_type strand_;
    bounded_window window_;
    std::deque<call_state> calls_;
    bounded_progress progress_;
    std::exception_ptr thrown_;
    asio::cancellation_type stopped_with_ = asio::cancellation_type::none;
    bool advancing_ = false;
    bool deaf_ = false; // `on_result` has thrown
};

/// The handler of a call that gives T. It knows no more of the run than that, so that Asio's operations are
/// compiled once for all runs with such calls.
template <class T>
class bounded_call_handler {
public:
    /// `outcome` belongs to the run, has nothing in it, and stays where it is until the call has ended.
    bounded_call_handler(bounded_run::pointer run, std::size_t number,
                         std::optional<result<T>>& outcome) noexcept
        : run_(std::move(run)), number_(number), outcome_(&outcome) {}

    using executor_type = bounded_run::strand_type;
    [[nodiscard]] executor_type get_executor() const noexcept { return run_->strand(); }
    using cancellation_slot_type = asio::cancellation_slot;
    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept {
        return run_->slot(number_);
    }

    void operator()(result<T> outcome) {
        leave(std::move(outcome));
        bounded_run::call_ended(std::move(run_), number_);
    }
    // Of a coroutine.
    void operator()(const std::exception_ptr& thrown, result<T> outcome) {
        if (!thrown)
            (*this)(std::move(outcome));
        else if (auto why = bounded_run::failure_of(thrown))
            (*this)(result<T>(std::move(*why)));
        else
            bounded_run::call_ended(std::move(run_), number_, thrown);
    }
    void operator()(const std::exception_ptr& thrown) { (*this)(thrown, result<T>()); }

private:
    void leave(result<T>&& outcome) noexcept { outcome_->emplace(std::move(outcome)); }

    bounded_run::pointer run_;
    std::size_t number_;
    std::optional<result<T>>* outcome_;
};

template <class Task>
class bounded_run_of final : public bounded_run {
public:
    bounded_run_of(const asio::any_io_executor& executor, Task&& task,
                   std::unique_ptr<bounded_completion> completion)
        : bounded_run(executor, task.limit, task.order, std::move(completion))
        , task_(std::in_place, std::move(task)) {}
    ~bounded_run_of() override { forget_calls(); }

private:
    using value = typename Task::value;

    /// What there is of a call, with the same number.
    struct place {
        std::optional<typename Task::item> item;
        std::optional<result<value>> outcome; // nothing where an exception has ended the call
    };

    place& place_of(std::size_t number) noexcept {
        if (number == places_.size())
            places_.emplace_back();
        return places_[number];
    }

    bool next_item() override {
        if (next_)
            ++*next_;
        else
            next_.emplace(std::ranges::begin(task_->range));
        return *next_ != std::ranges::end(task_->range);
    }

    void begin_call(const pointer& run, std::size_t number) override {
        auto& one = place_of(number);
        one.item.emplace(**next_);
        auto call = std::invoke(task_->make_call, std::as_const(*one.item));
        bounded_call_handler<value> handler(run, number, one.outcome);
        if constexpr (is_awaitable<typename Task::call>)
            asio::co_spawn(strand(), std::move(call), std::move(handler));
        else
            std::move(call)(std::move(handler));
    }

    asio::cancellation_type take_result(std::size_t number, bool tell) override {
        auto& one = places_[number];
        if (!one.outcome)
            count_failure(number, failure());
        else if (!*one.outcome)
            count_failure(number, one.outcome->error());
        else
            count_success();
        if (!one.outcome || !tell) {
            one.item.reset();
            one.outcome.reset();
            return asio::cancellation_type::none;
        }
        typename Task::told told{index_of(number), std::move(*one.item), std::move(*one.outcome), progress()};
        one.item.reset();
        one.outcome.reset();
        using returned = std::invoke_result_t<decltype(task_->on_result)&, typename Task::told>;
        if constexpr (std::is_void_v<returned>) {
            std::invoke(task_->on_result, std::move(told));
            return asio::cancellation_type::none;
        } else {
            return std::invoke(task_->on_result, std::move(told));
        }
    }

    void release() noexcept override {
        places_.clear();
        next_.reset();
        task_.reset();
    }

    std::optional<Task> task_;                    // until it completes
    std::optional<typename Task::iterator> next_; // the item that began last
    std::deque<place> places_;
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
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto completion = std::make_unique<bounded_completion_of<std::decay_t<Handler>>>(
            executor_, std::forward<Handler>(handler));
        bounded_run::start(std::make_shared<bounded_run_of<std::decay_t<Task>>>(
                               executor_, std::forward<Task>(task), std::move(completion)),
                           std::move(slot));
    }

private:
    executor_type executor_;
};

} // namespace detail

} // namespace bandwidth::webrtc
