#pragma once

#include <bandwidth/webrtc/call_timings.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bandwidth::webrtc {

namespace detail {
struct response_info_access;
}

/// What is known of the response to one call, success or failure, beyond what the operation makes of it.
///
/// Ask for it with `call_options::info`; it is filled in before the call completes, and tells of the response
/// that ended the call, not of those before it that led to another attempt. One object belongs to one call at
/// a time. Texts are untrusted, with "[redacted]" in place of the client's own credentials.
/// Thread safety: distinct objects safe; not to be read before its call has completed.
class response_info {
public:
    /// Nothing is known yet.
    response_info() = default;

    /// Status of the response; 0 where the call ended without one: everything but `attempts`, `elapsed` and
    /// `timings` is empty then.
    [[nodiscard]] int status() const noexcept { return status_; }
    /// How many times the request was given to a connection, resends and retries included.
    [[nodiscard]] int attempts() const noexcept { return attempts_; }
    /// From the start of the call to its end.
    [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept { return elapsed_; }
    /// Where that time went, in all attempts together.
    [[nodiscard]] const call_timings& timings() const noexcept { return timings_; }
    /// "HTTP/1.1" or "HTTP/1.0", as the server says.
    [[nodiscard]] std::string_view protocol() const noexcept { return protocol_; }
    /// The service's id of the request (X-Request-Id or x-amzn-RequestId), for a support ticket; at most 128
    /// bytes.
    [[nodiscard]] const std::string& request_id() const noexcept { return request_id_; }
    /// The value of the first header field of that name, whose case does not matter; empty where there is
    /// none.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
    /// Every header field, in the order in which they came; a name may come more than once.
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& headers() const noexcept {
        return headers_;
    }

private:
    friend struct detail::response_info_access;

    int status_ = 0;
    int attempts_ = 0;
    std::chrono::nanoseconds elapsed_{0};
    call_timings timings_;
    std::string_view protocol_; // of a literal
    std::string request_id_;
    std::vector<std::pair<std::string, std::string>> headers_;
};

} // namespace bandwidth::webrtc
