#pragma once

#include <bandwidth/webrtc/call_options.hpp>
#include <bandwidth/webrtc/client_options.hpp>
#include <bandwidth/webrtc/detail/abi_check.hpp>
#include <bandwidth/webrtc/detail/execution_context.hpp>
#include <bandwidth/webrtc/ids.hpp>
#include <bandwidth/webrtc/operation.hpp>
#include <bandwidth/webrtc/participant.hpp>
#include <bandwidth/webrtc/result.hpp>
#include <bandwidth/webrtc/session.hpp>
#include <bandwidth/webrtc/stats.hpp>
#include <bandwidth/webrtc/subscriptions.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace bandwidth::webrtc {

namespace detail {
class client_core;
} // namespace detail

class connection_manager;

/// A client of Bandwidth's WebRTC API for one account: eleven operations, each in three forms, over a pool of
/// pipelined TLS connections. The operations are those of the API's description, OpenAPI version 2.0.0
/// (https://dev.bandwidth.com/apis/webrtc); their paths stand behind the base URL and
/// `/accounts/{accountId}`.
///
/// - `co_await client.get_session(id)` gives the value or throws `api_error`.
/// - `co_await client.try_get_session(id)` gives a `result`; nothing is thrown, no exception is made. Any
///   other completion token for `void(result<session>)` is taken by `client.try_get_session(id)(token)`.
/// - `client.async_get_session(id, options, token)` takes any completion token for
///   `void(std::exception_ptr, session)`, and so does what Asio's own operations do with it. The exception is
///   an `api_error`; beside one, the value is empty.
///
/// Arguments are copied, and encoded, before the function returns; nothing needs to outlive it. A refused
/// argument (an empty id, a header with a line end ...) is a failure of the call like any other, with
/// `errc::invalid_argument` and a message that names it, and nothing is sent.
///
/// Errors: `failure::code()` is the status of a response that refuses the call (`http_category()`), or an
/// `errc` where there is no response, or none that can be used; `condition` asks for kinds of both. The API
/// describes 400, 401, 403 and 500 for every operation, and 404 for those that take an id
/// (`condition::not_found`: unknown, or no longer active). A response of 2xx whose body is not what the
/// operation promises is `errc::bad_json`, and one that names another id than was asked for
/// `errc::protocol_error`. `failure::delivery()` tells whether the service may have acted on the request.
/// Completion: on the handler's associated executor, the client's executor where it has none, and never
/// inside of the function that started the call. Each call completes on its own: a handler that blocks delays
/// no other handler while another thread of its context is idle.
/// Time: one deadline bounds all of a call: queue, connect and every attempt.
/// Cancellation: terminal and partial end a call at once with `errc::cancelled`. A call that waits for a
/// connection is removed. If a connection has taken the call, its response is read and dropped when it comes;
/// other calls on the connection never notice. Total ends a call in the same way as long as no byte of its
/// request can have left this machine, and does nothing else, as Asio defines it. Note that
/// `boost::asio::co_spawn` lets only terminal cancellation in by default.
/// Threads: every function but the destructor, move and assignment may be called from any thread at the same
/// time. A cancellation signal is emitted on the executor of the call's handler.
/// Lifetime: the destructor closes at once, and every call in flight completes with `errc::client_closed`.
/// Connections that are idle keep `io_context::run()` busy: close, drain or destroy the client to let it
/// return. A context that is destroyed before its client destroys the handlers of the calls in flight; they
/// never complete. A call that is started later, not while the context is being destroyed, completes with
/// `errc::client_closed` and a message that says so: on its handler's executor, or where that has none on one
/// of the system's threads (`boost::asio::system_executor`).
/// fork: a child has the same connections as its parent. It makes a context and a client of its own, neither
/// runs nor destroys the parent's context, and ends by `exec` or `_exit`.
class client {
public:
    /// The type of `get_executor`, by the name that Asio looks for.
    using executor_type = boost::asio::any_io_executor;

    /// Connects nothing yet, but for `client_options::min_connections`.
    /// \param executor of an execution context that outlives the calls. Not one that was made
    ///        with `BOOST_ASIO_CONCURRENCY_HINT_UNSAFE`.
    /// \param options whose account and credentials have to be set. They are copied.
    /// \throws api_error (`errc::invalid_options`) naming the option that is out of range or missing, or when
    ///         the executor cannot be used.
    [[gnu::always_inline]] client(executor_type executor, const client_options& options)
        : client(std::move(executor), options, detail::abi_check()) {}
    /// As above, with the executor of an execution context.
    template <detail::execution_context ExecutionContext>
    [[gnu::always_inline]] client(ExecutionContext& context, const client_options& options)
        : client(executor_type(context.get_executor()), options, detail::abi_check()) {}
    /// A client over a manager's connections, for several accounts, or a client beside calls of the manager's
    /// own.
    ///
    /// `close`, `drain` and the destructor end the calls of this client alone, as a cancellation of each
    /// does: the connections stay, but for one that waits for too many responses that nobody wants any more,
    /// or for a long one. `reload_tls` and `stats` are those of the manager. Once the manager was closed or
    /// destroyed, every call completes with `errc::client_closed`.
    /// \param manager whose `timeout` and `retry` hold for the calls of this client too.
    /// \param options whose account and credentials have to be set. They are copied.
    /// \throws api_error (`errc::invalid_options`) naming the option that is out of range or missing.
    [[gnu::always_inline]] client(const connection_manager& manager, const account_options& options)
        : client(detail::abi_check(), manager, options) {}

    /// A client that was moved from may be closed, asked for its statistics, assigned to and destroyed, and
    /// nothing else. Calls in flight go on with the new client; one that is assigned to is closed first.
    client(client&&) noexcept;
    /// As the constructor that moves.
    client& operator=(client&&) noexcept;
    /// Closes at once: see `close`.
    ~client();

    /// The executor that the client was made with; an empty one when it was moved from, and the system's once
    /// the execution context has gone.
    [[nodiscard]] executor_type get_executor() const;

    /// \name Sessions
    /// @{

    /// Creates a session, and gives it with its new id. `POST /sessions` (createSession). A session lives for
    /// at most 9 hours. Sent again only where a response says that it was not processed (421, 425, 429, and
    /// 401 with `client_credentials`), unless `call_options::idempotent` says that it may be repeated.
    [[nodiscard]] boost::asio::awaitable<webrtc::session> create_session(const session_request& request = {},
                                                                         const call_options& options = {}) {
        return detail::await_value<webrtc::session>(prepare_create_session(request, options));
    }
    /// As `create_session`, giving a `result`.
    operation<webrtc::session> try_create_session(const session_request& request = {},
                                                  const call_options& options = {}) {
        return operation<webrtc::session>(prepare_create_session(request, options));
    }
    /// As `create_session`, with any completion token for `void(std::exception_ptr, session)`.
    template <class CompletionToken>
    auto async_create_session(const session_request& request, const call_options& options,
                              CompletionToken&& token) {
        return detail::initiate_call<detail::as_exception<webrtc::session>>(
            prepare_create_session(request, options), std::forward<CompletionToken>(token));
    }

    /// Reads a session. `GET /sessions/{sessionId}` (getSession).
    [[nodiscard]] boost::asio::awaitable<webrtc::session> get_session(const webrtc::session_id& session,
                                                                      const call_options& options = {}) {
        return detail::await_value<webrtc::session>(prepare_get_session(session, options));
    }
    /// As `get_session`, giving a `result`.
    operation<webrtc::session> try_get_session(const webrtc::session_id& session,
                                               const call_options& options = {}) {
        return operation<webrtc::session>(prepare_get_session(session, options));
    }
    /// As `get_session`, with any completion token for `void(std::exception_ptr, session)`.
    template <class CompletionToken>
    auto async_get_session(const webrtc::session_id& session, const call_options& options,
                           CompletionToken&& token) {
        return detail::initiate_call<detail::as_exception<webrtc::session>>(
            prepare_get_session(session, options), std::forward<CompletionToken>(token));
    }

    /// Deletes a session. `DELETE /sessions/{sessionId}` (deleteSession). See
    /// `call_options::ignore_not_found` for one that may be gone already.
    [[nodiscard]] boost::asio::awaitable<void> delete_session(const webrtc::session_id& session,
                                                              const call_options& options = {}) {
        return detail::await_value<void>(prepare_delete_session(session, options));
    }
    /// As `delete_session`, giving a `result`.
    operation<void> try_delete_session(const webrtc::session_id& session, const call_options& options = {}) {
        return operation<void>(prepare_delete_session(session, options));
    }
    /// As `delete_session`, with any completion token for `void(std::exception_ptr)`.
    template <class CompletionToken>
    auto async_delete_session(const webrtc::session_id& session, const call_options& options,
                              CompletionToken&& token) {
        return detail::initiate_call<detail::as_exception<void>>(prepare_delete_session(session, options),
                                                                 std::forward<CompletionToken>(token));
    }
    /// @}

    /// \name Participants
    /// @{

    /// Creates a participant, and the token that its device connects with. `POST /participants`
    /// (createParticipant). The token is given here only. Sent again as `create_session` is.
    [[nodiscard]] boost::asio::awaitable<created_participant> create_participant(
        const participant_request& request = {}, const call_options& options = {}) {
        return detail::await_value<created_participant>(prepare_create_participant(request, options));
    }
    /// As `create_participant`, giving a `result`.
    operation<created_participant> try_create_participant(const participant_request& request = {},
                                                          const call_options& options = {}) {
        return operation<created_participant>(prepare_create_participant(request, options));
    }
    /// As `create_participant`, with any completion token for
    /// `void(std::exception_ptr, created_participant)`.
    template <class CompletionToken>
    auto async_create_participant(const participant_request& request, const call_options& options,
                                  CompletionToken&& token) {
        return detail::initiate_call<detail::as_exception<created_participant>>(
            prepare_create_participant(request, options), std::forward<CompletionToken>(token));
    }

    /// Reads a participant. `GET /participants/{participantId}` (getParticipant).
    [[nodiscard]] boost::asio::awaitable<webrtc::participant> get_participant(
        const webrtc::participant_id& participant, const call_options& options = {}) {
        return detail::await_value<webrtc::participant>(prepare_get_participant(participant, options));
    }
    /// As `get_participant`, giving a `result`.
    operation<webrtc::participant> try_get_participant(const webrtc::participant_id& participant,
                                                       const call_options& options = {}) {
        return operation<webrtc::participant>(prepare_get_participant(participant, options));
    }
    /// As `get_participant`, with any completion token for `void(std::exception_ptr, participant)`.
    template <class CompletionToken>
    auto async_get_participant(const webrtc::participant_id& participant, const call_options& options,
                               CompletionToken&& token) {
        return detail::initiate_call<detail::as_exception<webrtc::participant>>(
            prepare_get_participant(participant, options), std::forward<CompletionToken>(token));
    }

    /// Deletes a participant. `DELETE /participants/{participantId}` (deleteParticipant). See
    /// `call_options::ignore_not_found` for one that may be gone already.
    [[nodiscard]] boost::asio::awaitable<void> delete_participant(const webrtc::participant_id& participant,
                                                                  const call_options& options = {}) {
        return detail::await_value<void>(prepare_delete_participant(participant, options));
    }
    /// As `delete_participant`, giving a `result`.
    operation<void> try_delete_participant(const webrtc::participant_id& participant,
                                           const call_options& options = {}) {
        return operation<void>(prepare_delete_participant(participant, options));
    }
    /// As `delete_participant`, with any completion token for `void(std::exception_ptr)`.
    template <class CompletionToken>
    auto async_delete_participant(const webrtc::participant_id& participant, const call_options& options,
                                  CompletionToken&& token) {
        return detail::initiate_call<detail::as_exception<void>>(
            prepare_delete_participant(participant, options), std::forward<CompletionToken>(token));
    }
    /// @}

    /// \name Who is in a session, and who hears whom
    /// @{

    /// Lists the participants of a session, all at once; empty when there are none.
    /// `GET /sessions/{sessionId}/participants` (listSessionParticipants).
    [[nodiscard]] boost::asio::awaitable<std::vector<webrtc::participant>> list_session_participants(
        const webrtc::session_id& session, const call_options& options = {}) {
        return detail::await_value<std::vector<webrtc::participant>>(
            prepare_list_session_participants(session, options));
    }
    /// As `list_session_participants`, giving a `result`.
    operation<std::vector<webrtc::participant>> try_list_session_participants(
        const webrtc::session_id& session, const call_options& options = {}) {
        return operation<std::vector<webrtc::participant>>(
            prepare_list_session_participants(session, options));
    }
    /// As `list_session_participants`, with any completion token for
    /// `void(std::exception_ptr, std::vector<participant>)`.
    template <class CompletionToken>
    auto async_list_session_participants(const webrtc::session_id& session, const call_options& options,
                                         CompletionToken&& token) {
        return detail::initiate_call<detail::as_exception<std::vector<webrtc::participant>>>(
            prepare_list_session_participants(session, options), std::forward<CompletionToken>(token));
    }

    /// Joins a participant to a session, and subscribes it to media in the same step.
    /// `PUT /sessions/{sessionId}/participants/{participantId}` (addParticipantToSession). A participant is
    /// in one session at most; 20 participants are the most in one. The API describes 409 for this operation,
    /// not its cause.
    [[nodiscard]] boost::asio::awaitable<void> add_participant_to_session(
        const webrtc::session_id& session, const webrtc::participant_id& participant,
        const webrtc::subscriptions& subscribe = {}, const call_options& options = {}) {
        return detail::await_value<void>(
            prepare_add_participant_to_session(session, participant, subscribe, options));
    }
    /// As `add_participant_to_session`, giving a `result`.
    operation<void> try_add_participant_to_session(const webrtc::session_id& session,
                                                   const webrtc::participant_id& participant,
                                                   const webrtc::subscriptions& subscribe = {},
                                                   const call_options& options = {}) {
        return operation<void>(prepare_add_participant_to_session(session, participant, subscribe, options));
    }
    /// As `add_participant_to_session`, with any completion token for `void(std::exception_ptr)`.
    template <class CompletionToken>
    auto async_add_participant_to_session(const webrtc::session_id& session,
                                          const webrtc::participant_id& participant,
                                          const webrtc::subscriptions& subscribe, const call_options& options,
                                          CompletionToken&& token) {
        return detail::initiate_call<detail::as_exception<void>>(
            prepare_add_participant_to_session(session, participant, subscribe, options),
            std::forward<CompletionToken>(token));
    }

    /// Takes a participant out of a session, and drops its subscriptions there.
    /// `DELETE /sessions/{sessionId}/participants/{participantId}` (removeParticipantFromSession). See
    /// `call_options::ignore_not_found` for one that may be gone already.
    [[nodiscard]] boost::asio::awaitable<void> remove_participant_from_session(
        const webrtc::session_id& session, const webrtc::participant_id& participant,
        const call_options& options = {}) {
        return detail::await_value<void>(
            prepare_remove_participant_from_session(session, participant, options));
    }
    /// As `remove_participant_from_session`, giving a `result`.
    operation<void> try_remove_participant_from_session(const webrtc::session_id& session,
                                                        const webrtc::participant_id& participant,
                                                        const call_options& options = {}) {
        return operation<void>(prepare_remove_participant_from_session(session, participant, options));
    }
    /// As `remove_participant_from_session`, with any completion token for `void(std::exception_ptr)`.
    template <class CompletionToken>
    auto async_remove_participant_from_session(const webrtc::session_id& session,
                                               const webrtc::participant_id& participant,
                                               const call_options& options, CompletionToken&& token) {
        return detail::initiate_call<detail::as_exception<void>>(
            prepare_remove_participant_from_session(session, participant, options),
            std::forward<CompletionToken>(token));
    }

    /// Reads what a participant is subscribed to; `subscriptions::none()` where it is subscribed to nobody.
    /// `GET /sessions/{sessionId}/participants/{participantId}/subscriptions` (getParticipantSubscriptions).
    [[nodiscard]] boost::asio::awaitable<webrtc::subscriptions> get_participant_subscriptions(
        const webrtc::session_id& session, const webrtc::participant_id& participant,
        const call_options& options = {}) {
        return detail::await_value<webrtc::subscriptions>(
            prepare_get_participant_subscriptions(session, participant, options));
    }
    /// As `get_participant_subscriptions`, giving a `result`.
    operation<webrtc::subscriptions> try_get_participant_subscriptions(
        const webrtc::session_id& session, const webrtc::participant_id& participant,
        const call_options& options = {}) {
        return operation<webrtc::subscriptions>(
            prepare_get_participant_subscriptions(session, participant, options));
    }
    /// As `get_participant_subscriptions`, with any completion token for
    /// `void(std::exception_ptr, subscriptions)`.
    template <class CompletionToken>
    auto async_get_participant_subscriptions(const webrtc::session_id& session,
                                             const webrtc::participant_id& participant,
                                             const call_options& options, CompletionToken&& token) {
        return detail::initiate_call<detail::as_exception<webrtc::subscriptions>>(
            prepare_get_participant_subscriptions(session, participant, options),
            std::forward<CompletionToken>(token));
    }

    /// Replaces all that a participant is subscribed to; `subscriptions::none()` removes all of it.
    /// `PUT /sessions/{sessionId}/participants/{participantId}/subscriptions`
    /// (updateParticipantSubscriptions).
    [[nodiscard]] boost::asio::awaitable<void> update_participant_subscriptions(
        const webrtc::session_id& session, const webrtc::participant_id& participant,
        const webrtc::subscriptions& subscribe = {}, const call_options& options = {}) {
        return detail::await_value<void>(
            prepare_update_participant_subscriptions(session, participant, subscribe, options));
    }
    /// As `update_participant_subscriptions`, giving a `result`.
    operation<void> try_update_participant_subscriptions(const webrtc::session_id& session,
                                                         const webrtc::participant_id& participant,
                                                         const webrtc::subscriptions& subscribe = {},
                                                         const call_options& options = {}) {
        return operation<void>(
            prepare_update_participant_subscriptions(session, participant, subscribe, options));
    }
    /// As `update_participant_subscriptions`, with any completion token for `void(std::exception_ptr)`.
    template <class CompletionToken>
    auto async_update_participant_subscriptions(const webrtc::session_id& session,
                                                const webrtc::participant_id& participant,
                                                const webrtc::subscriptions& subscribe,
                                                const call_options& options, CompletionToken&& token) {
        return detail::initiate_call<detail::as_exception<void>>(
            prepare_update_participant_subscriptions(session, participant, subscribe, options),
            std::forward<CompletionToken>(token));
    }
    /// @}

    /// \name The client itself
    /// @{

    /// Takes no more calls (`errc::client_closed`), waits for those in flight, then closes every connection
    /// with a close_notify. Calls without a response after `timeout` end with `errc::client_closed`, and the
    /// drain fails with the same code. Completes at once when there is nothing to wait for.
    ///
    /// A client with several shards has drained when all of them have. A drain that is cancelled (terminal or
    /// partial) only stops waiting: calls are still refused, and nothing cuts off those in flight.
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

    /// Uses other TLS options from now on, for certificates that are renewed while the client runs.
    ///
    /// Takes `ca_pem`, `ca_file` (read again), `client_certificate`, every `pin_public_key` and
    /// `allow_key_log` from `options`, and nothing else. Every call that starts after this function has
    /// returned goes to a connection made with these options; older connections take no more calls, and close
    /// when the calls in flight on them have their responses. No TLS session is carried over. It costs new
    /// connections, so call it when something has changed.
    /// Thread safety: any thread, at any time. After `close` it does nothing.
    /// \throws api_error (`errc::invalid_options`) naming the option that is wrong; nothing has changed then,
    ///         in any shard.
    void reload_tls(const client_options& options);
    /// Closes at once: every call that waits or is in flight completes with `errc::client_closed`, and so
    /// does every later one. May be called more than once.
    void close() noexcept;

    /// What the client has done and holds, as of now: all shards together.
    [[nodiscard]] client_stats stats() const;
    /// What the client's connections and queues are doing, for a person to read, such as on a debug page:
    /// some lines of text, whose form may change. Holds no secret and no id of a session. Of a client that
    /// shares a manager it is what the manager does. Completes as a call does.
    /// \throws api_error (`errc::client_closed`) where the execution context has gone.
    [[nodiscard]] boost::asio::awaitable<std::string> describe() const;
    /// @}

private:
    client(executor_type executor, const client_options& options, detail::abi_check);
    // The other way round, so that the manager, of which only the name is known here, is no executor's
    // candidate.
    client(detail::abi_check, const connection_manager& manager, const account_options& options);

    detail::call_handle prepare_create_session(const session_request& request, const call_options& options);
    detail::call_handle prepare_get_session(const webrtc::session_id& session, const call_options& options);
    detail::call_handle prepare_delete_session(const webrtc::session_id& session,
                                               const call_options& options);
    detail::call_handle prepare_list_session_participants(const webrtc::session_id& session,
                                                          const call_options& options);
    detail::call_handle prepare_create_participant(const participant_request& request,
                                                   const call_options& options);
    detail::call_handle prepare_get_participant(const webrtc::participant_id& participant,
                                                const call_options& options);
    detail::call_handle prepare_delete_participant(const webrtc::participant_id& participant,
                                                   const call_options& options);
    detail::call_handle prepare_add_participant_to_session(const webrtc::session_id& session,
                                                           const webrtc::participant_id& participant,
                                                           const webrtc::subscriptions& subscribe,
                                                           const call_options& options);
    detail::call_handle prepare_remove_participant_from_session(const webrtc::session_id& session,
                                                                const webrtc::participant_id& participant,
                                                                const call_options& options);
    detail::call_handle prepare_get_participant_subscriptions(const webrtc::session_id& session,
                                                              const webrtc::participant_id& participant,
                                                              const call_options& options);
    detail::call_handle prepare_update_participant_subscriptions(const webrtc::session_id& session,
                                                                 const webrtc::participant_id& participant,
                                                                 const webrtc::subscriptions& subscribe,
                                                                 const call_options& options);
    detail::call_handle prepare_drain(std::chrono::nanoseconds timeout);

    std::shared_ptr<detail::client_core> core_;
};

} // namespace bandwidth::webrtc
