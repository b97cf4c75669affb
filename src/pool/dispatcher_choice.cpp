#include <algorithm>
#include <new>
#include <utility>

#include "pool/dispatcher.hpp"

// The part of the dispatcher that gives calls to connections, at the end of a turn.

namespace bandwidth::webrtc::detail {

namespace {

// Behind an answer of which more than this is still to come, nothing is added.
constexpr std::uint64_t long_answer = 64 * 1024;

} // namespace

void dispatcher::end_turn() {
    if (!closed_) {
        follow_health();
        dispatch();
        make_room_for_fresh();
        dial_for_waiting();
        reserve_for_exclusive();
    }
    check_drained();
    flush_touched();
}

// While a server has requests to answer, those to come may gather, and cost one record and one write
// together. It must have enough to do until they arrive, and be the slower side: else the requests come in as
// many at a time as answers were waiting, and to hold them up for half a pipeline makes two batches of one.
bool dispatcher::may_gather(const member& value, std::size_t unsent) const noexcept {
    const auto sent = value.link->requests().outstanding() - unsent;
    const auto enough = depth_ / 2;
    if (value.round_trip.count() == 0 || value.reserved || sent <= enough || unsent == 0 ||
        unsent >= most_gathered || value.answers_read > most_apart ||
        now_ >= value.staged_since + longest_gathering)
        return false;
    const auto answers = std::min(sent - enough, most_gathered - unsent); // until it is flushed
    return service_time_ * static_cast<std::int64_t>(answers) < longest_gathering &&
           service_time_ * static_cast<std::int64_t>(enough) >= value.round_trip;
}

// Whether it gathers on changes with what happens to the connection, and is asked only then: where many
// gather, most have nothing new in a turn. (The average of the service time is the pool's and moves with the
// others' answers too; that may be noticed at the connection's next event, or when its time is over.)
void dispatcher::touch(member& value) noexcept {
    if (value.staged && !value.touched) {
        value.touched = true;
        touched_.push_back(&value); // there is room, since it was dialled
    }
}

void dispatcher::flush_touched() {
    while (!touched_.empty()) {
        auto& value = *touched_.back();
        touched_.pop_back();
        value.touched = false;
        const auto unsent = value.requests().unsent();
        if (may_gather(value, unsent)) {
            timers_.set_no_later(value, value.staged_since + longest_gathering);
            continue;
        }
        value.staged = false;
        if (unsent != 0) // else taken back in the meantime
            flush(value);
    }
}

void dispatcher::flush(member& value) {
    ++counters_.writes;
    try {
        value.link->flush();
    } catch (const std::bad_alloc&) {
        // What it has not written it never will. The turn to come finds the calls another one.
        value.link->close();
        settle_lost(value, loss::abandoned, errc::out_of_memory, "a request could not be encrypted");
        remove(value);
        timers_.set_no_later(dial_again_, now_);
    }
}

void dispatcher::follow_health() {
    const auto allowed = health_.trusted(now_) ? settings_.depth : std::size_t{1};
    if (allowed == depth_)
        return;
    if (allowed < depth_)
        ++counters_.fallbacks;
    depth_ = allowed;
    for (const auto& entry : connections_.all()) {
        entry->requests().set_depth(depth_);
        refile(*entry);
    }
}

// Serves two lanes by age; when one cannot go on, the other may. The third is served as connections open.
void dispatcher::dispatch() {
    for (;;) {
        if (!shared_.empty() || !exclusive_.empty())
            read_idle();
        const call* const shared = shared_.front();
        const call* const exclusive = exclusive_.front();
        if (exclusive && (!shared || exclusive->sequence < shared->sequence) && dispatch_exclusive())
            continue;
        if (shared && dispatch_shared())
            continue;
        if (exclusive && dispatch_exclusive())
            continue;
        return;
    }
}

// What has arrived on an idle connection, a response or the connection's end, was there before the request
// that may go to it next. So the idle connections that are next in line are read first (RFC 9112,
// section 9.2: what comes when nothing is outstanding is no response). It was found missing when a response
// that a server sent unasked, while the only thread was busy, was taken for the response to the POST that was
// written next.
void dispatcher::read_idle() {
    while (!seen_empty(connections_.idle()) || !seen_empty(connections_.reserved_idle())) {
    }
}

// False: it has ended, and another one may stand in its place. Calls that wait may have failed with it.
bool dispatcher::seen_empty(member* value) {
    if (!value || now_ - value->seen_empty <= seen_empty_for)
        return true;
    value->seen_empty = now_;
    return value->link->read_available();
}

// A write that failed ends a connection for new requests before the set knows of it; a long answer does so
// for the time that it takes.
member* dispatcher::usable(member* (connection_set::*choose)() const noexcept) {
    for (;;) {
        auto* const chosen = (connections_.*choose)();
        if (!chosen)
            return nullptr;
        const auto& requests = chosen->requests();
        if (requests.answer_remaining().value_or(0) > long_answer)
            chosen->suspect = true;
        else if (!requests.closing())
            return chosen;
        refile(*chosen);
    }
}

bool dispatcher::dispatch_shared() {
    // A call that cannot be replayed once more goes first in line on its connection, where no close that is
    // announced in another's answer can hit it. It holds up those behind it until there is an idle one:
    // should they pass, there might never be.
    const auto& next = *shared_.front();
    const bool last_chance = next.replays != 0 && next.replays >= settings_.max_replays;
    auto* to = usable(last_chance ? &connection_set::idle : &connection_set::shallowest);
    if (!to) {
        // With one connection only, the lanes take turns by age.
        const call* const exclusive = exclusive_.front();
        if (!exclusive || next.sequence < exclusive->sequence)
            to = usable(&connection_set::reserved_idle);
    }
    if (!to || (to->requests().outstanding() != 0 && can_dial() && worth_dialling(*to)))
        return false;
    assign(*shared_.front(), *to);
    return true;
}

bool dispatcher::dispatch_exclusive() {
    const auto replayable = [](const call& value) {
        return value.request.kind != request_class::unsafe && value.allow_replay;
    };
    const auto& next = *exclusive_.front();
    const bool trusting = replayable(next);
    // A server may be closing a connection that was idle for long just now, and an unsafe call cannot be
    // replayed. While dials fail it is better than none.
    const auto stale = [&](const member& value) {
        return !trusting && dial_failures_ == 0 && now_ - value.idle_since > settings_.unsafe_idle_limit;
    };
    auto* to = usable(&connection_set::reserved_idle);
    if (!to || stale(*to)) {
        if (auto* const used_last = usable(&connection_set::idle); used_last && (!to || !stale(*used_last)))
            to = used_last;
    }
    if (!to)
        return false;
    if (stale(*to)) {
        // One behind may be content with it, if each before that has a dial, begun or to come. Once it has
        // answered, it is as good as a new one to the first in line.
        const auto dials = connecting_ + (settings_.max_connections - connections_.size());
        std::size_t before = 1;
        for (call* behind = next.next; behind && before <= dials; behind = behind->next, ++before) {
            if (replayable(*behind)) {
                assign(*behind, *to);
                return true;
            }
        }
        if (connections_.size() >= settings_.max_connections && now_ >= dial_again_at_ &&
            connecting_ < exclusive_.size()) {
            to->closed_for = &counters_.connections_closed_idle;
            close_member(*to); // makes room for a fresh one
        }
        return false;
    }
    assign(*exclusive_.front(), *to);
    return true;
}

void dispatcher::assign(call& value, member& to) {
    unqueue(value);
    value.needs_fresh = false;
    const bool first = to.requests().outstanding() == 0;
    try {
        to.link->stage(value, encoder_, now_);
    } catch (const std::bad_alloc&) {
        fail(value, errc::out_of_memory);
        return;
    }
    value.where = call::state::in_flight;
    value.carrier = &to;
    if (value.attempts++ == 0) {
        budget_.deposit(now_);
        counters_.queue_wait += static_cast<std::uint64_t>((now_ - value.started).count());
    }
    ++counters_.requests_sent;
    ++counters_.in_flight;
    counters_.deepest_pipeline.raise_to(to.requests().outstanding());
    if (to.reserved) {
        to.reserved = false;
        --reserved_;
    }
    if (!to.staged) {
        to.staged = true;
        to.staged_since = now_;
    }
    if (const auto* const limit = value.attempt_timeout())
        timers_.set(value, value.deadline() - now_ > *limit ? now_ + *limit : value.deadline());
    if (first) {
        to.rests = false;
        to.head_since = now_;
        timers_.set_no_later(to, due(to));
    }
    refile(to);
}

// Behind what is in flight, or on a new connection: whichever is expected to answer first.
bool dispatcher::worth_dialling(const member& shallowest) const noexcept {
    // Behind a zombie there is no telling: its caller gave it up for being slow, most likely.
    if (service_time_.count() == 0 || connect_time_.count() == 0 ||
        shallowest.link->requests().zombies() != 0)
        return true;
    const auto ahead = static_cast<std::int64_t>(shallowest.link->requests().outstanding());
    return service_time_ * ahead >= connect_time_;
}

void dispatcher::make_room_for_fresh() {
    if (fresh_.empty() || connecting_ != 0 || connections_.size() < settings_.max_connections ||
        counters_.draining.get() != 0)
        return;
    auto* leaves = connections_.shallowest();
    if (!leaves) {
        for (const auto& entry : connections_.all()) {
            if (entry->is_open())
                leaves = entry.get();
        }
    }
    if (leaves)
        retire(*leaves);
}

void dispatcher::reserve_for_exclusive() {
    if (exclusive_.empty()) {
        if (reserved_ == 0)
            return;
        reserved_ = 0;
        for (const auto& entry : connections_.all()) {
            if (std::exchange(entry->reserved, false))
                refile(*entry);
        }
        return;
    }
    if (can_dial())
        return;
    const auto share = std::max<std::size_t>(1, connections_.size() / 2);
    const auto wanted = std::min(exclusive_.size(), share);
    for (auto it = connections_.all().begin(); reserved_ < wanted && it != connections_.all().end(); ++it) {
        auto& value = **it;
        if (value.reserved || value.retired || !value.is_open() || value.requests().closing() ||
            value.suspect || value.requests().outstanding() == 0)
            continue;
        value.reserved = true;
        ++reserved_;
        refile(value);
    }
}

} // namespace bandwidth::webrtc::detail
