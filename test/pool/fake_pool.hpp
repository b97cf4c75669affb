#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pool/fake_connection.hpp"
#include "pool/scheduler.hpp"

namespace test {

using namespace std::chrono_literals;
using bandwidth::webrtc::delivery;
using bandwidth::webrtc::failure;
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
    detail::settled settle(const detail::response& received, std::chrono::nanoseconds) override {
        if (received.status < 300 && knows_own && !is_own(received.body)) {
            detail::failure_state known;
            known.code = errc::protocol_error;
            known.delivery = delivery::maybe_processed;
            why = failure(std::move(known));
            return detail::settled::mismatched;
        }
        status = received.status;
        body = std::string(received.body);
        return received.status < 300 ? detail::settled::value : detail::settled::failure;
    }
    void settle(failure reason) override { why = std::move(reason); }
    failure* reason() override { return why.code() ? &why : nullptr; }
    void recycle() noexcept override { ++recycled; }
    bool limits_rate(const detail::response&) const override { return limited; }

    /// A response to it has its target as the body, and at most some padding behind a bar.
    bool is_own(std::string_view text) const { return text.substr(0, text.find('|')) == request.target; }
    bool done() const { return completions != 0; }
    bool failed_with(errc code, delivery known) const {
        return completions == 1 && status == 0 && why.code() == code && why.delivery() == known;
    }
    bool got(std::string_view with) const { return completions == 1 && status == 200 && body == with; }

    int completions = 0; ///< times the pool has given it back
    detail::time_point completed_at{};
    int recycled = 0;
    bool cancelled_unsent = false; ///< the last cancellation was one of those that end only what is unsent
    bool limited = true;           ///< what a 429 or 503 for it says holds for the whole origin
    bool knows_own = false;        ///< a response without its own target is taken for another request's
    int status = 0;                ///< of the response; 0: it failed without one
    std::string body;
    failure why;
};

/// A scheduler, and everything around it controlled by a test, the time too.
class fake_pool : public detail::scheduler_host {
public:
    explicit fake_pool(const detail::scheduler_settings& settings = with_connections(8))
        : scheduler_(std::make_unique<detail::scheduler>(settings, *this)) {}

    /// Whatever happens, happens in a cycle.
    template <class Function>
    void cycle(Function function) {
        scheduler_->begin_cycle(now_);
        function();
        scheduler_->end_cycle();
        if (after_cycle)
            after_cycle();
    }

    /// What other threads ask for happens in a cycle of its own, after what is due in it by time.
    template <class Function>
    void ask(Function function) {
        asked_for_ = function;
        cycle([] {});
    }

    test_call& make(request_class kind = request_class::safe) {
        auto& made = *calls.emplace_back(std::make_unique<test_call>());
        made.request.kind = kind;
        made.request.method = kind == request_class::unsafe ? "POST"
                              : kind == request_class::safe ? "GET"
                                                            : "PUT";
        made.request.target = "/" + std::to_string(calls.size());
        made.timeout = 30s;
        made.group = group;
        made.cancel_id = calls.size();
        return made;
    }
    test_call& submit(test_call& value) {
        ask([&] { scheduler_->submit(value); });
        return value;
    }
    test_call& submit(request_class kind = request_class::safe) { return submit(make(kind)); }
    test_call& drain(std::chrono::nanoseconds deadline = 30s) {
        auto& made = make();
        made.is_drain = true;
        made.group = nullptr; // of all groups
        made.timeout = deadline;
        return submit(made);
    }
    /// A signal that comes late finds nothing.
    void cancel(test_call& value, bool only_unsent = false) {
        if (!value.done())
            ask([&] { scheduler_->cancel(value, only_unsent); });
    }
    void close() {
        ask([&] { scheduler_->close(); });
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
    /// One response to the next request that is due, its target as the body.
    void respond(std::size_t index, const std::string& more_fields = {}) {
        const auto bytes = response_ahead(index, 0, more_fields);
        cycle([&] { link(index).receive(bytes); });
    }
    /// The next `count` responses, in one piece.
    void respond_together(std::size_t index, std::size_t count) {
        std::string bytes;
        for (std::size_t i = 0; i < count; ++i)
            bytes += response_ahead(index, i);
        cycle([&] { link(index).receive(bytes); });
    }
    /// The next response but `ahead`, not yet sent.
    std::string response_ahead(std::size_t index, std::size_t ahead, const std::string& more_fields = {}) {
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
    void respond_to_all(std::size_t index) {
        while (link(index).phase() == phase::open && !link(index).next_target().empty())
            respond(index);
    }
    /// Makes connection `index` by one GET with its response, which confirms that pipelines work on it.
    void confirm(std::size_t index) {
        submit();
        REQUIRE(links.size() == index + 1);
        connect(index);
        respond(index);
    }
    /// Makes the first `count` connections, all of them confirmed and idle; the last one was used last.
    void confirm_all(std::size_t count) {
        ask([&] {
            for (std::size_t i = 0; i < count; ++i)
                scheduler_->submit(make());
        });
        REQUIRE(links.size() == count);
        for (std::size_t i = 0; i < count; ++i)
            connect(i);
        for (std::size_t i = 0; i < count; ++i) {
            respond(i);
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
        return s.queue_depth == 0 && s.in_flight == 0 && s.abandoned == 0;
    }
    bool connection_gauges_are_zero() const {
        const auto& s = stats();
        return s.connections_open() == 0 && s.connections_idle == 0 && s.connections_connecting == 0 &&
               s.connections_draining == 0;
    }

    /// Whose calls are made.
    boost::intrusive_ptr<detail::call_group> group{
        new detail::call_group(detail::request_encoder("Host: host\r\n"))};
    std::vector<std::shared_ptr<fake_connection>> links; ///< every one that ever was
    std::vector<std::unique_ptr<test_call>> calls;
    std::vector<test_call*> order; ///< in which they finished
    std::function<void()> after_cycle;

private:
    std::shared_ptr<detail::stream> make_stream(detail::stream_owner& owner) override {
        return links.emplace_back(std::make_shared<fake_connection>(owner));
    }
    void take_submitted() override {
        if (const auto function = std::exchange(asked_for_, nullptr))
            function();
    }
    std::chrono::sys_seconds time_of_day() override { return std::chrono::sys_seconds(1'000'000'000s); }
    void finished(detail::call& value) noexcept override {
        auto& done = static_cast<test_call&>(value);
        ++done.completions;
        done.completed_at = now_;
        order.push_back(&done);
    }

    std::function<void()> asked_for_;
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
