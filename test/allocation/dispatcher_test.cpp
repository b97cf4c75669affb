// The dispatcher when allocations fail: each of the first, second, ... n-th of a scenario in turn, and runs
// of several. It must not throw (its host's callbacks are noexcept), complete each call once, count right,
// and serve the calls that come after. What the test and its fake connections allocate does not fail.

#include "allocation/scenario.hpp"
#include "pool/fake_pool.hpp"

using namespace test;

namespace {

// Arms in turns only, so that a test's own steps between them never fail.
class torn_pool {
public:
    torn_pool(const detail::dispatcher_settings& settings, std::size_t k, std::size_t length)
        : pool(settings), k_(k), length_(length) {}

    template <class Function>
    void step(Function function) {
        auto& here = support::failing_allocations;
        here.which = support::allocator::all;
        here.fails_at = k_;
        here.fails_until = k_ == 0 ? 0 : k_ + length_ - 1;
        here.armed = true;
        function();
        here.armed = false;
    }

    /// Connects, answers and lets time pass until every call is done.
    void serve() {
        for (int i = 0; i < 200 && !all_done(); ++i) {
            for (std::size_t c = 0; c < pool.links.size(); ++c) {
                auto& link = *pool.links[c];
                if (!link.opened || link.phase() == phase::closed)
                    continue;
                if (link.phase() != phase::open) {
                    step([&] { pool.connect(c); });
                    continue;
                }
                while (link.phase() == phase::open && link.outstanding() != 0 && !link.next_target().empty())
                    answer(c);
            }
            step([&] { pool.pass(50ms); });
        }
    }
    void answer(std::size_t index) {
        const auto body = pool.link(index).next_target();
        const auto bytes =
            "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        step([&] { pool.turn([&] { pool.link(index).receive(bytes); }); });
    }
    bool all_done() const { return pool.order.size() >= pool.calls.size(); }
    bool open(std::size_t index) const {
        return index < pool.links.size() && pool.links[index]->phase() == phase::open;
    }
    std::size_t first_open() const {
        std::size_t i = 0;
        while (i < pool.links.size() && !open(i))
            ++i;
        return i;
    }

    /// What holds at the end of each scenario, whichever allocation failed.
    void check() {
        serve();
        for (const auto& call : pool.calls) {
            CHECK(std::count(pool.order.begin(), pool.order.end(), call.get()) == 1);
            CHECK(call->completions == (call->is_drain && !call->why.code() ? 0 : 1));
            // Its own answer, or a failure; a POST at most once on the wire.
            if (call->status == 200)
                CHECK(call->body == call->request.target);
            else if (!call->is_drain && call->status == 0)
                CHECK(call->why.code());
            if (call->request.kind == unsafe)
                CHECK(pool.sends_of(*call) <= 1);
        }
        CHECK(pool.gauges_are_zero());
        // And it goes on, now that there is memory.
        k_ = 0;
        if (!drained) {
            pool.pass(5s); // pauses between dials
            auto& fresh = pool.submit();
            fresh.deadline_after = 30s;
            serve();
            CHECK(fresh.answered(fresh.request.target));
            CHECK(pool.gauges_are_zero());
        }
        pool.close();
        CHECK(pool.connection_gauges_are_zero());
    }

    fake_pool pool;
    bool drained = false;

private:
    std::size_t k_;
    std::size_t length_;
};

detail::dispatcher_settings settings() {
    auto made = with_connections(2, 4);
    made.retry = bandwidth::webrtc::retry_policy{};
    return made;
}

void submit_some(torn_pool& torn) {
    for (int i = 0; i < 5; ++i) {
        auto& call = torn.pool.make(i == 2 ? unsafe : request_class::safe);
        torn.step([&] { torn.pool.submit(call); });
    }
}

// Runs it with each allocation failing alone, and with each beginning a run of seven.
template <class Steps>
void with_each_failing(Steps steps) {
    for (const std::size_t length : {std::size_t{1}, std::size_t{7}}) {
        CAPTURE(length);
        const auto failed = for_each_allocation([&](std::size_t k) {
            CAPTURE(k);
            torn_pool torn(settings(), k, length);
            steps(torn);
            torn.check();
        });
        CHECK(failed >= 10); // it did allocate, or this tests nothing
        MESSAGE(failed << " allocations");
    }
}

} // namespace

TEST_CASE("O14: dispatcher, submitted and answered") {
    with_each_failing([](torn_pool& torn) { submit_some(torn); });
}

TEST_CASE("O14: dispatcher, a connection is lost and what can be is replayed") {
    with_each_failing([](torn_pool& torn) {
        submit_some(torn);
        torn.serve();
        submit_some(torn);
        const auto lost = torn.first_open();
        if (torn.open(lost))
            torn.step([&] { torn.pool.turn([&] { torn.pool.link(lost).reset(); }); });
    });
}

TEST_CASE("O14: dispatcher, dials fail") {
    with_each_failing([](torn_pool& torn) {
        submit_some(torn);
        if (!torn.pool.links.empty() && torn.pool.link(0).opened)
            torn.step([&] { torn.pool.turn([&] { torn.pool.link(0).refused(errc::connect_failed); }); });
    });
}

TEST_CASE("O14: dispatcher, retried after a 500, with a Retry-After") {
    with_each_failing([](torn_pool& torn) {
        submit_some(torn);
        if (torn.pool.links.empty() || !torn.pool.link(0).opened)
            return;
        torn.step([&] { torn.pool.connect(0); });
        if (torn.open(0) && torn.pool.link(0).outstanding() != 0) {
            const std::string bytes =
                "HTTP/1.1 503 X\r\nRetry-After: 1\r\nContent-Length: 200\r\n\r\n" + std::string(200, 'x');
            torn.step([&] { torn.pool.turn([&] { torn.pool.link(0).receive(bytes); }); });
        }
    });
}

TEST_CASE("O14: dispatcher, cancelled and late") {
    with_each_failing([](torn_pool& torn) {
        submit_some(torn);
        if (!torn.pool.links.empty() && torn.pool.link(0).opened)
            torn.step([&] { torn.pool.connect(0); });
        torn.step([&] { torn.pool.cancel(*torn.pool.calls[0]); });
        torn.step([&] { torn.pool.cancel(*torn.pool.calls[4]); });
        torn.step([&] { torn.pool.pass(31s); });
    });
}

TEST_CASE("O14: dispatcher, drained") {
    with_each_failing([](torn_pool& torn) {
        submit_some(torn);
        torn.drained = true;
        auto& drain = torn.pool.make();
        drain.is_drain = true;
        torn.step([&] { torn.pool.submit(drain); });
    });
}

TEST_CASE("O14: dispatcher, closed") {
    with_each_failing([](torn_pool& torn) {
        submit_some(torn);
        torn.drained = true;
        torn.step([&] { torn.pool.close(); });
    });
}

TEST_CASE("O14: dispatcher, all connections replaced") {
    with_each_failing([](torn_pool& torn) {
        submit_some(torn);
        torn.serve();
        submit_some(torn);
        torn.step([&] { torn.pool.turn([&] { torn.pool.dispatcher().retire_all(); }); });
    });
}
