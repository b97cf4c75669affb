// Random schedules against the invariants of a pipelined pool:
// I1 every call completes exactly once, I2 with the answer to its own request, I3 an unsafe request is on the
// wire at most once, I4 no request is sent more often than its replays and attempts allow, I6 nothing is
// written on a connection that has failed, I7 the gauges return to zero; what a failure says of delivery is
// true; and at the end of no turn does a call wait beside an idle connection that it could have.
//
// A schedule is a seed and a list of steps, each with random numbers of its own. So a schedule that fails is
// shrunk by leaving steps out, and what is printed is the seed with the steps that are needed.
#include <doctest/doctest.h>

#include <cstdlib>
#include <numeric>
#include <random>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

class random_numbers {
public:
    random_numbers(std::uint64_t seed, std::uint64_t stream) : engine_(mix(seed * 0x10001 + stream)) {}
    unsigned pick(unsigned count) { return static_cast<unsigned>(engine_() % count); }

private:
    static std::uint64_t mix(std::uint64_t x) { // splitmix64, so that near seeds give far numbers
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
    std::minstd_rand engine_;
};

// Statuses with which a server says that it has not processed the request.
bool says_unprocessed(int status) { return status == 408 || status == 421 || status == 425 || status == 429; }

class schedule {
public:
    schedule(std::uint64_t seed, std::vector<unsigned> steps)
        : seed_(seed), steps_(std::move(steps)), random_(seed, 0), pool_(settings()) {}

    static std::vector<unsigned> all_steps(std::uint64_t seed) {
        std::vector<unsigned> all(random_numbers(seed, 1).pick(150) + 20);
        std::iota(all.begin(), all.end(), 2U);
        return all;
    }

    /// The first rule that was broken; empty when none was.
    std::string run() {
        pool_.after_cycle = [this] { look_for_starvation(); };
        for (const auto step : steps_) {
            random_ = random_numbers(seed_, step);
            take_step();
            if (!starved_.empty())
                return starved_;
        }
        random_ = random_numbers(seed_, 1'000'000);
        finish();
        return starved_.empty() ? broken_rule() : starved_;
    }

private:
    // Deadlines hide starvation, so it is looked for after each turn.
    void look_for_starvation() {
        if (!starved_.empty())
            return;
        const bool shared_waits = std::any_of(pool_.calls.begin(), pool_.calls.end(), [](const auto& each) {
            return waits(*each) && !each->request.exclusive();
        });
        // Of those that wait for a connection to themselves, the first in line.
        const auto exclusive = std::find_if(pool_.calls.begin(), pool_.calls.end(), [](const auto& each) {
            return waits(*each) && each->request.exclusive();
        });
        for (const auto& link : pool_.links) {
            if (link->phase() != phase::open)
                continue;
            const auto& known = link->pool_side();
            if (!known.staged && !link->jammed && link->has_unwritten())
                starved_ = "a staged request that nobody is to write";
            if (known.staged && pool_.now() >= known.staged_since + 2ms)
                starved_ = "requests wait to be written for more than two milliseconds";
            if (known.status() != pooled_connection::state::idle &&
                known.status() != pooled_connection::state::reserved)
                continue;
            if (shared_waits)
                starved_ = "a call waits beside an idle connection";
            else if (exclusive != pool_.calls.end() && trusts(**exclusive, *link))
                starved_ =
                    "the exclusive call " + (*exclusive)->request.target + " waits beside an idle connection";
        }
    }
    static bool waits(const test_call& value) {
        return value.where == test_call::state::queued && !value.is_drain && !value.needs_new_connection;
    }
    // A connection that was idle for long is not for what cannot be replayed.
    bool trusts(const test_call& value, const fake_connection& link) const {
        return (value.request.kind != unsafe && value.allow_replay) ||
               pool_.now() - link.pool_side().idle_since <= unsafe_idle_limit_;
    }

    unsigned pick(unsigned count) { return random_.pick(count); }
    bool one_in(unsigned count) { return pick(count) == 0; }

    detail::scheduler_settings settings() {
        quick_ = one_in(2);
        auto made =
            quick_ ? with_connections(1 + pick(2), 4 + pick(8)) : with_connections(1 + pick(4), 1 + pick(8));
        made.again.max_replays = max_replays_ = static_cast<int>(pick(3));
        made.queue_limit = 1 + pick(40);
        made.again.jitter_seed = pick(1'000'000);
        made.again.retry.attempts(1 + static_cast<int>(pick(4)));
        made.again.retry.retry_protocol_error(one_in(2));
        made.again.budget_per_second = one_in(4) ? 0 : 1000;
        made.min_connections = one_in(4) ? 1 : 0;
        attempts_ = made.again.retry.attempts();
        made.unsafe_idle_limit = unsafe_idle_limit_ = std::chrono::milliseconds(one_in(2) ? 4000 : pick(100));
        return made;
    }

    void submit_one() {
        const request_class kinds[] = {request_class::safe, request_class::safe, request_class::idempotent,
                                       unsafe};
        auto& made = pool_.make(kinds[pick(4)]);
        made.deadline_after = std::chrono::milliseconds(one_in(8) ? pick(300) : 20'000);
        if (one_in(10))
            made.extras().attempt_timeout = std::chrono::milliseconds(pick(500) + 1);
        made.allow_replay = !one_in(10);
        made.request.isolated = one_in(12);
        pool_.scheduler().submit(made);
    }

    void take_step() {
        switch (pick(13)) {
        case 0:
        case 1:
        case 2:
            pool_.cycle([&] {
                for (auto i = pick(quick_ ? 12 : 4) + 1; i != 0; --i)
                    submit_one();
            });
            return;
        case 3:
            if (!pool_.calls.empty())
                pool_.cancel(*pool_.calls[pick(static_cast<unsigned>(pool_.calls.size()))]);
            return;
        case 4:
            if (quick_ && !one_in(8))
                pool_.pass(std::chrono::microseconds(pick(1500)));
            else
                pool_.pass(std::chrono::milliseconds(one_in(4) ? pick(6000) : pick(60)));
            return;
        case 5:
            if (one_in(10))
                pool_.cycle([&] { pool_.scheduler().drain_connections(); });
            return;
        default:
            break;
        }
        // Something happens to one of the latest connections.
        if (pool_.links.empty())
            return;
        const auto back = pick(static_cast<unsigned>(std::min<std::size_t>(pool_.links.size(), 6)));
        auto& link = *pool_.links[pool_.links.size() - 1 - back];
        if (link.phase() == phase::closed)
            return;
        if (link.phase() != phase::open) {
            link.network_round_trip = std::chrono::microseconds(pick(80));
            if (one_in(8))
                pool_.cycle([&] { link.refused(one_in(8) ? errc::tls_untrusted : errc::connect_failed); });
            else
                pool_.cycle([&] { link.connected(); });
            return;
        }
        happen_to(link);
    }

    void happen_to(fake_connection& link) {
        if (quick_)
            pool_.pass(std::chrono::microseconds(1 + pick(60)));
        if (link.phase() != phase::open)
            return;
        switch (pick(quick_ ? 90 : 18)) {
        case 0:
            pool_.cycle([&] { link.fin(); });
            return;
        case 1:
            pool_.cycle([&] { link.reset(); });
            return;
        case 2:
            pool_.cycle([&] { link.receive("HTTP/1.1 103 Early Hints\r\n\r\n"); });
            return;
        case 3:
            link.jammed = !link.jammed;
            pool_.cycle([&] { link.flush(); });
            return;
        case 4:
            if (one_in(4))
                pool_.cycle([&] { link.receive("garbage\r\n\r\n"); });
            return;
        case 5:
            if (link.jammed && link.has_unwritten())
                pool_.cycle([&] { link.sent_some(pick(200)); });
            return;
        case 6:
            if (one_in(6))
                pool_.cycle([&] { link.rejected(); });
            return;
        default:
            break;
        }
        const auto target = link.next_target();
        if (target.empty())
            return;
        auto wire = answer_to(target);
        // At times many answers come in one piece.
        for (std::size_t ahead = 1, more = one_in(3) ? pick(8) : 0; ahead <= more; ++ahead) {
            const auto next = link.next_target(ahead);
            if (next.empty())
                break;
            wire += answer_to(next);
        }
        if (one_in(30) && link.outstanding() == 1) {
            wire += "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsurplus";
        } else if (one_in(4)) { // in two pieces, each in its turn
            const auto cut = pick(static_cast<unsigned>(wire.size()));
            pool_.cycle([&] { link.receive(wire.substr(0, cut)); });
            wire.erase(0, cut);
            if (one_in(4)) // and nothing more for now: what follows is bound to be a fault, or silence
                pool_.cycle([&] { one_in(2) ? link.fin() : link.reset(); });
        }
        if (link.phase() == phase::open)
            pool_.cycle([&] { link.receive(wire); });
    }

    std::string answer_to(const std::string& target) {
        const int statuses[] = {408, 421, 425, 429, 500, 503};
        const int status = one_in(5) ? statuses[pick(6)] : 200;
        const bool closes = one_in(12) || (status == 408 && one_in(2));
        auto head = "HTTP/1.1 " + std::to_string(status) + " X\r\n" + (closes ? "Connection: close\r\n" : "");
        if (status == 429 && one_in(2))
            head += "Retry-After: " + std::to_string(pick(3)) + "\r\n";
        const auto size = std::to_string(target.size());
        if (one_in(3))
            return head + "Transfer-Encoding: chunked\r\n\r\n" + to_hex(target.size()) + "\r\n" + target +
                   "\r\n0\r\n\r\n";
        return head + "Content-Length: " + size + "\r\n\r\n" + target;
    }
    static std::string to_hex(std::size_t value) { return std::string(1, "0123456789abcdef"[value]); }

    // Peace at last: everything is answered, or the client is drained or closed.
    void finish() {
        const auto way = pick(3);
        if (way == 0)
            pool_.close();
        if (way == 1)
            drain_ = &pool_.drain(10s);
        for (int round = 0; round < 400 && (!done() || round < 10); ++round) {
            for (std::size_t i = 0; i < pool_.links.size(); ++i) {
                auto& link = *pool_.links[i];
                if (link.phase() == phase::closed)
                    continue;
                if (link.phase() != phase::open) {
                    pool_.cycle([&] { link.connected(); });
                    continue;
                }
                if (link.jammed) {
                    link.jammed = false;
                    pool_.cycle([&] { link.flush(); });
                }
                if (const auto target = link.next_target(); link.phase() == phase::open && !target.empty())
                    pool_.cycle([&] {
                        link.receive("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(target.size()) +
                                     "\r\n\r\n" + target);
                    });
            }
            pool_.pass(50ms);
        }
        if (way == 2) // connections that are made ahead of need are made for ever
            pool_.drain(10s);
        pool_.pass(120s); // idle connections age out
    }
    bool done() const { return pool_.order.size() == pool_.calls.size(); }

    std::string broken_rule() const {
        std::size_t drains = 0;
        for (const auto& each : pool_.calls) {
            if (each->is_drain) {
                ++drains;
                continue;
            }
            const auto& target = each->request.target;
            if (each->completions != 1)
                return "I1: " + target + " completed " + std::to_string(each->completions) + " times";
            if (each->status != 0 && each->body != target)
                return "I2: " + target + " got the answer to " + each->body;
            const auto sends = pool_.sends_of(*each);
            const bool repeatable = each->request.kind != unsafe && each->allow_replay;
            const int excused =
                unprocessed_answers(target); // by 421 and 425, which any call is sent again for
            if (!repeatable && sends > 1 + (each->allow_replay ? std::min(excused, 2) : 0))
                return "I3: " + target + " was sent " + std::to_string(sends) + " times";
            if (sends > max_replays_ + attempts_)
                return "I4: " + target + " was sent " + std::to_string(sends) + " times";
            if (each->status != 0)
                continue;
            const bool maybe = may_have_been_processed(target);
            if (maybe && each->why.delivery() != delivery::maybe_processed)
                return "delivery: " + target + " may have been processed, but the failure says not_sent";
            if (each->attempts == 0 && each->why.delivery() != delivery::not_sent)
                return "delivery: " + target + " was never sent, but the failure says something else";
        }
        if (pool_.order.size() != pool_.calls.size())
            return "I1: completed calls are not all calls";
        for (const auto& link : pool_.links) {
            if (link->flushed_when_closed)
                return "I6: a closed connection was written on";
        }
        if (!pool_.gauges_are_zero() || !pool_.connection_gauges_are_zero())
            return "I7: the gauges are not zero";
        if (pool_.scheduler().next_time())
            return "I7: a timer is left";
        const auto& stats = pool_.stats();
        const auto calls = pool_.calls.size() - drains; // a drain is no call
        if (stats.calls_started.get() != calls ||
            stats.calls_succeeded.get() + stats.calls_failed.get() != calls)
            return "I7: the counters do not add up";
        return {};
    }

    // Calls `function(link, index in the order of sending)` for each time that it was written.
    template <class Function>
    void for_each_send(const std::string& target, Function function) const {
        for (const auto& link : pool_.links) {
            const auto written = link->targets();
            for (std::size_t i = 0; i < written.size(); ++i) {
                if (written[i] == target)
                    function(*link, i);
            }
        }
    }
    int unprocessed_answers(const std::string& target) const {
        int count = 0;
        for_each_send(target, [&](const fake_connection& link, std::size_t i) {
            count += i < link.answered() && (link.statuses[i] == 421 || link.statuses[i] == 425) ? 1 : 0;
        });
        return count;
    }
    // Whether a server may have acted on it: it was written, not behind an answer that announced a close, not
    // on a connection whose handshake was rejected, and not answered with a status that says no.
    bool may_have_been_processed(const std::string& target) const {
        bool maybe = false;
        for_each_send(target, [&](const fake_connection& link, std::size_t i) {
            if (i < link.answered())
                maybe = maybe || !says_unprocessed(link.statuses[i]);
            else
                maybe = maybe || !(link.announced || link.was_rejected);
        });
        return maybe;
    }

    std::uint64_t seed_;
    std::vector<unsigned> steps_;
    random_numbers random_;
    int max_replays_ = 0;
    int attempts_ = 1;
    bool quick_ = false; // many requests, fast answers, few faults
    std::chrono::nanoseconds unsafe_idle_limit_{0};
    std::string starved_;
    test_call* drain_ = nullptr;
    fake_pool pool_;
};

// Leaves out what is not needed for a failure, in ever smaller pieces.
std::vector<unsigned> shrink(std::uint64_t seed, std::vector<unsigned> steps) {
    for (auto piece = steps.size() / 2; piece != 0; piece /= 2) {
        for (std::size_t at = 0; at + piece <= steps.size();) {
            auto fewer = steps;
            fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at),
                        fewer.begin() + static_cast<std::ptrdiff_t>(at + piece));
            if (schedule(seed, fewer).run().empty())
                at += piece;
            else
                steps = std::move(fewer);
        }
    }
    return steps;
}

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

} // namespace

// BANDWIDTH_WEBRTC_TEST_SEED is the first schedule's seed, BANDWIDTH_WEBRTC_TEST_SCHEDULES their number.
TEST_CASE("I1 to I7: random schedules") {
    const auto first = number_from_environment("BANDWIDTH_WEBRTC_TEST_SEED", 1);
    const auto count = number_from_environment("BANDWIDTH_WEBRTC_TEST_SCHEDULES", 600);
    for (auto seed = first; seed < first + count; ++seed) {
        const auto steps = schedule::all_steps(seed);
        if (schedule(seed, steps).run().empty())
            continue;
        const auto fewest = shrink(seed, steps);
        std::string text = schedule(seed, fewest).run() + "; seed " + std::to_string(seed) + ", steps";
        for (const auto step : fewest)
            text += " " + std::to_string(step);
        FAIL(text);
    }
    MESSAGE(count << " schedules from seed " << first << " on");
}
