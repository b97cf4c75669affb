#include "http1/pipeline.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace bandwidth::webrtc::detail {

namespace {

bool starts_alike(std::string_view one, std::string_view other) noexcept {
    const auto size = std::min(one.size(), other.size());
    return one.substr(0, size) == other.substr(0, size);
}

} // namespace

pipeline::pipeline(std::size_t depth, const response_limits& limits)
    : reader_(limits), slots_(std::bit_ceil(depth)), mask_(slots_.size() - 1), depth_(depth) {}

bool pipeline::accepts(bool exclusive) const noexcept {
    if (!accepting_)
        return false;
    if (count_ == 0)
        return true;
    if (!proven_ || exclusive || count_ >= depth_)
        return false;
    // Only ever the last one can be exclusive: it was pushed alone, and nothing follows it until its answer.
    return !at(count_ - 1).exclusive;
}

void pipeline::push(exchange& owner, std::size_t bytes, time_point now) {
    assert(accepts(owner.request.exclusive()));
    auto& added = slots_[(first_ + count_) & mask_];
    added = slot{&owner, owner.request.kind, owner.request.exclusive(), pushed_, pushed_ + bytes, now, {}};
    pushed_ += bytes;
    ++count_;
}

void pipeline::take_back(std::size_t index) noexcept {
    const auto taken = at(index);
    assert(taken.begin >= sent_any_);
    const auto bytes = taken.end - taken.begin;
    for (std::size_t i = index + 1; i < count_; ++i) {
        auto moved = at(i);
        moved.begin -= bytes;
        moved.end -= bytes;
        slots_[(first_ + i - 1) & mask_] = moved;
    }
    pushed_ -= bytes;
    --count_;
    if (!taken.owner)
        --zombies_;
}

void pipeline::note_sent(std::uint64_t all, std::uint64_t any) noexcept {
    assert(all <= any && any <= pushed_);
    // What has left cannot come back: a POST that was sent once counted as unsent again, and went out twice.
    sent_all_ = std::max(sent_all_, all);
    sent_any_ = std::max(sent_any_, any);
}

send_state pipeline::state_of(const slot& slot) const noexcept {
    if (slot.begin >= sent_any_)
        return send_state::unsent;
    return slot.end <= sent_all_ ? send_state::sent : send_state::partial;
}

pipeline::event pipeline::receive(std::string_view& input) {
    if (input.empty())
        return event::need_more;
    // What a server sends before it closes an idle connection (RFC 9110, section 15.5.9): an end, not a
    // fault.
    // However little of it has come.
    if (count_ == 0 && (starts_alike(input, "HTTP/1.1 408") || starts_alike(input, "HTTP/1.0 408")))
        return fail(errc::connection_lost);
    // RFC 9112, section 9.2: bytes without an outstanding request are no response, and neither are bytes
    // that come before a single byte of the request has left.
    if (count_ == 0 || state_of(at(0)) == send_state::unsent) {
        unsolicited_bytes_ = input.size();
        return fail(errc::protocol_error);
    }
    switch (reader_.feed(input)) {
    case response_reader::status::need_more:
        return event::need_more;
    case response_reader::status::failed:
        return fail(reader_.error());
    case response_reader::status::done:
        break;
    }
    return answer();
}

pipeline::event pipeline::end_of_stream(bool clean) {
    if (count_ != 0 && reader_.started() && reader_.end_of_stream(clean) == response_reader::status::done)
        return answer();
    return fail(answer_started() ? errc::incomplete_response : errc::connection_lost);
}

pipeline::event pipeline::answer() {
    answered_ = at(0);
    // RFC 9112, section 9.5: an answer to a request that is not fully written ends the connection, since
    // the rest of that request could be taken for another one.
    last_answer_was_early_ = state_of(answered_) != send_state::sent;
    first_ = (first_ + 1) & mask_;
    --count_;
    if (!answered_.owner)
        --zombies_;
    last_answer_closes_ = !reader_.message().keep_alive;
    if (last_answer_closes_ || last_answer_was_early_)
        accepting_ = false;
    else if (reader_.message().http_1_1)
        proven_ = true; // HTTP/1.0 knows no pipelining
    return event::answered;
}

pipeline::event pipeline::fail(errc value) noexcept {
    accepting_ = false;
    error_ = value;
    return event::failed;
}

void pipeline::abandon(const exchange& owner, time_point now) noexcept {
    const auto index = index_of(owner);
    if (index == count_)
        return;
    auto& abandoned = slots_[(first_ + index) & mask_];
    abandoned.owner = nullptr;
    abandoned.abandoned = now;
    ++zombies_;
}

std::size_t pipeline::index_of(const exchange& owner) const noexcept {
    std::size_t i = 0;
    while (i < count_ && at(i).owner != &owner)
        ++i;
    return i;
}

std::optional<std::uint64_t> pipeline::answer_remaining() const noexcept {
    return answer_head_done() ? reader_.body_remaining() : std::nullopt;
}

std::uint64_t pipeline::unsent_bytes(const slot& slot) const noexcept {
    return slot.end - std::clamp(sent_all_, slot.begin, slot.end);
}

std::size_t pipeline::unsent() const noexcept {
    std::size_t sent = count_;
    while (sent > 0 && state_of(at(sent - 1)) == send_state::unsent)
        --sent;
    return count_ - sent;
}

time_point pipeline::oldest_zombie() const noexcept {
    time_point oldest = time_point::max();
    for (std::size_t i = 0; i < count_; ++i) {
        const auto& candidate = at(i);
        if (!candidate.owner && candidate.abandoned < oldest)
            oldest = candidate.abandoned;
    }
    return oldest;
}

} // namespace bandwidth::webrtc::detail
