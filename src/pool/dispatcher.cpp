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
    ++counters_.calls_started;
    ++active_calls_;
    if (value.cancel_id != 0)
        cancellable_.emplace(value.cancel_id, &value);
    if (value.refused) {
        fail(value, value.refused->code(), value.refused->message());
    } else if (closed_ || (draining_ && !value.is_drain)) {
        fail(value, errc::client_closed, "the client is closed");
    } else if (value.is_drain) {
        --active_calls_; // it waits for the others, not for itself
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
    if (!value.is_drain)
        --active_calls_;
    ++(success ? counters_.calls_succeeded : counters_.calls_failed);
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

bool dispatcher::dispatch_replayable() {
    auto* to = connections_.shallowest();
    if (!to) {
        // With one connection only, the lanes take turns by age.
        const call* const unsafe = unsafe_.front();
        if (!unsafe || replayable_.front()->sequence < unsafe->sequence)
            to = connections_.reserved_idle();
    }
    if (!to || (to->requests().outstanding() != 0 && can_dial() && worth_dialling(*to)))
        return false;
    assign(*replayable_.front(), *to);
    return true;
}

bool dispatcher::dispatch_unsafe() {
    auto* to = connections_.reserved_idle();
    if (!to)
        to = connections_.idle();
    if (!to)
        return false;
    // A server may be closing a connection that was idle for long just now, and this call cannot be replayed.
    if (now_ - to->idle_since > settings_.unsafe_idle_limit) {
        if (!can_dial())
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

// --- connections -----------------------------------------------------------------------------------------

// Behind what is in flight, or on a new connection: whichever is expected to answer first.
bool dispatcher::worth_dialling(const member& shallowest) const noexcept {
    if (service_time_.count() == 0 || connect_time_.count() == 0)
        return true;
    const auto ahead = static_cast<std::int64_t>(shallowest.link->requests().outstanding());
    return service_time_ * ahead >= connect_time_;
}

bool dispatcher::can_dial() const noexcept {
    if (closed_ || connections_.size() >= settings_.max_connections)
        return false;
    return counters_.open.get() == 0 || now_ >= dial_again_at_;
}

void dispatcher::dial_for_waiting() {
    const auto waiting = replayable_.size() + unsafe_.size();
    while (connecting_ < waiting && can_dial())
        dial();
}

void dispatcher::dial() {
    auto& added = connections_.add(*this);
    added.link = host_.make_connection(added);
    added.dialled = now_;
    ++connecting_;
    ++counters_.connecting;
    ++counters_.dials;
    timers_.set(added, due(added));
    added.link->open();
}

void dispatcher::reserve_for_unsafe() {
    if (unsafe_.empty()) {
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
    const auto wanted = std::min(unsafe_.size(), share);
    for (auto it = connections_.all().begin(); reserved_ < wanted && it != connections_.all().end(); ++it) {
        auto& value = **it;
        if (value.reserved || value.retired || !value.is_open() || value.requests().closing())
            continue;
        value.reserved = true;
        ++reserved_;
        refile(value);
    }
}

void dispatcher::opened(member& value, bool resumed) {
    --connecting_;
    --counters_.connecting;
    ++counters_.open;
    ++(resumed ? counters_.handshakes_resumed : counters_.handshakes_full);
    dial_failures_ = 0;
    dial_again_at_ = {};
    last_dial_error_.clear();
    const std::chrono::nanoseconds took = now_ - value.dialled;
    connect_time_ = connect_time_.count() == 0 ? took : (connect_time_ * 7 + took) / 8;
    // Ages differ by up to 10 % either way, so that connections made together do not all end together.
    std::uniform_int_distribution<std::int64_t> spread(-100, 100);
    value.retire_at = now_ + settings_.max_age + settings_.max_age / 1000 * spread(jitter_);
    value.idle_since = now_;
    value.received_last = now_;
    refile(value);
    timers_.set(value, due(value));
}

void dispatcher::received(member& value, std::size_t bytes) {
    value.received_last = now_;
    counters_.bytes_received += bytes;
}

void dispatcher::answered(member& value, exchange* owner, const response& answer) {
    const std::chrono::nanoseconds took = now_ - value.head_since;
    service_time_ = service_time_.count() == 0 ? took : (service_time_ * 15 + took) / 16;
    value.head_since = now_;
    if (owner) {
        auto& answered_call = static_cast<call&>(*owner);
        --counters_.in_flight;
        const bool success = answered_call.settle(answer, now_ - answered_call.started);
        complete(answered_call, success);
    } else {
        --counters_.zombies;
    }
    const auto& requests = value.requests();
    if (requests.outstanding() == 0) {
        value.idle_since = now_;
        timers_.set_no_later(value, due(value));
    }
    if (value.retired && requests.outstanding() == requests.zombies())
        close_member(value);
    else
        refile(value);
}

void dispatcher::closed(member& value, const close_info& info) {
    if (info.cause == close_cause::not_made) {
        remove(value);
        dial_failed(info.code, info.text);
        return;
    }
    counters_.unsolicited_bytes += value.requests().unsolicited_bytes();
    loss how = loss::failed;
    if (info.cause == close_cause::graceful)
        how = loss::graceful;
    else if (info.cause == close_cause::ended)
        how = loss::ended;
    else if (info.code == errc::protocol_error || info.code == errc::response_too_large)
        how = value.requests().unsolicited_bytes() != 0 ? loss::failed : loss::faulty;
    settle_lost(value, how, info.code, info.text);
    remove(value);
}

void dispatcher::settle_lost(member& value, loss how, const error_code& code, const std::string& text) {
    const auto& requests = value.requests();
    if (requests.outstanding() > requests.zombies() && how != loss::graceful)
        ++counters_.connections_lost;
    const bool answer_started = requests.answer_started();
    // From the last to the first, so that putting each in front keeps their order.
    for (std::size_t i = requests.outstanding(); i-- > 0;) {
        const auto& slot = requests.at(i);
        if (!slot.owner)
            continue;
        auto& lost = static_cast<call&>(*slot.owner);
        --counters_.in_flight;
        const bool head = i == 0;
        const auto verdict = after_loss(lost_request{slot.kind, requests.state_of(slot), head,
                                                     head && answer_started, lost.allow_replay, lost.replays},
                                        how, settings_.max_replays);
        if (verdict.action == replay_action::fail) {
            fail(lost, head ? code : error_code(errc::connection_lost), text, verdict.delivery);
            continue;
        }
        if (verdict.action == replay_action::replay) {
            ++lost.replays;
            ++counters_.replays;
            if (verdict.delivery == delivery::maybe_processed)
                lost.maybe_processed = true;
        }
        lost.carrier = nullptr;
        lost.where = call::state::queued;
        (lost.request.kind == request_class::unsafe ? unsafe_ : replayable_).push_front(lost);
        ++counters_.queue_depth;
        timers_.set(lost, lost.deadline);
    }
}

void dispatcher::dial_failed(const error_code& code, const std::string& text) {
    ++counters_.dials_failed;
    dial_failures_ = std::min(dial_failures_ + 1, 7);
    dial_again_at_ = now_ + std::chrono::milliseconds(50) * (1 << dial_failures_);
    last_dial_error_ =
        "the last connection could not be made: " + code.message() + (text.empty() ? "" : ": ") + text;
    // As long as another connection can serve them, one failed dial fails nobody.
    if (counters_.open.get() == 0 && connecting_ == 0)
        fail_queue(code, text);
}

void dispatcher::expired(member& value) {
    if (!value.is_open()) {
        if (now_ < value.dialled + settings_.connect_timeout) {
            timers_.set(value, due(value));
            return;
        }
        const auto at = value.link->phase();
        const auto code = at == phase::resolving    ? errc::resolve_timeout
                          : at == phase::connecting ? errc::connect_timeout
                                                    : errc::handshake_timeout;
        value.link->close();
        remove(value);
        dial_failed(code, {});
        return;
    }
    auto& requests = value.requests();
    if (requests.outstanding() != 0 && now_ >= head_due(value)) {
        const bool in_body = requests.answer_head_done();
        value.link->close();
        settle_lost(value, loss::stalled, in_body ? errc::body_timeout : errc::response_timeout, {});
        remove(value);
        return;
    }
    const bool overdue = requests.zombies() != 0 && now_ >= requests.oldest_zombie() + settings_.zombie_grace;
    const bool idle_too_long =
        requests.outstanding() == 0 && now_ >= value.idle_since + settings_.idle_timeout;
    if (idle_too_long) {
        close_member(value);
        return;
    }
    if (!value.retired && (overdue || now_ >= value.retire_at)) {
        retire(value);
        return;
    }
    timers_.set(value, due(value));
}

// An interim response or a drip of bytes does not move the time for a head; progress does for a body.
time_point dispatcher::head_due(const member& value) const noexcept {
    const auto since = value.link->requests().answer_head_done() ? value.received_last : value.head_since;
    return since + settings_.response_timeout;
}

time_point dispatcher::due(const member& value) const noexcept {
    if (!value.is_open())
        return value.dialled + settings_.connect_timeout;
    const auto& requests = value.link->requests();
    auto at = requests.outstanding() == 0 ? value.idle_since + settings_.idle_timeout : head_due(value);
    if (!value.retired) {
        at = std::min(at, value.retire_at);
        if (requests.zombies() != 0)
            at = std::min(at, requests.oldest_zombie() + settings_.zombie_grace);
    }
    return at;
}

void dispatcher::retire(member& value) {
    value.requests().stop_accepting();
    value.retired = true;
    --counters_.open;
    ++counters_.draining;
    if (value.requests().outstanding() == value.requests().zombies()) {
        close_member(value);
        return;
    }
    refile(value);
    timers_.set(value, due(value));
}

void dispatcher::close_member(member& value) {
    value.link->close();
    remove(value);
}

void dispatcher::refile(member& value) {
    connections_.file(value);
    const bool idle = value.is_open() && !value.retired && value.requests().outstanding() == 0;
    if (idle != value.counted_idle) {
        value.counted_idle = idle;
        if (idle)
            ++counters_.idle;
        else
            --counters_.idle;
    }
}

void dispatcher::remove(member& value) {
    if (value.retire_at == time_point::max()) { // it never was open
        --connecting_;
        --counters_.connecting;
    } else {
        --(value.retired ? counters_.draining : counters_.open);
        ++counters_.connections_closed;
    }
    if (value.counted_idle)
        --counters_.idle;
    if (value.reserved)
        --reserved_;
    counters_.zombies -= value.requests().zombies();
    if (value.touched)
        std::erase(touched_, &value);
    timers_.remove(value);
    connections_.remove(value);
}

// --- the members' events ---------------------------------------------------------------------------------

void member::on_open(bool resumed) { owner_.opened(*this, resumed); }
void member::on_received(std::size_t bytes) { owner_.received(*this, bytes); }
void member::on_sent(std::size_t bytes) { owner_.counters_.bytes_sent += bytes; }
void member::on_answer(exchange* owner, const response& answer) { owner_.answered(*this, owner, answer); }
void member::on_closed(const close_info& info) { owner_.closed(*this, info); }
void member::on_time(time_point) { owner_.expired(*this); }

} // namespace bandwidth::webrtc::detail
