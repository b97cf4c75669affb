#pragma once

#include "bulk/job/call_log.hpp"
#include "bulk/job/calls.hpp"

#include <bandwidth/webrtc/stats.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// One of the calls of a job, which a phase makes for all items.
struct job_call {
    call_kind kind;
    std::size_t items; ///< such as all participants of all sessions; they have the numbers from 0
    std::size_t
        each; ///< items of one session or endpoint, behind those of the one before; 0: it is one for all
    /// Makes the call for one item, checks that the response belongs to it, and notes both. What the call needs and
    /// does not exist, because its creation failed, makes it skipped.
    std::function<boost::asio::awaitable<void>(std::size_t item, call_log& log)> make;
};

/// How many things of one kind exist.
struct thing_count {
    thing_kind kind;
    std::size_t count;
};

/// What a run does with one family of the API, and all that it has created there: a table of calls, of which
/// the run makes phases. The calls of a job may be made at the same time, on one thread.
class job {
public:
    virtual ~job() = default;

    /// Every call that the family has.
    virtual std::vector<job_call> calls() = 0;
    /// From now on what is gone by itself, or by a delete whose response was lost, is as good as deleted.
    /// \return the calls that delete what still exists, in their order
    virtual std::vector<call_kind> begin_clean_up() = 0;
    /// What was created and not deleted yet, one entry for each kind of thing, always in the same order.
    virtual std::vector<thing_count> existing() const = 0;

    /// Calls this for all that exists, with its number and its id.
    virtual void visit_existing(
        const std::function<void(thing_kind, std::size_t, std::string_view)>& visit) const = 0;
    /// Something that an earlier run has created, and that exists.
    virtual void restore(thing_kind kind, std::size_t number, std::string id) = 0;

    /// Of the job's client.
    virtual client_stats stats() const = 0;
    /// Ends every call in flight.
    virtual void close() noexcept = 0;
};

} // namespace bandwidth::webrtc::bulk
