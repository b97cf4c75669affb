#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

#include "core/close_reason.hpp"
#include "http1/response_reader.hpp"
#include "policy/resend_policy.hpp"
#include "policy/retry_budget.hpp"
#include "pool/call.hpp"
#include "pool/counters.hpp"

namespace bandwidth::webrtc::detail {

/// What becomes of a call after a response, a loss or a timeout: `policy/resend_policy.hpp` says what may be done,
/// and this adds what limits it (the policy's attempts, `max_resends`, the budget of all calls together, the
/// deadline) and keeps count. It moves no call: the scheduler does what the verdict says.
class resend {
public:
    struct settings {
        int max_resends = 2;
        retry_policy retry;
        double budget_per_second = 10;
        double budget_ratio = 0.2;
        std::uint64_t jitter_seed = 0;
    };
    enum class action : std::uint8_t {
        complete, ///< with the response, or with the failure and `delivery`
        queue,    ///< send it again, at once
        wait,     ///< send it again when the origin takes requests again, behind the calls that wait
        pause     ///< send it again, after `pause`
    };
    struct verdict {
        resend::action action = resend::action::complete;
        std::chrono::nanoseconds pause{0};
        webrtc::delivery delivery = webrtc::delivery::maybe_processed; ///< of the failure, after a loss
    };

    resend(const settings& terms, counters& statistics);

    /// A call is given to a connection for the first time.
    void first_sent(time_point now) noexcept { budget_.deposit(now); }
    /// \param closes       the connection ends with the response
    /// \param retry_after  of the response
    /// \param opens_at     when the origin takes requests again, where the response has asked it for fewer: all
    ///                     calls wait then, which bounds what is sent, so that the budget is charged and refuses
    ///                     nothing, and a 429 uses up no attempt
    verdict after_response(call& value, const response& received, bool closes,
                           std::optional<std::chrono::seconds> retry_after,
                           std::optional<time_point> opens_at, time_point now);
    verdict after_loss(call& value, const lost_request& request, close_reason why, time_point now);
    /// After this attempt's own timeout, or a response that was for another request.
    verdict after_attempt(call& value, std::uint64_t& reason, time_point now);

    const retry_policy& policy_of(const call& value) const noexcept {
        const auto* const own = value.retry();
        return own ? *own : settings_.retry;
    }
    /// A call is sent once more, with another access token: it is charged to the budget and never refused, since that
    /// happens once.
    void with_new_token(time_point now) noexcept {
        budget_.charge(now);
        increase(counters_.resends);
        increase(counters_.resends_requested);
    }
    /// The client's.
    const retry_policy& policy() const noexcept { return settings_.retry; }
    /// A random number from 0 to 1.
    double chance() { return std::uniform_real_distribution<double>(0, 1)(jitter_); }

private:
    std::optional<std::chrono::nanoseconds> retry(call& value, std::uint64_t& reason, time_point now,
                                                  bool throttled,
                                                  std::optional<std::chrono::seconds> retry_after);
    verdict wait_for_origin(call& value, int status, std::optional<std::chrono::seconds> retry_after,
                            time_point opens_at, time_point now);
    bool withdraw(time_point now) noexcept;

    settings settings_;
    counters& counters_;
    retry_budget budget_;
    std::minstd_rand jitter_;
};

} // namespace bandwidth::webrtc::detail
