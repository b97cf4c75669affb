#pragma once

#include <bandwidth/webrtc/account_options.hpp>
#include <bandwidth/webrtc/brtc/client_options.hpp>
#include <bandwidth/webrtc/brtc/endpoint.hpp>
#include <bandwidth/webrtc/brtc/endpoint_page.hpp>
#include <bandwidth/webrtc/brtc/endpoint_pages.hpp>
#include <bandwidth/webrtc/bxml.hpp>
#include <bandwidth/webrtc/call_options.hpp>
#include <bandwidth/webrtc/detail/abi_check.hpp>
#include <bandwidth/webrtc/detail/execution_context.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/ids.hpp>
#include <bandwidth/webrtc/operation.hpp>
#include <bandwidth/webrtc/result.hpp>
#include <bandwidth/webrtc/stats.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

namespace bandwidth::webrtc {

namespace detail {
class client_core;
} // namespace detail

class connection_manager;

} // namespace bandwidth::webrtc

namespace bandwidth::webrtc::brtc {

/// Whether a call failed because the account has as many endpoints as it may have. It is an HTTP 429 as a
/// rate limit is, so `condition::throttled` and `condition::retryable` hold too, but no pause that fits into
/// a call helps: an endpoint has to be deleted, or to end after its 24 hours. Such a call is not tried again.
[[nodiscard]] bool is_too_many_endpoints(const failure& reason) noexcept;

/// A client of BRTC's endpoints for one account: five operations, each in three forms, over a pool of
/// pipelined TLS connections. The operations are those of Bandwidth's OpenAPI description of BRTC
/// (https://dev.bandwidth.com/docs/brtc); their paths stand behind the base URL and `/accounts/{accountId}`.
///
/// Forms, arguments, errors, completion, time, cancellation, threads, lifetime and fork are those of
/// `webrtc::client`. Where the service tells what was wrong, `failure::service_errors()` has it.
///
/// A response of 2xx counts by its data. Of the operations that give a value, one without data is
/// `errc::bad_json`, with the errors that its body lists, and so is a page without endpoints whose body lists
/// errors. Errors beside data are dropped, so that an endpoint that was created, and its token, are not lost.
/// Of `delete_endpoint` and `update_endpoint_bxml` the body is not read.
///
/// `webrtc.hpp` does not include this header.
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
        : client(std::move(executor), options, webrtc::detail::abi_check()) {}
    /// As above, with the executor of an execution context.
    template <webrtc::detail::execution_context ExecutionContext>
    [[gnu::always_inline]] client(ExecutionContext& context, const client_options& options)
        : client(executor_type(context.get_executor()), options, webrtc::detail::abi_check()) {}
    /// A client over a manager's connections, as `webrtc::client` has it; the two may share one manager where
    /// one host has both services. Where the options have no base path it is "/v2".
    /// \throws api_error (`errc::invalid_options`) naming the option that is out of range or missing.
    [[gnu::always_inline]] client(const connection_manager& manager, const account_options& options)
        : client(webrtc::detail::abi_check(), manager, options) {}

    /// As for `webrtc::client`.
    client(client&&) noexcept;
    /// As the constructor that moves.
    client& operator=(client&&) noexcept;
    /// Closes at once: see `close`.
    ~client();

    /// As `webrtc::client::get_executor`.
    [[nodiscard]] executor_type get_executor() const;

    /// \name Endpoints
    /// @{

    /// Creates an endpoint, and the token that its device connects with. `POST /endpoints` (createEndpoint).
    /// The token is given here only. Sent again only where a response says that it was not processed (421,
    /// 425, 429, and 401 with `client_credentials`), unless `call_options::idempotent` says that it may be
    /// repeated. An account with as many endpoints as it may have is told by `is_too_many_endpoints`.
    [[nodiscard]] boost::asio::awaitable<created_endpoint> create_endpoint(const endpoint_request& request,
                                                                           const call_options& options = {}) {
        return webrtc::detail::await_value<created_endpoint>(prepare_create_endpoint(request, options));
    }
    /// As `create_endpoint`, giving a `result`.
    operation<created_endpoint> try_create_endpoint(const endpoint_request& request,
                                                    const call_options& options = {}) {
        return operation<created_endpoint>(prepare_create_endpoint(request, options));
    }
    /// As `create_endpoint`, with any completion token for `void(std::exception_ptr, created_endpoint)`.
    template <class CompletionToken>
    auto async_create_endpoint(const endpoint_request& request, const call_options& options,
                               CompletionToken&& token) {
        return webrtc::detail::initiate_call<webrtc::detail::as_exception<created_endpoint>>(
            prepare_create_endpoint(request, options), std::forward<CompletionToken>(token));
    }

    /// Reads an endpoint, with its devices. `GET /endpoints/{endpointId}` (getEndpoint).
    [[nodiscard]] boost::asio::awaitable<endpoint> get_endpoint(const endpoint_id& id,
                                                                const call_options& options = {}) {
        return webrtc::detail::await_value<endpoint>(prepare_get_endpoint(id, options));
    }
    /// As `get_endpoint`, giving a `result`.
    operation<endpoint> try_get_endpoint(const endpoint_id& id, const call_options& options = {}) {
        return operation<endpoint>(prepare_get_endpoint(id, options));
    }
    /// As `get_endpoint`, with any completion token for `void(std::exception_ptr, endpoint)`.
    template <class CompletionToken>
    auto async_get_endpoint(const endpoint_id& id, const call_options& options, CompletionToken&& token) {
        return webrtc::detail::initiate_call<webrtc::detail::as_exception<endpoint>>(
            prepare_get_endpoint(id, options), std::forward<CompletionToken>(token));
    }

    /// Deletes an endpoint, and ends what it streams. `DELETE /endpoints/{endpointId}` (deleteEndpoint). See
    /// `call_options::ignore_not_found` for one that may be gone already.
    [[nodiscard]] boost::asio::awaitable<void> delete_endpoint(const endpoint_id& id,
                                                               const call_options& options = {}) {
        return webrtc::detail::await_value<void>(prepare_delete_endpoint(id, options));
    }
    /// As `delete_endpoint`, giving a `result`.
    operation<void> try_delete_endpoint(const endpoint_id& id, const call_options& options = {}) {
        return operation<void>(prepare_delete_endpoint(id, options));
    }
    /// As `delete_endpoint`, with any completion token for `void(std::exception_ptr)`.
    template <class CompletionToken>
    auto async_delete_endpoint(const endpoint_id& id, const call_options& options, CompletionToken&& token) {
        return webrtc::detail::initiate_call<webrtc::detail::as_exception<void>>(
            prepare_delete_endpoint(id, options), std::forward<CompletionToken>(token));
    }

    /// Lists endpoints: one page. `GET /endpoints` (listEndpoints). See `list_all_endpoints` for all pages.
    [[nodiscard]] boost::asio::awaitable<endpoint_page> list_endpoints(const endpoint_filter& filter = {},
                                                                       const call_options& options = {}) {
        return webrtc::detail::await_value<endpoint_page>(prepare_list_endpoints(filter, options));
    }
    /// As `list_endpoints`, giving a `result`.
    operation<endpoint_page> try_list_endpoints(const endpoint_filter& filter = {},
                                                const call_options& options = {}) {
        return operation<endpoint_page>(prepare_list_endpoints(filter, options));
    }
    /// As `list_endpoints`, with any completion token for `void(std::exception_ptr, endpoint_page)`.
    template <class CompletionToken>
    auto async_list_endpoints(const endpoint_filter& filter, const call_options& options,
                              CompletionToken&& token) {
        return webrtc::detail::initiate_call<webrtc::detail::as_exception<endpoint_page>>(
            prepare_list_endpoints(filter, options), std::forward<CompletionToken>(token));
    }

    /// All pages of a list, each read when it is asked for, with a call of these options: see
    /// `endpoint_pages`.
    [[nodiscard]] endpoint_pages list_all_endpoints(const endpoint_filter& filter = {},
                                                    const call_options& options = {}) {
        return endpoint_pages(core_, filter, options);
    }

    /// Has an endpoint execute BXML. `PUT /endpoints/{endpointId}/bxml`, as application/xml
    /// (updateEndpointBxml). The document is executed each time that the endpoint is updated, so this is sent
    /// as a POST is: on a connection to itself, and again only where a response says that it was not
    /// processed, unless `call_options::idempotent` says that it may be repeated.
    /// \param id of the endpoint
    /// \param bxml a whole document. Refused with `errc::invalid_argument` is one that cannot be well-formed
    ///        XML 1.0: empty, not UTF-8, with a character that XML does not have, or with something else than
    ///        "<" at its front, white space aside; also a byte order mark. The rest is for the service to
    ///        check.
    /// \param options of this call
    [[nodiscard]] boost::asio::awaitable<void> update_endpoint_bxml(const endpoint_id& id,
                                                                    std::string_view bxml,
                                                                    const call_options& options = {}) {
        return webrtc::detail::await_value<void>(prepare_update_endpoint_bxml(id, bxml, options));
    }
    /// As `update_endpoint_bxml`, giving a `result`.
    operation<void> try_update_endpoint_bxml(const endpoint_id& id, std::string_view bxml,
                                             const call_options& options = {}) {
        return operation<void>(prepare_update_endpoint_bxml(id, bxml, options));
    }
    /// As `update_endpoint_bxml`, with any completion token for `void(std::exception_ptr)`.
    template <class CompletionToken>
    auto async_update_endpoint_bxml(const endpoint_id& id, std::string_view bxml, const call_options& options,
                                    CompletionToken&& token) {
        return webrtc::detail::initiate_call<webrtc::detail::as_exception<void>>(
            prepare_update_endpoint_bxml(id, bxml, options), std::forward<CompletionToken>(token));
    }

    /// As above, with a document that is always well-formed.
    [[nodiscard]] boost::asio::awaitable<void> update_endpoint_bxml(const endpoint_id& id,
                                                                    const bxml::response& document,
                                                                    const call_options& options = {}) {
        return webrtc::detail::await_value<void>(prepare_update_endpoint_bxml(id, document.str(), options));
    }
    /// As `update_endpoint_bxml`, giving a `result`.
    operation<void> try_update_endpoint_bxml(const endpoint_id& id, const bxml::response& document,
                                             const call_options& options = {}) {
        return operation<void>(prepare_update_endpoint_bxml(id, document.str(), options));
    }
    /// As `update_endpoint_bxml`, with any completion token for `void(std::exception_ptr)`.
    template <class CompletionToken>
    auto async_update_endpoint_bxml(const endpoint_id& id, const bxml::response& document,
                                    const call_options& options, CompletionToken&& token) {
        return webrtc::detail::initiate_call<webrtc::detail::as_exception<void>>(
            prepare_update_endpoint_bxml(id, document.str(), options), std::forward<CompletionToken>(token));
    }
    /// @}

    /// \name The client itself
    /// @{

    /// As `webrtc::client::drain`.
    [[nodiscard]] boost::asio::awaitable<void> drain(
        std::chrono::nanoseconds timeout = std::chrono::seconds(30)) {
        return webrtc::detail::await_value<void>(prepare_drain(timeout));
    }
    /// As `drain`, giving a `result`.
    operation<void> try_drain(std::chrono::nanoseconds timeout = std::chrono::seconds(30)) {
        return operation<void>(prepare_drain(timeout));
    }
    /// As `drain`, with any completion token for `void(std::exception_ptr)`.
    template <class CompletionToken>
    auto async_drain(std::chrono::nanoseconds timeout, CompletionToken&& token) {
        return webrtc::detail::initiate_call<webrtc::detail::as_exception<void>>(
            prepare_drain(timeout), std::forward<CompletionToken>(token));
    }

    /// As `webrtc::client::reload_tls`.
    void reload_tls(const client_options& options);
    /// As `webrtc::client::close`.
    void close() noexcept;
    /// As `webrtc::client::stats`.
    [[nodiscard]] client_stats stats() const;
    /// What the client's connections and queues are doing, for a person to read: see
    /// `webrtc::client::describe`.
    [[nodiscard]] boost::asio::awaitable<std::string> describe() const;
    /// @}

private:
    client(executor_type executor, const client_options& options, webrtc::detail::abi_check);
    // The other way round, so that the manager, of which only the name is known here, is no executor's
    // candidate.
    client(webrtc::detail::abi_check, const connection_manager& manager, const account_options& options);

    webrtc::detail::call_handle prepare_create_endpoint(const endpoint_request& request,
                                                        const call_options& options);
    webrtc::detail::call_handle prepare_get_endpoint(const endpoint_id& id, const call_options& options);
    webrtc::detail::call_handle prepare_delete_endpoint(const endpoint_id& id, const call_options& options);
    webrtc::detail::call_handle prepare_list_endpoints(const endpoint_filter& filter,
                                                       const call_options& options);
    webrtc::detail::call_handle prepare_update_endpoint_bxml(const endpoint_id& id, std::string_view bxml,
                                                             const call_options& options);
    webrtc::detail::call_handle prepare_drain(std::chrono::nanoseconds timeout);

    std::shared_ptr<webrtc::detail::client_core> core_;
};

} // namespace bandwidth::webrtc::brtc

namespace bandwidth::webrtc::detail {
template <>
result<brtc::endpoint> take_result<brtc::endpoint>(call_handle call);
template <>
result<brtc::created_endpoint> take_result<brtc::created_endpoint>(call_handle call);
template <>
result<brtc::endpoint_page> take_result<brtc::endpoint_page>(call_handle call);
} // namespace bandwidth::webrtc::detail
