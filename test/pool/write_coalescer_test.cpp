#include "pool/write_coalescer.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <set>
#include <string>

#include "pool/lone_connection.hpp"
#include "pool/start_time.hpp"

using namespace test;

namespace {

/// What tells whether staged requests may wait, and a case in which they may: six requests keep the server
/// busy at 100 us each, one is staged, and the network takes 10 us.
struct facts {
    std::size_t depth = 8;
    int sent = 6;
    int staged = 1;
    std::size_t responses_read = 1;
    bool reserving = false;
    std::chrono::nanoseconds round_trip = 10us;
    std::chrono::nanoseconds service_time = 100us;
    std::chrono::nanoseconds staged_for = 0us;

    bool may_wait() const {
        lone_connections pool(64);
        auto& on = pool.open();
        on.http.confirm();
        for (int i = 0; i < sent; ++i)
            pool.stage(on);
        pool.write(on);
        for (int i = 0; i < staged; ++i)
            pool.stage(on);
        pool.set.update(on);
        if (reserving)
            pool.set.set_state(on, pooled_connection::state::reserving);
        on.responses_read = responses_read;
        on.round_trip = round_trip;
        on.staged_since = start;
        return detail::write_coalescer::may_wait(on, depth, service_time, start + staged_for);
    }
};

} // namespace

TEST_CASE("requests wait while the server is busy and slower than this side, else not") {
    CHECK(facts().may_wait());
    struct {
        const char* what;
        std::function<void(facts&)> change;
        bool may_wait;
    } const rows[] = {
        {"the round trip is not known", [](facts& on) { on.round_trip = 0us; }, false},
        {"it is to become idle", [](facts& on) { on.reserving = true; }, false},
        {"half of a pipeline is there: one more would do", [](facts& on) { on.sent = 5; }, true},
        {"no more than half of a pipeline is there", [](facts& on) { on.sent = 4; }, false},
        {"nothing waits", [](facts& on) { on.staged = 0; }, false},
        {"seven wait", [](facts& on) { on.staged = 7; }, true},
        {"eight wait, which are enough", [](facts& on) { on.staged = 8; }, false},
        {"two responses have come together", [](facts& on) { on.responses_read = 2; }, true},
        {"three responses have come together: they have waited for us",
         [](facts& on) { on.responses_read = 3; }, false},
        {"almost two milliseconds are over", [](facts& on) { on.staged_for = 2ms - 1ns; }, true},
        {"two milliseconds are over", [](facts& on) { on.staged_for = 2ms; }, false},
        {"it is not known how fast the server is", [](facts& on) { on.service_time = 0us; }, false},
        {"the server would have nothing to do before they arrive", [](facts& on) { on.round_trip = 401us; },
         false},
        {"they arrive just in time", [](facts& on) { on.round_trip = 400us; }, true},
        {"the responses until then take too long", [](facts& on) { on.service_time = 1ms; }, false},
        {"the responses until then come in time", [](facts& on) { on.service_time = 999us; }, true},
        {"of a deep pipeline, only the responses until enough are staged count",
         [](facts& on) {
             on.sent = 40; // 36 responses until half is left, but 7 requests until enough
             on.service_time = 285us;
         },
         true},
        {"and these would take too long",
         [](facts& on) {
             on.sent = 40;
             on.service_time = 286us;
         },
         false},
        {"depth 1", [](facts& on) { on.depth = 1; }, false},
    };
    for (const auto& each : rows) {
        CAPTURE(each.what);
        facts changed;
        each.change(changed);
        CHECK(changed.may_wait() == each.may_wait);
    }
}

TEST_CASE("a connection with something staged is looked at once for each cycle in which something happens") {
    lone_connections pool;
    auto& first = pool.open();
    auto& second = pool.open();
    detail::write_coalescer writes;
    CHECK(writes.take_dirty() == nullptr);
    writes.touch(first); // nothing is staged on it
    CHECK(writes.take_dirty() == nullptr);
    writes.staged(first, start);
    writes.staged(second, start);
    writes.staged(first, start + 1ms); // one more
    CHECK(first.staged_since == start);
    std::set<pooled_connection*> taken{writes.take_dirty(), writes.take_dirty()};
    CHECK(taken == std::set<pooled_connection*>{&first, &second});
    CHECK(writes.take_dirty() == nullptr);
    CHECK(first.staged); // until it is flushed
    writes.touch(first);
    writes.touch(first);
    CHECK(writes.take_dirty() == &first);
    CHECK(writes.take_dirty() == nullptr);
    first.staged = false; // it was flushed
    writes.touch(first);
    CHECK(writes.take_dirty() == nullptr);
    writes.staged(first, start + 5ms);
    CHECK(first.staged_since == start + 5ms);
}

TEST_CASE("a closed connection is not looked at any more") {
    lone_connections pool;
    auto& first = pool.open();
    auto& second = pool.open();
    detail::write_coalescer writes;
    writes.staged(first, start);
    writes.staged(second, start);
    writes.forget(first);
    writes.forget(first);
    CHECK(writes.take_dirty() == &second);
    CHECK(writes.take_dirty() == nullptr);
}
