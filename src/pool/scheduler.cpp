#include "pool/scheduler.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

// The cycle, and the life of a call.

namespace bandwidth::webrtc::detail {

namespace {

// No timeout is longer than this, so that adding it to a time cannot overflow.
constexpr auto longest_timeout = std::chrono::hours(24 * 365);

std::string_view why_given_up(errc code) noexcept {
    return code == errc::client_closed ? "the client was closed" : std::string_view();
}

} // namespace

scheduler::scheduler(const scheduler_settings& settings, scheduler_host& host)
    : settings_(settings)
    , host_(host)
    , queue_(settings.queue_limit, timers_, counters_)
    , connections_(settings.depth, counters_)
    , latency_(settings.late_floor)
    , again_(settings.again, counters_)
    , pacer_(settings.max_connections * settings.depth)
    , observed_(settings_.observed)
    , depth_(settings.depth) {}

// One cycle. What was received was told by the streams before this. It comes before the timers, so that a
// response that has arrived is never dropped for a timeout that is overdue only because the thread was held
// up.
void scheduler::end_cycle() {
    run_timers();
    host_.take_submitted();
    do {
        if (!closed_) {
            follow_health();
            if (!pacer_.is_open())
                follow_pacer();
            make_room_for_new_connection();
            assign_waiting();
            connect_for_waiting();
            reserve_for_exclusive();
        }
        check_drained();
        lost_while_flushing_ = false;
        flush();
    } while (lost_while_flushing_); // the requests on those connections go elsewhere
    connections_.sweep();
    tend_pacer_timer();
    if (!token_groups_.empty())
        tend_token_groups();
}

void scheduler::run_timers() {
    while (timed* const entry = timers_.pop(now_))
        entry->on_time(*this);
}

void call::on_time(scheduler& by) { by.on_timer(*this); }

void call::reset_terms() noexcept {
    cancel_id = 0;
    is_drain = false;
    allow_resend = true;
    if (extras_)
        *extras_ = {};
}

void call::reset_progress() noexcept {
    where = state::prepared;
    maybe_processed = needs_new_connection = last_response = was_refused = awaits_token = had_new_token =
        false;
    attempts = resends = retries = fresh_losses = failed_connects = 0;
    sequence = 0;
    connection = nullptr;
}

void scheduler::submit(call& value) {
    value.started = now_;
    value.timeout = std::min<std::chrono::nanoseconds>(value.timeout, longest_timeout);
    if (value.is_drain) {
        start_drain(value);
        return;
    }
    increase(counters_.calls_started);
    ++active_calls_;
    ++value.group->active_calls;
    observed_.call_started(value);
    if (const auto* const refused = value.refused()) {
        fail(value, refused->code(), refused->message());
    } else if (closed_ || draining_ || value.group->status != call_group::state::open) {
        fail(value, errc::client_closed, "the client is closed");
    } else if (value.timeout.count() <= 0) {
        fail(value, errc::queue_timeout, "the deadline had passed before the call began");
    } else if (counters_.connections_open() == 0 && connections_.connecting() == 0 &&
               connects_.not_before() >= value.deadline()) {
        fail(value, connects_.last_code(),
             connects_.last_text()); // no attempt to connect before its deadline
    } else if (opens_too_late_for(value)) {
        fail(value, errc::throttled, why_throttled());
    } else if (value.group->tokens && !has_token(*value.group)) {
        wait_for_token(value);
    } else {
        if (queue_.is_full_for(value))
            assign_waiting(); // some of those that wait may only be waiting for the end of this cycle
        if (queue_.is_full_for(value)) {
            fail(value, errc::queue_full,
                 std::to_string(queue_.size_for(value)) + " calls wait for a connection");
        } else {
            queue_.push(value, now_);
        }
    }
}

// It sends no request, and waits for the other calls of its group, or of all.
void scheduler::start_drain(call& value) {
    if (is_closed(value.group.get()) && !value.joint()) {
        complete(value); // there is nothing left to wait for
        return;
    }
    if (!value.group)
        draining_ = true;
    else if (value.group->status == call_group::state::open)
        value.group->status = call_group::state::draining;
    value.where = call::state::queued;
    drains_.push_back(value);
    timers_.set(value, value.deadline());
}

void scheduler::fail(call& value, const error_code& code, std::string_view text, delivery known) {
    if (auto* const spent = value.timings(); spent && value.where == call::state::queued)
        spent->queue += now_ - value.queued_since;
    failure_state state;
    state.code = code;
    state.message = text;
    state.attempts = value.attempts;
    state.elapsed = now_ - value.started;
    state.delivery = value.maybe_processed ? delivery::maybe_processed : known;
    if (code == errc::throttled && pacer_.is_closed() && pacer_.opens_at() > now_)
        state.retry_after = std::chrono::ceil<std::chrono::seconds>(pacer_.opens_at() - now_);
    value.settle(failure(std::move(state)));
    if (!value.is_drain && code == errc::cancelled)
        increase(counters_.calls_cancelled);
    else if (!value.is_drain && code == condition::timeout)
        increase(counters_.calls_timed_out);
    complete(value, code);
}

// `error`: why the call has failed; none, it has not. `status` of its response, where one has ended it.
void scheduler::complete(call& value, const error_code& error, int status) {
    timers_.remove(value);
    value.where = call::state::done;
    value.connection = nullptr;
    if (!value.is_drain) {
        --active_calls_;
        --value.group->active_calls;
        increase(error ? counters_.calls_failed : counters_.calls_succeeded);
        observed_.call_ended(value, error, status, now_);
    }
    host_.finished(value);
}

// The call is in no queue and on no connection, and its verdict is another attempt.
void scheduler::follow(const resend::verdict& verdict, call& value) {
    using action = resend::action;
    observed_.sent_again(value,
                         verdict.action == action::pause  ? resend_kind::after_pause
                         : verdict.action == action::wait ? resend_kind::paced
                                                          : resend_kind::at_once,
                         verdict.pause);
    if (verdict.action == action::pause)
        queue_.pause(value, now_ + verdict.pause);
    else if (verdict.action == action::wait)
        queue_.push_last(value, now_);
    else
        queue_again(value);
}

void scheduler::on_timer(call& value) {
    if (value.is_drain) {
        if (value.group)
            close(*value.group);
        else
            close();
        return;
    }
    switch (value.where) {
    case call::state::paused: // the pause is over
        if (end_pause(value))
            fail_for_token(value, errc::token_timeout);
        else
            queue_again(value);
        return;
    case call::state::queued: {
        if (!pacer_.may_send(counters_.in_flight)) {
            give_up(value, errc::throttled);
            return;
        }
        const auto* const waited_for = furthest_connecting();
        give_up(value,
                waited_for ? timeout_in(waited_for->transport->connecting_phase()) : errc::queue_timeout);
        return;
    }
    default:
        break;
    }
    if (now_ < value.deadline()) {
        // The time of this attempt is over, not that of the call: first, what may have arrived in the
        // meantime is read.
        timers_.set(value, value.deadline());
        value.connection->transport->read_available();
        if (value.where != call::state::in_flight)
            return;
    }
    const auto& http = value.connection->http;
    const bool in_body = http.requests().at(0).owner == &value && http.response_header_done();
    give_up_in_flight(value, in_body ? errc::body_timeout : errc::response_timeout);
}

bool scheduler::may_have_had_effect(const call& value) noexcept {
    if (value.is_drain || value.was_refused || value.had_new_token || value.resends + value.retries != 0)
        return true;
    if (value.where != call::state::in_flight)
        return false;
    const auto& requests = value.connection->http.requests();
    return requests.state_of(requests.at(requests.index_of(value))) != send_state::unsent;
}

// The caller no longer waits: he has cancelled, the deadline has passed, or his client was closed.
void scheduler::give_up(call& value, errc code) {
    switch (value.where) {
    case call::state::queued:
        if (value.is_drain) {
            drains_.erase(drains_.iterator_to(value));
        } else {
            queue_.remove(value);
            if (code == errc::cancelled)
                increase(counters_.calls_cancelled_queued);
        }
        if (code == errc::cancelled || code == errc::client_closed)
            fail(value, code, why_given_up(code));
        else if (code == errc::throttled)
            fail(value, code, why_throttled());
        else if (const auto* const waited_for = furthest_connecting();
                 waited_for && connects_.last_text().empty())
            fail(value, code, waited_for->transport->describe_connecting());
        else
            fail(value, code, connects_.last_text());
        return;
    case call::state::paused:
        end_pause(value);
        fail(value, code, why_given_up(code));
        return;
    case call::state::in_flight:
        give_up_in_flight(value, code);
        return;
    case call::state::prepared:
    case call::state::done:
        return;
    }
}

// Other calls on the connection must not be affected: a request that was not written is unstaged; of any
// other the response is read and dropped, within bounds.
void scheduler::give_up_in_flight(call& value, errc code) {
    if (code == errc::cancelled)
        increase(counters_.calls_cancelled_in_flight);
    auto& connection = *value.connection;
    auto& http = connection.http;
    const auto index = http.requests().index_of(value);
    const auto& slot = http.requests().at(index);
    const bool long_request = http.requests().state_of(slot) == send_state::partial &&
                              http.requests().unsent_bytes(slot) > longest_abandoned_request;
    const bool long_response =
        index == 0 && http.response_remaining().value_or(0) > longest_abandoned_response;
    const bool only_this_attempt =
        (code == errc::response_timeout || code == errc::body_timeout) && now_ < value.deadline();
    const auto staged = slot.pushed;
    const auto sent = http.requests().state_of(slot);
    leave_flight(value, connection, staged, {leaving_from(index), nullptr, code, sent});
    if (http.unstage(value)) {
        --connection.assigned;
        if (index == 0)
            connection.front_since = now_;
        if (only_this_attempt)
            queue_.push(value, now_);
        else
            fail(value, code, why_given_up(code), delivery::not_sent);
    } else {
        http.abandon(value, now_);
        increase(counters_.abandoned);
        const auto verdict = only_this_attempt ? again_.after_attempt(value, counters_.retries_timeout, now_)
                                               : resend::verdict();
        if (verdict.action == resend::action::complete)
            fail(value, code, why_given_up(code), delivery::maybe_processed);
        else
            follow(verdict, value);
    }
    const auto abandoned = http.requests().abandoned();
    if (long_request || long_response) {
        close_connection(connection, {close_reason::abandoned, errc::connection_lost,
                                      "it was closed for another call's sake"});
    } else if (connection.status() != pooled_connection::state::draining && abandoned > 1 &&
               abandoned * 2 > http.requests().depth()) { // a single one has `abandoned_grace`
        drain(connection);
    } else {
        connection_changed(connection);
    }
}

// Of the connections that are being made, the one that has come furthest; null where there is none, or
// where a call could wait for an open connection.
const pooled_connection* scheduler::furthest_connecting() const noexcept {
    const pooled_connection* furthest = nullptr;
    if (counters_.connections_open() != 0)
        return furthest;
    for (const auto& each : connections_.all())
        if (each->status() == pooled_connection::state::connecting &&
            (!furthest || furthest->transport->connecting_phase() < each->transport->connecting_phase()))
            furthest = each.get();
    return furthest;
}

void scheduler::fail_queue(const error_code& code, std::string_view text) {
    fail_waiting([](const call&) { return true; }, code, text);
}

// An attempt to connect has led to no response: the next ones need a pause before them, and a bound.
void scheduler::connect_ended(const close_info& info, time_point dialled, bool took_request) {
    const bool final = info.reason == close_reason::rejected || (!took_request && is_lasting(info.code));
    if (final || !took_request)
        counters_.count_failed_connect(info.code);
    connects_.failed(dialled, took_request, now_, again_.chance());
    connects_.set_last_error(info.code, info.text);
    // As long as another connection can serve them, one failed attempt fails nobody.
    if (counters_.connections_open() != 0) {
        if (final)
            fail_waiting([](const call& value) { return value.needs_new_connection; }, info.code, info.text);
        return;
    }
    if (final) {
        fail_queue(info.code, info.text);
    } else if (info.reason == close_reason::connect_timeout) {
        // Calls that came later have a connect timeout of their own.
        fail_waiting([&](const call& value) { return value.queued_since <= dialled; }, info.code, info.text);
    } else if (connections_.connecting() != 0) {
        return;
    } else if (took_request) {
        // It may be the fault of the request that was on the connection, so the calls that wait do not fail
        // for it; but not without a bound.
        if (connects_.too_many_unanswered())
            fail_queue(errc::no_usable_connection, connects_.last_text());
    } else {
        const auto has_enough = [this](call& value) {
            return ++value.failed_connects >= again_.policy_of(value).attempts() ||
                   connects_.not_before() >= value.deadline();
        };
        fail_waiting(has_enough, info.code, info.text);
    }
}

// --- the end ---------------------------------------------------------------------------------------------

bool scheduler::is_closed(const call_group* group) const noexcept {
    return closed_ || (group && group->status == call_group::state::closed);
}

void scheduler::check_drained() {
    if (!closed_ && draining_ && active_calls_ == 0)
        close();
    finish_drained_groups();
}

void scheduler::finish_drained_groups() {
    for (const auto& each : drains_)
        if (each.group && each.group->active_calls == 0)
            each.group->status = call_group::state::closed;
    finish_drains(nullptr, false);
}

// Those drains that wait for `of`, or for anything that has closed. Those that wait for other shards stay; each
// shard has the same deadline.
void scheduler::finish_drains(const call_group* of, bool cut_off) {
    for (auto at = drains_.begin(); at != drains_.end();) {
        auto& value = *at++;
        if (!is_closed(value.group.get()) || (of && value.group != of))
            continue;
        bool failed = cut_off;
        if (auto* const joint = value.joint()) {
            failed = joint->cut_off = joint->cut_off || cut_off;
            if (joint->left != 0)
                continue;
        }
        drains_.erase(drains_.iterator_to(value));
        if (failed)
            fail(value, errc::client_closed, "calls were cut off");
        else
            complete(value);
    }
}

void scheduler::close() {
    if (closed_)
        return;
    finish_drained_groups();
    closed_ = true;
    const bool cut_off = active_calls_ != 0;
    timers_.remove(connect_again_);
    timers_.remove(origin_opens_);
    timers_.remove(token_due_);
    end_everything([this](call& value, delivery known) {
        fail(value, errc::client_closed, why_given_up(errc::client_closed), known);
    });
    finish_drains(nullptr, cut_off);
}

void scheduler::close(call_group& group) {
    if (is_closed(&group))
        return;
    group.status = call_group::state::closed;
    const bool cut_off = group.active_calls != 0;
    // Collected first: giving up a call may close its connection, and so move other calls.
    std::vector<call*> calls;
    const auto collect = [&](call& value) {
        if (value.group == &group)
            calls.push_back(&value);
    };
    queue_.for_each(collect);
    queue_.for_each_paused(collect);
    for (const auto& each : connections_.all()) {
        const auto& requests = each->http.requests();
        for (std::size_t i = 0; i < requests.size(); ++i)
            if (auto* const owner = requests.at(i).owner)
                collect(static_cast<call&>(*owner));
    }
    for (auto* const each : calls)
        give_up(*each, errc::client_closed);
    finish_drains(&group, cut_off);
}

void scheduler::on_context_shutdown() noexcept {
    closed_ = true;
    observed_.end();
    const auto drop = [this](call& value, delivery) {
        timers_.remove(value);
        value.recycle();
    };
    end_everything(drop);
    while (auto* const value = take_front(drains_))
        drop(*value, {});
    connections_.sweep();
    tend_token_groups();
}

// Takes each call from where it stands and gives it to `end`, with what is known of its request; closes each
// connection.
template <class End>
void scheduler::end_everything(End end) {
    queue_.for_each([&](call& value) {
        queue_.remove(value);
        end(value, delivery::not_sent);
    });
    queue_.for_each_paused([&](call& value) {
        end_pause(value);
        end(value, delivery::not_sent);
    });
    while (connections_.size() != 0) {
        auto& value = *connections_.all().back();
        const auto& requests = value.http.requests();
        for (std::size_t i = 0; i < requests.size(); ++i) {
            const auto& slot = requests.at(i);
            if (!slot.owner)
                continue;
            const auto sent = requests.state_of(slot);
            leave_flight(static_cast<call&>(*slot.owner), value, slot.pushed,
                         {leaving_from(i), nullptr, errc::client_closed, sent});
            end(static_cast<call&>(*slot.owner),
                sent == send_state::unsent ? delivery::not_sent : delivery::maybe_processed);
        }
        remove(value, {close_reason::shutdown, {}, {}});
    }
}

} // namespace bandwidth::webrtc::detail
