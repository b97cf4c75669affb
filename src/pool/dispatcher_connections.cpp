#include <algorithm>
#include <new>
#include <utility>

#include "policy/backoff.hpp"
#include "pool/dispatcher.hpp"

// The part of the dispatcher that makes, chooses, watches and ends connections.

namespace bandwidth::webrtc::detail {

namespace {

// A verdict on the name or on the certificate is the same for every dial.
bool final_for_all(const error_code& code) noexcept {
    return code == errc::host_not_found || code == errc::tls_untrusted || code == errc::tls_host_mismatch ||
           code == errc::tls_protocol || code == errc::tls_rejected;
}

// So many connections in a row that took a request and ended without an answer are the server's fault.
constexpr int most_unanswered = 8;
constexpr std::chrono::seconds idled_out_after(1);

} // namespace

// One at a time while dials fail, and with pauses between them.
bool dispatcher::can_dial() const noexcept {
    if (closed_ || connections_.size() >= settings_.max_connections)
        return false;
    return now_ >= dial_again_at_ && (dial_failures_ == 0 || connecting_ == 0);
}

void dispatcher::dial_for_waiting() {
    const auto wanted = [this] {
        const bool too_few = !draining_ && connections_.size() < settings_.min_connections;
        return connecting_ < queued() || too_few;
    };
    while (wanted() && can_dial())
        dial();
    // Nothing else may happen until the pause after a failed dial is over.
    if (now_ < dial_again_at_ && wanted())
        timers_.set_no_later(dial_again_, dial_again_at_);
}

void dispatcher::dial() {
    member* added = nullptr;
    ++connecting_;
    ++counters_.connecting;
    ++counters_.dials;
    try {
        timers_.reserve(active_calls_ + drains_.size() + connections_.size() + 2);
        touched_.reserve(connections_.size() + 1);
        added = &connections_.add(*this);
        added->link = host_.make_connection(*added);
        added->dialled = now_;
        timers_.set(*added, due(*added));
        added->link->open();
    } catch (const std::bad_alloc&) {
        if (added && added->link) {
            close_member(*added);
        } else {
            --connecting_;
            --counters_.connecting;
            if (added)
                connections_.remove(*added);
        }
        dead_end(dead_end_kind::dial, now_, errc::out_of_memory, {});
    }
}

void dispatcher::opened(member& value, bool resumed) {
    --connecting_;
    --counters_.connecting;
    ++counters_.open;
    ++(resumed ? counters_.handshakes_resumed : counters_.handshakes_full);
    const std::chrono::nanoseconds took = now_ - value.dialled;
    connect_time_ = connect_time_.count() == 0 ? took : (connect_time_ * 7 + took) / 8;
    // Ages differ by up to 10 % either way, so that connections made together do not all end together.
    std::uniform_int_distribution<std::int64_t> spread(-100, 100);
    value.retire_at = now_ + settings_.max_age + settings_.max_age / 1000 * spread(jitter_);
    value.opened = value.idle_since = value.received_last = value.seen_empty = now_;
    value.idle_limit = settings_.idle_timeout;
    value.round_trip = value.link->round_trip();
    value.requests().set_depth(depth_);
    refile(value);
    timers_.set(value, due(value));
    if (auto* const waiting = fresh_.front()) {
        assign(*waiting, value);
    } else if (proven_places_ != 0) {
        --proven_places_;
        value.requests().assume_proven();
    }
}

void dispatcher::received(member& value, std::size_t bytes) {
    if (value.received_last != now_) // else it is one more read of the same turn
        value.answers_read = 0;
    value.received_last = value.seen_empty = now_;
    counters_.bytes_received += bytes;
    const auto& requests = value.requests();
    if (requests.zombies() == 0 || requests.at(0).owner || !requests.answer_head_done())
        return;
    // Nobody waits for this answer: it is read to its end if that is not far.
    value.drained += bytes;
    if (value.drained > drain_limit || requests.answer_remaining().value_or(0) > drain_limit)
        abandon(value);
}

void dispatcher::abandon(member& value) {
    value.closed_for = &counters_.connections_closed_abandoned;
    value.link->close();
    settle_lost(value, loss::abandoned, errc::connection_lost, "it was closed for another call's sake");
    remove(value);
}

void dispatcher::answered(member& value, exchange* owner, const response& answer) {
    ++value.answers_read;
    if (answer.status < 300)
        ++counters_.answers_2xx;
    else if (answer.status >= 500)
        ++counters_.answers_5xx;
    else if (answer.status >= 400)
        ++counters_.answers_4xx;
    const auto& requests = value.requests();
    const std::chrono::nanoseconds service = now_ - value.head_since;
    const std::chrono::nanoseconds latency = now_ - requests.answered_pushed();
    service_time_ = service_time_.count() == 0 ? service : (service_time_ * 15 + service) / 16;
    latency_ = latency_.count() < 0 ? latency : (latency_ * 15 + latency) / 16;
    counters_.hol_wait += static_cast<std::uint64_t>((latency - service).count());
    health_.answered(requests.last_answer_closes(), answer.http_1_1, now_);
    if (answer.keep_alive_timeout) {
        // Gone before the server goes, so that no request crosses its close.
        const std::chrono::nanoseconds hint = *answer.keep_alive_timeout;
        value.idle_limit =
            std::min(settings_.idle_timeout, std::max(hint - std::chrono::seconds(2), hint / 2));
    }
    value.head_since = now_;
    value.drained = 0;
    value.suspect = false;
    if (!std::exchange(value.has_answered, true)) { // so it is more than a port that accepts connections
        dial_failures_ = unanswered_in_row_ = 0;
        dial_again_at_ = {};
        last_dial_error_.clear();
    }
    if (owner) {
        auto& answered_call = static_cast<call&>(*owner);
        --counters_.in_flight;
        if (answer.status < 400 || !send_again(answered_call, value, answer)) {
            auto made = settled::failure;
            try {
                made = answered_call.settle(answer, now_ - answered_call.started);
            } catch (const std::bad_alloc&) { // there is no room for what the answer says
                answered_call.settle(out_of_memory(delivery::answered));
            }
            if (made == settled::foreign) {
                distrust(value, answered_call);
                return;
            }
            complete(answered_call, made == settled::value);
        }
    } else {
        --counters_.zombies;
    }
    if (requests.outstanding() == 0)
        value.idle_since = now_;
    timers_.set_no_later(value, due(value));
    if (value.retired && requests.outstanding() == requests.zombies())
        close_member(value);
    else
        refile(value);
}

// `victim` was given the answer to another request: so would be the calls behind it.
void dispatcher::distrust(member& value, call& victim) {
    ++counters_.answers_foreign;
    value.closed_for = &counters_.connections_closed_protocol;
    auto& requests = value.requests();
    if (requests.outstanding() != 0)
        health_.failed(value.opened, now_);
    value.link->close();
    settle_lost(value, loss::failed, errc::protocol_error, "an answer before it was for another request");
    remove(value);
    const bool repeatable = victim.request.kind != request_class::unsafe && victim.allow_replay;
    if (repeatable && policy_of(victim).retry_protocol_error() &&
        retry_later(victim, counters_.retries_protocol))
        victim.maybe_processed = true;
    else
        complete(victim, false);
}

void dispatcher::closed(member& value, const close_info& info) {
    if (info.cause == close_cause::not_made) {
        const auto dialled = value.dialled;
        remove(value);
        dead_end(final_for_all(info.code) ? dead_end_kind::final : dead_end_kind::dial, dialled, info.code,
                 info.text);
        return;
    }
    counters_.unsolicited_bytes += value.requests().unsolicited_bytes();
    loss how = loss::failed;
    value.closed_for = &counters_.connections_closed_broken;
    if (info.code == errc::out_of_memory) { // by this machine's fault
        how = loss::abandoned;
        value.closed_for = nullptr;
    } else if (info.cause == close_cause::rejected) {
        how = loss::rejected;
    } else if (info.cause == close_cause::graceful) {
        how = loss::graceful;
        value.closed_for = &counters_.connections_closed_announced;
    } else if (info.cause == close_cause::ended) {
        how = loss::ended;
        value.closed_for = &counters_.connections_closed_ended;
    } else if (info.code == errc::protocol_error || info.code == errc::response_too_large) {
        how = value.requests().unsolicited_bytes() != 0 ? loss::failed : loss::faulty;
        value.closed_for = &counters_.connections_closed_protocol;
    }
    const auto& requests = value.requests();
    const bool unanswered = !value.has_answered;
    const bool unused = unanswered && (requests.outstanding() == 0 ||
                                       requests.state_of(requests.at(0)) == send_state::unsent);
    // A server may end what it has had no use for.
    const bool idled_out =
        requests.outstanding() == 0 && how == loss::ended && now_ - value.opened >= idled_out_after;
    const auto dialled = value.dialled;
    value.ended_well = how == loss::graceful;
    settle_lost(value, how, info.code, info.text);
    remove(value);
    if (how == loss::rejected || (unused && final_for_all(info.code)))
        dead_end(dead_end_kind::final, dialled, info.code, info.text);
    else if (unanswered && !idled_out)
        dead_end(unused ? dead_end_kind::dial : dead_end_kind::unanswered, dialled, info.code, info.text);
}

void dispatcher::count_failed_dial(const error_code& code) noexcept {
    ++counters_.dials_failed;
    if (code == errc::host_not_found || code == errc::resolve_failed || code == errc::resolve_timeout)
        ++counters_.dials_failed_resolving;
    else if (code == errc::connect_failed || code == errc::connect_timeout)
        ++counters_.dials_failed_connecting;
    else if (code == errc::handshake_timeout || code == condition::tls_error)
        ++counters_.dials_failed_tls;
}

// A dial led to no answer: others must not follow without a pause, nor without end.
void dispatcher::dead_end(dead_end_kind kind, time_point dialled, const error_code& code,
                          std::string_view text) {
    if (kind != dead_end_kind::unanswered)
        count_failed_dial(code);
    // Dials that were under way together fail together: that counts once.
    if (dialled >= last_dead_end_) {
        last_dead_end_ = now_;
        dial_failures_ = std::min(dial_failures_ + 1, 20);
        const bool connects = kind == dead_end_kind::unanswered;
        dial_again_at_ =
            now_ + dial_backoff(connects ? std::min(dial_failures_, 3) : dial_failures_, chance());
    }
    last_dial_code_ = code;
    try {
        last_dial_error_ = "the last connection could not be made: ";
        last_dial_error_.append(code.message()).append(text.empty() ? "" : ": ").append(text);
    } catch (const std::bad_alloc&) { // the code will do
    }
    // As long as another connection can serve them, one failed dial fails nobody.
    if (counters_.open.get() != 0) {
        if (kind == dead_end_kind::final)
            fail_waiting([](const call& value) { return value.needs_fresh; }, code, text);
        return;
    }
    if (kind == dead_end_kind::final) {
        fail_queue(code, text);
        return;
    }
    if (kind == dead_end_kind::timeout) {
        // Those that came later have their own time.
        fail_waiting([&](const call& value) { return value.queued_since <= dialled; }, code, text);
        return;
    }
    if (connecting_ != 0)
        return;
    if (kind == dead_end_kind::unanswered) {
        // It may be the request's fault, so that those that wait are not to suffer for it; but not for ever.
        if (++unanswered_in_row_ >= most_unanswered)
            fail_queue(code, text);
        return;
    }
    const auto has_enough = [this](call& value) {
        return ++value.failed_dials >= policy_of(value).attempts() || dial_again_at_ >= value.deadline();
    };
    fail_waiting(has_enough, code, text);
}

template <class Predicate>
void dispatcher::fail_waiting(Predicate which, const error_code& code, std::string_view text) {
    for (auto* const lane : {&shared_, &exclusive_, &fresh_}) {
        for (call* value = lane->front(); value;) {
            auto& waiting = *std::exchange(value, value->next);
            if (!which(waiting))
                continue;
            unqueue(waiting);
            fail(waiting, code, text);
        }
    }
}

void dispatcher::fail_queue(const error_code& code, std::string_view text) {
    fail_waiting([](const call&) { return true; }, code, text);
}

void dispatcher::expired(member& value) {
    if (!value.is_open()) {
        if (now_ < value.dialled + settings_.connect_timeout) {
            timers_.set(value, due(value));
            return;
        }
        const auto code = timeout_in(value.link->phase());
        const auto text = value.link->describe_dial();
        const auto dialled = value.dialled;
        value.link->give_up_dial();
        remove(value);
        dead_end(dead_end_kind::timeout, dialled, code, text);
        return;
    }
    touch(value); // it may have gathered for long enough
    auto& requests = value.requests();
    if (requests.outstanding() != 0 && now_ >= head_due(value)) {
        const bool in_body = requests.answer_head_done();
        value.ended_well = false;
        value.closed_for = &counters_.connections_closed_timeout;
        value.link->close();
        settle_lost(value, loss::stalled, in_body ? errc::body_timeout : errc::response_timeout, {});
        remove(value);
        return;
    }
    if (requests.outstanding() != 0 && now_ >= suspect_at(value))
        suspect(value);
    if (value.suspect && requests.outstanding() == 0) {
        value.closed_for = &counters_.connections_closed_timeout;
        close_member(value);
        return;
    }
    const bool overdue = requests.zombies() != 0 && now_ >= requests.oldest_zombie() + settings_.zombie_grace;
    const bool idle_too_long = requests.outstanding() == 0 && now_ >= value.idle_since + value.idle_limit;
    if (idle_too_long) {
        value.ended_well = value.has_answered;
        value.closed_for = &counters_.connections_closed_idle;
        close_member(value);
        return;
    }
    if (!value.retired && (overdue || now_ >= value.retire_at)) {
        value.ended_well = !overdue && value.has_answered;
        retire(value);
        return;
    }
    if (requests.outstanding() == 0 && !value.rests && now_ >= value.idle_since + rest_after) {
        value.rests = true;
        value.link->release_buffers();
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
    auto at =
        requests.outstanding() == 0
            ? value.idle_since + (value.rests ? value.idle_limit : std::min(value.idle_limit, rest_after))
            : std::min(head_due(value), suspect_at(value));
    if (!value.retired) {
        at = std::min(at, value.retire_at);
        if (requests.zombies() != 0)
            at = std::min(at, requests.oldest_zombie() + settings_.zombie_grace);
    }
    return at;
}

// When the head is late: three times as long in coming as is usual, but at most half of what is allowed.
time_point dispatcher::suspect_at(const member& value) const noexcept {
    if (value.suspect || value.retired || value.link->requests().answer_started())
        return time_point::max();
    const auto half = settings_.response_timeout / 2;
    return value.head_since +
           (latency_.count() < 0 ? half : std::min(half, std::max(latency_ * 3, settings_.suspect_floor)));
}

void dispatcher::suspect(member& value) {
    value.suspect = true;
    ++counters_.suspects;
    if (std::exchange(value.reserved, false))
        --reserved_;
    take_back_unwritten(value);
    refile(value);
}

void dispatcher::take_back_unwritten(member& value) {
    const auto& requests = value.requests();
    for (std::size_t i = requests.outstanding(); i-- > 0;) {
        auto* const owner = requests.at(i).owner;
        if (owner && value.link->take_back(*owner)) {
            --counters_.in_flight;
            enqueue_front(static_cast<call&>(*owner));
            if (i == 0)
                value.head_since = now_;
        }
    }
    if (requests.outstanding() == 0)
        value.idle_since = now_;
}

void dispatcher::retire_all() {
    dial_failures_ = unanswered_in_row_ = 0; // what failed before says nothing of what comes
    dial_again_at_ = {};
    // From the last to the first: one that closes at once is replaced by the last, which was here before.
    for (std::size_t i = connections_.size(); i-- > 0;) {
        auto& value = *connections_.all()[i];
        if (!value.is_open()) { // made with what was known before
            close_member(value);
        } else if (!value.retired) {
            value.ended_well = value.has_answered;
            retire(value);
        }
    }
}

void dispatcher::retire(member& value) {
    value.requests().stop_accepting();
    value.retired = true;
    value.closed_for = &counters_.connections_closed_retired;
    if (std::exchange(value.reserved, false))
        --reserved_;
    --counters_.open;
    ++counters_.draining;
    take_back_unwritten(value);
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
    touch(value);
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
        if (value.closed_for)
            ++*value.closed_for;
    }
    if (value.ended_well)
        proven_places_ = std::min(proven_places_ + 1, settings_.max_connections);
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
void member::on_time(dispatcher& by) { by.expired(*this); }

} // namespace bandwidth::webrtc::detail
