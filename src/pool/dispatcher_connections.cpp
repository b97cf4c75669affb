#include <algorithm>
#include <utility>

#include "pool/dispatcher.hpp"

// The part of the dispatcher that makes, chooses, watches and ends connections.

namespace bandwidth::webrtc::detail {

// Behind what is in flight, or on a new connection: whichever is expected to answer first.
bool dispatcher::worth_dialling(const member& shallowest) const noexcept {
    // Behind a zombie there is no telling: its caller gave it up for being slow, most likely.
    if (service_time_.count() == 0 || connect_time_.count() == 0 ||
        shallowest.link->requests().zombies() != 0)
        return true;
    const auto ahead = static_cast<std::int64_t>(shallowest.link->requests().outstanding());
    return service_time_ * ahead >= connect_time_;
}

bool dispatcher::can_dial() const noexcept {
    if (closed_ || connections_.size() >= settings_.max_connections)
        return false;
    if (counters_.open.get() == 0)
        return dial_failures_ == 0 || connecting_ == 0; // one at a time while the server does not answer
    return now_ >= dial_again_at_;
}

void dispatcher::dial_for_waiting() {
    const auto waiting = replayable_.size() + unsafe_.size();
    while (connecting_ < waiting && can_dial())
        dial();
    // Nothing else may happen until the pause after a failed dial is over.
    if (connecting_ < waiting && now_ < dial_again_at_)
        timers_.set_no_later(dial_again_, dial_again_at_);
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
    if (!std::exchange(value.has_answered, true)) { // so it is more than a port that accepts connections
        dial_failures_ = 0;
        dial_again_at_ = {};
        last_dial_error_.clear();
    }
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
    if (info.cause == close_cause::rejected)
        how = loss::rejected;
    else if (info.cause == close_cause::graceful)
        how = loss::graceful;
    else if (info.cause == close_cause::ended)
        how = loss::ended;
    else if (info.code == errc::protocol_error || info.code == errc::response_too_large)
        how = value.requests().unsolicited_bytes() != 0 ? loss::failed : loss::faulty;
    const bool never_used = !value.has_answered && value.requests().outstanding() == 0;
    settle_lost(value, how, info.code, info.text);
    remove(value);
    if (never_used) // the same as a dial that failed: it must not be made again without end
        dial_failed(info.code, info.text);
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
        // Not a byte was sent, so it goes on free of charge; but a server that resets each connection as soon
        // as it is made must not be dialled without end.
        if (verdict.action == replay_action::reassign && !value.has_answered &&
            ++lost.replays > settings_.max_replays) {
            fail(lost, code, text);
            continue;
        }
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
    // As long as another connection can serve them, one failed dial fails nobody. A verdict on the name or
    // the certificate is the same for every dial.
    const bool same_for_all = code == errc::host_not_found || code == errc::tls_untrusted ||
                              code == errc::tls_host_mismatch || code == errc::tls_protocol;
    if (counters_.open.get() == 0 && (connecting_ == 0 || same_for_all))
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
    if (std::exchange(value.reserved, false))
        --reserved_;
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
