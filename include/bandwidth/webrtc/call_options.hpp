#pragma once

#include <bandwidth/webrtc/retry_policy.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace bandwidth::webrtc {

/// Options of one call. What is not set comes from the client's options.
///
/// Thread safety: distinct objects safe.
class call_options {
public:
    call_options() = default;

    /// Bounds all of the call: queue, connect, every attempt. Zero or less fails at once with nothing sent.
    call_options& deadline(std::chrono::nanoseconds from_now) {
        deadline_ = from_now;
        return *this;
    }
    /// Bounds one attempt, from the moment a connection takes the request to the end of its answer. Zero or
    /// less is refused with `errc::invalid_argument`.
    call_options& attempt_timeout(std::chrono::nanoseconds value) {
        attempt_timeout_ = value;
        return *this;
    }
    /// Whether the library may send the request again, after a lost connection or an answer that asks for it.
    /// The default: idempotent operations (GET, PUT, DELETE) yes, POST never (RFC 9110, section 9.2.2).
    /// `true` does not make a POST repeatable: see `idempotent`.
    call_options& allow_replay(bool value) {
        allow_replay_ = value;
        return *this;
    }
    /// Asserts that this call may be repeated without harm, though its method does not promise it: a POST is
    /// then pipelined, replayed and retried as a PUT is. A header `Idempotency-Key` asserts the same.
    call_options& idempotent(bool value = true) {
        idempotent_ = value;
        return *this;
    }
    /// Gives the call a connection to itself until it is answered: for one that is known to take long, so
    /// that no other call waits behind it.
    call_options& isolated(bool value = true) {
        isolated_ = value;
        return *this;
    }
    /// When and how often this call is tried again, in place of `client_options::retry`. Refused with
    /// `errc::invalid_argument` when it is out of range.
    call_options& retry(const retry_policy& value) {
        retry_ = value;
        return *this;
    }
    /// One more header field on the request. Refused with `errc::invalid_argument` before anything is sent:
    /// a name that is no token, a value with control characters, and the fields that belong to the
    /// connection or to the library (Host, Content-Length, Transfer-Encoding, Connection, Authorization ...).
    call_options& header(std::string_view name, std::string_view value);
    /// Deletes and removes only: an answer 404 counts as success. The service removes participants by itself
    /// when it sees their media end, so a clean-up that finds nothing has reached its goal.
    call_options& ignore_not_found(bool value = true) {
        ignore_not_found_ = value;
        return *this;
    }

    std::optional<std::chrono::nanoseconds> deadline() const noexcept { return deadline_; }
    std::optional<std::chrono::nanoseconds> attempt_timeout() const noexcept { return attempt_timeout_; }
    bool allow_replay() const noexcept { return allow_replay_; }
    bool ignore_not_found() const noexcept { return ignore_not_found_; }
    bool idempotent() const noexcept { return idempotent_; }
    bool isolated() const noexcept { return isolated_; }
    const std::optional<retry_policy>& retry() const noexcept { return retry_; }
    /// The extra header lines as they go onto the wire, each ended by CRLF; empty when there are none.
    const std::string& header_lines() const noexcept { return header_lines_; }
    /// Why a header was refused, naming it; empty when all are well.
    const std::string& refused_header() const noexcept { return refused_header_; }

private:
    std::optional<std::chrono::nanoseconds> deadline_;
    std::optional<std::chrono::nanoseconds> attempt_timeout_;
    std::string header_lines_;
    std::string refused_header_;
    bool allow_replay_ = true;
    bool ignore_not_found_ = false;
    bool idempotent_ = false;
    bool isolated_ = false;
    std::optional<retry_policy> retry_;
};

} // namespace bandwidth::webrtc
