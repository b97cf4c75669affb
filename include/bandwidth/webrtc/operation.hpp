#pragma once

#include <bandwidth/webrtc/detail/pending_call.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <type_traits>
#include <utility>

namespace bandwidth::webrtc {

/// A call that is ready to start and gives a `result<T>`: `auto r = co_await client.try_get_session(id);`.
/// It starts when it is awaited; dropped before that, it sends nothing.
///
/// Everything it needs was copied when it was made, so it may be kept and awaited later:
/// `auto op = client.try_get_session(id); auto r = co_await std::move(op);`
/// It is an Asio asynchronous operation with the signature `void(result<T>)`: it can be called with any
/// completion token, and given to `parallel_group`.
/// Cancellation: terminal, partial and total; see `client`. Thread safety: distinct objects safe.
template <class T>
class [[nodiscard]] operation {
public:
    /// The completion signature, by the name that Asio looks for.
    using signature = void(result<T>);

    /// For the library.
    explicit operation(detail::call_handle call) noexcept : call_(std::move(call)) {}

    /// The type of `get_executor`, by the name that Asio looks for.
    using executor_type = boost::asio::any_io_executor;
    /// The client's executor, until the call is started. A ranged group of Asio 1.26 (Boost 1.81) asks for
    /// it, and would have the call complete on a thread of the system's if there were none.
    executor_type get_executor() const noexcept { return call_->client_executor(); }

    /// Starts the call. `token` is any completion token for `void(result<T>)`; `co_await` passes one by
    /// itself.
    template <class CompletionToken>
    auto operator()(CompletionToken&& token) && -> decltype(detail::initiate_call<detail::as_result<T>>(
        std::declval<detail::call_handle>(), std::forward<CompletionToken>(token))) {
        return detail::initiate_call<detail::as_result<T>>(std::move(call_),
                                                           std::forward<CompletionToken>(token));
    }

private:
    detail::call_handle call_;
};

namespace detail {

/// The throwing form: awaits the call, gives its value or throws `api_error`. Instantiated in the library for
/// each result type. A coroutine, since Asio 1.26 cannot await a signature `void(std::exception_ptr, T)`.
template <class T>
boost::asio::awaitable<T> await_value(call_handle call);

} // namespace detail

} // namespace bandwidth::webrtc
