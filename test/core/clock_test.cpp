#include "core/clock.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <type_traits>

namespace detail = bandwidth::webrtc::detail;
using bandwidth::webrtc::detail::time_point;

namespace {

template <class Left, class Right>
constexpr bool can_compare = requires(Left left, Right right) {
    left < right;
};
template <class Left, class Right>
constexpr bool can_subtract = requires(Left left, Right right) {
    left - right;
};

using steady = std::chrono::steady_clock::time_point;

} // namespace

TEST_CASE("a time of the library's clock does not mix with one of another clock") {
    static_assert(can_compare<time_point, time_point> && can_subtract<time_point, time_point>);
    static_assert(!can_compare<time_point, steady> && !can_subtract<time_point, steady>);
    static_assert(!std::is_convertible_v<steady, time_point> && !std::is_constructible_v<time_point, steady>);
    static_assert(!std::is_convertible_v<time_point, steady>);
    CHECK(std::chrono::is_clock_v<detail::clock>);
}

TEST_CASE("the clock never goes back, and runs as fast as the steady one") {
    const auto steady_before = std::chrono::steady_clock::now();
    const auto before = detail::clock::now();
    auto last = before;
    for (int i = 0; i < 1000; ++i) {
        const auto now = detail::clock::now();
        CHECK_FALSE(now < last);
        last = now;
    }
    while (detail::clock::now() - before < std::chrono::milliseconds(5)) {
    }
    CHECK(std::chrono::steady_clock::now() - steady_before >= std::chrono::milliseconds(4));
}
