#pragma once

#include <bandwidth/webrtc/response_info.hpp>
#include <bandwidth/webrtc/retry_policy.hpp>
#include <bandwidth/webrtc/trace_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bandwidth::webrtc {

namespace detail {
struct call_options_access;
} // namespace detail

/// Options of one call. What is not set comes from the client's options.
///
/// Thread safety: distinct objects safe.
class call_options {
public:
    /// Nothing is set: the client's options hold.
    call_options() = default;

    /// Bounds all of the call: queue, connect, every attempt and the pauses between them; a year at most.
    /// What the call waits for when the time is over tells the error, one of `condition::timeout`. Zero or
    /// less fails at once with `errc::queue_timeout` and nothing sent.
    call_options& timeout(std::chrono::nanoseconds from_now) {
        timeout_ = from_now;
        has_timeout_ = true;
        return *this;
    }
    /// Bounds one attempt, from the moment a connection takes the request to the end of its response. An
    /// attempt that ends by it is tried again as `retry` says, otherwise the call fails with
    /// `errc::response_timeout` or `errc::body_timeout`. Zero or less is refused with
    /// `errc::invalid_argument`.
    call_options& attempt_timeout(std::chrono::nanoseconds value) {
        attempt_timeout_ = value;
        has_attempt_timeout_ = true;
        return *this;
    }
    /// Whether the library may send the request again, after a lost connection or a response that asks for
    /// it. The default: idempotent operations (GET, PUT, DELETE) yes; POST, and `update_endpoint_bxml` of
    /// BRTC, only where the response says that it was not processed (421, 425, 429, and 401 with
    /// `client_credentials`), or is a 503 as in `retry_policy::retry_unavailable_unsafe` (RFC 9110, section
    /// 9.2.2). `true` does not make these repeatable: see `idempotent`. `false` holds for a 429 too: the call
    /// does not wait and fails with it.
    call_options& allow_resend(bool value) {
        allow_resend_ = value;
        return *this;
    }
    /// Asserts that this call may be repeated without harm, though its operation does not promise it: a POST,
    /// or `update_endpoint_bxml` of BRTC, is then pipelined, sent again and retried as another PUT is. A
    /// header `Idempotency-Key` asserts the same.
    call_options& idempotent(bool value = true) {
        idempotent_ = value;
        return *this;
    }
    /// Gives the call a connection to itself until its response has come. For a call that is known to take
    /// long, so that no other call waits behind it.
    call_options& dedicated_connection(bool value = true) {
        dedicated_connection_ = value;
        return *this;
    }
    /// When and how often this call is tried again, in place of `client_options::retry`. Refused with
    /// `errc::invalid_argument` when it is out of range.
    call_options& retry(const retry_policy& value) {
        rare_.change().retry = value;
        return *this;
    }
    /// One more header field on the request, in place of one of the same name that the client has for all
    /// calls, or that a message for `connection_manager::send` has. Refused with `errc::invalid_argument`
    /// before anything is sent: a name that is no token, a value with control characters, and the fields that
    /// belong to the connection (Host, Content-Length, Transfer-Encoding, Connection, Keep-Alive, TE,
    /// Trailer, Upgrade, Expect, HTTP2-Settings, Proxy-Authenticate, Proxy-Authorization, Proxy-Connection).
    /// The typed operations refuse also what they set themselves: Accept, Accept-Encoding, Authorization,
    /// Content-Type, Cookie, User-Agent.
    call_options& header(std::string_view name, std::string_view value);
    /// Has what is known of the response written there before the call completes: status, request id, header
    /// fields. Null, the default: nothing is kept, which costs nothing. Copies of these options share the
    /// object, and no two calls may have the same one at the same time.
    call_options& info(std::shared_ptr<response_info> into) {
        rare_.change().info = std::move(into);
        return *this;
    }
    /// The caller's place in a distributed trace (W3C Trace Context). Each attempt is sent with
    /// `traceparent`, whose span id is its own, and with the `tracestate` and `baggage` that are here, unless
    /// `client_options::propagator` says otherwise; observers are told of it. One that is not valid sends
    /// nothing. A header of one of these names is refused beside it with `errc::invalid_argument`.
    call_options& trace(trace_context parent) {
        rare_.change().trace = std::move(parent);
        return *this;
    }
    /// Deletes and removes only: a response 404 or 410 (`condition::not_found`) counts as success. The
    /// service removes participants by itself when it sees their media end, so a clean-up that finds nothing
    /// has reached its goal. Without it a delete may also fail with 404 for what it has deleted itself: where
    /// the response to its first attempt was lost, the library has sent it again, and `failure::attempts` is
    /// more than 1.
    call_options& ignore_not_found(bool value = true) {
        ignore_not_found_ = value;
        return *this;
    }

    /// \name What was set
    /// @{

    /// What was set; where nothing was, false, null or nothing, and true of `allow_resend`.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> timeout() const noexcept {
        return has_timeout_ ? std::optional(timeout_) : std::nullopt;
    }
    [[nodiscard]] std::optional<std::chrono::nanoseconds> attempt_timeout() const noexcept {
        return has_attempt_timeout_ ? std::optional(attempt_timeout_) : std::nullopt;
    }
    [[nodiscard]] bool allow_resend() const noexcept { return allow_resend_; }
    [[nodiscard]] bool ignore_not_found() const noexcept { return ignore_not_found_; }
    [[nodiscard]] bool idempotent() const noexcept { return idempotent_; }
    [[nodiscard]] bool dedicated_connection() const noexcept { return dedicated_connection_; }
    [[nodiscard]] const std::optional<retry_policy>& retry() const noexcept { return rare_->retry; }
    [[nodiscard]] const std::shared_ptr<response_info>& info() const noexcept { return rare_->info; }
    [[nodiscard]] const std::optional<trace_context>& trace() const noexcept { return rare_->trace; }
    /// @}

private:
    friend struct detail::call_options_access;

    /// What few calls set. It lies apart to keep `call_options` small: these options are a temporary that
    /// lives in the caller's coroutine for as long as the call waits, also in `co_await
    /// client.try_get_session(id)`.
    struct rare_options {
        std::string header_lines;       // each ended by CRLF
        std::string refused_header;     // why a header was refused, naming it
        std::string refused_operations; // why one is refused by the typed operations alone
        std::optional<retry_policy> retry;
        std::shared_ptr<response_info> info;
        std::optional<trace_context> trace;
    };

    /// The rare options, on the heap once one is set; copied with the object.
    class rare_box {
    public:
        rare_box() noexcept = default;
        rare_box(const rare_box& other);
        rare_box(rare_box&&) noexcept = default;
        rare_box& operator=(const rare_box& other);
        rare_box& operator=(rare_box&&) noexcept = default;
        ~rare_box() = default;

        const rare_options* operator->() const noexcept { return value_ ? value_.get() : &none(); }
        rare_options& change();

    private:
        static const rare_options& none() noexcept;
        std::unique_ptr<rare_options> value_;
    };

    // Not std::optional, which would take 8 bytes more for each.
    std::chrono::nanoseconds timeout_{0};
    std::chrono::nanoseconds attempt_timeout_{0};
    rare_box rare_;
    bool has_timeout_ = false;
    bool has_attempt_timeout_ = false;
    bool allow_resend_ = true;
    bool ignore_not_found_ = false;
    bool idempotent_ = false;
    bool dedicated_connection_ = false;
};

} // namespace bandwidth::webrtc
