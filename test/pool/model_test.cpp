// Random schedules against the invariants of a pipelined pool:
// I1 every call completes exactly once, I2 with the answer to its own request, I3 an unsafe request is on the
// wire at most once, I4 no request is sent more often than its replays allow, I6 nothing is written on a
// connection that has failed, I7 the gauges return to zero.
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

constexpr int schedules = 2000;

class schedule {
public:
    explicit schedule(unsigned seed) : random_(seed), pool_(settings()) {}

    void run() {
        const auto steps = pick(150) + 20;
        for (unsigned i = 0; i < steps; ++i)
            step();
        finish();
        check();
    }

private:
    unsigned pick(unsigned count) { return static_cast<unsigned>(random_() % count); }

    detail::dispatcher_settings settings() {
        auto made = with_connections(1 + pick(4), 1 + pick(8));
        made.max_replays = max_replays_ = static_cast<int>(pick(3));
        made.queue_limit = 1 + pick(40);
        made.jitter_seed = random_();
        return made;
    }

    test_call& submit_one() {
        const request_class kinds[] = {request_class::safe, request_class::safe, request_class::idempotent,
                                       unsafe};
        auto& made = pool_.make(kinds[pick(4)]);
        made.deadline_after = std::chrono::milliseconds(pick(8) == 0 ? pick(300) : 20'000);
        if (pick(10) == 0)
            made.attempt_timeout = std::chrono::milliseconds(pick(500));
        made.allow_replay = pick(10) != 0;
        pool_.dispatcher().submit(made);
        return made;
    }

    void step() {
        switch (pick(12)) {
        case 0:
        case 1:
        case 2:
            pool_.turn([&] {
                for (auto i = pick(4) + 1; i != 0; --i)
                    submit_one();
            });
            return;
        case 3:
            if (!pool_.calls.empty())
                pool_.cancel(*pool_.calls[pick(static_cast<unsigned>(pool_.calls.size()))]);
            return;
        case 4:
            pool_.pass(std::chrono::milliseconds(pick(4) == 0 ? pick(6000) : pick(60)));
            return;
        default:
            break;
        }
        // Something happens to one of the latest connections.
        if (pool_.links.empty())
            return;
        const auto back = pick(static_cast<unsigned>(std::min<std::size_t>(pool_.links.size(), 6)));
        const auto index = pool_.links.size() - 1 - back;
        auto& link = *pool_.links[index];
        if (link.phase() == phase::closed)
            return;
        if (link.phase() != phase::open) {
            // Beside an open connection only: a pool that has none dials again at once.
            if (pick(8) == 0 && pool_.stats().open.get() != 0)
                pool_.turn([&] { link.refused(errc::connect_failed); });
            else
                pool_.connect(index);
            return;
        }
        happen_to(link);
    }

    void happen_to(fake_connection& link) {
        const auto target = link.next_target();
        switch (pick(16)) {
        case 0:
            pool_.turn([&] { link.fin(); });
            return;
        case 1:
            pool_.turn([&] { link.reset(); });
            return;
        case 2:
            pool_.turn([&] { link.receive("HTTP/1.1 103 Early Hints\r\n\r\n"); });
            return;
        case 3:
            link.jammed = !link.jammed;
            pool_.turn([&] { link.flush(); });
            return;
        case 4:
            if (pick(4) == 0)
                pool_.turn([&] { link.receive("garbage\r\n\r\n"); });
            return;
        default:
            break;
        }
        if (target.empty())
            return;
        auto wire = answer_to(target, pick(12) == 0);
        if (pick(4) == 0) { // in two pieces, each in its turn
            const auto cut = pick(static_cast<unsigned>(wire.size()));
            pool_.turn([&] { link.receive(wire.substr(0, cut)); });
            wire.erase(0, cut);
        }
        if (link.phase() == phase::open)
            pool_.turn([&] { link.receive(wire); });
    }

    static std::string answer_to(const std::string& target, bool closes) {
        return std::string("HTTP/1.1 200 OK\r\n") + (closes ? "Connection: close\r\n" : "") +
               "Content-Length: " + std::to_string(target.size()) + "\r\n\r\n" + target;
    }

    // Peace at last: everything is answered, or the client is drained or closed.
    void finish() {
        const auto way = pick(3);
        if (way == 0)
            pool_.close();
        if (way == 1)
            drain_ = &pool_.drain(10s);
        for (int round = 0; round < 400; ++round) {
            for (std::size_t i = 0; i < pool_.links.size(); ++i) {
                auto& link = *pool_.links[i];
                if (link.phase() == phase::closed)
                    continue;
                if (link.phase() != phase::open) {
                    pool_.connect(i);
                    continue;
                }
                if (link.jammed) {
                    link.jammed = false;
                    pool_.turn([&] { link.flush(); });
                }
                if (link.phase() == phase::open && !link.next_target().empty())
                    pool_.turn([&] { link.receive(answer_to(link.next_target(), false)); });
            }
            pool_.pass(50ms);
        }
        pool_.pass(120s); // idle connections age out
    }

    void check() {
        for (const auto& each : pool_.calls) {
            if (each.get() == drain_)
                continue;
            CHECK(each->completions == 1);
            if (each->status != 0)
                CHECK(each->body == each->request.target);
            const auto sends = pool_.sends_of(*each);
            CHECK(sends <= (each->request.kind == unsafe || !each->allow_replay ? 1 : 1 + max_replays_));
            if (each->status != 0)
                continue;
            if (each->attempts == 0)
                CHECK(each->why.delivery() == delivery::not_sent);
            if (may_have_been_processed(each->request.target))
                CHECK(each->why.delivery() == delivery::maybe_processed);
        }
        CHECK(pool_.order.size() == pool_.calls.size());
        CHECK(pool_.gauges_are_zero());
        CHECK(pool_.connection_gauges_are_zero());
        CHECK_FALSE(pool_.dispatcher().next_time());
        const auto& stats = pool_.stats();
        const auto calls = pool_.calls.size() - (drain_ ? 1 : 0); // a drain is no call
        CHECK(stats.calls_started.get() == calls);
        CHECK(stats.calls_succeeded.get() + stats.calls_failed.get() == calls);
    }

    // Whether a server may act on it: it was written, and not behind an answer that announced a close.
    bool may_have_been_processed(const std::string& target) const {
        for (const auto& link : pool_.links) {
            const auto written = link->targets();
            const auto found = std::find(written.begin(), written.end(), target);
            if (found == written.end())
                continue;
            if (!link->announced || static_cast<std::size_t>(found - written.begin()) < link->answered)
                return true;
        }
        return false;
    }

    std::minstd_rand random_;
    int max_replays_ = 0;
    test_call* drain_ = nullptr;
    fake_pool pool_;
};

} // namespace

TEST_CASE("I1 to I7: random schedules") {
    // BANDWIDTH_WEBRTC_TEST_SEED runs another range of schedules than the standard one.
    const char* const chosen = std::getenv("BANDWIDTH_WEBRTC_TEST_SEED");
    const auto first = chosen ? static_cast<unsigned>(std::strtoul(chosen, nullptr, 10)) : 1U;
    for (unsigned seed = first; seed < first + schedules; ++seed) {
        CAPTURE(seed);
        schedule(seed).run();
    }
}
