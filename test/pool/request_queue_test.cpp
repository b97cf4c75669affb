#include "pool/request_queue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "pool/fake_pool.hpp"
#include "pool/start_time.hpp"
#include "support/random_numbers.hpp"

using namespace test;
using queue_kind = detail::request_queue::kind;

namespace {

/// A queue, and the calls that were ever made for it.
struct tested_queue {
    explicit tested_queue(std::size_t limit = 100) : queue(limit, timers, stats) {}

    test_call& make(queue_kind of) {
        auto& made = calls.emplace_back();
        made.request.kind = of == queue_kind::exclusive ? unsafe : request_class::safe;
        made.needs_new_connection = of == queue_kind::new_connection;
        made.started = start;
        made.timeout = 30s;
        return made;
    }
    test_call& push(queue_kind of = queue_kind::shared) {
        auto& made = make(of);
        queue.push(made, start);
        return made;
    }
    std::vector<const detail::call*> in_order(queue_kind of) {
        std::vector<const detail::call*> all;
        for (auto* each = queue.front(of); each; each = queue.behind(*each))
            all.push_back(each);
        return all;
    }

    std::deque<test_call> calls; // outlive the queue
    detail::timer_queue timers;
    detail::counters stats;
    detail::request_queue queue;
};

using in_that_order = std::vector<const detail::call*>;

} // namespace

TEST_CASE("each call waits in the queue of its kind, until its deadline") {
    tested_queue on;
    CHECK(on.queue.size() == 0);
    CHECK(on.queue.front(queue_kind::shared) == nullptr);
    auto& get = on.push();
    auto& post = on.push(queue_kind::exclusive);
    auto& misdirected = on.push(queue_kind::new_connection);
    auto& second = on.push();
    CHECK(on.in_order(queue_kind::shared) == in_that_order{&get, &second});
    CHECK(on.in_order(queue_kind::exclusive) == in_that_order{&post});
    CHECK(on.in_order(queue_kind::new_connection) == in_that_order{&misdirected});
    CHECK(on.queue.size() == 4);
    CHECK(on.queue.size(queue_kind::shared) == 2);
    CHECK(on.queue.size_for(second) == 2);
    CHECK(on.stats.queue_depth == 4);
    CHECK(get.where == test_call::state::queued);
    CHECK(get.queued_since == start);
    CHECK(on.timers.size() == 4);
    CHECK(on.timers.next() == start + 30s);
    on.queue.remove(get);
    CHECK(on.in_order(queue_kind::shared) == in_that_order{&second});
    CHECK(on.stats.queue_depth == 3);
}

TEST_CASE("a call with a dedicated connection is exclusive, whatever its method") {
    tested_queue on;
    auto& dedicated_connection = on.make(queue_kind::shared);
    dedicated_connection.request.dedicated_connection = true;
    on.queue.push(dedicated_connection, start);
    CHECK(on.queue.front(queue_kind::exclusive) == &dedicated_connection);
}

TEST_CASE("each queue has its own limit") {
    tested_queue on(2);
    on.push(queue_kind::exclusive);
    on.push(queue_kind::exclusive);
    CHECK(on.queue.is_full_for(on.make(queue_kind::exclusive)));
    CHECK_FALSE(on.queue.is_full_for(on.make(queue_kind::shared)));
    CHECK_FALSE(on.queue.is_full_for(on.make(queue_kind::new_connection)));
    on.push();
    CHECK_FALSE(on.queue.is_full_for(on.make(queue_kind::shared)));
    on.push();
    CHECK(on.queue.is_full_for(on.make(queue_kind::shared)));
}

TEST_CASE("a call that comes back is taken, whether its queue is full or not") {
    tested_queue on(1);
    auto& first = on.push();
    on.queue.remove(first);
    auto& second = on.push();
    REQUIRE(on.queue.is_full_for(first));
    on.queue.push(first, start + 1s);
    CHECK(on.in_order(queue_kind::shared) == in_that_order{&first, &second});
    CHECK(first.queued_since == start + 1s);
}

TEST_CASE("a call that comes back from a connection or from a pause has its place by age") {
    tested_queue on;
    auto& first = on.push();
    auto& second = on.push();
    auto& third = on.push();
    auto& fourth = on.push();
    for (auto* const each : {&first, &second, &third})
        on.queue.remove(*each);
    on.queue.pause(first, start + 1s);
    on.queue.pause(third, start + 1s);
    auto& fifth = on.push();
    on.queue.end_pause(third); // the younger one comes first
    on.queue.push(third, start + 1s);
    on.queue.push(second, start + 1s);
    on.queue.end_pause(first);
    on.queue.push(first, start + 1s);
    CHECK(on.in_order(queue_kind::shared) == in_that_order{&first, &second, &third, &fourth, &fifth});
}

TEST_CASE("a call that the server refused with 421 waits in another queue, also by age") {
    tested_queue on;
    auto& first = on.push();
    auto& second = on.push();
    on.queue.remove(first);
    on.queue.remove(second);
    for (auto* const each : {&second, &first}) {
        each->needs_new_connection = true;
        on.queue.push(*each, start);
    }
    CHECK(on.queue.size(queue_kind::shared) == 0);
    CHECK(on.in_order(queue_kind::new_connection) == in_that_order{&first, &second});
}

TEST_CASE("a call in a pause waits for its end, and in none of the queues") {
    tested_queue on;
    auto& get = on.push();
    on.queue.remove(get);
    on.queue.pause(get, start + 2s);
    CHECK(get.where == test_call::state::paused);
    CHECK(on.queue.size() == 0);
    CHECK(on.stats.queue_depth == 0);
    CHECK(on.timers.next() == start + 2s);
    on.queue.end_pause(get);
    on.queue.push(get, start + 2s);
    CHECK(get.where == test_call::state::queued);
    CHECK(on.timers.next() == get.deadline());
}

TEST_CASE("all that wait, and all that pause, can be taken out one by one") {
    tested_queue on;
    for (const auto of :
         {queue_kind::shared, queue_kind::exclusive, queue_kind::new_connection, queue_kind::shared})
        on.push(of);
    auto& paused = on.make(queue_kind::shared);
    on.queue.pause(paused, start + 1s);
    in_that_order seen;
    on.queue.for_each([&](detail::call& each) {
        on.queue.remove(each);
        seen.push_back(&each);
    });
    CHECK(seen == in_that_order{&on.calls[0], &on.calls[3], &on.calls[1], &on.calls[2]});
    CHECK(on.queue.size() == 0);
    on.queue.for_each_paused([&](detail::call& each) {
        on.queue.end_pause(each);
        seen.push_back(&each);
    });
    CHECK(seen.back() == &paused);
    on.queue.for_each_paused([](detail::call&) { FAIL_CHECK("none is left"); });
}

TEST_CASE("each queue is in the order of age, whatever comes and goes") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        support::random_numbers random(seed);
        tested_queue on;
        std::vector<test_call*> waiting, away, paused;
        const auto take = [&random](std::vector<test_call*>& from) {
            const auto at = from.begin() + random.pick(static_cast<unsigned>(from.size()));
            auto* const taken = *at;
            from.erase(at);
            return taken;
        };
        for (int step = 0; step < 300; ++step) {
            const auto what = random.pick(5);
            if (what == 0) {
                waiting.push_back(&on.push(static_cast<queue_kind>(random.pick(3))));
            } else if (what == 1 && !waiting.empty()) {
                away.push_back(take(waiting));
                on.queue.remove(*away.back());
                away.back()->needs_new_connection = random.one_in(4);
            } else if (what == 2 && !away.empty()) {
                waiting.push_back(take(away));
                on.queue.push(*waiting.back(), start);
            } else if (what == 3 && !away.empty()) {
                paused.push_back(take(away));
                on.queue.pause(*paused.back(), start + 1s);
            } else if (what == 4 && !paused.empty()) {
                waiting.push_back(take(paused));
                on.queue.end_pause(*waiting.back());
                on.queue.push(*waiting.back(), start);
            }
            REQUIRE(on.queue.size() == waiting.size());
            REQUIRE(on.stats.queue_depth == waiting.size());
            std::size_t found = 0;
            for (const auto of : {queue_kind::shared, queue_kind::exclusive, queue_kind::new_connection}) {
                const auto order = on.in_order(of);
                found += order.size();
                REQUIRE(std::is_sorted(order.begin(), order.end(), [](const auto* one, const auto* other) {
                    return one->sequence < other->sequence;
                }));
            }
            REQUIRE(found == waiting.size());
        }
        for (auto* const each : waiting)
            on.queue.remove(*each);
        for (auto* const each : paused)
            on.queue.end_pause(*each);
    }
}
