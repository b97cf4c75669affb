#pragma once

#if !defined(__cpp_concepts) || !defined(__cpp_impl_coroutine)
#error "bandwidth-webrtc needs C++20 with concepts and coroutines: compile with -std=c++20"
#endif

#include <bandwidth/webrtc/service_error.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bandwidth::webrtc {

/// Boost's error code, which the functions of this library use.
using error_code = boost::system::error_code;

/// What went wrong, the phases told apart. HTTP statuses are a category of their own: see `http_category()`.
enum class errc {
    invalid_argument = 1, ///< an id, a field or a header of this call; nothing was sent
    invalid_options,      ///< client_options are out of range or do not fit together
    host_not_found,       ///< the name server knows no such host
    resolve_failed,       ///< the name could not be looked up (server failure)
    resolve_timeout,      ///< the connect timeout or the deadline passed while the name was looked up
    connect_failed,       ///< no address of the host accepted a TCP connection
    connect_timeout,      ///< no address of the host accepted a TCP connection in time
    handshake_timeout,    ///< TCP was connected, TLS did not finish in time
    handshake_failed,     ///< the peer ended the TLS handshake, with an alert or without
    tls_untrusted,        ///< the certificate chain has no trusted authority, no pinned key, or has expired
    tls_host_mismatch,    ///< no subjectAltName of the certificate names the host
    tls_protocol,         ///< not TLS, not a version or ALPN protocol that we speak, or an oversized message
    tls_rejected,         ///< the server refused our client certificate, or that we have none
    tls_failed,           ///< a TLS alert or a broken record on an established connection
    queue_full,           ///< the pool's queue is at its limit
    queue_timeout,        ///< the deadline passed while the call waited for a connection
    response_timeout,     ///< no header section of a response in time
    body_timeout,         ///< the response body stopped in the middle
    connection_lost,      ///< the connection ended before the response
    incomplete_response,  ///< the connection ended in the middle of the response
    protocol_error,       ///< the response is not HTTP/1.1 (RFC 9112), or another request's
    response_too_large,   ///< the response's header section or body is over its limit
    bad_json,             ///< a body that does not hold what the operation or the event promises
    cancelled,            ///< the caller cancelled the call
    client_closed,        ///< the client was closed, drained or destroyed
    no_usable_connection, ///< connections were made, but each failed before its first response; the message
                          ///< tells how the last one failed
    throttled,     ///< the service has asked for fewer requests (429, or 503 with Retry-After), and will
                   ///< not take this one before its deadline; nothing was sent, or it was refused
    token_refused, ///< the token endpoint gave no access token, and would not the next time: see
                   ///< `client_credentials`. The message tells why
    token_failed,  ///< the token endpoint's response cannot be used. Where the endpoint cannot be
                   ///< reached for a reason that lasts, a call has the error of that reason
                   ///< (`host_not_found`, `tls_untrusted`, `tls_host_mismatch`, `proxy_refused` ...). Where
                   ///< the reason may pass, calls wait, up to `token_timeout`; observers are told
                   ///< `token_failed` meanwhile
    token_timeout, ///< no access token came before the call's deadline
    proxy_refused, ///< the proxy wants other credentials, or does not connect to this server for us (407,
                   ///< 403; SOCKS 5: not allowed), and would not the next time. The message tells why
    proxy_failed,  ///< the proxy did not reach the server, ended the connection, or does not speak HTTP or
                   ///< SOCKS 5
    proxy_timeout, ///< TCP to the proxy was connected, the tunnel through it was not made in time
};

/// Questions to ask of any error code: `if (ec == condition::timeout)`.
enum class condition {
    client_error = 1, ///< HTTP 4xx
    server_error,     ///< HTTP 5xx
    throttled,        ///< HTTP 429, or 503, or `errc::throttled`
    timeout,          ///< any of the timeouts
    not_found,        ///< HTTP 404 or 410: unknown, or no longer active
    unauthorized,     ///< HTTP 401 or 403
    tls_error,        ///< any failure of TLS
    retryable,        ///< the same call may succeed later; says nothing of `delivery`
};

/// Category of `errc`. Each value equals the portable error of `boost::system::errc` that asks for the same
/// reaction: a timeout is `timed_out`, `cancelled` and `client_closed` are `operation_canceled`.
const boost::system::error_category& webrtc_category() noexcept;
/// Category whose values are HTTP statuses: 404 reads "HTTP 404 Not Found".
const boost::system::error_category& http_category() noexcept;
/// Category of `condition`.
const boost::system::error_category& condition_category() noexcept;

/// The error code of an `errc`, which converts to one by itself: `code == errc::connection_lost`.
error_code make_error_code(errc value) noexcept;
/// The condition that `code == condition::timeout` compares with.
boost::system::error_condition make_error_condition(condition value) noexcept;
/// The error code of an HTTP status.
error_code make_http_error(int status) noexcept;

/// Whether the request of a failed call may have been processed: look at it before you repeat a POST.
enum class delivery {
    not_sent, ///< not one byte of the request left this machine, or its connection ended in a way that says
              ///< that the server has not looked at it
    maybe_processed, ///< sent in part or whole, and no response came: the server may have acted on it
    answered,        ///< the server responded, and the failure tells what its response said
};

/// "not_sent", "maybe_processed" or "answered".
const char* to_string(delivery value) noexcept;

namespace detail {
/// What a `failure` shares between its copies.
struct failure_state {
    error_code code;
    int http_status = 0;
    std::string message;
    std::string request_id;
    std::string service_code;
    std::string body;
    std::vector<service_error> service_errors;
    int attempts = 0;
    std::chrono::nanoseconds elapsed{0};
    std::optional<std::chrono::seconds> retry_after;
    webrtc::delivery delivery = webrtc::delivery::not_sent;
};
} // namespace detail

/// Everything that is known of a call that failed. Cheap to copy: copies share one immutable state.
///
/// Text that comes from the service (`message`, `request_id`, `service_code`, `service_errors`, `body`) is
/// untrusted input. Nothing in here ever holds a password, a token or an Authorization header of ours.
/// Thread safety: distinct objects safe, a shared object safe for reading.
class failure {
public:
    /// No failure: `code()` is zero.
    failure() = default;
    /// A failure of this side, such as a refused argument; or, for a mock, of the code of an HTTP status
    /// (`make_http_error`), which is its `http_status()`, with `delivery::answered`. `message` tells more than the
    /// code does.
    explicit failure(error_code code, std::string message = {});
    /// For the library.
    explicit failure(detail::failure_state state);

    /// For mocks: sets `delivery()` where the code alone does not tell, as of a POST that was lost:
    /// `const failure lost = failure(errc::connection_lost).delivery(delivery::maybe_processed);`. Returns this
    /// failure. Allocates; copies that were made before stay as they are.
    failure& delivery(webrtc::delivery value);
    /// For mocks: sets `retry_after()`, in seconds from the response on; nothing stands for a response that does
    /// not tell. Returns this failure. Allocates; copies that were made before stay as they are.
    failure& retry_after(std::optional<std::chrono::seconds> value);

    /// An `errc`, an HTTP status, or an error of the system below (errno, resolver).
    [[nodiscard]] const error_code& code() const noexcept { return state().code; }
    /// Status of the response; 0 where none came.
    [[nodiscard]] int http_status() const noexcept { return state().http_status; }
    /// The service's message, or what this library knows beyond the code; at most 256 characters or so.
    [[nodiscard]] const std::string& message() const noexcept { return state().message; }
    /// The service's id of the request, for a support ticket; empty where it gave none.
    [[nodiscard]] const std::string& request_id() const noexcept { return state().request_id; }
    /// The `code` of the response's body, a number or a name that the service's documents may explain; empty
    /// where there was none.
    [[nodiscard]] const std::string& service_code() const noexcept { return state().service_code; }
    /// The errors that the response's body lists, in their order, of the first 16; where it has no list, the
    /// one that it tells of. Empty where there was none. `message` and `service_code` are those of the first
    /// one, unless the body says something about all of them.
    [[nodiscard]] const std::vector<service_error>& service_errors() const noexcept {
        return state().service_errors;
    }
    /// The first 4 KiB of the response's body, with "[redacted]" in place of the client's own credentials, of
    /// tokens, and of values whose names tell that they are secret.
    [[nodiscard]] const std::string& body() const noexcept { return state().body; }
    /// How many times the request was given to a connection, resends and retries included.
    [[nodiscard]] int attempts() const noexcept { return state().attempts; }
    /// From the start of the call to its failure.
    [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept { return state().elapsed; }
    /// How long the response's Retry-After asks to wait: its seconds, or the time until its date, 0 for a
    /// past date, ten years at most. Nothing where there was none, or none that is well formed. Of
    /// `errc::throttled`: how long no call is sent.
    [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const noexcept {
        return state().retry_after;
    }
    /// Whether the server may have acted on the request.
    [[nodiscard]] webrtc::delivery delivery() const noexcept { return state().delivery; }
    /// One line for a log: code, message, request id, delivery, attempts and time.
    [[nodiscard]] std::string describe() const;

private:
    [[nodiscard]] const detail::failure_state& state() const noexcept;

    std::shared_ptr<const detail::failure_state> state_;
};

/// `describe()`.
std::ostream& operator<<(std::ostream& out, const failure& value);

/// What the throwing form of an operation throws: `code()` as any system_error, `failure()` for the rest.
/// Thread safety: distinct objects safe, a shared object safe for reading.
class api_error : public boost::system::system_error {
public:
    /// An exception with the code and the message of `failure`, which it keeps a copy of.
    explicit api_error(const webrtc::failure& failure);
    /// Everything that is known of the failure.
    [[nodiscard]] const webrtc::failure& failure() const noexcept { return failure_; }

private:
    webrtc::failure failure_;
};

} // namespace bandwidth::webrtc

namespace boost::system {
template <>
struct is_error_code_enum<bandwidth::webrtc::errc> : std::true_type {};
template <>
struct is_error_condition_enum<bandwidth::webrtc::condition> : std::true_type {};
} // namespace boost::system
