#pragma once

#include <bandwidth/webrtc/observer.hpp>
#include <map>
#include <set>
#include <string>

namespace test {

namespace webrtc = bandwidth::webrtc;

/// Checks that events come in the order that `observer` promises, and that they agree with each other.
class checking_observer final : public webrtc::observer {
public:
    void call_started(const webrtc::observed_call& event) noexcept override {
        require(calls_.emplace(event.number, call()).second, "a number was used twice");
    }
    void attempt_started(const webrtc::observed_attempt& event) noexcept override {
        auto& known = of(event.call);
        require(!known.in_attempt, "an attempt begins inside another one");
        require(event.attempt == ++known.attempts, "attempts are not counted");
        known.in_attempt = true;
        known.connection = event.connection;
        const auto on = connections_.find(event.connection);
        require(on != connections_.end(), "an attempt on a connection that is not open");
        if (on == connections_.end())
            return;
        require(event.reused == (on->second.requests != 0), "a connection is called reused that was not");
        require(!on->second.draining, "an attempt on a connection that drains");
        ++on->second.requests;
        if (event.trace)
            require(spans_.insert(event.trace->span_id_text()).second, "a span id was used twice");
    }
    void attempt_ended(const webrtc::observed_attempt_end& event) noexcept override {
        auto& known = of(event.attempt.call);
        require(known.in_attempt && event.attempt.attempt == known.attempts &&
                    event.attempt.connection == known.connection,
                "an attempt ends that has not begun");
        known.in_attempt = false;
        if (const auto on = connections_.find(known.connection);
            on != connections_.end() && !event.maybe_processed)
            --on->second.requests;
        known.last_failed = event.status >= 400 || (event.status == 0 && event.error);
        known.timings += event.timings;
        for (const auto part : {event.timings.queue, event.timings.connect, event.timings.pipeline,
                                event.timings.wait, event.timings.receive})
            require(part.count() >= 0, "a time below zero");
    }
    void call_sent_again(const webrtc::observed_resend& event) noexcept override {
        const auto& known = of(event.call);
        require(!known.in_attempt && known.last_failed && event.attempts == known.attempts,
                "a call is sent again without a failure");
        ++sent_again;
    }
    void call_ended(const webrtc::observed_call_end& event) noexcept override {
        const auto& known = of(event.call);
        require(!known.in_attempt && event.attempts == known.attempts, "a call ends inside an attempt");
        require(event.timings.wait == known.timings.wait && event.timings.receive == known.timings.receive &&
                    event.timings.pipeline == known.timings.pipeline,
                "the parts are not those of the attempts");
        require(sum(event.timings) <= event.elapsed, "the parts are more than the whole");
        calls_.erase(event.call.number);
        ++ended;
    }
    void connection_opened(const webrtc::observed_connection_open& event) noexcept override {
        require(connections_.emplace(event.connection.number, connection()).second,
                "a connection opens twice");
        ++opened;
    }
    void connection_draining(const webrtc::observed_connection& event) noexcept override {
        const auto known = connections_.find(event.number);
        require(known != connections_.end() && !known->second.draining, "what drains is not open");
        if (known != connections_.end())
            known->second.draining = true;
    }
    void connection_closed(const webrtc::observed_connection_end& event) noexcept override {
        require(connections_.erase(event.connection.number) == 1, "what closes was not open");
        require(!event.reason.empty(), "no reason");
    }
    void connect_failed(const webrtc::observed_connection_end& event) noexcept override {
        require(!connections_.contains(event.connection.number), "what fails to connect was open");
    }

    /// The first rule that was broken; empty where none was.
    const std::string& broken() const { return broken_; }
    /// The same when no call and no connection may be left.
    const std::string& broken_at_end() {
        require(calls_.empty(), "a call has no end");
        require(connections_.empty(), "a connection has no end");
        return broken_;
    }

    std::uint64_t ended = 0;
    std::uint64_t sent_again = 0;
    std::uint64_t opened = 0;

private:
    struct call {
        bool in_attempt = false;
        bool last_failed = false;
        int attempts = 0;
        std::uint64_t connection = 0;
        webrtc::call_timings timings;
    };
    struct connection {
        int requests = 0; // without those of which nothing was sent
        bool draining = false;
    };

    static std::chrono::nanoseconds sum(const webrtc::call_timings& of) {
        return of.queue + of.connect + of.pipeline + of.wait + of.receive;
    }
    call& of(const webrtc::observed_call& event) {
        const auto found = calls_.find(event.number);
        require(found != calls_.end(), "an event of a call that has not started, or has ended");
        return found == calls_.end() ? none_ : found->second;
    }
    void require(bool holds, const char* what) {
        if (!holds && broken_.empty())
            broken_ = std::string("observer: ") + what;
    }

    std::map<std::uint64_t, call> calls_;
    std::map<std::uint64_t, connection> connections_;
    std::set<std::string> spans_;
    call none_;
    std::string broken_;
};

} // namespace test
