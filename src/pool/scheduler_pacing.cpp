#include <algorithm>

#include "policy/backoff.hpp"
#include "policy/retry_after.hpp"
#include "pool/scheduler.hpp"

// Responses that ask for fewer requests, and what the calls that wait have from them.

namespace bandwidth::webrtc::detail {

namespace {

// The responses of one flight close the origin a little longer each. Who has no time for that fails by its own timer,
// so that the queue need not be searched for each of them.
constexpr std::chrono::milliseconds much_later(50);

} // namespace

// A failure's verdict, once it is known whether the response says something of the origin too.
resend::verdict scheduler::after_response(call& value, const response& received,
                                          const pooled_connection& from) {
    const auto sent = from.http.staged_at();
    if (may_limit_rate(received.status) && !value.limits_rate(received)) {
        pacer_.responded(sent);
        return {};
    }
    std::optional<std::chrono::seconds> retry_after;
    if (!received.retry_after.empty())
        retry_after = parse_retry_after(received.retry_after, received.date, host_.time_of_day());
    const bool limits = received.status == 429 || (received.status == 503 && retry_after);
    std::optional<time_point> opens_at;
    if (limits && again_.policy().retries_status(received.status))
        opens_at = limit_rate(received.status, retry_after, sent);
    else
        pacer_.responded(sent);
    return again_.after_response(value, received, from.http.closes(), retry_after, opens_at, now_);
}

// When the origin takes requests again. A Retry-After of 0 names no time.
time_point scheduler::limit_rate(int status, std::optional<std::chrono::seconds> retry_after,
                                 time_point sent) {
    const auto& policy = again_.policy();
    const auto longest = policy.longest_retry_after();
    std::optional<std::chrono::nanoseconds> asked;
    if (retry_after && retry_after->count() != 0)
        asked = std::min<std::chrono::nanoseconds>(*retry_after, longest);
    const auto pause = std::min(backoff(policy, pacer_.closings(), true, again_.chance()), longest);
    if (pacer_.limited(sent, asked, pause, now_)) {
        increase(counters_.origin_paced);
        limited_by_ = status;
    }
    return pacer_.is_closed() ? pacer_.opens_at() : now_;
}

// Lets the probe go when its time has come. Until then it fails the calls that cannot wait for it.
void scheduler::follow_pacer() {
    pacer_.advance(now_, counters_.in_flight);
    if (!pacer_.is_closed() || pacer_.opens_at() - failed_until_ < much_later)
        return;
    failed_until_ = pacer_.opens_at();
    fail_waiting([this](const call& value) { return opens_too_late_for(value); }, errc::throttled,
                 why_throttled());
}

// At the end of a cycle. The timer is set only while a call waits for it: others go by the clock when they come, and
// a pool without calls and connections must not keep its execution context running.
void scheduler::tend_pacer_timer() noexcept {
    if (pacer_.is_closed() && queue_.size() != 0)
        timers_.set(origin_opens_, pacer_.opens_at());
    else
        timers_.remove(origin_opens_);
}

// A call that was on a connection, or paused.
void scheduler::queue_again(call& value) {
    if (opens_too_late_for(value))
        fail(value, errc::throttled, why_throttled());
    else
        queue_.push(value, now_);
}

std::string scheduler::why_throttled() const {
    std::string text = "the service asked for ";
    if (pacer_.is_closed()) {
        const auto pause = std::chrono::ceil<std::chrono::seconds>(pacer_.pause());
        text += "no requests for " + std::to_string(pause.count()) + " s";
    } else {
        text += "fewer requests";
    }
    return text + " (" + std::to_string(limited_by_) + ")";
}

// How many of the calls that wait may be sent now.
std::size_t scheduler::sendable() const noexcept {
    if (pacer_.is_open())
        return queue_.size();
    if (pacer_.is_closed())
        return 0;
    // Those that need a new connection are few, and go as soon as that is there.
    const auto few = queue_.size(request_queue::kind::new_connection);
    return few + std::min(queue_.size() - few, pacer_.more(counters_.in_flight));
}

} // namespace bandwidth::webrtc::detail
