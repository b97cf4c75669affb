#include <bandwidth/webrtc/retry_policy.hpp>
#include <cstddef>

namespace bandwidth::webrtc {

namespace {
constexpr int first_status = 400;
constexpr int last_status = 599;
} // namespace

retry_policy::retry_policy() {
    for (const int status : {429, 500, 502, 503, 504})
        retry_status(status);
}

retry_policy retry_policy::none() {
    retry_policy made;
    made.attempts(1);
    return made;
}

retry_policy& retry_policy::attempts(int value) {
    attempts_ = value;
    return *this;
}

retry_policy& retry_policy::backoff(std::chrono::nanoseconds first, std::chrono::nanoseconds longest) {
    first_backoff_ = first;
    longest_backoff_ = longest;
    return *this;
}

retry_policy& retry_policy::throttled_backoff(std::chrono::nanoseconds first) {
    throttled_backoff_ = first;
    return *this;
}

retry_policy& retry_policy::longest_retry_after(std::chrono::nanoseconds value) {
    longest_retry_after_ = value;
    return *this;
}

retry_policy& retry_policy::retry_status(int status, bool value) {
    if (status >= first_status && status <= last_status)
        statuses_.set(static_cast<std::size_t>(status - first_status), value);
    return *this;
}

retry_policy& retry_policy::retry_unavailable_unsafe(bool value) {
    retry_unavailable_unsafe_ = value;
    return *this;
}

bool retry_policy::retries_status(int status) const noexcept {
    return status >= first_status && status <= last_status &&
           statuses_.test(static_cast<std::size_t>(status - first_status));
}

} // namespace bandwidth::webrtc
