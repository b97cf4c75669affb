#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pool/pooled_connection.hpp"

namespace test {

namespace detail = bandwidth::webrtc::detail;
using bandwidth::webrtc::errc;
using bandwidth::webrtc::error_code;
using detail::connect_phase;
using detail::pooled_connection;

enum class phase : std::uint8_t { connecting, open, closed };

/// Bytes of requests, and the targets of those whose first line is in them, in order.
class request_bytes {
public:
    void append(std::string_view more) {
        bytes_.append(more);
        constexpr std::string_view mark = " HTTP/1.1\r\n";
        for (std::size_t at; (at = bytes_.find(mark, looked_at_)) != std::string::npos;) {
            const auto slash = bytes_.rfind(' ', at - 1) + 1;
            targets_.push_back(bytes_.substr(slash, at - slash));
            looked_at_ = at + mark.size();
        }
        if (bytes_.size() > mark.size()) // the mark may have come in part
            looked_at_ = std::max(looked_at_, bytes_.size() - mark.size());
    }
    bool empty() const noexcept { return bytes_.empty(); }
    const std::vector<std::string>& targets() const noexcept { return targets_; }
    const std::string& text() const noexcept { return bytes_; }

private:
    std::string bytes_;
    std::vector<std::string> targets_;
    std::size_t looked_at_ = 0;
};

/// A stream without a socket. It records what the pool tells it; a test says what happens to it, within a
/// cycle. HTTP and everything above are the pool's own.
class fake_connection final : public detail::stream {
public:
    explicit fake_connection(detail::stream_owner& owner) : owner_(&owner) {}

    void connect() override { opened = true; }
    void flush() override {
        ++flushes;
        if (phase_ == test::phase::closed)
            flushed_when_closed = true; // I6
        while (phase_ == test::phase::open && !jammed && has_unwritten()) {
            if (write_fails) {
                take_record();
                write_broken();
            } else {
                const auto bytes = std::min(room, largest_record);
                sent_some(bytes);
                room = room == unlimited ? unlimited : room - bytes;
                if (room == 0) {
                    jammed = true;
                    room = unlimited;
                }
            }
        }
    }
    void read_available() override {
        ++reads;
        if (const auto world = std::exchange(in_socket, nullptr))
            world(*this);
    }
    void release_buffers() noexcept override { ++releases; }
    void close(detail::close_reason why) noexcept override {
        if (!closed_for) {
            closed_for = why;
            last_known_ = what_the_pool_knows();
        }
        phase_ = test::phase::closed;
        owner_ = nullptr;
    }
    connect_phase connecting_phase() const noexcept override { return connecting_phase_; }
    std::string describe_connecting() const override { return "as far as it came"; }
    bandwidth::webrtc::connection_timings timings() const noexcept override { return connecting_took; }

    // What a test does to it. Once the connection is closed, which may happen earlier in the same cycle,
    // these functions do nothing.
    test::phase phase() const { return phase_; }
    void reach(connect_phase value) { connecting_phase_ = value; }
    void connected() {
        if (phase_ == test::phase::connecting) {
            phase_ = test::phase::open;
            owner_->on_connected(false, network_round_trip);
        }
    }
    void refused(errc code) {
        if (phase_ == test::phase::connecting) {
            phase_ = test::phase::closed;
            std::exchange(owner_, nullptr)->on_connect_failed(code, "no way");
        }
    }
    void rejected() {
        was_rejected = phase_ == test::phase::open;
        end(detail::stream_end::rejected, errc::handshake_failed, "certificate required");
    }
    /// A socket that takes a part of what is staged and then no more: the rest of that record must follow.
    void sent_some(std::size_t bytes) {
        if (phase_ != test::phase::open)
            return;
        if (record_.empty())
            take_record();
        const auto upto = std::min(record_.size(), record_sent_ + bytes);
        const auto more = upto - record_sent_;
        wire.append(std::string_view(record_).substr(record_sent_, more));
        record_sent_ = upto;
        const bool whole = upto == record_.size();
        if (upto != 0)
            owner_->on_output_sent(whole);
        if (whole) {
            record_.clear();
            record_sent_ = 0;
        }
        owner_->on_sent(more);
    }
    bool has_unwritten() const { return !record_.empty() || (owner_ && !owner_->output().empty()); }
    void receive(std::string_view bytes) {
        if (phase_ != test::phase::open)
            return;
        read_along(bytes);
        owner_->on_received(bytes.size(), true);
        if (owner_)
            owner_->on_plaintext(bytes);
    }
    /// close_notify
    void fin() {
        if (phase_ == test::phase::open && reader_.started() &&
            reader_.end_of_stream(true) == detail::response_reader::status::done)
            responded();
        end(detail::stream_end::closed, {}, {});
    }
    /// FIN without a close_notify
    void truncated() { end(detail::stream_end::truncated, {}, {}); }
    void reset() { end(detail::stream_end::broken, {}, "reset"); }
    /// A write has failed: first what has arrived is read, as the real stream does.
    void write_broken() {
        jammed = true;
        read_available();
        end(detail::stream_end::broken, {}, "no route");
    }

    /// The targets of the requests that were written, in order.
    const std::vector<std::string>& targets() const { return wire.targets(); }
    /// How many responses the pool has read here, and what they said.
    std::size_t responses_read() const { return statuses.size(); }
    std::string next_target(std::size_t ahead = 0) const {
        const auto& all = targets();
        return statuses.size() + ahead < all.size() ? all[statuses.size() + ahead] : std::string();
    }
    /// What the pool knows of it; only while it is not closed.
    pooled_connection& pool_side() const { return static_cast<pooled_connection&>(*owner_); }
    /// The same as it was at its end, where it is closed.
    struct knowledge {
        std::size_t in_flight = 0;
        std::size_t responses = 0;
        bool confirmed = false;
        detail::time_point opened{};
    };
    knowledge what_the_pool_knows() const {
        if (!owner_)
            return last_known_;
        const auto& known = pool_side();
        return {known.in_flight(), known.responses, known.http.requests().confirmed(), known.opened};
    }
    std::size_t outstanding() const { return owner_ ? pool_side().in_flight() : 0; }

    bandwidth::webrtc::connection_timings connecting_took;
    bool opened = false;
    std::chrono::nanoseconds network_round_trip{0}; ///< 0: not known
    bool write_fails = false;                       ///< the next write does
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
    std::size_t room = unlimited; ///< that the socket has left, then it is jammed
    bool jammed = false;          ///< the socket takes nothing
    bool announced = false;       ///< its last response said that it closes
    /// What has arrived and was not read: something that happens when the pool reads.
    std::function<void(fake_connection&)> in_socket;
    int reads = 0; ///< that the pool asked for
    int flushes = 0;
    int releases = 0; ///< of its buffers
    bool was_rejected = false;
    bool flushed_when_closed = false;
    std::optional<detail::close_reason> closed_for; ///< as the pool says
    std::vector<int> statuses;                      ///< of the responses, in their order
    request_bytes taken;                            ///< what the pool handed over, whether it was sent or not
    request_bytes wire;                             ///< what was sent

private:
    static constexpr std::size_t largest_record = 16 * 1024;

    void take_record() {
        if (record_.empty()) {
            record_ = owner_->output().substr(0, largest_record);
            taken.append(record_);
            owner_->on_output_taken(record_.size());
        }
    }
    void end(detail::stream_end how, const error_code& code, std::string text) {
        if (phase_ != test::phase::open)
            return;
        // As in the real stream, it is closed before its owner is told.
        phase_ = test::phase::closed;
        owner_->on_end(how, code, std::move(text));
        owner_ = nullptr;
    }
    // What a server knows: which of the requests it has responded to, and how.
    void read_along(std::string_view bytes) {
        unread_ += bytes;
        std::string_view input = unread_;
        while (!announced && statuses.size() < targets().size() &&
               reader_.feed(input) == detail::response_reader::status::done)
            responded();
        unread_ = std::string(input);
    }
    void responded() {
        statuses.push_back(reader_.message().status);
        announced = reader_.message().close_announced;
    }

    detail::stream_owner* owner_;
    test::phase phase_ = test::phase::connecting;
    knowledge last_known_;
    connect_phase connecting_phase_ = connect_phase::resolving;
    detail::response_reader reader_{detail::response_limits{}};
    std::string unread_;
    std::string record_; // taken, not yet written whole
    std::size_t record_sent_ = 0;
};

} // namespace test
