// The stages that a run is made of, and how they are made, without any service.
#include "bulk/run/stage.hpp"
#include "bulk/run/bulk_run.hpp"

#include <doctest/doctest.h>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace asio = boost::asio;
using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> names_of(const std::vector<stage>& plan) {
    std::vector<std::string> names;
    for (const auto& one : plan)
        names.push_back(one.name);
    return names;
}

settings settings_of(std::string_view operations) {
    settings chosen;
    chosen.operations = operations;
    chosen.phases = parse_operations(api_family::webrtc, operations);
    return chosen;
}

} // namespace

TEST_CASE("stage: each call of the operations is one, in their order") {
    const auto plan = plan_of(settings_of("create,get,delete"));
    CHECK(names_of(plan) == std::vector<std::string>{"create_session", "create_participant", "get_session",
                                                     "get_participant", "delete_participant",
                                                     "delete_session"});
    for (const auto& one : plan) {
        CHECK(one.kind == stage_kind::calls);
        CHECK(one.calls.size() == 1);
        CHECK(one.limit == 0ns);
    }
}

TEST_CASE("stage: the mix comes before the first deletion, or last where there is none") {
    auto chosen = settings_of("create,get,delete");
    chosen.mix = {{call_kind::get_session, 3}, {call_kind::get_participant, 1}};
    chosen.duration = 5s;
    const auto plan = plan_of(chosen);
    REQUIRE(names_of(plan) == std::vector<std::string>{"create_session", "create_participant", "get_session",
                                                       "get_participant", "mix", "delete_participant",
                                                       "delete_session"});
    CHECK(plan[4].kind == stage_kind::mix);
    CHECK(plan[4].limit == 5s);
    CHECK(plan[4].mix.size() == 2);
    CHECK(plan[3].limit == 0s);
    auto without = settings_of("create");
    without.mix = chosen.mix;
    CHECK(names_of(plan_of(without)) ==
          std::vector<std::string>{"create_session", "create_participant", "mix"});
}

TEST_CASE("stage: lives are one stage with all the calls") {
    auto chosen = settings_of("create,get,delete");
    chosen.shape = load_shape::lives;
    chosen.duration = 7s;
    const auto plan = plan_of(chosen);
    REQUIRE(plan.size() == 1);
    CHECK(plan[0].kind == stage_kind::lives);
    CHECK(plan[0].calls == chosen.phases);
    CHECK(plan[0].limit == 7s);
}

namespace {

// A job without a service: its calls take a millisecond, and see who else calls about the same session meanwhile.
class made_up_job final : public job {
public:
    struct facts {
        std::atomic<std::uint64_t> calls{0};
        std::atomic<std::uint64_t> at_the_same_time{0}; // about one session
        std::atomic<bool> skips{false};                 // as if no session could be created
    };
    made_up_job(asio::io_context& context, share items, facts& seen)
        : context_(context), busy_(items.count), seen_(seen) {}

    std::vector<job_call> calls() override {
        std::vector<job_call> all;
        for (const auto kind : {call_kind::create_session, call_kind::get_session, call_kind::delete_session})
            all.push_back({kind, busy_.size(), 1,
                           [this, kind](std::size_t item, call_log& log) { return call(kind, item, log); }});
        return all;
    }
    std::vector<call_kind> begin_clean_up() override { return {call_kind::delete_session}; }
    std::vector<thing_count> existing() const override { return {{thing_kind::session, 0}}; }
    void restore(thing_kind, std::size_t, std::string) override {}
    void visit_existing(
        const std::function<void(thing_kind, std::size_t, std::string_view)>&) const override {}
    bandwidth::webrtc::client_stats stats() const override { return {}; }
    void close() noexcept override {}

private:
    asio::awaitable<void> call(call_kind kind, std::size_t item, call_log& log) {
        if (seen_.skips) {
            log.skip(kind);
            co_return;
        }
        if (busy_[item])
            ++seen_.at_the_same_time;
        busy_[item] = true;
        ++seen_.calls;
        const auto started = log.start(kind, item);
        asio::steady_timer timer(context_, 1ms);
        co_await timer.async_wait(asio::use_awaitable);
        log.add_success(started);
        busy_[item] = false;
    }

    asio::io_context& context_;
    std::vector<bool> busy_;
    facts& seen_;
};

// A run of it.
class stage_run {
public:
    explicit stage_run(const settings& chosen)
        : run_(
              context_, chosen,
              [this](asio::io_context& context, share items, std::size_t) {
                  return std::make_unique<made_up_job>(context, items, seen);
              },
              nullptr) {}
    bulk_run& run() { return run_; }
    asio::io_context& context() { return context_; }

    made_up_job::facts seen;

private:
    asio::io_context context_{1};
    bulk_run run_;
};

settings made_up_mix(std::size_t sessions, std::chrono::nanoseconds duration) {
    settings chosen;
    chosen.sessions = sessions;
    chosen.phases = {};
    chosen.mix = {{call_kind::get_session, 1}};
    chosen.duration = duration;
    return chosen;
}

} // namespace

TEST_CASE("stage: no two calls of a mix are about the same session at the same time") {
    for (const double rate : {0.0, 20'000.0}) {
        auto chosen = made_up_mix(7, 300ms); // and 64 callers
        chosen.rate = rate;
        chosen.threads = 2;
        stage_run made(chosen);
        made.run().run_stages(plan_of(chosen));
        CHECK(made.seen.calls > 0);
        CHECK(made.seen.at_the_same_time == 0);
    }
}

TEST_CASE("stage: a mix of sessions that do not exist ends by an interrupt, and keeps no processor busy") {
    const auto chosen = made_up_mix(5, 1h); // so 5 of the callers
    stage_run made(chosen);
    made.seen.skips = true;
    asio::steady_timer timer(made.context(), 300ms);
    timer.async_wait([&](const boost::system::error_code&) { made.run().interrupt(2); });
    made.run().run_stages(plan_of(chosen));
    const auto done = made.run().operations();
    REQUIRE(done.size() == 1);
    const auto skipped = done[0].record.skipped;
    CHECK(skipped > 0);
    CHECK(skipped <= 5 * static_cast<std::uint64_t>(made.run().time() / 5ms + 1)); // with pauses of 5 ms
}

TEST_CASE("stage: callers that are to begin later do not keep a stage from its end") {
    settings chosen;
    chosen.sessions = 20;
    chosen.callers = 4;
    chosen.ramp = 4h;
    chosen.phases = {call_kind::create_session, call_kind::get_session};
    stage_run made(chosen);
    made.run().run_stages(plan_of(chosen));
    CHECK(made.seen.calls == 40);
    CHECK(made.run().time() < 1h);
}

TEST_CASE("stage: an interrupt ends the pauses of lives and of a schedule") {
    for (const double rate : {0.0, 0.001}) {
        settings chosen;
        chosen.sessions = 20;
        chosen.shape = load_shape::lives;
        chosen.rate = rate;
        chosen.phases = {call_kind::create_session, call_kind::get_session};
        chosen.think_min = chosen.think_max = 1h;
        stage_run made(chosen);
        asio::steady_timer timer(made.context());
        // Once all that can begin has, all wait.
        std::function<void()> look = [&] {
            timer.expires_after(1ms);
            timer.async_wait([&](const boost::system::error_code&) {
                if (made.seen.calls < (rate > 0 ? 1 : 20))
                    return look();
                made.run().interrupt(2);
            });
        };
        look();
        made.run().run_stages(plan_of(chosen));
        CHECK(made.run().signal() == 2);
        CHECK(made.seen.calls == (rate > 0 ? 1 : 20));
        CHECK(made.run().lives()->complete == 0);
        CHECK(made.run().lives()->failed == 0);
    }
}
