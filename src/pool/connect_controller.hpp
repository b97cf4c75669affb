#pragma once

#include <algorithm>
#include <bandwidth/webrtc/error.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "policy/backoff.hpp"

namespace bandwidth::webrtc::detail {

/// What the number of new connections depends on.
struct connect_demand {
    std::size_t waiting = 0;     ///< calls that wait for a connection
    std::size_t connecting = 0;  ///< connections that are being made
    std::size_t connections = 0; ///< all there are, those that are being made included
    std::size_t least = 0;       ///< how many to have before calls need them
    std::size_t most = 0;
    bool failing = false; ///< the last attempt failed: one at a time
};

/// How many connections to begin to make now. Pure.
inline std::size_t how_many_to_connect(const connect_demand& demand) noexcept {
    const auto over = [](std::size_t one, std::size_t other) { return one > other ? one - other : 0; };
    const auto wanted =
        std::max(over(demand.waiting, demand.connecting), over(demand.least, demand.connections));
    const auto room = over(demand.most, demand.connections);
    const auto at_once = demand.failing ? over(1, demand.connecting) : room;
    return std::min({wanted, room, at_once});
}

/// What is known of attempts to connect: whether another may be made now, what the last failure was, and
/// whether a new connection has to show that the server does not break pipelines before more than one request
/// is put on it. Sans-io.
///
/// | after                                        | the next attempt                                    |
/// |----------------------------------------------|-----------------------------------------------------|
/// | nothing, or a connection that has responded  | at once, as many as are wanted                      |
/// | an attempt that failed, or a connection that | one at a time, after a pause that doubles; attempts |
/// | ended before its first response              | that were under way and fail together count once    |
class connect_controller {
public:
    // --- failures ---
    /// An attempt that began at `began` has failed, or its connection ended without a response. `unanswered`:
    /// the connection had taken a request.
    void failed(time_point began, bool unanswered, time_point now, double chance) {
        if (began < last_failure_)
            return; // it was under way together with the last one that counted
        last_failure_ = now;
        failures_ = std::min(failures_ + 1, most_failures_counted);
        not_before_ =
            now + dial_backoff(unanswered ? std::min(failures_, most_unanswered_counted) : failures_, chance);
    }
    /// Keeps the failure for the calls that it will fail.
    void set_last_error(const error_code& code, std::string_view text) {
        last_code_ = code;
        last_text_ = "the last connection could not be made: ";
        last_text_.append(code.message()).append(text.empty() ? "" : ": ").append(text);
    }
    /// A connection has given its first response, so there is a server behind the port.
    void responded() noexcept {
        forget_failures();
        last_text_.clear();
    }
    /// Other settings are used from here on, so that earlier failures say nothing of later attempts.
    void forget_failures() noexcept {
        failures_ = unanswered_in_row_ = 0;
        not_before_ = {};
    }

    bool failing() const noexcept { return failures_ != 0; }
    /// No attempt is made before this time.
    time_point not_before() const noexcept { return not_before_; }
    const error_code& last_code() const noexcept { return last_code_; }
    /// Empty once a connection has responded after the last attempt that failed.
    const std::string& last_text() const noexcept { return last_text_; }
    /// One more connection in a row has taken a request and ended without a response. True: there were so
    /// many that it is the server's fault, and not that of a request.
    bool too_many_unanswered() noexcept { return ++unanswered_in_row_ >= most_unanswered; }

    // --- confirmation ---
    /// A connection that had given responses ended by agreement or by age: its successor need not confirm
    /// again that pipelines work.
    void ended_well(std::size_t most) noexcept { confirmations_ = std::min(confirmations_ + 1, most); }
    /// A connection was lost by a failure with requests on it: the next one must not be pipelined on at once
    /// (RFC 9112, section 9.3.2), whatever happens on other connections meanwhile.
    void lost(time_point now) noexcept {
        confirmations_ = 0;
        must_confirm_ = true;
        lost_at_ = now;
    }
    /// A connection that was opened at `opened` has shown that pipelines work.
    void confirmed(time_point opened) noexcept {
        if (opened >= lost_at_)
            must_confirm_ = false;
    }
    /// Whether a connection that is being opened may go without confirmation.
    bool take_confirmation() noexcept {
        if (must_confirm_ || confirmations_ == 0)
            return false;
        --confirmations_;
        return true;
    }

private:
    static constexpr int most_failures_counted = 20;
    // After connections that were established the pause stays shorter, since there is a server.
    static constexpr int most_unanswered_counted = 3;
    static constexpr int most_unanswered = 8;

    int failures_ = 0;          // in a row
    int unanswered_in_row_ = 0; // connections that took a request
    time_point not_before_{};
    time_point last_failure_ = time_point::min();
    error_code last_code_;
    std::string last_text_;
    std::size_t confirmations_ = 0;
    time_point lost_at_ = time_point::min();
    bool must_confirm_ = false;
};

} // namespace bandwidth::webrtc::detail
