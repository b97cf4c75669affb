#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "pool/fake_pool.hpp"

namespace {

using bandwidth::webrtc::detail::call_list;
using test::test_call;

} // namespace

TEST_CASE("a list of calls keeps their order") {
    call_list list;
    test_call a, b, c;
    CHECK(list.empty());
    CHECK(list.pop_front() == nullptr);
    list.push_back(b);
    list.push_back(c);
    list.push_front(a);
    CHECK(list.size() == 3);
    list.remove(b);
    CHECK(list.front() == &a);
    CHECK(list.pop_front() == &a);
    CHECK(list.pop_front() == &c);
    CHECK(list.empty());
    list.push_front(b);
    list.remove(b);
    CHECK(list.size() == 0);
    CHECK(list.front() == nullptr);
}

TEST_CASE("a list of calls agrees with a vector") {
    std::minstd_rand random(7);
    std::vector<test_call> calls(20);
    std::vector<test_call*> model;
    call_list list;
    for (int step = 0; step < 5000; ++step) {
        auto& chosen = calls[random() % calls.size()];
        const auto known = std::find(model.begin(), model.end(), &chosen);
        if (known != model.end()) {
            list.remove(chosen);
            model.erase(known);
        } else if (random() % 2 == 0) {
            list.push_back(chosen);
            model.push_back(&chosen);
        } else {
            list.push_front(chosen);
            model.insert(model.begin(), &chosen);
        }
        REQUIRE(list.size() == model.size());
        REQUIRE(list.front() == (model.empty() ? nullptr : model.front()));
    }
    for (auto* const expected : model)
        REQUIRE(list.pop_front() == expected);
    CHECK(list.empty());
}
