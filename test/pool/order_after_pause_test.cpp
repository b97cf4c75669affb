// Calls whose pause before a retry is over take their place by age again.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

constexpr std::size_t pipeline_depth = 3;

auto one_busy_connection() {
    auto settings = with_attempts(2);
    settings.depth = pipeline_depth;
    return settings;
}

/// Fills the only connection, so that what comes next has to wait.
std::vector<const test_call*> fill(fake_pool& pool) {
    std::vector<const test_call*> calls;
    for (std::size_t i = 0; i < pipeline_depth; ++i)
        calls.push_back(&pool.submit());
    REQUIRE(pool.link(0).outstanding() == pipeline_depth);
    return calls;
}

/// The targets that were written from place `from` on.
std::vector<std::string> written_from(fake_pool& pool, std::size_t from) {
    const auto all = pool.link(0).targets();
    return {all.begin() + static_cast<std::ptrdiff_t>(from), all.end()};
}

} // namespace

TEST_CASE("B11: pauses that end in one cycle keep the order of the calls") {
    fake_pool pool(one_busy_connection());
    pool.confirm(0);
    const auto refused = fill(pool);
    for (std::size_t i = 0; i < pipeline_depth; ++i)
        pool.refuse(0, 503);
    const auto busy = fill(pool);
    auto& younger = pool.submit();
    const auto before = pool.link(0).targets().size();
    pool.suspend(10s); // the thread is held up, so all pauses end together
    pool.pass(0s);
    pool.respond_to_all(0);
    CHECK(written_from(pool, before) == targets({refused[0], refused[1], refused[2], &younger}));
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("B11: a call whose pause is over does not pass an older one that waits already") {
    fake_pool pool(one_busy_connection());
    pool.confirm(0);
    const auto refused = fill(pool);
    pool.refuse(0, 500, "Retry-After: 2\r\n");
    pool.refuse(0, 500, "Retry-After: 8\r\n");
    pool.refuse(0, 500, "Retry-After: 5\r\n");
    const auto busy = fill(pool);
    auto& younger = pool.submit();
    const auto before = pool.link(0).targets().size();
    pool.pass(10s); // each pause ends in its time: the first, the third, the second
    pool.respond_to_all(0);
    CHECK(written_from(pool, before) == targets({refused[0], refused[1], refused[2], &younger}));
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("B11: calls that need an idle connection keep their order too") {
    auto settings = with_attempts(2);
    fake_pool pool(settings);
    pool.confirm(0);
    std::vector<const test_call*> refused;
    for (int i = 0; i < 2; ++i) {
        auto& call = pool.make(request_class::idempotent);
        call.request.dedicated_connection = true; // so that it needs an idle connection
        refused.push_back(&pool.submit(call));
        pool.refuse(0, 503);
    }
    auto& busy = pool.submit();
    auto& younger = pool.submit(unsafe);
    const auto before = pool.link(0).targets().size();
    pool.suspend(10s);
    pool.pass(0s);
    pool.respond_to_all(0);
    CHECK(busy.got(busy.request.target));
    CHECK(written_from(pool, before) == targets({refused[0], refused[1], &younger}));
    CHECK(pool.gauges_are_zero());
}
