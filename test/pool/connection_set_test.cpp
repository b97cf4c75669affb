#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

constexpr std::size_t full_depth = 3;

// A set whose members a test opens and loads by hand.
struct shelves {
    detail::member& add(bool open = true) {
        auto& added = set.add(pool.dispatcher());
        const auto link = std::make_shared<fake_connection>(added, full_depth);
        added.link = link;
        link->reach(open ? phase::open : phase::connecting);
        set.file(added);
        return added;
    }
    // A proven connection with so many requests in flight.
    detail::member& loaded(std::size_t count) {
        auto& added = add();
        push(added);
        added.requests().note_sent(1, 1);
        std::string_view wire = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        REQUIRE(added.requests().receive(wire) == detail::pipeline::event::answered);
        for (std::size_t i = 0; i < count; ++i)
            push(added);
        set.file(added);
        return added;
    }
    void push(detail::member& to) {
        to.requests().push(*calls.emplace_back(std::make_unique<test_call>()), 1, {});
    }

    fake_pool pool;
    std::vector<std::unique_ptr<test_call>> calls;
    detail::connection_set set{full_depth};
};

} // namespace

TEST_CASE("an empty set has nothing to choose") {
    const shelves on;
    CHECK(on.set.idle() == nullptr);
    CHECK(on.set.shallowest() == nullptr);
    CHECK(on.set.reserved_idle() == nullptr);
    CHECK(on.set.size() == 0);
}

TEST_CASE("the shallowest is chosen, the one filed last among equals") {
    shelves on;
    auto& two = on.loaded(2);
    CHECK(on.set.shallowest() == &two);
    auto& one = on.loaded(1);
    CHECK(on.set.shallowest() == &one);
    auto& other_one = on.loaded(1);
    CHECK(on.set.shallowest() == &other_one);
    CHECK(on.set.idle() == nullptr);
    auto& none = on.loaded(0);
    CHECK(on.set.shallowest() == &none);
    CHECK(on.set.idle() == &none);
    on.set.file(one);
    on.set.remove(none);
    CHECK(on.set.shallowest() == &one);
    on.set.remove(one);
    on.set.remove(other_one);
    CHECK(on.set.shallowest() == &two);
    CHECK(on.set.size() == 1);
}

TEST_CASE("what takes no request stands on no shelf") {
    shelves on;
    on.add(false);         // connecting
    on.loaded(full_depth); // full
    on.push(on.add());     // probing: filed below
    auto& closing = on.loaded(0);
    closing.requests().stop_accepting();
    on.set.file(closing);
    on.set.file(*on.set.all()[2]);
    CHECK(on.set.size() == 4);
    CHECK(on.set.idle() == nullptr);
    CHECK(on.set.shallowest() == nullptr);
}

TEST_CASE("a reserved connection is found as such only, and only when it is idle") {
    shelves on;
    auto& busy = on.loaded(1);
    busy.reserved = true;
    on.set.file(busy);
    CHECK(on.set.shallowest() == nullptr);
    CHECK(on.set.reserved_idle() == nullptr);
    auto& free = on.loaded(0);
    free.reserved = true;
    on.set.file(free);
    CHECK(on.set.reserved_idle() == &free);
    CHECK(on.set.idle() == nullptr);
    CHECK(on.set.shallowest() == nullptr);
    free.reserved = false;
    on.set.file(free);
    CHECK(on.set.reserved_idle() == nullptr);
    CHECK(on.set.idle() == &free);
}

TEST_CASE("members may leave from any place") {
    shelves on;
    std::vector<detail::member*> members;
    for (int i = 0; i < 5; ++i)
        members.push_back(&on.loaded(0));
    for (const std::size_t leaving : {2u, 4u, 0u, 3u}) { // the middle, the first, the last of the shelf
        on.set.remove(*members[leaving]);
        members[leaving] = nullptr;
        std::size_t left = 0;
        detail::member* previous = nullptr;
        for (auto* each = on.set.idle(); each; each = each->next) {
            CHECK(each->previous == previous);
            CHECK(std::find(members.begin(), members.end(), each) != members.end());
            previous = each;
            ++left;
        }
        CHECK(left == on.set.size());
    }
    CHECK(on.set.idle() == members[1]);
}
