#include <algorithm>
#include <utility>

#include "pool/scheduler.hpp"

// Which connection takes which call, and when it is written: the end of a cycle.

namespace bandwidth::webrtc::detail {

namespace {

using state = pooled_connection::state;
using kind = request_queue::kind;

// A connection of which everything was read no longer ago than this is not read once more before a request
// goes to it. Shorter than any way to a server and back, so that what arrives meanwhile could as well have
// crossed the request on its way.
constexpr std::chrono::nanoseconds known_empty_for = std::chrono::microseconds(100);

} // namespace

void scheduler::follow_health() {
    const auto allowed = health_.trusted(now_) ? settings_.depth : std::size_t{1};
    if (allowed == depth_)
        return;
    if (allowed < depth_)
        increase(counters_.pipelining_disabled);
    depth_ = allowed;
    for (const auto& each : connections_.all()) {
        each->http.set_depth(depth_);
        if (each->status() == state::busy) // idle connections keep their order
            connections_.set_state(*each, state::busy);
        writes_.touch(*each); // staged requests no longer wait for more
    }
}

// Serves the shared and the exclusive queue by age; when one cannot be served, the other may. The third queue
// is served as connections open.
void scheduler::assign_waiting() {
    for (;;) {
        if (queue_.size(kind::shared) + queue_.size(kind::exclusive) == 0)
            return;
        if (!pacer_.may_send(counters_.in_flight))
            return;
        read_idle_connections();
        const call* const shared = queue_.front(kind::shared);
        const call* const exclusive = queue_.front(kind::exclusive);
        const bool exclusive_first = exclusive && (!shared || exclusive->sequence < shared->sequence);
        if (exclusive_first && assign_exclusive())
            continue;
        if (shared && assign_shared())
            continue;
        if (exclusive && !exclusive_first && assign_exclusive())
            continue;
        return;
    }
}

// What has arrived on an idle connection, a response or the connection's end, was there before the request
// that may go to it next. So the idle connections that are next in line are read first (RFC 9112,
// section 9.2: what comes when nothing is outstanding is no response). Before that, a response that a server
// sent unasked, while the only thread was busy, was taken for the response to the POST that was written next.
void scheduler::read_idle_connections() {
    while (!is_known_empty(connections_.idle()) || !is_known_empty(connections_.reserved())) {
    }
}

// False: the connection has ended, so another one may be the next in line. Calls that wait may have failed.
//
// A read that gave bytes tells nothing of a FIN behind them. A request that may be sent again can meet that FIN; another
// one must not, so where one waits the connection is read once more (F07c).
bool scheduler::is_known_empty(pooled_connection* value) {
    if (!value)
        return true;
    const bool end_matters = value->end_unseen && queue_.size(kind::exclusive) != 0;
    if (now_ - value->seen_empty <= known_empty_for && !end_matters)
        return true;
    value->seen_empty = now_;
    value->transport->read_available();
    value->end_unseen = false;
    return value->is_open();
}

bool scheduler::assign_shared() {
    auto& next = *queue_.front(kind::shared);
    // A call that has used up its resends goes first on an idle connection, where no close that the
    // response to another request announces can meet it. It holds up the calls behind it until there is an
    // idle connection: should they pass it, there might never be one.
    const bool last_chance = next.resends != 0 && next.resends >= settings_.again.max_resends;
    auto* to = last_chance ? connections_.idle() : connections_.shallowest();
    if (to && to->in_flight() != 0 && may_connect() &&
        latency_.worth_connecting(to->in_flight(), to->http.requests().abandoned() != 0))
        to = nullptr;
    // With one connection only, the two queues alternate by age. An exclusive call that is older has found no use for
    // a reserved connection: that was idle for too long, while the origin was closed.
    if (!to)
        to = connections_.reserved();
    if (!to)
        return false;
    assign(next, *to);
    return true;
}

bool scheduler::assign_exclusive() {
    auto& next = *queue_.front(kind::exclusive);
    // A server may just now be closing a connection that was idle for long, and a request that cannot be sent
    // again would be lost with it. While attempts to connect fail, such a connection is better than none; and
    // one of `min_connections` is kept for such a call.
    const auto is_stale = [&](const pooled_connection& value) {
        return !next.repeatable() && !connects_.failing() && !kept_when_idle() &&
               now_ - value.idle_since > settings_.unsafe_idle_limit;
    };
    auto* to = connections_.reserved();
    if (!to || is_stale(*to)) {
        if (auto* const used_last = connections_.idle(); used_last && (!to || !is_stale(*used_last)))
            to = used_last;
    }
    if (!to)
        return false;
    if (is_stale(*to))
        return assign_behind_stale(*to);
    assign(next, *to);
    return true;
}

// The first call in line must not use the idle connection, since that is too old for it. A call behind it
// may use it, if each call before that one has an attempt to connect, begun or to come. Once the old
// connection has given a response, the first call may use it too.
bool scheduler::assign_behind_stale(pooled_connection& stale) {
    const auto attempts = connections_.connecting() + (settings_.max_connections - connections_.size());
    std::size_t before = 1;
    auto* behind = queue_.behind(*queue_.front(kind::exclusive));
    for (; behind && before <= attempts; behind = queue_.behind(*behind), ++before) {
        if (behind->repeatable()) {
            assign(*behind, stale);
            return true;
        }
    }
    if (connections_.size() >= settings_.max_connections && now_ >= connects_.not_before() &&
        connections_.connecting() <
            std::min(queue_.size(kind::exclusive), pacer_.more(counters_.in_flight))) {
        close_connection(stale, {close_reason::idle, {}, {}}); // makes room for a new connection
        return true; // the idle connection that is next in line now has not been read
    }
    return false;
}

void scheduler::assign(call& value, pooled_connection& to) {
    queue_.remove(value);
    // Also where it is unstaged before it is written, and then goes to any connection: two such calls would make
    // room for each other for ever.
    value.needs_new_connection = false;
    const bool first = to.in_flight() == 0;
    if (value.timings())
        value.attempt_timings() = time_until_taken(value, to, now_);
    const bool first_attempt = value.attempts++ == 0;
    observed_.attempt_begins(value, to);
    to.http.stage(value, value.group->encoder, now_);
    value.where = call::state::in_flight;
    value.connection = &to;
    if (first_attempt) {
        again_.first_sent(now_);
        increase(counters_.queue_wait_ns, static_cast<std::uint64_t>((now_ - value.started).count()));
    }
    increase(counters_.requests_sent);
    increase(counters_.in_flight);
    if (to.in_flight() > counters_.deepest_pipeline)
        set(counters_.deepest_pipeline, to.in_flight());
    if (const auto* const limit = value.attempt_timeout())
        timers_.set(value, value.deadline() - now_ > *limit ? now_ + *limit : value.deadline());
    if (to.status() == state::reserved)
        connections_.set_state(to, state::idle);
    if (first) {
        to.buffers_released = false;
        to.front_since = now_;
    }
    writes_.staged(to, now_);
    if (++to.assigned >= to.request_limit) {
        drain(to);
        return;
    }
    connections_.update(to);
    if (first)
        timers_.set_no_later(to, due(to));
}

void scheduler::make_room_for_new_connection() {
    if (queue_.size(kind::new_connection) == 0 || pacer_.is_closed() || connections_.connecting() != 0 ||
        connections_.size() < settings_.max_connections || counters_.connections_draining != 0)
        return;
    auto* leaves = connections_.shallowest();
    if (!leaves) {
        for (const auto& each : connections_.all())
            if (each->is_open())
                leaves = each.get();
    }
    if (leaves)
        drain(*leaves);
}

// When all connections are busy and none can be added, up to half of them take no new requests until they are
// idle, for calls that need a connection to themselves.
void scheduler::reserve_for_exclusive() {
    const auto waiting = queue_.size(kind::exclusive);
    if (waiting == 0 && connections_.reservations() != 0) {
        for (const auto& each : connections_.all()) {
            if (each->status() == state::reserving || each->status() == state::reserved) {
                connections_.set_state(*each, state::idle);
                connections_.update(*each);
                writes_.touch(*each);
            }
        }
        assign_waiting(); // they take shared calls again
    }
    if (waiting == 0 || pacer_.is_closed())
        return;
    if (may_connect())
        return;
    const auto wanted = std::min(waiting, std::max<std::size_t>(1, connections_.size() / 2));
    for (const auto& each : connections_.all()) {
        if (connections_.reservations() >= wanted)
            return;
        if (each->status() == state::busy || each->status() == state::confirming) {
            connections_.set_state(*each, state::reserving);
            writes_.touch(*each);
        }
    }
}

void scheduler::flush() {
    while (auto* const value = writes_.take_dirty()) {
        if (write_coalescer::may_wait(*value, depth_, latency_.service_time(), now_)) {
            timers_.set_no_later(*value, value->staged_since + write_coalescer::longest);
            continue;
        }
        value->staged = false;
        if (value->http.requests().unsent() != 0) { // else the request was unstaged in the meantime
            increase(counters_.writes);
            value->transport->flush();
        }
    }
}

} // namespace bandwidth::webrtc::detail
