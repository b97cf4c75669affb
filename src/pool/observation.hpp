#pragma once

#include <bandwidth/webrtc/observer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/close_reason.hpp"
#include "http1/response_reader.hpp"
#include "pool/attempt_timings.hpp"
#include "pool/call.hpp"
#include "pool/pooled_connection.hpp"

namespace bandwidth::webrtc::detail {

struct observation_settings {
    std::vector<std::shared_ptr<observer>> observers;
    std::shared_ptr<webrtc::propagator> propagator; ///< null: a random span id below the caller's
    std::string server_address;
    std::uint16_t server_port = 0;
    std::uint64_t first_number =
        0; ///< of calls and of connections; those of each pool differ from all others
};

/// What the observers of a pool are told, and which trace context an attempt is sent with. Where there is no observer,
/// each function that the scheduler calls costs one branch.
class observation {
public:
    /// \param settings outlive this.
    explicit observation(const observation_settings& settings)
        : settings_(settings), last_call_(settings.first_number), last_connection_(settings.first_number) {}

    /// The execution context is being destroyed: nobody is told of anything any more.
    void end() noexcept { over_ = true; }

    void call_started(call& value) {
        if (is_wanted())
            tell_call_started(value);
    }
    /// The call is given to a connection, and is not encoded yet.
    void attempt_begins(call& value, const pooled_connection& on) {
        if (is_wanted() || value.trace())
            begin_attempt(value, on);
    }
    void attempt_ended(const call& value, const pooled_connection& on, const attempt_outcome& outcome) {
        if (value.observed_as() != 0 && !over_)
            tell_attempt_ended(value, on, outcome);
    }
    /// The call whose attempt has ended last. One of which nothing had been sent is not sent again.
    void sent_again(const call& value, resend_kind kind, std::chrono::nanoseconds pause = {}) {
        if (value.observed_as() != 0 && !last_was_unsent_)
            tell_sent_again(value, kind, pause);
    }
    /// \param error zero: it succeeded
    void call_ended(call& value, const error_code& error, int status, time_point now) {
        if (value.observed_as() != 0)
            tell_call_ended(value, error, status, now);
    }

    void connecting(pooled_connection& value) noexcept { value.number = ++last_connection_; }
    void connected(pooled_connection& value, bool resumed) {
        if (is_wanted())
            tell_connected(value, resumed);
    }
    void draining(const pooled_connection& value) {
        if (is_wanted())
            tell_draining(value);
    }
    /// Before its state is changed.
    void closed(const pooled_connection& value, const close_info& why, time_point now) {
        if (is_wanted() && !over_)
            tell_closed(value, why, now);
    }
    /// \param failed why no token is given; null: there is one
    void token_changed(const failure* failed) {
        if (is_wanted())
            tell_token_changed(failed);
    }

private:
    // A propagator is told of calls and attempts too.
    bool is_wanted() const noexcept { return !settings_.observers.empty() || settings_.propagator; }
    observed_call describe(const call& value) const noexcept;
    observed_attempt describe(const call& value, const pooled_connection& on) const noexcept;
    observed_connection describe(const pooled_connection& value) const noexcept;
    template <class Event>
    void tell(void (observer::*callback)(const Event&) noexcept, const Event& event) const noexcept {
        for (const auto& each : settings_.observers)
            ((*each).*callback)(event);
    }
    void tell_call_started(call& value);
    void begin_attempt(call& value, const pooled_connection& on);
    void tell_attempt_ended(const call& value, const pooled_connection& on, const attempt_outcome& outcome);
    void tell_sent_again(const call& value, resend_kind kind, std::chrono::nanoseconds pause);
    void tell_call_ended(call& value, const error_code& error, int status, time_point now);
    void tell_connected(pooled_connection& value, bool resumed);
    void tell_draining(const pooled_connection& value);
    void tell_closed(const pooled_connection& value, const close_info& why, time_point now);
    void tell_token_changed(const failure* failed);

    const observation_settings& settings_;
    std::uint64_t last_call_;
    std::uint64_t last_connection_;
    // Of the attempt that has ended last:
    int last_status_ = 0;
    error_code last_error_;
    bool last_was_unsent_ = false;
    bool over_ = false;
};

} // namespace bandwidth::webrtc::detail
