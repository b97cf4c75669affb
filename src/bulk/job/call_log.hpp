#pragma once

#include <bandwidth/webrtc/result.hpp>
#include <chrono>
#include <string>

namespace bandwidth::webrtc::bulk {

/// Where the calls of a phase tell what became of them. Not thread-safe.
class call_log {
public:
    using clock = std::chrono::steady_clock;

    virtual void add_success(std::chrono::nanoseconds latency) = 0;
    virtual void add_failure(const failure& failure) = 0;
    /// Of a call that has succeeded.
    /// \param problem  what is wrong with the response; empty when nothing is
    virtual void add_check(const std::string& problem) = 0;
    /// A call is not made, because what it needs could not be created or joined.
    virtual void skip() = 0;
    /// Whether the run goes on: asked before each call but the first of an item.
    virtual bool may_go_on() const noexcept = 0;

    /// Notes what became of a call, and tells whether it succeeded.
    template <class T>
    bool note(clock::time_point started, const result<T>& response) {
        if (response.has_error()) {
            add_failure(response.error());
            return false;
        }
        add_success(clock::now() - started);
        return true;
    }

protected:
    ~call_log() = default;
};

} // namespace bandwidth::webrtc::bulk
