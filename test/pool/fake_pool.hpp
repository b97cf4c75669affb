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

#include "pool/dispatcher.hpp"
#include "pool/member.hpp"

namespace test {

namespace detail = bandwidth::webrtc::detail;
using namespace std::chrono_literals;
using bandwidth::webrtc::delivery;
using bandwidth::webrtc::errc;
using bandwidth::webrtc::error_code;
using bandwidth::webrtc::failure;
using detail::phase;
using detail::request_class;

/// One attempt for each call, unless a test is about retries.
inline detail::dispatcher_settings with_connections(std::size_t count, std::size_t depth = 8) {
    detail::dispatcher_settings settings;
    settings.max_connections = count;
    settings.depth = depth;
    settings.retry = bandwidth::webrtc::retry_policy::none();
    return settings;
}
inline detail::dispatcher_settings with_attempts(int attempts, std::size_t connections = 1) {
    auto settings = with_connections(connections);
    settings.retry.attempts(attempts);
    return settings;
}

/// A call whose outcome is kept for the test to look at.
class test_call final : public detail::call {
public:
    detail::settled settle(const detail::response& answer, std::chrono::nanoseconds) override {
        if (answer.status < 300 && knows_own && answer.body != request.target)
            return detail::settled::foreign;
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
    bool knows_own = false; ///< an answer that does not repeat its target is foreign; see `fake_pool::order`
    int status = 0;         ///< of the answer; 0: it failed without one
    std::string body;
    failure why;
};

/// A connection without a transport. What it is told by the pool it records; what happens to it, a test says.
/// It drives the pipeline as `tls_connection` does.
class fake_connection final : public detail::connection {
public:
    fake_connection(detail::connection_events& events, std::size_t depth)
        : connection(depth, detail::response_limits{}), events_(&events) {}

    void open() override { opened = true; }
    void flush() override {
        ++flushes;
        if (phase_ == phase::closed && has_unwritten())
            flushed_when_closed = true; // I6
        if (phase_ != phase::open || jammed)
            return;
        const auto size = record_.size() + batch_.size();
        wire += record_.substr(record_sent_) + batch_;
        batch_.clear();
        record_.clear();
        record_sent_ = 0;
        note_sent(size);
    }
    std::chrono::nanoseconds round_trip() noexcept override { return network_round_trip; }
    std::string describe_dial() const noexcept override { return "as far as it came"; }
    bool read_available() override {
        ++reads;
        const auto world = std::exchange(in_socket, nullptr);
        if (world)
            world(*this);
        return phase_ != phase::closed;
    }
    void release_buffers() noexcept override { ++releases; }
    void close() noexcept override {
        phase_ = phase::closed;
        events_ = nullptr;
    }

    // What the world does to it; within a turn.
    void reach(detail::phase value) { phase_ = value; }
    void connected() {
        if (phase_ == phase::closed) // by what the turn began with
            return;
        phase_ = phase::open;
        events_->on_open(false);
    }
    void refused(errc code) {
        if (phase_ == phase::closed) // by what the turn began with
            return;
        end(detail::close_cause::not_made, code, "no way");
    }
    void rejected() {
        if (phase_ == phase::closed) // by what the turn began with
            return;
        was_rejected = true;
        end(detail::close_cause::rejected, errc::handshake_failed, "certificate required");
    }
    /// A socket that takes a part of what is staged and then no more: the rest of the record is bound to go.
    void sent_some(std::size_t bytes) {
        if (phase_ == phase::closed) // by what the turn began with
            return;
        if (record_.empty())
            record_ = std::exchange(batch_, {});
        const auto upto = std::min(record_.size(), record_sent_ + bytes);
        wire += record_.substr(record_sent_, upto - record_sent_);
        record_sent_ = upto;
        requests_.note_sent(sent_, sent_ + record_.size());
    }
    bool has_unwritten() const { return !record_.empty() || !batch_.empty(); }
    void receive(std::string_view bytes) {
        if (phase_ == phase::closed) // by what the turn began with
            return;
        using event = detail::pipeline::event;
        events_->on_received(bytes.size());
        if (phase_ == phase::closed)
            return;
        partial_ += bytes;
        for (std::string_view input = partial_;;) {
            auto next = event::failed;
            try {
                next = requests_.receive(input);
            } catch (const std::bad_alloc&) {
                end(detail::close_cause::failed, errc::out_of_memory, {});
                return;
            }
            switch (next) {
            case event::need_more:
                partial_ = std::string(input);
                return;
            case event::failed:
                end(detail::close_cause::failed, requests_.error(), {});
                return;
            case event::answered:
                ++answered;
                note_status();
                events_->on_answer(requests_.owner(), requests_.message());
                if (phase_ == phase::closed)
                    return;
                if (requests_.last_answer_was_early()) {
                    end(detail::close_cause::ended, errc::connection_lost, {});
                    return;
                }
                if (requests_.last_answer_closes()) {
                    end(requests_.close_was_announced() ? detail::close_cause::graceful
                                                        : detail::close_cause::ended,
                        errc::connection_lost, {});
                    return;
                }
            }
        }
    }
    void fin() {                     // a close_notify
        if (phase_ == phase::closed) // by what the turn began with
            return;
        if (requests_.end_of_stream(true) == detail::pipeline::event::answered) {
            events_->on_answer(requests_.owner(), requests_.message());
            if (phase_ != phase::closed)
                end(requests_.close_was_announced() ? detail::close_cause::graceful
                                                    : detail::close_cause::ended,
                    errc::connection_lost, {});
            return;
        }
        end(detail::close_cause::ended, requests_.error(), {});
    }
    void reset() {
        if (phase_ == phase::closed) // by what the turn began with
            return;
        requests_.end_of_stream(false);
        end(detail::close_cause::failed, requests_.error(), "reset");
    }
    /// A write has failed: the reader will tell why.
    void write_broken() { requests_.stop_accepting(); }

    /// The targets of the requests that were written, in order.
    std::vector<std::string> targets() const {
        std::vector<std::string> all;
        for (std::size_t at = 0; (at = wire.find(" HTTP/1.1\r\n", at)) != std::string::npos; ++at) {
            const auto slash = wire.rfind(' ', at - 1) + 1;
            all.push_back(wire.substr(slash, at - slash));
        }
        return all;
    }
    std::string next_target(std::size_t ahead = 0) const {
        const auto all = targets();
        return answered + ahead < all.size() ? all[answered + ahead] : std::string();
    }
    std::size_t outstanding() const { return requests_.outstanding(); }
    /// What the pool knows of it; null when it was closed.
    const detail::member* as_member() const { return static_cast<const detail::member*>(events_); }

    bool opened = false;
    std::chrono::nanoseconds network_round_trip{0}; ///< 0: not known
    bool jammed = false;                            ///< the socket takes nothing
    bool announced = false;                         ///< its last answer said that it closes
    /// What has arrived and was not read: something that happens when the pool reads.
    std::function<void(fake_connection&)> in_socket;
    int reads = 0; ///< that the pool asked for
    int flushes = 0;
    int releases = 0; ///< of its buffers
    bool was_rejected = false;
    bool flushed_when_closed = false;
    std::size_t answered = 0;
    std::vector<int> statuses; ///< of the answers, in their order
    std::string wire;

private:
    void note_status() { statuses.push_back(requests_.message().status); }
    void note_sent(std::size_t bytes) {
        sent_ += bytes;
        requests_.note_sent(sent_, sent_);
        if (events_)
            events_->on_sent(bytes);
    }
    void end(detail::close_cause cause, errc code, std::string text) {
        announced = cause == detail::close_cause::graceful;
        phase_ = phase::closed;
        std::exchange(events_, nullptr)->on_closed({cause, code, std::move(text)});
    }

    detail::connection_events* events_;
    std::string partial_;
    std::string record_; // taken from the batch, not yet written whole
    std::size_t record_sent_ = 0;
    std::uint64_t sent_ = 0;
};

/// A dispatcher with everything around it in the hands of a test, the time too.
class fake_pool : public detail::dispatcher_host {
public:
    explicit fake_pool(const detail::dispatcher_settings& settings = with_connections(8))
        : depth_(settings.depth)
        , dispatcher_(std::make_unique<detail::dispatcher>(settings, encoder_, *this)) {}

    /// Whatever happens, happens in a turn.
    template <class Function>
    void turn(Function function) {
        dispatcher_->begin_turn(now_);
        function();
        dispatcher_->end_turn();
        if (after_turn)
            after_turn();
    }

    test_call& make(request_class kind = request_class::safe) {
        auto& made = *calls.emplace_back(std::make_unique<test_call>());
        made.request.kind = kind;
        made.request.method = kind == request_class::unsafe ? "POST"
                              : kind == request_class::safe ? "GET"
                                                            : "PUT";
        made.request.target = "/" + std::to_string(calls.size());
        made.deadline_after = 30s;
        return made;
    }
    test_call& submit(test_call& value) {
        turn([&] { dispatcher_->submit(value); });
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
        turn([&] { dispatcher_->cancel(value); });
    }
    void close() {
        turn([&] { dispatcher_->close(); });
    }

    /// Lets time pass, with a turn at each time that the dispatcher asked for.
    void pass(std::chrono::nanoseconds duration) {
        const auto until = now_ + duration;
        for (;;) {
            const auto next = dispatcher_->next_time();
            if (!next || *next > until)
                break;
            now_ = std::max(now_, *next);
            turn([] {});
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
        turn([&] { link(index).connected(); });
    }
    /// One answer to the next request that is due, its target as the body.
    void answer(std::size_t index, const std::string& more_fields = {}) {
        const auto bytes = answer_ahead(index, 0, more_fields);
        turn([&] { link(index).receive(bytes); });
    }
    /// The next `count` answers, in one piece.
    void answer_together(std::size_t index, std::size_t count) {
        std::string bytes;
        for (std::size_t i = 0; i < count; ++i)
            bytes += answer_ahead(index, i);
        turn([&] { link(index).receive(bytes); });
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
        turn([&] {
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
        turn([&] {
            for (std::size_t i = 0; i < count; ++i)
                dispatcher_->submit(make());
        });
        REQUIRE(links.size() == count);
        for (std::size_t i = 0; i < count; ++i)
            connect(i);
        for (std::size_t i = 0; i < count; ++i) {
            answer(i);
            REQUIRE(link(i).outstanding() == 0);
        }
    }

    const detail::counters& stats() const { return dispatcher_->stats(); }
    detail::dispatcher& dispatcher() { return *dispatcher_; }
    const detail::dispatcher& dispatcher() const { return *dispatcher_; }
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
    std::function<void()> after_turn;

private:
    std::shared_ptr<detail::connection> make_connection(detail::connection_events& events) override {
        return links.emplace_back(std::make_shared<fake_connection>(events, depth_));
    }
    std::chrono::sys_seconds time_of_day() override { return std::chrono::sys_seconds(1'000'000'000s); }
    void finished(detail::call& value) noexcept override { order.push_back(static_cast<test_call*>(&value)); }

    std::size_t depth_;
    detail::request_encoder encoder_{"host", "test"};
    detail::time_point now_{1h};
    std::unique_ptr<detail::dispatcher> dispatcher_;
};

constexpr auto unsafe = request_class::unsafe;

inline std::vector<std::string> targets(std::initializer_list<const test_call*> calls) {
    std::vector<std::string> all;
    for (const auto* const each : calls)
        all.push_back(each->request.target);
    return all;
}

} // namespace test
