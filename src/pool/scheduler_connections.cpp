#include <algorithm>
#include <utility>

#include "pool/scheduler.hpp"

// The life of a connection, from the attempt to its end.

namespace bandwidth::webrtc::detail {

namespace {

using state = pooled_connection::state;

// Why a call has failed whose response has come. What an operation cannot read is told as bad_json; of a message that
// the caller has made himself, what it cannot hold.
error_code error_of(const call& value, int status) noexcept {
    if (!value.request.operation)
        return errc::response_too_large;
    return status >= 300 ? make_http_error(status) : error_code(errc::bad_json);
}

// No request is added behind a response of which more than this is still to come.
constexpr std::uint64_t long_response = 64 * 1024;
// A server may end a connection for which it has had no use for so long.
constexpr std::chrono::seconds unused_for(1);

} // namespace

// --- connecting ------------------------------------------------------------------------------------------

bool scheduler::may_connect() const noexcept {
    return !closed_ && now_ >= connects_.not_before() &&
           how_many_to_connect({1 + connections_.connecting(), connections_.connecting(), connections_.size(),
                                0, settings_.max_connections, connects_.failing()}) != 0;
}

void scheduler::connect_for_waiting() {
    const auto wanted = [this] {
        return how_many_to_connect({sendable(), connections_.connecting(), connections_.size(),
                                    draining_ ? 0 : settings_.min_connections, settings_.max_connections,
                                    connects_.failing()});
    };
    if (now_ < connects_.not_before()) {
        // Nothing else may happen until the pause after a failed attempt is over.
        if (wanted() != 0)
            timers_.set_no_later(connect_again_, connects_.not_before());
        return;
    }
    for (auto count = wanted(); count != 0; --count)
        connect();
}

void scheduler::connect() {
    increase(counters_.dials);
    auto& added = connections_.add(*this, settings_.depth, settings_.limits);
    added.transport = host_.make_stream(added);
    added.dialled = now_;
    observed_.connecting(added);
    timers_.set(added, due(added));
    added.transport->connect();
}

void scheduler::on_connected(pooled_connection& value, bool resumed, std::chrono::nanoseconds round_trip) {
    increase(resumed ? counters_.handshakes_resumed : counters_.handshakes_full);
    latency_.connected(now_ - value.dialled);
    // Ages differ by up to 10 % either way, so that connections made together do not all end together.
    const auto spread = static_cast<std::int64_t>(again_.chance() * 200) - 100;
    value.drain_at = now_ + settings_.max_age + settings_.max_age / 1000 * spread;
    value.opened = value.idle_since = value.received_last = value.seen_empty = now_;
    value.end_unseen = false; // a server that has got no more than the handshake has no reason for an end
    value.idle_limit = settings_.idle_timeout;
    value.round_trip = round_trip;
    value.http.set_depth(depth_);
    connections_.set_state(value, state::idle);
    observed_.connected(value, resumed);
    timers_.set(value, due(value));
    if (auto* const waiting =
            pacer_.is_closed() ? nullptr : queue_.front(request_queue::kind::new_connection))
        assign(*waiting, value);
    else if (connects_.take_confirmation())
        value.http.confirm();
}

void scheduler::on_connect_failed(pooled_connection& value, const close_info& info) {
    const auto dialled = value.dialled;
    remove(value, info);
    connect_ended(info, dialled, false);
}

// --- receiving -------------------------------------------------------------------------------------------

void scheduler::on_received(pooled_connection& value, std::size_t bytes, bool all) {
    if (value.received_last != now_) // else it is one more read of the same cycle
        value.responses_read = 0;
    value.received_last = now_;
    if (all) {
        value.seen_empty = now_;
        value.end_unseen = true;
    }
    increase(counters_.bytes_received, bytes);
    if (!value.http.response_started())
        value.response_began = now_;
    const auto& requests = value.http.requests();
    if (requests.abandoned() != 0 && !requests.at(0).owner && value.http.response_header_done())
        value.abandoned_bytes += bytes;
}

// Bytes of a response that is not complete.
void scheduler::on_all_read(pooled_connection& value) {
    const auto remaining = value.http.response_remaining().value_or(0);
    const auto& requests = value.http.requests();
    if (requests.abandoned() != 0 && !requests.at(0).owner && value.http.response_header_done()) {
        // No caller waits for this response: it is read to its end if little of it is left.
        if (value.abandoned_bytes > longest_abandoned_response || remaining > longest_abandoned_response) {
            close_connection(value, {close_reason::abandoned, errc::connection_lost,
                                     "it was closed for another call's sake"});
            return;
        }
    }
    if (remaining > long_response && value.status() != state::draining)
        connections_.set_state(value, state::blocked);
}

void scheduler::on_response(pooled_connection& value) {
    const auto& received = value.http.message();
    const bool first = value.responses++ == 0;
    ++value.responses_read;
    counters_.count_response(received.status);
    const std::chrono::nanoseconds service = now_ - value.front_since;
    const std::chrono::nanoseconds latency = now_ - value.http.staged_at();
    latency_.responded(service, latency);
    increase(counters_.head_of_line_wait_ns, static_cast<std::uint64_t>((latency - service).count()));
    health_.responded(value.http.closes(), received.http_1_1, now_);
    if (received.keep_alive_timeout) {
        // This side closes the connection before the server does, so that no request crosses the server's
        // close.
        const std::chrono::nanoseconds hint = *received.keep_alive_timeout;
        value.idle_limit =
            std::min(settings_.idle_timeout, std::max(hint - std::chrono::seconds(2), hint / 2));
    }
    if (received.keep_alive_max) {
        // Some servers tell the same bound in each response, others how many requests are left.
        const auto bound = first ? std::size_t{*received.keep_alive_max}
                                 : value.responses + std::size_t{*received.keep_alive_max};
        value.request_limit = std::min(value.request_limit, bound);
    }
    auto* const owner = static_cast<call*>(value.http.owner());
    if (owner)
        leave_flight(*owner, value, value.http.staged_at(),
                     {leaving::answered, &received, {}, send_state::sent});
    else
        decrease(counters_.abandoned);
    value.front_since = value.response_began = now_;
    value.abandoned_bytes = 0;
    if (first)
        connects_.responded();
    if (value.http.requests().confirmed())
        connects_.confirmed(value.opened);
    if (value.status() == state::blocked)
        connections_.set_state(value, state::idle); // `connection_changed` sets what it is now
    if (owner && now_ >= owner->deadline()) {
        // The response was read late, since the thread was held up: the deadline has ended the call.
        fail(*owner, errc::response_timeout, {}, delivery::maybe_processed);
    } else if (owner && !deliver(*owner, received, value)) {
        return;
    }
    if (value.in_flight() == 0)
        value.idle_since = now_;
    if (value.assigned >= value.request_limit && value.status() != state::draining && !value.http.closes()) {
        drain(value);
        return;
    }
    connection_changed(value);
}

// False: it was the response to another request, and the connection has been closed.
bool scheduler::deliver(call& value, const response& received, pooled_connection& from) {
    if (received.status >= 400) {
        const auto verdict = after_response(value, received, from);
        if (verdict.action != resend::action::complete) {
            follow(verdict, value);
            return true;
        }
        if (received.status == 401 && value.group->tokens && send_with_new_token(value))
            return true;
    } else if (!pacer_.is_open()) {
        pacer_.responded(from.http.staged_at());
    }
    const auto made = value.settle(received, now_ - value.started);
    if (made == settled::mismatched) {
        on_mismatched_response(from, value);
        return false;
    }
    complete(value, made == settled::value ? error_code() : error_of(value, received.status),
             received.status);
    return true;
}

// `victim` was given the response to another request, as the calls behind it would be.
void scheduler::on_mismatched_response(pooled_connection& value, call& victim) {
    increase(counters_.responses_mismatched);
    if (value.in_flight() != 0)
        health_.failed(value.opened, now_);
    close_connection(value, {close_reason::mismatched, errc::protocol_error,
                             "a response before it was for another request"});
    complete(victim, errc::protocol_error);
}

// --- the end ---------------------------------------------------------------------------------------------

void scheduler::on_closed(pooled_connection& value, const close_info& info) {
    increase(counters_.unsolicited_bytes, value.http.unsolicited_bytes());
    const auto& requests = value.http.requests();
    const bool took_request = requests.size() != 0 && requests.state_of(requests.at(0)) != send_state::unsent;
    const bool expected =
        value.responses != 0 ||
        (requests.size() == 0 && info.reason == close_reason::ended && now_ - value.opened >= unused_for);
    const auto dialled = value.dialled;
    if (info.reason == close_reason::announced)
        value.ends_well = true;
    const close_info known = info; // a copy: `info` may be a member of the connection
    close_connection(value, known);
    if (known.reason == close_reason::rejected || !expected)
        connect_ended(known, dialled, took_request);
}

void scheduler::close_connection(pooled_connection& value, const close_info& info) {
    lost_while_flushing_ = true;
    lose(value, info);
    remove(value, info);
}

// What becomes of the requests on a connection that ends.
void scheduler::lose(pooled_connection& value, const close_info& info) {
    const auto& requests = value.http.requests();
    if (is_failure(info.reason) && requests.size() != 0) {
        if (requests.size() > requests.abandoned())
            increase(counters_.connections_lost);
        if (requests.size() > 1)
            health_.failed(value.opened, now_);
        connects_.lost(now_);
    }
    const bool fresh = value.responses == 0 && !value.http.response_started();
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const auto& slot = requests.at(i);
        if (!slot.owner)
            continue;
        auto& lost = static_cast<call&>(*slot.owner);
        const bool front = i == 0;
        const auto code = front && info.code ? info.code : error_code(errc::connection_lost);
        leave_flight(lost, value, slot.pushed, {leaving_from(i), nullptr, code, requests.state_of(slot)});
        const auto verdict = again_.after_loss(lost,
                                               {slot.kind, requests.state_of(slot), front, fresh,
                                                lost.allow_resend, lost.resends, lost.fresh_losses},
                                               info.reason, now_);
        if (verdict.action == resend::action::complete)
            fail(lost, front ? info.code : error_code(errc::connection_lost), info.text, verdict.delivery);
        else
            follow(verdict, lost);
    }
}

void scheduler::remove(pooled_connection& value, const close_info& why) {
    observed_.closed(value, why, now_);
    value.transport->close(why.reason);
    if (value.is_open())
        counters_.count_closed(why.reason);
    if (value.ends_well)
        connects_.ended_well(settings_.max_connections);
    decrease(counters_.abandoned, value.http.requests().abandoned());
    writes_.forget(value);
    timers_.remove(value);
    connections_.set_state(value, state::closed);
}

// --- timers ----------------------------------------------------------------------------------------------

void scheduler::on_timer(pooled_connection& value) {
    using due_for = pooled_connection::due;
    auto what = value.what_is_due(now_, settings_, latency_, kept_when_idle());
    if (what == due_for::response_timeout || what == due_for::response_late ||
        what == due_for::connect_timeout) {
        // Before a response counts as overdue, what has arrived is read: the thread may have been held up.
        value.transport->read_available();
        if (value.status() == state::closed)
            return;
        what = value.what_is_due(now_, settings_, latency_, kept_when_idle());
    }
    writes_.touch(value); // its staged requests may have waited long enough
    switch (what) {
    case due_for::connect_timeout: {
        const close_info info{close_reason::connect_timeout, timeout_in(value.transport->connecting_phase()),
                              value.transport->describe_connecting()};
        const auto dialled = value.dialled;
        remove(value, info);
        connect_ended(info, dialled, false);
        return;
    }
    case due_for::response_timeout:
        value.ends_well = false;
        close_connection(value,
                         {close_reason::response_timeout,
                          value.http.response_header_done() ? errc::body_timeout : errc::response_timeout,
                          {}});
        return;
    case due_for::response_late:
        response_overdue(value);
        return;
    case due_for::idle_timeout:
        value.ends_well = value.ends_well || value.responses != 0;
        close_connection(value, {close_reason::idle, {}, {}});
        return;
    case due_for::abandoned_too_long:
        drain(value);
        return;
    case due_for::age:
        value.ends_well = value.responses != 0;
        drain(value);
        return;
    case due_for::buffers:
        value.buffers_released = true;
        value.http.release_buffers();
        value.transport->release_buffers();
        break;
    case due_for::nothing_yet:
        break;
    }
    timers_.set(value, due(value));
}

// The front's response is late: the connection takes no new requests until the response has come, and
// requests that were not written yet go elsewhere.
void scheduler::response_overdue(pooled_connection& value) {
    increase(counters_.slow_responses);
    connections_.set_state(value, state::blocked);
    unstage_unsent(value, 0);
    if (value.in_flight() == 0) {
        close_connection(value, {close_reason::response_timeout, {}, {}});
        return;
    }
    timers_.set(value, due(value));
}

// Unstages requests that were not written, the last one first, as long as there are more than `allowed`.
void scheduler::unstage_unsent(pooled_connection& value, std::size_t allowed) {
    const auto& requests = value.http.requests();
    for (std::size_t i = requests.size(); i-- > 0 && value.assigned > allowed;) {
        auto* const owner = requests.at(i).owner;
        const auto staged = requests.at(i).pushed;
        if (!owner || !value.http.unstage(*owner))
            continue;
        --value.assigned;
        leave_flight(static_cast<call&>(*owner), value, staged,
                     {leaving_from(i), nullptr, {}, send_state::unsent});
        queue_.push(static_cast<call&>(*owner), now_);
        if (i == 0)
            value.front_since = now_;
    }
    if (value.in_flight() == 0)
        value.idle_since = now_;
}

void scheduler::drain_connections() {
    connects_.forget_failures();
    // From the last to the first: a connection that closes at once is replaced by the last one, which was
    // looked at before.
    for (std::size_t i = connections_.size(); i-- > 0;) {
        auto& value = *connections_.all()[i];
        if (!value.is_open()) { // it is being made with the old settings
            remove(value, {close_reason::drained, {}, {}});
        } else if (value.status() != state::draining) {
            value.ends_well = value.responses != 0;
            drain(value);
        }
    }
}

// The connection takes no more requests, and closes after the last response that a caller waits for.
void scheduler::drain(pooled_connection& value) {
    value.http.stop_accepting();
    const bool limit_reached = value.assigned >= value.request_limit;
    connections_.set_state(value, state::draining);
    observed_.draining(value);
    value.ends_well = value.ends_well || limit_reached;
    unstage_unsent(value, limit_reached ? value.request_limit : 0);
    connection_changed(value);
}

// Something has happened to the requests on the connection.
void scheduler::connection_changed(pooled_connection& value) {
    if (value.status() == state::draining && value.in_flight() == value.http.requests().abandoned() &&
        !value.http.closes()) {
        close_connection(value, {close_reason::drained, errc::connection_lost, {}});
        return;
    }
    if (value.in_flight() == 0)
        value.idle_since = now_;
    connections_.update(value);
    writes_.touch(value);
    timers_.set_no_later(value, due(value));
}

} // namespace bandwidth::webrtc::detail
