#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pool/scheduler.hpp"

namespace test {

namespace detail = bandwidth::webrtc::detail;
using namespace std::chrono_literals;
using bandwidth::webrtc::delivery;
using bandwidth::webrtc::errc;
using bandwidth::webrtc::error_code;
using bandwidth::webrtc::failure;
using detail::connect_phase;
using detail::pooled_connection;
using detail::request_class;

/// One attempt for each call, unless a test is about retries.
inline detail::scheduler_settings with_connections(std::size_t count, std::size_t depth = 8) {
    detail::scheduler_settings settings;
    settings.max_connections = count;
    settings.depth = depth;
    settings.again.retry = bandwidth::webrtc::retry_policy::none();
    return settings;
}
inline detail::scheduler_settings with_attempts(int attempts, std::size_t connections = 1) {
    auto settings = with_connections(connections);
    settings.again.retry.attempts(attempts);
    return settings;
}

/// A call whose outcome is kept for the test to look at.
class test_call final : public detail::call {
public:
    detail::settled settle(const detail::response& answer, std::chrono::nanoseconds) override {
        if (answer.status < 300 && knows_own && answer.body != request.target)
            return detail::settled::mismatched;
        ++completions;
        status = answer.status;
        body = std::string(answer.body);
        return answer.status < 300 ? detail::settled::value : detail::settled::failure;
    }
    void settle(failure reason) override {
        ++completions;
        why = std::move(reason);
    }
    void recycle() noexcept override { ++recycled; }

    bool done() const { return completions != 0; }
    bool failed_with(errc code, delivery known) const {
        return completions == 1 && status == 0 && why.code() == code && why.delivery() == known;
    }
    bool answered(std::string_view with) const { return completions == 1 && status == 200 && body == with; }

    int completions = 0;
    int recycled = 0;
    bool knows_own = false; ///< an answer that does not repeat its target is another's
    int status = 0;         ///< of the answer; 0: it failed without one
    std::string body;
    failure why;
};

enum class phase : std::uint8_t { connecting, open, closed };

/// A stream without a socket. What it is told by the pool it records; what happens to it, a test says, within
/// a cycle. HTTP and everything above is the pool's own.
class fake_connection final : public detail::stream {
public:
    fake_connection(detail::stream_owner& owner, std::size_t) : owner_(&owner) {}

    void connect() override { opened = true; }
    void flush() override {
        ++flushes;
        if (phase_ == test::phase::closed) {
            flushed_when_closed = true; // I6
        }
        if (write_fails && has_unwritten()) {
            write_broken();
        }
        while (phase_ == test::phase::open && !jammed && has_unwritten()) {
            take_record();
            sent_some(record_.size());
        }
    }
    void read_available() override {
        ++reads;
        if (const auto world = std::exchange(in_socket, nullptr)) {
            world(*this);
        }
    }
    void release_buffers() noexcept override { ++releases; }
    void close(detail::close_reason) noexcept override {
        phase_ = test::phase::closed;
        owner_ = nullptr;
    }
    connect_phase connecting_phase() const noexcept override { return connecting_phase_; }
    std::string describe_connecting() const override { return "as far as it came"; }

    // What the world does to it; nothing once it is closed, as by what the cycle began with.
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
    /// A socket that takes a part of what is staged and then no more: the rest of the record is bound to go.
    void sent_some(std::size_t bytes) {
        if (phase_ != test::phase::open) {
            return;
        }
        if (record_.empty()) {
            take_record();
        }
        const auto upto = std::min(record_.size(), record_sent_ + bytes);
        const auto more = upto - record_sent_;
        wire.append(record_, record_sent_, more);
        record_sent_ = upto;
        const bool whole = upto == record_.size();
        if (upto != 0) {
            owner_->on_output_sent(whole);
        }
        if (whole) {
            record_.clear();
            record_sent_ = 0;
        }
        owner_->on_sent(more);
    }
    bool has_unwritten() const { return !record_.empty() || (owner_ && !owner_->output().empty()); }
    void receive(std::string_view bytes) {
        if (phase_ != test::phase::open) {
            return;
        }
        read_along(bytes);
        owner_->on_received(bytes.size(), true);
        if (owner_) {
            owner_->on_plaintext(bytes);
        }
    }
    void fin() {
        if (phase_ == test::phase::open && reader_.started() &&
            reader_.end_of_stream(true) == detail::response_reader::status::done) {
            responded();
        }
        end(detail::stream_end::closed, {}, {});
    }
    void reset() { end(detail::stream_end::broken, {}, "reset"); }
    /// A write has failed, and there was nothing to read.
    void write_broken() { end(detail::stream_end::broken, {}, "no route"); }

    /// The targets of the requests that were written, in order.
    std::vector<std::string> targets() const {
        std::vector<std::string> all;
        for (std::size_t at = 0; (at = wire.find(" HTTP/1.1\r\n", at)) != std::string::npos; ++at) {
            const auto slash = wire.rfind(' ', at - 1) + 1;
            all.push_back(wire.substr(slash, at - slash));
        }
        return all;
    }
    /// How many responses the pool has read here, and what they said.
    std::size_t answered() const { return statuses.size(); }
    std::string next_target(std::size_t ahead = 0) const {
        const auto all = targets();
        return statuses.size() + ahead < all.size() ? all[statuses.size() + ahead] : std::string();
    }
    /// What the pool knows of it; only while it is not closed.
    pooled_connection& pool_side() const { return static_cast<pooled_connection&>(*owner_); }
    std::size_t outstanding() const { return owner_ ? pool_side().in_flight() : 0; }

    bool opened = false;
    std::chrono::nanoseconds network_round_trip{0}; ///< 0: not known
    bool write_fails = false;                       ///< the next write does, and there is nothing to read
    bool jammed = false;                            ///< the socket takes nothing
    bool announced = false;                         ///< its last response said that it closes
    /// What has arrived and was not read: something that happens when the pool reads.
    std::function<void(fake_connection&)> in_socket;
    int reads = 0; ///< that the pool asked for
    int flushes = 0;
    int releases = 0; ///< of its buffers
    bool was_rejected = false;
    bool flushed_when_closed = false;
    std::vector<int> statuses; ///< of the responses, in their order
    std::string wire;

private:
    void take_record() {
        if (record_.empty()) {
            record_ = owner_->output();
            owner_->on_output_taken(record_.size());
        }
    }
    void end(detail::stream_end how, const error_code& code, std::string text) {
        if (phase_ != test::phase::open) {
            return;
        }
        // As the real one: it is over before its owner is told.
        phase_ = test::phase::closed;
        owner_->on_end(how, code, std::move(text));
        owner_ = nullptr;
    }
    // What a server knows: which of the requests it has responded to, and how.
    void read_along(std::string_view bytes) {
        unread_ += bytes;
        std::string_view input = unread_;
        while (!announced && statuses.size() < targets().size() &&
               reader_.feed(input) == detail::response_reader::status::done) {
            responded();
        }
        unread_ = std::string(input);
    }
    void responded() {
        statuses.push_back(reader_.message().status);
        announced = reader_.message().close_announced;
    }

    detail::stream_owner* owner_;
    test::phase phase_ = test::phase::connecting;
    connect_phase connecting_phase_ = connect_phase::resolving;
    detail::response_reader reader_{detail::response_limits{}};
    std::string unread_;
    std::string record_; // taken, not yet written whole
    std::size_t record_sent_ = 0;
};

/// A scheduler with everything around it in the hands of a test, the time too.
class fake_pool : public detail::scheduler_host {
public:
    explicit fake_pool(const detail::scheduler_settings& settings = with_connections(8))
        : depth_(settings.depth)
        , scheduler_(std::make_unique<detail::scheduler>(settings, encoder_, *this)) {}

    /// Whatever happens, happens in a cycle.
    template <class Function>
    void cycle(Function function) {
        scheduler_->begin_cycle(now_);
        function();
        scheduler_->end_cycle();
        if (after_cycle)
            after_cycle();
    }

    test_call& make(request_class kind = request_class::safe) {
        auto& made = *calls.emplace_back(std::make_unique<test_call>());
        made.request.kind = kind;
        made.request.method = kind == request_class::unsafe ? "POST"
                              : kind == request_class::safe ? "GET"
                                                            : "PUT";
        made.request.target = "/" + std::to_string(calls.size());
        made.deadline_after = 30s;
        made.cancel_id = calls.size();
        return made;
    }
    test_call& submit(test_call& value) {
        cycle([&] { scheduler_->submit(value); });
        return value;
    }
    test_call& submit(request_class kind = request_class::safe) { return submit(make(kind)); }
    test_call& drain(std::chrono::nanoseconds deadline = 30s) {
        auto& made = make();
        made.is_drain = true;
        made.deadline_after = deadline;
        return submit(made);
    }
    void cancel(test_call& value) {
        cycle([&] { scheduler_->cancel(value); });
    }
    void close() {
        cycle([&] { scheduler_->close(); });
    }

    /// Lets time pass, with a cycle at each time that the pool asked for.
    void pass(std::chrono::nanoseconds duration) {
        const auto until = now_ + duration;
        for (;;) {
            const auto next = scheduler_->next_time();
            if (!next || *next > until)
                break;
            now_ = std::max(now_, *next);
            cycle([] {});
        }
        now_ = until;
    }

    /// Time passes, and nothing runs.
    void suspend(std::chrono::nanoseconds duration) { now_ += duration; }

    // On connections.
    fake_connection& link(std::size_t index) {
        REQUIRE(index < links.size());
        return *links[index];
    }
    void connect(std::size_t index) {
        cycle([&] { link(index).connected(); });
    }
    /// One answer to the next request that is due, its target as the body.
    void answer(std::size_t index, const std::string& more_fields = {}) {
        const auto bytes = answer_ahead(index, 0, more_fields);
        cycle([&] { link(index).receive(bytes); });
    }
    /// The next `count` answers, in one piece.
    void answer_together(std::size_t index, std::size_t count) {
        std::string bytes;
        for (std::size_t i = 0; i < count; ++i)
            bytes += answer_ahead(index, i);
        cycle([&] { link(index).receive(bytes); });
    }
    /// The next answer but `ahead`, not yet sent.
    std::string answer_ahead(std::size_t index, std::size_t ahead, const std::string& more_fields = {}) {
        const auto body = link(index).next_target(ahead);
        REQUIRE_FALSE(body.empty());
        return "HTTP/1.1 200 OK\r\n" + more_fields + "Content-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body;
    }
    /// As above, with a status and no body.
    void refuse(std::size_t index, int status, const std::string& more_fields = {}) {
        REQUIRE_FALSE(link(index).next_target().empty());
        cycle([&] {
            link(index).receive("HTTP/1.1 " + std::to_string(status) + " No\r\n" + more_fields +
                                "Content-Length: 0\r\n\r\n");
        });
    }
    void answer_all(std::size_t index) {
        while (link(index).phase() == phase::open && !link(index).next_target().empty())
            answer(index);
    }
    /// Makes connection `index` with one answered GET, which proves it.
    void prove(std::size_t index) {
        submit();
        REQUIRE(links.size() == index + 1);
        connect(index);
        answer(index);
    }
    /// Makes the first `count` connections, all of them proven and idle; the last one was used last.
    void prove_all(std::size_t count) {
        cycle([&] {
            for (std::size_t i = 0; i < count; ++i)
                scheduler_->submit(make());
        });
        REQUIRE(links.size() == count);
        for (std::size_t i = 0; i < count; ++i)
            connect(i);
        for (std::size_t i = 0; i < count; ++i) {
            answer(i);
            REQUIRE(link(i).outstanding() == 0);
        }
    }

    const detail::counters& stats() const { return scheduler_->stats(); }
    detail::scheduler& scheduler() { return *scheduler_; }
    const detail::scheduler& scheduler() const { return *scheduler_; }
    detail::time_point now() const { return now_; }
    /// How often a target was written, over all connections.
    std::map<std::string, int> sends() const {
        std::map<std::string, int> counted;
        for (const auto& each : links)
            for (const auto& target : each->targets())
                ++counted[target];
        return counted;
    }
    int sends_of(const test_call& value) const {
        const auto counted = sends();
        const auto found = counted.find(value.request.target);
        return found == counted.end() ? 0 : found->second;
    }
    /// I7: nothing is left of the calls.
    bool gauges_are_zero() const {
        const auto& s = stats();
        return s.queue_depth.get() == 0 && s.in_flight.get() == 0 && s.zombies.get() == 0;
    }
    bool connection_gauges_are_zero() const {
        const auto& s = stats();
        return s.open.get() == 0 && s.idle.get() == 0 && s.connecting.get() == 0 && s.draining.get() == 0;
    }

    std::vector<std::shared_ptr<fake_connection>> links; ///< every one that ever was
    std::vector<std::unique_ptr<test_call>> calls;
    std::vector<test_call*> order; ///< in which they finished
    std::function<void()> after_cycle;

private:
    std::shared_ptr<detail::stream> make_stream(detail::stream_owner& owner) override {
        return links.emplace_back(std::make_shared<fake_connection>(owner, depth_));
    }
    std::chrono::sys_seconds time_of_day() override { return std::chrono::sys_seconds(1'000'000'000s); }
    void finished(detail::call& value) noexcept override { order.push_back(static_cast<test_call*>(&value)); }

    std::size_t depth_;
    detail::request_encoder encoder_{"host", "test"};
    detail::time_point now_{1h};
    std::unique_ptr<detail::scheduler> scheduler_;
};

constexpr auto unsafe = request_class::unsafe;

inline std::vector<std::string> targets(std::initializer_list<const test_call*> calls) {
    std::vector<std::string> all;
    for (const auto* const each : calls)
        all.push_back(each->request.target);
    return all;
}

} // namespace test
