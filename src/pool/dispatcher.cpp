#include "pool/dispatcher.hpp"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <new>
#include <utility>

namespace bandwidth::webrtc::detail {

namespace {

// No deadline is further away than this, so that adding it to a time cannot overflow.
constexpr auto longest_deadline = std::chrono::hours(24 * 365);

failure made_before(delivery known) {
    failure_state state;
    state.code = errc::out_of_memory;
    state.delivery = known;
    return failure(std::move(state));
}

} // namespace

dispatcher::dispatcher(const dispatcher_settings& settings, const request_encoder& encoder,
                       dispatcher_host& host)
    : settings_(settings)
    , encoder_(encoder)
    , host_(host)
    , connections_(settings.depth)
    , jitter_(static_cast<std::minstd_rand::result_type>(settings.jitter_seed))
    , budget_(settings.budget_per_second, settings.budget_ratio)
    , depth_(settings.depth)
    , out_of_memory_{made_before(delivery::not_sent), made_before(delivery::maybe_processed),
                     made_before(delivery::answered)} {}

dispatcher::~dispatcher() = default;

void call::on_time(dispatcher& by) { by.expired(*this); }

void call::reset_terms() noexcept {
    cancel_id = 0;
    is_drain = false;
    allow_replay = true;
    if (rare_)
        *rare_ = {};
}

void call::reset_progress() noexcept {
    where = state::prepared;
    maybe_processed = needs_fresh = last_answer = false;
    attempts = replays = retries = fresh_losses = failed_dials = 0;
    carrier = nullptr;
    previous = next = nullptr;
}

// --- calls -----------------------------------------------------------------------------------------------

void dispatcher::submit(call& value) {
    value.started = now_;
    value.deadline_after = std::min<std::chrono::nanoseconds>(value.deadline_after, longest_deadline);
    if (!value.is_drain) { // a drain waits for the calls, it is none
        ++counters_.calls_started;
        ++active_calls_;
    }
    bool room = true;
    try {
        timers_.reserve(active_calls_ + drains_.size() + connections_.size() + 2);
    } catch (const std::bad_alloc&) {
        room = false;
    }
    if (!room) {
        fail(value, errc::out_of_memory);
    } else if (const auto* const refused = value.refused()) {
        fail(value, refused->code(), refused->message());
    } else if (closed_ && value.is_drain && !value.joint()) {
        complete(value, true); // there is nothing left to wait for
    } else if (!value.is_drain && (closed_ || draining_)) {
        fail(value, errc::client_closed, "the client is closed");
    } else if (value.is_drain) {
        draining_ = true;
        value.where = call::state::queued;
        drains_.push_back(value);
        timers_.set(value, value.deadline());
    } else if (value.deadline_after.count() <= 0) {
        fail(value, errc::queue_timeout, "the deadline had passed before the call began");
    } else if (counters_.open.get() == 0 && connecting_ == 0 && dial_again_at_ >= value.deadline()) {
        fail(value, last_dial_code_, last_dial_error_); // no dial before its deadline
    } else {
        if (queued() >= settings_.queue_limit)
            dispatch(); // some of those that wait may only be waiting for the end of this turn
        if (queued() >= settings_.queue_limit) {
            std::array<char, 64> text;
            std::snprintf(text.data(), text.size(), "%zu calls wait for a connection", queued());
            fail(value, errc::queue_full, text.data());
            return;
        }
        value.sequence = ++sequence_;
        enqueue(value);
        timers_.set(value, value.deadline());
    }
}

call_list& dispatcher::lane_of(const call& value) noexcept {
    return value.needs_fresh ? fresh_ : value.request.exclusive() ? exclusive_ : shared_;
}

void dispatcher::enqueue(call& value) noexcept {
    value.where = call::state::queued;
    value.queued_since = now_;
    lane_of(value).push_back(value);
    ++counters_.queue_depth;
}

// For one that was in line before, and has its old place again.
void dispatcher::enqueue_front(call& value) noexcept {
    value.carrier = nullptr;
    value.where = call::state::queued;
    value.queued_since = now_;
    lane_of(value).push_front(value);
    ++counters_.queue_depth;
    timers_.set(value, value.deadline());
}

void dispatcher::unqueue(call& value) noexcept {
    lane_of(value).remove(value);
    --counters_.queue_depth;
}

const failure& dispatcher::out_of_memory(delivery known) const noexcept {
    return out_of_memory_[static_cast<std::size_t>(known)];
}

void dispatcher::fail(call& value, const error_code& code, std::string_view text) noexcept {
    fail(value, code, text, value.maybe_processed ? delivery::maybe_processed : delivery::not_sent);
}

void dispatcher::fail(call& value, const error_code& code, std::string_view text, delivery known) noexcept {
    if (value.maybe_processed)
        known = delivery::maybe_processed;
    auto why = out_of_memory(known);
    try {
        failure_state state;
        state.code = code;
        state.message = text;
        state.attempts = value.attempts;
        state.elapsed = now_ - value.started;
        state.delivery = known;
        why = failure(std::move(state));
    } catch (const std::bad_alloc&) { // the one that was made before will do
    }
    value.settle(std::move(why));
    if (code == errc::cancelled)
        ++counters_.calls_cancelled;
    else if (code == condition::timeout)
        ++counters_.calls_timed_out;
    complete(value, false);
}

void dispatcher::complete(call& value, bool success) noexcept {
    timers_.remove(value);
    value.where = call::state::done;
    value.carrier = nullptr;
    if (!value.is_drain) {
        --active_calls_;
        ++(success ? counters_.calls_succeeded : counters_.calls_failed);
    }
    host_.finished(value);
}

void dispatcher::cancel(call& value) { give_up(value, errc::cancelled); }

void dispatcher::expired(call& value) {
    if (value.is_drain) {
        close();
        return;
    }
    if (value.where == call::state::waiting) { // its pause is over
        waiting_.remove(value);
        enqueue_front(value);
        return;
    }
    if (value.where == call::state::queued) {
        const auto* const dial = awaited_dial();
        give_up(value, dial ? timeout_in(dial->link->phase()) : errc::queue_timeout);
        return;
    }
    const auto& requests = value.carrier->requests();
    const bool in_body = requests.at(0).owner == &value && requests.answer_head_done();
    give_up_in_flight(value, in_body ? errc::body_timeout : errc::response_timeout);
}

// The caller waits no longer: by his cancellation or by his deadline.
void dispatcher::give_up(call& value, errc code) {
    switch (value.where) {
    case call::state::queued:
        if (value.is_drain) {
            drains_.remove(value);
        } else {
            unqueue(value);
            if (code == errc::cancelled)
                ++counters_.calls_cancelled_queued;
        }
        if (code == errc::cancelled)
            fail(value, code);
        else if (const auto* const dial = awaited_dial(); dial && last_dial_error_.empty())
            fail(value, code, dial->link->describe_dial());
        else
            fail(value, code, last_dial_error_);
        return;
    case call::state::waiting:
        waiting_.remove(value);
        fail(value, code);
        return;
    case call::state::in_flight:
        give_up_in_flight(value, code);
        return;
    case call::state::prepared:
    case call::state::done:
        return;
    }
}

// Its neighbours must not notice: what was not written is taken back, and of the rest the answer is read and
// dropped, within bounds.
void dispatcher::give_up_in_flight(call& value, errc code) {
    if (code == errc::cancelled)
        ++counters_.calls_cancelled_in_flight;
    auto& carrier = *value.carrier;
    auto& requests = carrier.requests();
    const auto index = requests.index_of(value);
    const auto& slot = requests.at(index);
    const bool long_request =
        requests.state_of(slot) == send_state::partial && requests.unsent_bytes(slot) > write_off_limit;
    const bool long_answer = index == 0 && requests.answer_remaining().value_or(0) > drain_limit;
    const bool only_this_attempt = code != errc::cancelled && now_ < value.deadline();
    const bool taken_back = carrier.link->take_back(value);
    --counters_.in_flight;
    if (taken_back) {
        if (index == 0)
            carrier.head_since = now_;
        if (requests.outstanding() == 0)
            carrier.idle_since = now_;
        if (only_this_attempt)
            enqueue_front(value);
        else
            fail(value, code, {}, delivery::not_sent);
    } else {
        requests.abandon(value, now_);
        ++counters_.zombies;
        if (only_this_attempt && value.request.kind != request_class::unsafe && value.allow_replay &&
            retry_later(value, counters_.retries_timeout))
            value.maybe_processed = true;
        else
            fail(value, code, {}, delivery::maybe_processed);
    }

    const auto zombies = requests.zombies();
    if (long_request || long_answer) {
        abandon(carrier);
    } else if (carrier.retired) {
        if (requests.outstanding() == zombies)
            close_member(carrier);
    } else if (zombies > 1 && zombies * 2 > requests.depth()) { // a single one has its time
        retire(carrier);
    } else {
        if (taken_back)
            refile(carrier);
        timers_.set_no_later(carrier, due(carrier));
    }
}

// The dial that has come furthest, where there is no connection to wait for.
const member* dispatcher::awaited_dial() const noexcept {
    const member* furthest = nullptr;
    if (counters_.open.get() != 0 || connecting_ == 0)
        return furthest;
    for (const auto& entry : connections_.all()) {
        if (!entry->is_open() && (!furthest || furthest->link->phase() < entry->link->phase()))
            furthest = entry.get();
    }
    return furthest;
}

void dispatcher::check_drained() {
    if (closed_)
        finish_drains(false);
    else if (draining_ && active_calls_ == 0)
        close();
}

// Those that wait for other shards stay; each shard has the same deadline.
void dispatcher::finish_drains(bool cut_off) {
    for (call* next = drains_.front(); next;) {
        call& value = *std::exchange(next, next->next);
        bool failed = cut_off;
        if (auto* const joint = value.joint()) {
            failed = joint->cut_off = joint->cut_off || cut_off;
            if (joint->left != 0)
                continue;
        }
        drains_.remove(value);
        if (failed)
            fail(value, errc::client_closed, "calls were cut off");
        else
            complete(value, true);
    }
}

void dispatcher::close() {
    if (closed_)
        return;
    closed_ = true;
    const bool cut_off = active_calls_ != 0;
    timers_.remove(dial_again_);
    fail_queue(errc::client_closed, "the client was closed");
    while (call* const value = waiting_.pop_front())
        fail(*value, errc::client_closed, "the client was closed");
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
    finish_drains(cut_off);
}

void dispatcher::abandon() noexcept {
    closed_ = true;
    for (auto* const lane : {&shared_, &exclusive_, &fresh_, &waiting_, &drains_}) {
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

void dispatcher::begin_turn(time_point now) {
    now_ = now;
    while (timed* const entry = timers_.pop(now))
        entry->on_time(*this);
}

} // namespace bandwidth::webrtc::detail
