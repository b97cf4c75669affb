#pragma once

#include <bandwidth/webrtc/call_options.hpp>
#include <bandwidth/webrtc/detail/abi_check.hpp>
#include <bandwidth/webrtc/detail/execution_context.hpp>
#include <bandwidth/webrtc/manager_options.hpp>
#include <bandwidth/webrtc/operation.hpp>
#include <bandwidth/webrtc/result.hpp>
#include <bandwidth/webrtc/stats.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

namespace bandwidth::webrtc {

namespace detail {
class manager_core;
struct checked_manager;
} // namespace detail

class client;
namespace brtc {
class client;
}

/// A pool of pipelined TLS connections to one HTTPS server, with requests and responses in Boost.Beast's
/// types: for every request that no client of this library has a function for, and for every other service.
///
/// `webrtc.hpp` does not include this header, so that nobody else has to compile Beast.
///
/// Requests: any method but CONNECT; a target that begins with a slash (or "*" with OPTIONS); any header
/// field but those that belong to the connection: Host, Content-Length, Transfer-Encoding, Connection,
/// Keep-Alive, TE, Trailer, Upgrade, Expect, HTTP2-Settings, Proxy-Authenticate, Proxy-Authorization and
/// Proxy-Connection. The manager writes Host and Content-Length itself, so `prepare_payload()` is not to be
/// called; it adds nothing else. What cannot be sent fails with `errc::invalid_argument` and a message that
/// names the field, and nothing is sent.
/// Responses: one of any status is a value. Header fields are all there, those of one name in their order, a
/// folded one unfolded; trailers are dropped and chunks put together. The reason phrase is not kept.
/// Redirects are not followed. Content codings are not undone: a caller who sends Accept-Encoding reads what
/// comes. A field that is longer than Beast's fields hold (65,533 bytes) fails the call with
/// `errc::response_too_large`. Nothing in a response is redacted; in a failure and in `response_info` what
/// the request's Authorization and Cookie hold is.
///
/// What may be repeated goes by the method (RFC 9110, section 9.2): GET, OPTIONS and TRACE are pipelined, and
/// sent again after a lost connection; so are PUT and DELETE. HEAD is sent again too, but has its connection
/// to itself until its response has come: a server that sends a body all the same would have that body taken
/// for the next response. The same holds for a body on any of these but PUT, since a server that expects none
/// would take it for the next request. All other methods have their connection to themselves and are not sent
/// again after a loss, unless they have an Idempotency-Key field that is not empty, or
/// `call_options::idempotent`.
///
/// Retries: a response 500, 502, 503 or 504, or whatever `retry_policy` says, is retried where the request
/// may be repeated; 421, 425 and 429, by which a server says that it has not processed the request, for every
/// method; and what comes last is the value. After a 429, or a 503 with Retry-After, all calls of the manager
/// wait: see `retry_policy`.
///
/// Errors: an `errc` where no response came, or none that can be used.
///
/// The forms (`send`, `try_send`, `async_send`), completion, time, cancellation and threads are those of
/// `client`. `call_options::ignore_not_found` does nothing.
/// Lifetime: the destructor closes at once, and every call in flight completes with `errc::client_closed`,
/// also those of clients that share the manager. Where the execution context goes first it is as for
/// `client`.
class connection_manager {
public:
    /// The type of `get_executor`, by the name that Asio looks for.
    using executor_type = boost::asio::any_io_executor;
    /// A request as `send` takes it: Beast's message with its body as a string.
    using request_type = boost::beast::http::request<boost::beast::http::string_body>;
    /// A response as `send` gives it; beside an exception in the `async_` form its status is 0.
    using response_type = boost::beast::http::response<boost::beast::http::string_body>;

    /// Connects nothing yet, but for `manager_options::min_connections`.
    /// \param executor of an execution context that outlives the calls. Not one that was made with
    ///        `BOOST_ASIO_CONCURRENCY_HINT_UNSAFE`.
    /// \param origin such as "https://api.example.com" or "https://10.0.0.1:8443", without a path; http only
    ///        where `client_options::base_url` may be http.
    /// \param options are copied.
    /// \throws api_error (`errc::invalid_options`) naming the option that is out of range, or when the origin
    ///         or the executor cannot be used.
    [[gnu::always_inline]] connection_manager(executor_type executor, std::string_view origin,
                                              const manager_options& options = {})
        : connection_manager(std::move(executor), origin, options, detail::abi_check()) {}
    /// As above, with the executor of an execution context.
    template <detail::execution_context ExecutionContext>
    [[gnu::always_inline]] connection_manager(ExecutionContext& context, std::string_view origin,
                                              const manager_options& options = {})
        : connection_manager(executor_type(context.get_executor()), origin, options, detail::abi_check()) {}

    /// A manager that was moved from may be closed, asked for its statistics, assigned to and destroyed, and
    /// nothing else. One that is assigned to is closed first.
    connection_manager(connection_manager&&) noexcept;
    /// As the constructor that moves.
    connection_manager& operator=(connection_manager&&) noexcept;
    /// Closes at once: see `close`.
    ~connection_manager();

    /// The executor that the manager was made with; an empty one when it was moved from.
    [[nodiscard]] executor_type get_executor() const;

    /// Sends a request and gives its response, or throws `api_error`. The request is copied before the
    /// function returns.
    [[nodiscard]] boost::asio::awaitable<response_type> send(const request_type& request,
                                                             const call_options& options = {}) {
        return detail::await_value<response_type>(prepare(request, options));
    }
    /// As `send`, giving a `result`.
    operation<response_type> try_send(const request_type& request, const call_options& options = {}) {
        return operation<response_type>(prepare(request, options));
    }
    /// As `send`, with any completion token for `void(std::exception_ptr, response_type)`.
    template <class CompletionToken>
    auto async_send(const request_type& request, const call_options& options, CompletionToken&& token) {
        return detail::initiate_call<detail::as_exception<response_type>>(
            prepare(request, options), std::forward<CompletionToken>(token));
    }

    /// Takes no more calls (`errc::client_closed`), waits for those in flight, then closes every connection
    /// with a close_notify; the calls of clients that share the manager are among them. Calls without a
    /// response after `timeout` end with `errc::client_closed`, and the drain fails with the same code.
    /// Otherwise as `client::drain`.
    [[nodiscard]] boost::asio::awaitable<void> drain(
        std::chrono::nanoseconds timeout = std::chrono::seconds(30)) {
        return detail::await_value<void>(prepare_drain(timeout));
    }
    /// As `drain`, giving a `result`.
    operation<void> try_drain(std::chrono::nanoseconds timeout = std::chrono::seconds(30)) {
        return operation<void>(prepare_drain(timeout));
    }
    /// As `drain`, with any completion token for `void(std::exception_ptr)`.
    template <class CompletionToken>
    auto async_drain(std::chrono::nanoseconds timeout, CompletionToken&& token) {
        return detail::initiate_call<detail::as_exception<void>>(prepare_drain(timeout),
                                                                 std::forward<CompletionToken>(token));
    }

    /// As `client::reload_tls`.
    void reload_tls(const manager_options& options);
    /// Closes at once: every call that waits or is in flight completes with `errc::client_closed`, and so
    /// does each later one, also those of clients that share the manager.
    void close() noexcept;
    /// What it has done and holds, with the calls of all clients that share it.
    [[nodiscard]] client_stats stats() const;
    /// What its connections and queues are doing, for a person to read: see `client::describe`.
    [[nodiscard]] boost::asio::awaitable<std::string> describe() const;

private:
    friend class webrtc::client;
    friend class brtc::client;
    friend struct detail::checked_manager;
    struct state;

    explicit connection_manager(std::shared_ptr<detail::manager_core> core);
    connection_manager(executor_type executor, std::string_view origin, const manager_options& options,
                       detail::abi_check);

    const std::shared_ptr<detail::manager_core>& core() const;
    detail::call_handle prepare(const request_type& request, const call_options& options);
    detail::call_handle prepare_drain(std::chrono::nanoseconds timeout);

    std::unique_ptr<state> state_;
};

namespace detail {
/// Beside an exception: no status, where Beast's default would be 200.
template <>
inline connection_manager::response_type empty_value<connection_manager::response_type>() {
    connection_manager::response_type none;
    none.result(0U);
    return none;
}

template <>
result<connection_manager::response_type> take_result<connection_manager::response_type>(call_handle call);
} // namespace detail

} // namespace bandwidth::webrtc
