#pragma once

#include <bitset>
#include <chrono>

namespace bandwidth::webrtc {

/// When a call is tried again, how often and after what pause. A value: give it to `client_options::retry`
/// for all calls of a client, or to `call_options::retry` for one.
///
/// An attempt has failed when its response has a status that is tried again, when the server stays silent, or
/// when the connection is lost before its first response. A resend (`client_options::max_resends`) is
/// something else: the connection ended for no fault of the request, which goes to another one at once and
/// uses up no attempt. Only calls that may be repeated are sent again: GET, PUT and DELETE (RFC 9110, section
/// 9.2.2) but for `update_endpoint_bxml` of BRTC, and those with `call_options::idempotent`. Nothing ever
/// waits past the call's deadline: when the next attempt could only begin after it, the call fails at once
/// with its last error or response.
///
/// A 429 says that the request was not processed (RFC 6585, section 4): it is tried again for every method,
/// POST too. It uses up no attempt and the retry budget does not refuse it, so the deadline alone bounds the
/// call; but where there is one attempt in all, it is the result. A 429, or a 503 with Retry-After, also
/// holds back the other calls on the same connections: none is sent before the time that the server asks for,
/// then one alone, and after its response ever more of them at once. Those whose deadline comes before that
/// fail at once with `errc::throttled`. Where the client's policy does not retry the status
/// (`retry_status(429, false)`), no call waits for it.
///
/// Setters do not check; the client's constructor does, and a call with a policy out of range is refused with
/// `errc::invalid_argument`.
///
/// Thread safety: distinct objects safe.
class retry_policy {
public:
    /// Three attempts; HTTP 429, 500, 502, 503 and 504 are tried again; full jitter from 50 ms to 20 s.
    retry_policy();
    /// One attempt: the first response is the result, a 429 too.
    static retry_policy none();

    /// Attempts in all, the first one included: 1 to 100; default 3. A call that waits for a connection
    /// counts apart how many could not be made meanwhile, and fails with as many of them too. The pauses
    /// behind these double from 0.1 s to 5 s, less a random half: where connections are refused at once, a
    /// call of three attempts fails within 0.3 s.
    retry_policy& attempts(int value);
    /// The pause before attempt n + 1 is a random time up to `first` * 2^(n - 1), and at most `longest`
    /// ("full jitter"): over 0 to 1 day; default 50 ms and 20 s.
    retry_policy& backoff(std::chrono::nanoseconds first, std::chrono::nanoseconds longest);
    /// In place of `first` after 429 and 503, where the pause is also never less than half of its bound: over
    /// 0 to 1 day; default 1 s. After a 429 without Retry-After all calls of the client wait for it.
    retry_policy& throttled_backoff(std::chrono::nanoseconds first);
    /// Where the server asks for a longer pause than this (Retry-After, RFC 9110, section 10.2.3), the call
    /// does not wait, and fails with the response: 0 to 1 day; default 30 s. The client's other calls wait no
    /// longer than this either.
    retry_policy& longest_retry_after(std::chrono::nanoseconds value);
    /// Whether a response with this status (400 to 599; others are ignored) is tried again.
    retry_policy& retry_status(int status, bool value = true);
    /// Whether a POST that was answered with 503 and Retry-After is tried again. Default false: a server that
    /// is unavailable may have acted on the request before, unlike one that says 429.
    retry_policy& retry_unavailable_unsafe(bool value);

    /// \name What was set
    /// @{

    /// What was set, or the default.
    [[nodiscard]] int attempts() const noexcept { return attempts_; }
    [[nodiscard]] std::chrono::nanoseconds first_backoff() const noexcept { return first_backoff_; }
    [[nodiscard]] std::chrono::nanoseconds longest_backoff() const noexcept { return longest_backoff_; }
    [[nodiscard]] std::chrono::nanoseconds throttled_backoff() const noexcept { return throttled_backoff_; }
    [[nodiscard]] std::chrono::nanoseconds longest_retry_after() const noexcept {
        return longest_retry_after_;
    }
    /// Whether a response with this status is tried again; false beyond 400 to 599.
    [[nodiscard]] bool retries_status(int status) const noexcept;
    [[nodiscard]] bool retry_unavailable_unsafe() const noexcept { return retry_unavailable_unsafe_; }
    /// @}

private:
    int attempts_ = 3;
    bool retry_unavailable_unsafe_ = false;
    std::chrono::nanoseconds first_backoff_ = std::chrono::milliseconds(50);
    std::chrono::nanoseconds longest_backoff_ = std::chrono::seconds(20);
    std::chrono::nanoseconds throttled_backoff_ = std::chrono::seconds(1);
    std::chrono::nanoseconds longest_retry_after_ = std::chrono::seconds(30);
    std::bitset<200> statuses_; // from 400 on
};

} // namespace bandwidth::webrtc
