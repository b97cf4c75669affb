#include "policy/retry_budget.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using bandwidth::webrtc::detail::retry_budget;
using bandwidth::webrtc::detail::time_point;

namespace {

int withdraw_all(retry_budget& budget, time_point when) {
    int count = 0;
    while (budget.withdraw(when))
        ++count;
    return count;
}

} // namespace

TEST_CASE("retry budget: an idle client has what its rate allows in ten seconds") {
    retry_budget budget(10, 0.2);
    CHECK(withdraw_all(budget, time_point(1h)) == 100);
}

TEST_CASE("retry budget: a busy client has its ratio, not the sum of ratio and rate") {
    retry_budget budget(10, 0.2);
    for (int i = 0; i < 10'000; ++i)
        budget.deposit(time_point(1h + i * 1ms));
    CHECK(withdraw_all(budget, time_point(1h + 9999ms)) == 2000);
}

TEST_CASE("retry budget: what was taken comes back after ten seconds, as do deposits go") {
    retry_budget budget(1, 0.5);
    for (int i = 0; i < 100; ++i)
        budget.deposit(time_point(100s));
    CHECK(withdraw_all(budget, time_point(101s)) == 50);
    CHECK(withdraw_all(budget, time_point(109s)) == 0);
    CHECK(budget.balance(time_point(110s)) ==
          doctest::Approx(-40)); // the calls are forgotten, not the retries
    CHECK(withdraw_all(budget, time_point(111s)) == 10);
    CHECK(withdraw_all(budget, time_point(5h)) == 10);
}

TEST_CASE("retry budget: a charge is never refused, and leaves less for the others") {
    retry_budget budget(1, 0);
    for (int i = 0; i < 12; ++i)
        budget.charge(time_point(1s));
    CHECK_FALSE(budget.withdraw(time_point(1s)));
    CHECK(budget.balance(time_point(1s)) == doctest::Approx(-2));
}

TEST_CASE("retry budget: none at all") {
    retry_budget budget(0, 0);
    budget.deposit(time_point(1s));
    CHECK_FALSE(budget.withdraw(time_point(1s)));
}
