#include "pool/timer_queue.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bandwidth::webrtc::detail::time_point;
using bandwidth::webrtc::detail::timed;
using bandwidth::webrtc::detail::timer_queue;

struct entry final : timed {
    void on_time(bandwidth::webrtc::detail::scheduler&) override { ++fired; }
    int fired = 0;
};

time_point at(int seconds) { return time_point(std::chrono::seconds(seconds)); }

} // namespace

TEST_CASE("an empty queue has no time") {
    timer_queue queue;
    CHECK_FALSE(queue.next());
    CHECK(queue.pop(at(100)) == nullptr);
    entry never_set;
    queue.remove(never_set);
    CHECK(queue.size() == 0);
}

TEST_CASE("entries come out when their time has come, and not before") {
    timer_queue queue;
    entry first, second, third;
    queue.set(second, at(2));
    queue.set(third, at(3));
    queue.set(first, at(1));
    CHECK(queue.next() == at(1));
    CHECK(queue.pop(at(1) - 1ns) == nullptr);
    CHECK(queue.pop(at(2)) == &first);
    CHECK(queue.pop(at(2)) == &second);
    CHECK(queue.pop(at(2)) == nullptr);
    CHECK(queue.next() == at(3));
}

TEST_CASE("set moves an entry in both directions, set_no_later in one") {
    timer_queue queue;
    entry one, other;
    queue.set(other, at(5));
    queue.set(one, at(3));
    queue.set(one, at(9));
    CHECK(queue.next() == at(5));
    queue.set(one, at(1));
    CHECK(queue.next() == at(1));
    queue.set_no_later(one, at(2));
    CHECK(queue.next() == at(1));
    queue.set_no_later(other, at(0));
    CHECK(queue.next() == at(0));
    entry unset;
    queue.set_no_later(unset, at(-1));
    CHECK(queue.next() == at(-1));
    CHECK(queue.size() == 3);
}

TEST_CASE("a removed entry may be set again") {
    timer_queue queue;
    entry one, other;
    queue.set(one, at(1));
    queue.set(other, at(2));
    queue.remove(one);
    queue.remove(one);
    CHECK(queue.next() == at(2));
    queue.set(one, at(3));
    CHECK(queue.pop(at(3)) == &other);
    CHECK(queue.pop(at(3)) == &one);
}

TEST_CASE("random operations agree with a multimap") {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        std::minstd_rand random(seed);
        timer_queue queue;
        std::vector<std::unique_ptr<entry>> entries;
        for (int i = 0; i < 100; ++i)
            entries.push_back(std::make_unique<entry>());
        std::multimap<time_point, const timed*> model;
        const auto found = [&model](const timed* value) {
            auto it = model.begin();
            while (it != model.end() && it->second != value)
                ++it;
            return it;
        };
        for (int step = 0; step < 2000; ++step) {
            auto& chosen = *entries[random() % entries.size()];
            const auto time = at(static_cast<int>(random() % 50));
            const auto known = found(&chosen);
            switch (random() % 4) {
            case 0:
                queue.set(chosen, time);
                if (known != model.end())
                    model.erase(known);
                model.emplace(time, &chosen);
                break;
            case 1:
                queue.set_no_later(chosen, time);
                if (known == model.end() || time < known->first) {
                    if (known != model.end())
                        model.erase(known);
                    model.emplace(time, &chosen);
                }
                break;
            case 2:
                queue.remove(chosen);
                if (known != model.end())
                    model.erase(known);
                break;
            default:
                if (const auto* const popped = queue.pop(time)) {
                    const auto expected = found(popped);
                    REQUIRE(expected != model.end());
                    REQUIRE(expected->first == model.begin()->first);
                    REQUIRE(expected->first <= time);
                    model.erase(expected);
                } else {
                    REQUIRE((model.empty() || model.begin()->first > time));
                }
            }
            REQUIRE(queue.size() == model.size());
            REQUIRE(queue.next().has_value() == !model.empty());
            if (!model.empty())
                REQUIRE(*queue.next() == model.begin()->first);
        }
    }
}
