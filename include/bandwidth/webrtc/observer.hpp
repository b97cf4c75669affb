#pragma once

#include <bandwidth/webrtc/call_timings.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/trace_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bandwidth::webrtc {

/// Of which call an event is.
///
/// Here as in every event the texts live until the callback returns, and none of them is secret: no
/// Authorization value, no token, no query of a target, no body, no header field but the service's request
/// id.
struct observed_call {
    std::uint64_t number = 0;      ///< the same in all events of a call, and of no other call in this process
    std::string_view operation;    ///< "get_session"; empty for `connection_manager::send`
    std::string_view method;       ///< "GET"
    std::string_view url_template; ///< "/accounts/{accountId}/sessions/{sessionId}"; empty as above
    std::string_view path;         ///< with its ids, without a query
    std::string_view server_address;      ///< the base URL's host
    std::uint16_t server_port = 0;        ///< the base URL's port
    const trace_context* trace = nullptr; ///< the caller's, by `call_options::trace`; null: none
};

/// One time that the request was given to a connection.
struct observed_attempt {
    observed_call call;            ///< that it belongs to
    int attempt = 1;               ///< from 1 on; OpenTelemetry's `http.request.resend_count` is one less
    std::uint64_t connection = 0;  ///< as `observed_connection::number`
    bool reused = false;           ///< the connection had carried a request before
    connection_timings connecting; ///< of the connection; zero where it is reused
    const trace_context* trace = nullptr; ///< that it is sent with, a child of the call's; null: none
};

/// The end of an attempt: by a response, or without one. Its connection may end before a byte of it was
/// written, or take no more requests: `maybe_processed` is false then, without an error in the second case,
/// and where the caller still waits another attempt follows that does not count as a resend. Whether a
/// response is that of another request is found later: it is told here as it came, and the call ends with
/// `errc::protocol_error`.
struct observed_attempt_end {
    observed_attempt attempt;    ///< that has ended
    call_timings timings;        ///< of this attempt
    int status = 0;              ///< of the response; 0: none came
    error_code error;            ///< why it failed: an `errc`, or the status where that is 400 or more
    bool maybe_processed = true; ///< a byte of it may have left this machine
    std::string_view request_id; ///< the service's, at most 128 bytes of printable text; untrusted
    std::size_t body_size = 0;   ///< of the response
};

/// Why a call is sent once more.
enum class resend_kind : std::uint8_t {
    at_once,     ///< its connection was lost, or could not be used for it
    after_pause, ///< a retry by the policy
    paced,       ///< when the service, which has asked for fewer requests, takes it
    new_token    ///< with another access token
};
/// "at_once", "after_pause", "paced" or "new_token".
const char* to_string(resend_kind value) noexcept;

/// A call that is to be sent once more, since its last attempt failed with that status or error. It may fail
/// before that, such as for its deadline.
struct observed_resend {
    observed_call call;                      ///< that is sent once more
    resend_kind kind = resend_kind::at_once; ///< why
    std::chrono::nanoseconds pause{0};       ///< with `after_pause`
    int attempts = 0;                        ///< so far
    int status = 0;                          ///< of the last response; 0: none came
    error_code error;                        ///< of the last attempt, as `observed_attempt_end::error`
};

/// The end of a call, before its completion.
struct observed_call_end {
    observed_call call;                  ///< that has ended
    int status = 0;                      ///< of the response that ended it; 0: none
    error_code error;                    ///< zero: it succeeded
    int attempts = 0;                    ///< as `failure::attempts`
    std::chrono::nanoseconds elapsed{0}; ///< since its start
    call_timings timings;                ///< of all attempts
    std::string_view text;               ///< as `failure::message`; untrusted
};

/// Of which connection an event is.
struct observed_connection {
    std::uint64_t number = 0; ///< the same in all its events, and of no other connection in this process
    std::string_view server_address; ///< the base URL's host
    std::uint16_t server_port = 0;   ///< the base URL's port
};

/// A connection can take requests.
struct observed_connection_open {
    observed_connection connection; ///< that is open
    connection_timings timings;     ///< how long it took
    bool resumed = false;           ///< the TLS session was
};

/// A connection has ended, or could not be made.
struct observed_connection_end {
    observed_connection connection; ///< that has ended
    /// Why:
    /// - it was never open: "connect_failed" or "connect_timeout";
    /// - the server ended it: "announced" in its last response; "ended" without that, by a FIN or a
    ///   close_notify; "early_response", before the request was written as a whole; "broken", by a reset, an
    ///   error of TLS or a write that failed; "rejected", the handshake after this side had done its part,
    ///   mostly for the client's certificate;
    /// - what came cannot be trusted: "protocol_error", it is not HTTP or breaks a limit; "unsolicited",
    ///   bytes that no request had asked for; "mismatched", a response that belongs to another request;
    /// - this side ended it: "response_timeout", the response that was due did not come or did not go on;
    ///   "abandoned", too much of the response to a cancelled call was still to come; "idle", not used for
    ///   too long, or it had to make room; "drained", too old or replaced; "shutdown", the client was closed.
    std::string_view reason;
    error_code error;                 ///< zero where it ended as connections may
    std::string_view text;            ///< what is known beyond that
    std::chrono::nanoseconds open{0}; ///< how long it was open; 0: it never was
    std::size_t responses = 0;        ///< that have come on it
};

/// A client whose credentials are fetched has another access token, or a fetch has failed, though the token
/// before may still be good. Each shard of each client is told.
struct observed_token {
    error_code error;      ///< zero: there is another token
    std::string_view text; ///< why the fetch has failed, beyond the error
};

/// Is told what the calls and connections of a client do: for logs, metrics and traces. Derive from it,
/// override what you want to know, and give it to `client_options::add_observer`.
///
/// Callbacks run inside the client, between reading and writing: what they take delays calls, so they take
/// little and do not block. They are noexcept: what throws ends the program. They call no function of the
/// client; calls and connections are not changed by anything they do.
///
/// Order: `call_started`, then for each attempt `attempt_started` and `attempt_ended`, between attempts
/// `call_sent_again` (or nothing, where nothing of the attempt was sent), then `call_ended`. A call that
/// fails before a connection takes it has no attempt. A call that is never started has no event, nor has one
/// whose execution context is destroyed any more.
///
/// Thread safety: the callbacks of one client come one after the other; with `shards`, or where several
/// clients have the same observer, they come from several threads at once.
class observer {
public:
    virtual ~observer() = default;

    /// A call has begun: it was awaited, or its `async_` function was called.
    virtual void call_started(const observed_call& /*event*/) noexcept {}
    /// A connection has taken its request, which is not written yet.
    virtual void attempt_started(const observed_attempt& /*event*/) noexcept {}
    /// Its response has come as a whole; or it has failed, was cancelled, or has to go to another connection.
    virtual void attempt_ended(const observed_attempt_end& /*event*/) noexcept {}
    /// Between two attempts, with the reason; not where nothing of the attempt had been sent.
    virtual void call_sent_again(const observed_resend& /*event*/) noexcept {}
    /// Just before the call's completion.
    virtual void call_ended(const observed_call_end& /*event*/) noexcept {}

    /// TCP and TLS are done.
    virtual void connection_opened(const observed_connection_open& /*event*/) noexcept {}
    /// It takes no more requests, and ends after the responses to those that it has.
    virtual void connection_draining(const observed_connection& /*event*/) noexcept {}
    /// A connection that was open has ended.
    virtual void connection_closed(const observed_connection_end& /*event*/) noexcept {}
    /// A connection could not be made.
    virtual void connect_failed(const observed_connection_end& /*event*/) noexcept {}

    /// With `client_credentials`: there is another access token, or one could not be fetched.
    virtual void token_changed(const observed_token& /*event*/) noexcept {}

protected:
    observer() = default;
    observer(const observer&) = default;
    observer& operator=(const observer&) = default;
};

/// Decides in which trace context each attempt is sent, where tracing is done by something that has ids of
/// its own, as OpenTelemetry's SDK has: it begins a span and gives the context of that. Without one an
/// attempt gets a random span id below `call_options::trace`, and nothing where that is not set.
///
/// Runs where an observer's callbacks do, just before `attempt_started`, under the same rules; once for each
/// attempt. It is not asked for a call that has a header `traceparent` of its own.
class propagator {
public:
    virtual ~propagator() = default;
    /// Gives the trace context of an attempt.
    /// \param attempt that is about to begin; its `trace` is null
    /// \param parent of the call, by `call_options::trace`; null: none
    /// \return what goes with the attempt; nothing, or one that is not valid: no field is sent. No two
    ///         attempts may get the same span id.
    virtual std::optional<trace_context> context_for(const observed_attempt& attempt,
                                                     const trace_context* parent) noexcept = 0;

protected:
    propagator() = default;
    propagator(const propagator&) = default;
    propagator& operator=(const propagator&) = default;
};

/// What OpenTelemetry calls `error.type`, for a label or an attribute: "503" of a status, a name such as
/// "connection_lost" of an `errc`, else the category and the value. Empty where there is no error.
[[nodiscard]] std::string error_type(const error_code& error);

} // namespace bandwidth::webrtc
