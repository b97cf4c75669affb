#pragma once

#include "bulk/job/calls.hpp"

#include <bandwidth/webrtc/call_options.hpp>
#include <bandwidth/webrtc/result.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::bulk {

/// Where the calls of a job tell what became of them, and of what they create and delete. Not thread-safe.
class call_log {
public:
    using clock = std::chrono::steady_clock;

    /// One call.
    struct started_call {
        call_kind kind;
        std::size_t item;           ///< of the job: the number of what the call is about
        clock::time_point intended; ///< when a schedule wanted it; without one, `started`
        clock::time_point started;
    };

    /// Of a call that is made now.
    virtual started_call start(call_kind kind, std::size_t item) = 0;
    /// What each call is made with: the log learns from it where the time of the call went.
    virtual const call_options& options() const noexcept = 0;
    /// The same of a deletion. `may_be_gone`: what is not found any more is as good as deleted.
    call_options deletion_options(bool may_be_gone) const {
        auto deleting = options();
        deleting.ignore_not_found(may_be_gone);
        return deleting;
    }
    virtual void add_success(const started_call& call) = 0;
    virtual void add_failure(const started_call& call, const failure& failure) = 0;
    /// Of a call that has succeeded.
    /// \param problem  what is wrong with the response; empty when nothing is
    virtual void add_check(const started_call& call, const std::string& problem) = 0;
    /// A call is not made, because what it needs could not be created or joined.
    virtual void skip(call_kind kind) = 0;

    /// Something exists from now on, and does so no more.
    /// \param number  the job's for this kind of thing
    virtual void created(thing_kind kind, std::size_t number, std::string_view id) = 0;
    virtual void deleted(thing_kind kind, std::size_t number) = 0;

    /// Whether the run goes on: asked before each call but the first of an item.
    virtual bool may_go_on() const noexcept = 0;

    /// Notes what became of a call, and tells whether it succeeded.
    template <class T>
    bool note(const started_call& call, const result<T>& response) {
        if (response.has_error()) {
            add_failure(call, response.error());
            return false;
        }
        add_success(call);
        return true;
    }

protected:
    ~call_log() = default;
};

} // namespace bandwidth::webrtc::bulk
