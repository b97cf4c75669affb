#pragma once

#include <bandwidth/webrtc/result.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"

namespace bandwidth::webrtc::detail {

/// What those who send requests have to know of an access token. A value; a newer one is another value.
struct token_view {
    /// "Bearer ..."; null: there is none yet.
    std::shared_ptr<const std::string> authorization;
    /// From then on it is not sent any more.
    time_point expires_at = time_point::min();
    /// When to look again: a fetch is due then. `time_point::max()`: when it is told that something has changed.
    time_point ask_at = time_point::min();
    /// Why the last fetch has failed, where another one would end in the same way; null otherwise,
    /// and from the beginning of the next one on.
    std::shared_ptr<const failure> refusal;
    /// The last failure of any kind since there was a token, for the text of a call that has waited too long.
    std::shared_ptr<const failure> last_failure;

    [[nodiscard]] bool usable(time_point now) const noexcept { return authorization && now < expires_at; }
};

/// An access token that is fetched, used, and renewed before it expires (RFC 6749, section 4.4). It knows when a
/// fetch is due and what its end means, and neither how a fetch is made nor what time it is. Several pools share
/// one, under a mutex of its owner.
///
/// | state    | a token | a fetch | left by                                                                      |
/// |----------|---------|---------|------------------------------------------------------------------------------|
/// | absent   | no      | no      | `want`: fetching                                                             |
/// | fetching | no      | yes     | `fetched`: valid; `failed`: failed; `fetch_lost`: absent                     |
/// | valid    | yes     | no      | `want` when it is due: renewing, or fetching where it has expired; `refuse`: renewing |
/// | renewing | yes     | yes     | `fetched`, `failed`, `fetch_lost`: valid; `want` when it has expired: fetching |
/// | failed   | no      | no      | `want` after a pause: fetching                                               |
///
/// There is never more than one fetch. One that has no end after `longest_fetch` is given up, and `want` begins another
/// one: nobody may be running the execution context that it is on. Times are those at which a fetch began: the service's
/// clock began to count later, so the token is never used for longer than it lives, whatever that clock says.
class token_lifecycle {
public:
    enum class state : unsigned char { absent, fetching, valid, renewing, failed };

    explicit token_lifecycle(std::chrono::nanoseconds longest_fetch) noexcept
        : longest_fetch_(longest_fetch) {}

    state status() const noexcept { return state_; }
    token_view view() const;

    /// Somebody looks at this time. True: a fetch begins now, and the caller has to make it.
    [[nodiscard]] bool want(time_point now);

    /// What becomes of a request that was refused with 401.
    enum class verdict : unsigned char {
        deliver, ///< the response stands
        resend,  ///< there is another token by now
        wait     ///< there will be another token, or a failure
    };
    struct refusal_result {
        verdict what = verdict::deliver;
        bool fetch = false; ///< a fetch begins now, and the caller has to make it
    };
    /// The service has refused a request that was sent with that token, which may be older than the one here. A
    /// token that is refused is fetched anew, but one that was fetched for that reason is not for 30 s: then it is
    /// the account or the right that is refused, and no token helps. It stays in use until there is another one:
    /// other requests may be allowed what this one was not.
    [[nodiscard]] refusal_result refuse(const std::shared_ptr<const std::string>& used, time_point now);

    /// When a token that was asked for at that time is not used any more. One that has ended when it comes is a failure.
    static time_point expiry(std::chrono::seconds life, time_point asked_at) noexcept;
    /// The fetch that began at `asked_at` has given a token which lives for `life`, over 0.
    /// \param chance 0 to 1, spreads the renewals of many processes over a tenth of the token's life.
    void fetched(std::string_view token, std::chrono::seconds life, time_point asked_at, double chance);
    /// The fetch has failed.
    /// \param final the next one would most likely fail too: those who wait fail.
    /// \param retry_after what the service asks for.
    void failed(failure why, bool final, std::optional<std::chrono::seconds> retry_after, time_point now,
                double chance);

    /// There was no end of the fetch, for a reason of this side's: another one may begin at once.
    void fetch_lost() noexcept;

private:
    bool begin(state next, time_point now) noexcept {
        state_ = next;
        fetch_began_ = now;
        refusal_ = nullptr; // it may end otherwise this time
        return true;
    }

    std::chrono::nanoseconds longest_fetch_;
    state state_ = state::absent;
    std::shared_ptr<const std::string> authorization_;
    time_point began_{};       // when the fetch of this token began
    time_point fetch_began_{}; // of the fetch that there is now
    time_point expires_at_{};
    time_point ask_at_{}; // valid: it is renewed then; failed: fetched again
    std::shared_ptr<const failure> refusal_;
    std::shared_ptr<const failure> last_failure_;
    unsigned failures_ = 0;             // in a row
    bool after_refusal_ = false;        // the token was fetched since another one was refused
    bool fetch_is_for_refusal_ = false; // so will the next one be
};

} // namespace bandwidth::webrtc::detail
