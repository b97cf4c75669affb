#include "pool/dispatcher.hpp"

#include <algorithm>
#include <cassert>

namespace bandwidth::webrtc::detail {

namespace {

// No deadline is further away than this, so that adding it to a time cannot overflow.
constexpr auto longest_deadline = std::chrono::hours(24 * 365);

} // namespace

dispatcher::dispatcher(const dispatcher_settings& settings, const request_encoder& encoder,
                       dispatcher_host& host)
    : settings_(settings)
    , encoder_(encoder)
    , host_(host)
    , connections_(settings.depth)
    , jitter_(static_cast<std::minstd_rand::result_type>(settings.jitter_seed)) {}

dispatcher::~dispatcher() = default;

void call::on_time(time_point) { owner->expired(*this); }

// --- calls -----------------------------------------------------------------------------------------------

void dispatcher::submit(call& value) {
    value.owner = this;
    value.started = now_;
    const auto limit = std::min<std::chrono::nanoseconds>(value.deadline_after, longest_deadline);
    value.deadline = now_ + limit;
    if (value.cancel_id != 0)
        cancellable_.emplace(value.cancel_id, &value);
    if (!value.is_drain) { // a drain waits for the calls, it is none
        ++counters_.calls_started;
        ++active_calls_;
    }
    if (value.refused) {
        fail(value, value.refused->code(), value.refused->message());
    } else if (closed_ && value.is_drain) {
        complete(value, true); // there is nothing left to wait for
    } else if (closed_ || (draining_ && !value.is_drain)) {
        fail(value, errc::client_closed, "the client is closed");
    } else if (value.is_drain) {
        draining_ = true;
        value.where = call::state::queued;
        drains_.push_back(value);
        timers_.set(value, value.deadline);
    } else if (limit.count() <= 0) {
        fail(value, errc::queue_timeout, "the deadline had passed before the call began");
    } else {
        const auto waiting = [this] { return replayable_.size() + unsafe_.size(); };
        if (waiting() >= settings_.queue_limit)
            dispatch(); // some of those that wait may only be waiting for the end of this turn
        if (waiting() >= settings_.queue_limit) {
            fail(value, errc::queue_full, std::to_string(waiting()) + " calls wait for a connection");
            return;
        }
        value.sequence = ++sequence_;
        enqueue(value);
        timers_.set(value, value.deadline);
    }
}

void dispatcher::enqueue(call& value) noexcept {
    value.where = call::state::queued;
    (value.request.kind == request_class::unsafe ? unsafe_ : replayable_).push_back(value);
    ++counters_.queue_depth;
}

void dispatcher::unqueue(call& value) noexcept {
    (value.request.kind == request_class::unsafe ? unsafe_ : replayable_).remove(value);
    --counters_.queue_depth;
}

void dispatcher::fail(call& value, const error_code& code, std::string text) {
    fail(value, code, std::move(text),
         value.maybe_processed ? delivery::maybe_processed : delivery::not_sent);
}

void dispatcher::fail(call& value, const error_code& code, std::string text, delivery known) {
    failure_state state;
    state.code = code;
    state.message = std::move(text);
    state.attempts = value.attempts;
    state.elapsed = now_ - value.started;
    state.delivery = value.maybe_processed ? delivery::maybe_processed : known;
    value.settle(failure(std::move(state)));
    if (code == errc::cancelled)
        ++counters_.calls_cancelled;
    complete(value, false);
}

void dispatcher::complete(call& value, bool success) {
    timers_.remove(value);
    value.where = call::state::done;
    value.carrier = nullptr;
    if (value.cancel_id != 0)
        cancellable_.erase(value.cancel_id);
    if (!value.is_drain) {
        --active_calls_;
        ++(success ? counters_.calls_succeeded : counters_.calls_failed);
    }
    host_.finished(value);
}

void dispatcher::cancel(std::uint64_t id) {
    if (const auto found = cancellable_.find(id); found != cancellable_.end())
        give_up(*found->second, errc::cancelled);
}

void dispatcher::expired(call& value) {
    if (value.is_drain) {
        close();
        return;
    }
    if (value.where == call::state::queued) {
        give_up(value, waiting_timeout());
        return;
    }
    const auto& requests = value.carrier->requests();
    const bool in_body = requests.at(0).owner == &value && requests.answer_head_done();
    give_up(value, in_body ? errc::body_timeout : errc::response_timeout);
}

// The caller waits no longer: by his cancellation or by his deadline.
void dispatcher::give_up(call& value, errc code) {
    switch (value.where) {
    case call::state::queued:
        if (value.is_drain) {
            drains_.remove(value);
        } else {
            unqueue(value);
        }
        fail(value, code, code == errc::cancelled ? std::string() : last_dial_error_);
        return;
    case call::state::in_flight: {
        // Its neighbours must not notice: the answer is read and dropped.
        auto& carrier = *value.carrier;
        carrier.requests().abandon(value, now_);
        --counters_.in_flight;
        ++counters_.zombies;
        fail(value, code, {}, delivery::maybe_processed);
        if (carrier.requests().zombies() * 2 > carrier.requests().depth() && !carrier.retired)
            retire(carrier);
        else
            timers_.set_no_later(carrier, due(carrier));
        return;
    }
    case call::state::prepared:
    case call::state::done:
        return;
    }
}

errc dispatcher::waiting_timeout() const noexcept {
    if (counters_.open.get() != 0 || connecting_ == 0)
        return errc::queue_timeout;
    phase furthest = phase::resolving;
    for (const auto& entry : connections_.all()) {
        if (!entry->is_open())
            furthest = std::max(furthest, entry->link->phase());
    }
    return furthest == phase::resolving    ? errc::resolve_timeout
           : furthest == phase::connecting ? errc::connect_timeout
                                           : errc::handshake_timeout;
}

void dispatcher::fail_queue(const error_code& code, const std::string& text) {
    for (auto* const lane : {&replayable_, &unsafe_}) {
        while (call* const value = lane->front()) {
            unqueue(*value);
            fail(*value, code, text);
        }
    }
}

void dispatcher::check_drained() {
    if (draining_ && !closed_ && active_calls_ == 0)
        close();
}

void dispatcher::close() {
    if (closed_)
        return;
    closed_ = true;
    const bool cut_off = active_calls_ != 0;
    timers_.remove(dial_again_);
    fail_queue(errc::client_closed, "the client was closed");
    while (!connections_.all().empty()) {
        auto& value = *connections_.all().back();
        value.link->close();
        auto& requests = value.requests();
        for (std::size_t i = 0; i < requests.outstanding(); ++i) {
            const auto& slot = requests.at(i);
            if (!slot.owner)
                continue;
            --counters_.in_flight;
            const bool unsent = requests.state_of(slot) == send_state::unsent;
            fail(static_cast<call&>(*slot.owner), errc::client_closed, "the client was closed",
                 unsent ? delivery::not_sent : delivery::maybe_processed);
        }
        remove(value);
    }
    while (call* const waiting = drains_.pop_front()) {
        if (cut_off)
            fail(*waiting, errc::client_closed, "calls were cut off");
        else
            complete(*waiting, true);
    }
}

void dispatcher::abandon() noexcept {
    closed_ = true;
    cancellable_.clear();
    for (auto* const lane : {&replayable_, &unsafe_, &drains_}) {
        while (call* const value = lane->pop_front()) {
            timers_.remove(*value);
            value->recycle();
        }
    }
    while (!connections_.all().empty()) {
        auto& value = *connections_.all().back();
        auto& requests = value.requests();
        value.link->close();
        for (std::size_t i = 0; i < requests.outstanding(); ++i) {
            if (auto* const owner = requests.at(i).owner) {
                timers_.remove(static_cast<call&>(*owner));
                static_cast<call*>(owner)->recycle();
            }
        }
        remove(value);
    }
}

void dispatcher::expire() {
    while (timed* const entry = timers_.pop(now_))
        entry->on_time(now_);
}

// --- the end of a turn -----------------------------------------------------------------------------------

void dispatcher::end_turn() {
    dispatch();
    if (!closed_) {
        dial_for_waiting();
        reserve_for_unsafe();
    }
    check_drained();
    for (auto* const value : touched_) {
        value->touched = false;
        ++counters_.writes;
        value->link->flush();
    }
    touched_.clear();
}

// Serves the two lanes by age; when one cannot go on, the other may.
void dispatcher::dispatch() {
    for (;;) {
        const call* const replayable = replayable_.front();
        const call* const unsafe = unsafe_.front();
        if (unsafe && (!replayable || unsafe->sequence < replayable->sequence) && dispatch_unsafe())
            continue;
        if (replayable && dispatch_replayable())
            continue;
        if (unsafe && dispatch_unsafe())
            continue;
        return;
    }
}

// A write that failed ends a connection for new requests before the set knows of it.
member* dispatcher::usable(member* (connection_set::*choose)() const noexcept) {
    member* chosen = nullptr;
    while ((chosen = (connections_.*choose)()) != nullptr && chosen->requests().closing())
        refile(*chosen);
    return chosen;
}

bool dispatcher::dispatch_replayable() {
    // A call that cannot be replayed once more goes first in line on its connection, where no close that is
    // announced in another's answer can hit it.
    const bool last_chance =
        replayable_.front()->replays != 0 && replayable_.front()->replays >= settings_.max_replays;
    auto* to = usable(last_chance ? &connection_set::idle : &connection_set::shallowest);
    if (!to) {
        // With one connection only, the lanes take turns by age.
        const call* const unsafe = unsafe_.front();
        if (!unsafe || replayable_.front()->sequence < unsafe->sequence)
            to = usable(&connection_set::reserved_idle);
    }
    if (!to || (to->requests().outstanding() != 0 && can_dial() && worth_dialling(*to)))
        return false;
    assign(*replayable_.front(), *to);
    return true;
}

bool dispatcher::dispatch_unsafe() {
    // A server may be closing a connection that was idle for long just now, and this call cannot be replayed.
    const auto stale = [this](const member& value) {
        return now_ - value.idle_since > settings_.unsafe_idle_limit;
    };
    auto* to = usable(&connection_set::reserved_idle);
    if (!to || stale(*to)) {
        if (auto* const used_last = usable(&connection_set::idle); used_last && (!to || !stale(*used_last)))
            to = used_last;
    }
    if (!to)
        return false;
    if (stale(*to)) {
        if (connections_.size() >= settings_.max_connections && now_ >= dial_again_at_)
            close_member(*to); // makes room for a fresh one
        return false;
    }
    assign(*unsafe_.front(), *to);
    return true;
}

void dispatcher::assign(call& value, member& to) {
    unqueue(value);
    const bool first = to.requests().outstanding() == 0;
    to.link->stage(value, encoder_);
    value.where = call::state::in_flight;
    value.carrier = &to;
    ++value.attempts;
    ++counters_.requests_sent;
    ++counters_.in_flight;
    counters_.deepest_pipeline.raise_to(to.requests().outstanding());
    if (to.reserved) {
        to.reserved = false;
        --reserved_;
    }
    if (!to.touched) {
        to.touched = true;
        touched_.push_back(&to);
    }
    if (value.attempt_timeout)
        timers_.set(value, std::min(value.deadline, now_ + std::min<std::chrono::nanoseconds>(
                                                               *value.attempt_timeout, longest_deadline)));
    if (first) {
        to.head_since = now_;
        timers_.set_no_later(to, due(to));
    }
    refile(to);
}

} // namespace bandwidth::webrtc::detail
