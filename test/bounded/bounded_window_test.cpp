#include <doctest/doctest.h>

#include <algorithm>
#include <bandwidth/webrtc/detail/bounded_window.hpp>
#include <cstddef>
#include <limits>
#include <random>
#include <set>
#include <vector>

// When an item begins and whose result is told next, without calls.

using bandwidth::webrtc::detail::bounded_order;
using bandwidth::webrtc::detail::bounded_window;
using action = bandwidth::webrtc::detail::bounded_window::action;

namespace {

std::vector<std::size_t> begin_all(bounded_window& window) {
    std::vector<std::size_t> places;
    while (window.next() == action::begin)
        places.push_back(window.begin());
    return places;
}

std::vector<std::size_t> tell_all(bounded_window& window) {
    std::vector<std::size_t> places;
    while (window.next() == action::tell)
        places.push_back(window.tell());
    return places;
}

using place_list = std::vector<std::size_t>;

} // namespace

TEST_CASE("window: as many items begin as the limit lets, then it waits") {
    for (const auto order : {bounded_order::as_they_come, bounded_order::of_the_range}) {
        bounded_window window(3, order);
        CHECK(begin_all(window) == place_list{0, 1, 2});
        CHECK(window.next() == action::wait);
    }
}

TEST_CASE("window: a result is told before the next item begins, in its place") {
    bounded_window window(3, bounded_order::as_they_come);
    begin_all(window);
    window.call_ended(1);
    CHECK(window.next() == action::tell);
    CHECK(window.tell() == 1);
    CHECK(begin_all(window) == place_list{1});
    CHECK(window.next() == action::wait);
}

TEST_CASE("window: as they come, results are told in the order in which they came") {
    bounded_window window(3, bounded_order::as_they_come);
    begin_all(window);
    window.call_ended(2);
    window.call_ended(0);
    window.call_ended(1);
    CHECK(tell_all(window) == place_list{2, 0, 1});
}

TEST_CASE("window: in the order of the range a result waits for those before it, and so do new items") {
    bounded_window window(3, bounded_order::of_the_range);
    begin_all(window);
    window.call_ended(2);
    window.call_ended(1);
    CHECK(window.next() == action::wait);
    window.call_ended(0);
    CHECK(window.next() == action::tell);
    CHECK(window.tell() == 0);
    CHECK(window.next() == action::tell); // nothing begins before what can be told was told
    CHECK(tell_all(window) == place_list{1, 2});
    CHECK(begin_all(window) == place_list{0, 1, 2});
}

TEST_CASE("window: it is complete when nothing more begins and every result was told") {
    bounded_window nothing(1, bounded_order::as_they_come);
    nothing.end();
    CHECK(nothing.next() == action::complete);

    bounded_window window(2, bounded_order::of_the_range);
    begin_all(window);
    window.end();
    CHECK(window.next() == action::wait);
    window.call_ended(1);
    CHECK(window.next() == action::wait);
    window.call_ended(0);
    CHECK(tell_all(window) == place_list{0, 1});
    CHECK(window.next() == action::complete);
}

TEST_CASE("window: a limit that is never reached costs nothing") {
    for (const auto order : {bounded_order::as_they_come, bounded_order::of_the_range}) {
        bounded_window window(std::numeric_limits<std::size_t>::max(), order);
        CHECK(window.begin() == 0);
        CHECK(window.begin() == 1);
        window.call_ended(0);
        CHECK(tell_all(window) == place_list{0});
    }
}

TEST_CASE("window: in random orders each result is told once, and no place is in use twice") {
    std::mt19937 random(7);
    for (const auto order : {bounded_order::as_they_come, bounded_order::of_the_range})
        for (const std::size_t limit : {1U, 2U, 3U, 8U}) {
            bounded_window window(limit, order);
            std::vector<std::size_t> of_place(limit); // which item has it
            std::vector<std::size_t> flying;
            std::set<std::size_t> used;
            place_list told;
            std::size_t begun = 0;
            while (window.next() != action::complete)
                if (window.next() == action::begin) {
                    const auto place = window.begin();
                    REQUIRE(place < limit);
                    REQUIRE(used.insert(place).second);
                    of_place[place] = begun++;
                    flying.push_back(place);
                    if (begun == 100)
                        window.end();
                } else if (window.next() == action::tell) {
                    const auto place = window.tell();
                    REQUIRE(used.erase(place) == 1);
                    told.push_back(of_place[place]);
                } else {
                    REQUIRE_FALSE(flying.empty());
                    const auto at = flying.begin() + static_cast<std::ptrdiff_t>(random() % flying.size());
                    window.call_ended(*at);
                    flying.erase(at);
                }
            CHECK(told.size() == 100);
            CHECK(std::set<std::size_t>(told.begin(), told.end()).size() == 100);
            if (order == bounded_order::of_the_range)
                CHECK(std::is_sorted(told.begin(), told.end()));
        }
}
