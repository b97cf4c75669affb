#pragma once

#include <bandwidth/webrtc/detail/handler_memory.hpp>
#include <bandwidth/webrtc/result.hpp>
#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/require.hpp>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;

class pool;
class pending_call;

/// Gives a call back to where it came from, wherever it stands.
struct call_releaser {
    void operator()(pending_call* call) const noexcept;
};
/// Sole ownership of a call that is prepared, or finished.
using call_handle = std::unique_ptr<pending_call, call_releaser>;

/// The outcome of a finished call, which is given back then. Instantiated for each result type in the
/// library.
template <class T>
result<T> take_result(call_handle call);
template <>
result<void> take_result<void>(call_handle call);

/// What stands beside an exception in the place of the value.
template <class T>
T empty_value() {
    return T();
}

/// The exception of the throwing forms.
std::exception_ptr to_exception(const failure& reason);

/// How a handler is told the outcome: as a `result`.
template <class T>
struct as_result {
    using signature = void(result<T>);

    template <class Handler>
    static void complete(Handler&& handler, call_handle call) {
        // The call is given back before the handler runs: the handler may start the next call, or destroy the
        // client.
        auto outcome = take_result<T>(std::move(call));
        std::forward<Handler>(handler)(std::move(outcome));
    }
};

/// As the operations of Asio and Beast tell theirs: an exception, null where there is none, and the value.
template <class T>
struct as_exception {
    using signature = void(std::exception_ptr, T);

    template <class Handler>
    static void complete(Handler&& handler, call_handle call) {
        auto outcome = take_result<T>(std::move(call));
        if (outcome.has_value())
            std::forward<Handler>(handler)(std::exception_ptr(), std::move(*outcome));
        else
            std::forward<Handler>(handler)(to_exception(outcome.error()), empty_value<T>());
    }
};

template <>
struct as_exception<void> {
    using signature = void(std::exception_ptr);

    template <class Handler>
    static void complete(Handler&& handler, call_handle call) {
        const auto outcome = take_result<void>(std::move(call));
        std::forward<Handler>(handler)(outcome.has_value() ? std::exception_ptr()
                                                           : to_exception(outcome.error()));
    }
};

/// A caller's handler as the call keeps it: a handler that takes the call. Its memory comes from the call, or
/// from the allocator that is associated with the caller's handler. It has no cancellation slot: the call
/// uses the slot of the caller's handler directly, and `any_completion_handler` would put a signal of its own
/// between.
template <class Form, class Handler>
class kept_handler {
public:
    using otherwise = asio::associated_allocator_t<Handler, asio::recycling_allocator<void>>;
    using allocator_type = handler_allocator<void, otherwise>;

    template <class Given>
    kept_handler(Given&& handler, handler_memory& memory)
        : handler_(std::forward<Given>(handler)), memory_(&memory) {}

    allocator_type get_allocator() const noexcept {
        return allocator_type(*memory_,
                              asio::get_associated_allocator(handler_, asio::recycling_allocator<void>()));
    }

    void operator()(call_handle call) {
        // The signal may be emitted until here; from now on the caller may use it for something else.
        if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected())
            slot.clear();
        Form::complete(std::move(handler_), std::move(call));
    }

private:
    Handler handler_;
    handler_memory* memory_;
};

/// An executor of Asio's older kind, such as `io_context::strand`, as one of the kind that
/// `any_completion_executor` holds. It counts as outstanding work, and never runs a function inside of
/// `execute`.
template <class Older>
class adapted_executor {
public:
    explicit adapted_executor(const Older& adapted) noexcept : adapted_(adapted) {
        adapted_.on_work_started();
    }
    adapted_executor(const adapted_executor& other) noexcept : adapted_executor(other.adapted_) {}
    adapted_executor& operator=(const adapted_executor&) = delete;
    ~adapted_executor() { adapted_.on_work_finished(); }

    asio::execution_context& query(asio::execution::context_t) const noexcept { return adapted_.context(); }
    template <class Function>
    void execute(Function&& function) const {
        adapted_.post(std::forward<Function>(function), std::allocator<void>());
    }

    friend bool operator==(const adapted_executor& a, const adapted_executor& b) noexcept {
        return a.adapted_ == b.adapted_;
    }
    friend bool operator!=(const adapted_executor& a, const adapted_executor& b) noexcept {
        return !(a == b);
    }

private:
    Older adapted_;
};

/// The part of a call that the caller's side knows: the completion handler and the executor that it wants.
/// One call serves every handler type, so what is behind it compiles once.
class pending_call {
public:
    pending_call(const pending_call&) = delete;
    pending_call& operator=(const pending_call&) = delete;

    /// The client's executor, until the call is submitted.
    const asio::any_io_executor& client_executor() const noexcept;

    /// Moves the handler in. It is destroyed when this throws.
    template <class Form, class Handler>
    void bind(Handler&& handler) {
        run_on(asio::get_associated_executor(handler, client_executor()));
        using kept = kept_handler<Form, std::decay_t<Handler>>;
        // Swapped, since the move assignment of Boost 1.81 calls itself for ever.
        erased_handler(kept(std::forward<Handler>(handler), memory_)).swap(handler_);
    }

    /// Runs the handler, on this thread.
    static void complete(call_handle call) {
        auto handler = std::move(call->handler_);
        std::move(handler)(std::move(call));
    }
    /// Has the handler run by its executor, never inside of this function. `way` is the client's executor.
    static void submit_completion(call_handle call, const asio::any_io_executor& way) noexcept;
    /// Whether the handler's executor is that of this context, and would run it inside of `execute` on the
    /// context's thread.
    bool runs_inside(const asio::execution_context& context) const noexcept;

protected:
    pending_call() = default;
    ~pending_call() = default;

    /// Destroys the handler, if it is there still, without running it.
    void forget_handler() noexcept {
        handler_ = nullptr;
        executor_ = nullptr;
    }

    std::shared_ptr<pool> pool_; // until it is submitted

private:
    using erased_handler = asio::any_completion_handler<void(call_handle)>;

    void run_on(const asio::any_io_executor& executor);
    template <class Executor>
    void run_on(const Executor& executor) {
        if constexpr (std::is_same_v<Executor, asio::io_context::executor_type>)
            run_on(asio::any_io_executor(executor));
        else
            keep_executor(executor);
    }
    // Keeps the executor as one that counts as outstanding work, so that its context does not run out of it.
    template <class Executor>
    void keep_executor(const Executor& executor) {
        using namespace asio::execution;
        if constexpr (!is_executor_v<Executor>) {
            executor_ = adapted_executor<Executor>(executor);
            may_block_ = false;
        } else if constexpr (asio::can_require_v<const Executor&, blocking_t::never_t>) {
            executor_ = asio::prefer(asio::require(executor, blocking.never), outstanding_work.tracked,
                                     relationship.continuation);
            may_block_ = false;
        } else {
            executor_ = asio::prefer(executor, outstanding_work.tracked);
            may_block_ = true;
        }
    }

    handler_memory memory_;
    bool may_block_ = false; // the executor may run a function inside of `execute`, and cannot be told not to
    asio::any_completion_executor executor_;
    erased_handler handler_;
};

/// Hands the call to its pool. `slot` is the cancellation slot of the caller's handler, which runs later,
/// never inside of this function.
void start(call_handle call, asio::cancellation_slot slot);

/// Starts a call, for `async_initiate`. It has the client's executor, so that adapters which need a timer, such
/// as `cancel_after` of later versions of Asio, find one. The call is an argument and no member, since clang
/// wants what `deferred` keeps of an initiation to be copyable. The executor is the pool's, which the call keeps
/// alive until it is submitted.
template <class Form>
class initiate {
public:
    using executor_type = asio::any_io_executor;

    explicit initiate(const asio::any_io_executor& client) noexcept : client_(&client) {}

    executor_type get_executor() const noexcept { return *client_; }

    template <class Handler>
    void operator()(Handler&& handler, call_handle call) const {
        auto slot = asio::get_associated_cancellation_slot(handler);
        call->template bind<Form>(std::forward<Handler>(handler));
        start(std::move(call), slot);
    }

private:
    const asio::any_io_executor* client_;
};

/// Has the token start the call, now or later.
template <class Form, class CompletionToken>
auto initiate_call(call_handle call, CompletionToken&& token)
    -> decltype(asio::async_initiate<CompletionToken, typename Form::signature>(
        std::declval<initiate<Form>>(), token, std::declval<call_handle>())) {
    initiate<Form> initiation(call->client_executor());
    return asio::async_initiate<CompletionToken, typename Form::signature>(std::move(initiation), token,
                                                                           std::move(call));
}

} // namespace bandwidth::webrtc::detail
