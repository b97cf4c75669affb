#pragma once

#include <bandwidth/webrtc/result.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/prefer.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
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

/// The part of a call that the caller's side knows: the completion handler, in place where it is small, and
/// the executor it wants. One call serves every handler type, so what is behind it compiles once.
class pending_call {
public:
    pending_call(const pending_call&) = delete;
    pending_call& operator=(const pending_call&) = delete;

    /// Moves the handler in. `Complete` is called with the handler's call when its result is there, on
    /// `executor()`, at most once; it takes the handler out with `take_handler`.
    template <class Handler, void (*Complete)(call_handle)>
    void bind(Handler&& handler) {
        using stored = std::decay_t<Handler>;
        executor_ = asio::prefer(asio::any_io_executor(asio::get_associated_executor(handler, executor_)),
                                 asio::execution::outstanding_work.tracked);
        if constexpr (fits<stored>)
            ::new (static_cast<void*>(storage_)) stored(std::forward<Handler>(handler));
        else
            ::new (static_cast<void*>(storage_)) stored*(new stored(std::forward<Handler>(handler)));
        functions_ = &functions_of<stored, Complete>;
    }

    template <class Handler>
    Handler take_handler() {
        Handler taken(std::move(handler<Handler>()));
        discard<Handler>(*this);
        // The signal may be emitted until the handler runs; from then on the call may be another's.
        if (auto slot = asio::get_associated_cancellation_slot(taken); slot.is_connected())
            slot.clear();
        return taken;
    }

    /// Runs the handler. Only on `executor()`.
    static void complete(call_handle call) {
        const auto run = call->functions_->complete;
        run(std::move(call));
    }

    const asio::any_io_executor& executor() const noexcept { return executor_; }

protected:
    pending_call() = default;
    ~pending_call() = default;

    void discard_handler() noexcept {
        if (functions_)
            functions_->discard(*this);
    }

    asio::any_io_executor executor_; // of the client until a handler is bound
    std::shared_ptr<pool> pool_;

private:
    static constexpr std::size_t inline_size = 64;
    template <class Stored>
    static constexpr bool fits = sizeof(Stored) <= inline_size && alignof(Stored) <= alignof(void*);

    template <class Stored>
    Stored& handler() noexcept {
        if constexpr (fits<Stored>)
            return *std::launder(reinterpret_cast<Stored*>(storage_));
        else
            return **std::launder(reinterpret_cast<Stored**>(storage_));
    }

    template <class Stored>
    static void discard(pending_call& call) noexcept {
        call.functions_ = nullptr;
        auto& stored = call.handler<Stored>();
        if constexpr (fits<Stored>)
            stored.~Stored();
        else
            delete &stored;
    }

    /// What is known of a handler by its type.
    struct functions {
        void (*complete)(call_handle);
        void (*discard)(pending_call&) noexcept;
    };
    template <class Stored, void (*Complete)(call_handle)>
    static constexpr functions functions_of{Complete, &discard<Stored>};

    const functions* functions_ = nullptr;          // null: there is no handler
    alignas(void*) std::byte storage_[inline_size]; // the handler, or a pointer to it
};

/// Hands the call to its pool. The handler, whose cancellation slot it is, runs later, never inside of this.
void start(call_handle call, asio::cancellation_slot slot);

/// The outcome of a finished call, which is given back then: by reference, since a parameter by value would
/// live to the end of the caller's expression, in which the handler runs. Instantiated for each result type
/// in the library.
template <class T>
result<T> take_result(call_handle& call);

template <class T, class Handler>
void complete_with(call_handle call) {
    auto handler = call->take_handler<Handler>();
    // No call is held when the handler runs: it may well start the next one.
    std::move(handler)(take_result<T>(call));
}

template <class T>
struct initiate {
    template <class Handler>
    void operator()(Handler&& handler, call_handle call) const {
        auto slot = asio::get_associated_cancellation_slot(handler);
        call->template bind<Handler, &complete_with<T, std::decay_t<Handler>>>(
            std::forward<Handler>(handler));
        start(std::move(call), slot);
    }
};

} // namespace bandwidth::webrtc::detail
