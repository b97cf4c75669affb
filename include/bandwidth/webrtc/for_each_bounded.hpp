#pragma once

#include <bandwidth/webrtc/detail/bounded_run.hpp>
#include <bandwidth/webrtc/detail/execution_context.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace bandwidth::webrtc {

namespace detail {

/// A mistake in an argument is told in one sentence, without the errors inside of Asio that would follow from it.
template <bounded_order Order, class Range, class MakeCall, class OnResult, class CompletionToken>
auto start_bounded(asio::any_io_executor executor, Range&& range, std::size_t limit, MakeCall&& make_call,
                   OnResult&& on_result, CompletionToken&& token) {
    using item = std::ranges::range_value_t<Range>;
    using make = std::decay_t<MakeCall>;
    using tell = std::decay_t<OnResult>;
    static_assert(std::invocable<make&, const item&>,
                  "make_call takes an item of the range, by value or as a const reference");
    if constexpr (std::invocable<make&, const item&>) {
        using call = std::decay_t<std::invoke_result_t<make&, const item&>>;
        static_assert(bounded_call<call>,
                      "make_call returns a call: a try_ call of a client, another asynchronous "
                      "operation with the signature void(result<T>), or an awaitable");
        if constexpr (bounded_call<call>) {
            using task = bounded_task<Range, make, tell>;
            static_assert(std::invocable<tell&, typename task::told>,
                          "on_result takes a bounded_result<item, T>, by value or as a const reference");
            if constexpr (std::invocable<tell&, typename task::told>) {
                using told_returns = std::invoke_result_t<tell&, typename task::told>;
                constexpr bool good = std::is_void_v<told_returns> ||
                                      std::convertible_to<told_returns, asio::cancellation_type>;
                static_assert(good, "on_result returns nothing, or a boost::asio::cancellation_type");
                if constexpr (good)
                    return asio::async_initiate<CompletionToken, void(std::exception_ptr, bounded_progress)>(
                        initiate_bounded_run(std::move(executor)), token,
                        task{std::forward<Range>(range), limit, Order, std::forward<MakeCall>(make_call),
                             std::forward<OnResult>(on_result)});
            }
        }
    }
}

} // namespace detail

/// Makes a call for each item of a range, at most `limit` of them at a time.
/// ```cpp
/// auto create = [&client](const std::string& tag) {
///     return client.try_create_session(session_request{}.tag(tag));
/// };
/// auto print = [](const auto& one) { std::cout << one.item << (one.outcome ? " made\n" : " failed\n"); };
/// const auto done =
///     co_await for_each_bounded(client.get_executor(), tags, 32, create, print, asio::use_awaitable);
/// std::cout << done.succeeded << " of " << done.begun << '\n';
/// ```
/// With g++ 12 no lambda with captures by value stands in the `co_await` expression itself: name it first, as
/// here.
///
/// An item is taken from the range when its call can begin, and never two at a time; so a range may read a
/// file line by line (`std::ranges::istream_view`), and a million items take as much memory as `limit` of
/// them. Items begin in the order of the range. Each item whose call began has its result told exactly once,
/// after `make_call` for it has returned. Calls keep their own retries, deadlines and `delivery()`.
///
/// What stops it before the end of the range: from then on no item is taken, the calls in flight are
/// cancelled with the type of the stop, their results are told, and when all have ended it completes.
/// - `on_result` returns another cancellation type than `none`. To stop at the first failure:
///   `return one.outcome ? asio::cancellation_type::none : asio::cancellation_type::total;`.
/// - The caller's cancellation slot: all three types, one after the other where it comes to that. With
///   `total` the calls whose requests can have left go on to their results, and the others end without effect
///   (see `client`); that is how to stop when sessions are created and no id is to be lost. `partial` and
///   `terminal` end all of them at once. Note that `boost::asio::co_spawn` lets only terminal cancellation in
///   by default. That holds for the coroutines of `make_call` too, in which each further `co_await` throws
///   after it: one that has something to clean up changes both, with `this_coro::reset_cancellation_state`
///   and `this_coro::throw_if_cancelled(false)`.
/// - An exception of the range, of `make_call`, of `on_result`, or of a coroutine (see below). The stop is of
///   the type `total`, and the completion has the first such exception. When `on_result` has thrown, it is
///   not called again.
///
/// \param executor or an execution context: the range is read and `make_call` and `on_result` run on a strand
///        of it, one after the other, so that they need no locks among themselves. In a coroutine with a
///        strand of its own pass `co_await asio::this_coro::executor`, so that they need none for what the
///        coroutine has either. None of them is called inside of this function.
/// \param range an input range. An lvalue is not copied and has to live until the completion; an rvalue is
///        moved in. Each item is made of what the range's iterator gives: a copy, or moved where that is an
///        rvalue; so items that cannot be copied come from a range of `std::move_iterator`.
/// \param limit of calls in flight; 0 fails with `errc::invalid_argument` as an `api_error`. What is useful:
///        `client_options::max_connections` where each call is a POST, or each item has one among its calls,
///        and that times `pipeline_depth` where there is none. More wait in the client's queue, where their
///        timeouts run, and where those beyond `client_options::queue_limit` fail with `errc::queue_full`:
///        keep `limit` below it.
/// \param make_call takes a const reference to the item, which stays where it is until its result is told,
///        and returns a `try_` call of a client or of a connection manager, any other asynchronous operation
///        with the signature `void(result<T>)`, or a coroutine: `awaitable<T>` or `awaitable<result<T>>`, as
///        for several calls about one item. A coroutine runs on the strand; an `api_error` that it throws is
///        the item's failure, and its `delivery()` is that of the one call that failed, whatever became of the
///        calls before. Another `boost::system::system_error` is a failure with its code, `errc::cancelled`
///        where Asio's operations are cancelled, and `delivery::maybe_processed`. What the coroutine has
///        created it cleans up itself.
/// \param on_result takes a `bounded_result<item, T>`, by value or as a const reference, whose `progress`
///        tells how far it has come. Results are told as they come. Returns nothing, or a cancellation type.
/// \param token any completion token for `void(std::exception_ptr, bounded_progress)`. Failures of calls are
///        no exceptions here: `bounded_progress` counts them and has the first one. It completes on the
///        handler's associated executor, `executor` where it has none; range and functions are destroyed
///        before that.
///
/// Allocates for `limit` items once, and what their calls allocate; the allocator that is associated with the
/// handler is not used. Once it has begun, a failed allocation outside of the range and the functions ends
/// the program. Where the execution context is destroyed before it completes, it never does; the cancellation
/// signal may live on.
/// Thread safety: distinct calls safe. The cancellation signal is emitted on the executor of the token's
/// handler.
template <std::ranges::input_range Range, class MakeCall, class OnResult, class CompletionToken>
auto for_each_bounded(boost::asio::any_io_executor executor, Range&& range, std::size_t limit,
                      MakeCall&& make_call, OnResult&& on_result, CompletionToken&& token) {
    return detail::start_bounded<detail::bounded_order::as_they_come>(
        std::move(executor), std::forward<Range>(range), limit, std::forward<MakeCall>(make_call),
        std::forward<OnResult>(on_result), std::forward<CompletionToken>(token));
}
/// As above, with an execution context.
template <detail::execution_context ExecutionContext, std::ranges::input_range Range, class MakeCall,
          class OnResult, class CompletionToken>
auto for_each_bounded(ExecutionContext& context, Range&& range, std::size_t limit, MakeCall&& make_call,
                      OnResult&& on_result, CompletionToken&& token) {
    return for_each_bounded(boost::asio::any_io_executor(context.get_executor()), std::forward<Range>(range),
                            limit, std::forward<MakeCall>(make_call), std::forward<OnResult>(on_result),
                            std::forward<CompletionToken>(token));
}

/// As `for_each_bounded`, with the results told in the order of the range. Those that come early are kept
/// until it is their turn, and count against `limit` until then: one slow call lets `limit - 1` others begin
/// behind it, and the next one when its own result was told. A failure that `on_result` stops at is seen when
/// it is told.
template <std::ranges::input_range Range, class MakeCall, class OnResult, class CompletionToken>
auto for_each_bounded_in_order(boost::asio::any_io_executor executor, Range&& range, std::size_t limit,
                               MakeCall&& make_call, OnResult&& on_result, CompletionToken&& token) {
    return detail::start_bounded<detail::bounded_order::of_the_range>(
        std::move(executor), std::forward<Range>(range), limit, std::forward<MakeCall>(make_call),
        std::forward<OnResult>(on_result), std::forward<CompletionToken>(token));
}
/// As above, with an execution context.
template <detail::execution_context ExecutionContext, std::ranges::input_range Range, class MakeCall,
          class OnResult, class CompletionToken>
auto for_each_bounded_in_order(ExecutionContext& context, Range&& range, std::size_t limit,
                               MakeCall&& make_call, OnResult&& on_result, CompletionToken&& token) {
    return for_each_bounded_in_order(boost::asio::any_io_executor(context.get_executor()),
                                     std::forward<Range>(range), limit, std::forward<MakeCall>(make_call),
                                     std::forward<OnResult>(on_result), std::forward<CompletionToken>(token));
}

} // namespace bandwidth::webrtc
