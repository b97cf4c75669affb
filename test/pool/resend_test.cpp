// What limits that a call is sent again. What may be done at all: test/policy/resend_policy_test.cpp.
#include "pool/resend.hpp"

#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"
#include "pool/start_time.hpp"

using namespace test;
using detail::close_reason;
using detail::send_state;
using act = detail::resend::action;
using bandwidth::webrtc::retry_policy;

namespace {

struct tested_resend {
    explicit tested_resend(const detail::resend::settings& settings = {}) : again(settings, stats) {
        call.request.kind = request_class::idempotent;
        call.started = start;
        call.timeout = 30s;
    }

    detail::resend::verdict respond(int status, std::optional<std::chrono::seconds> retry_after = {},
                                    bool closes = false) {
        return again.after_response(call, with_status(status), closes, retry_after, std::nullopt, now);
    }
    /// A response because of which all calls wait.
    detail::resend::verdict limit(int status, std::chrono::nanoseconds origin_opens,
                                  std::optional<std::chrono::seconds> retry_after = {}) {
        return again.after_response(call, with_status(status), false, retry_after, now + origin_opens, now);
    }
    static detail::response with_status(int status) {
        detail::response received;
        received.status = status;
        return received;
    }
    detail::resend::verdict lose(close_reason why, bool front = false, bool fresh = false,
                                 send_state sent = send_state::sent) {
        return again.after_loss(
            call, {call.request.kind, sent, front, fresh, call.allow_resend, call.resends, call.fresh_losses},
            why, now);
    }
    detail::resend::verdict time_out() { return again.after_attempt(call, stats.retries_timeout, now); }

    detail::counters stats;
    detail::resend again;
    test_call call;
    detail::time_point now = start;
};

detail::resend::settings with_budget(double per_second) {
    detail::resend::settings settings;
    settings.budget_per_second = per_second;
    return settings;
}

} // namespace

// --- after a response ------------------------------------------------------------------------------------

TEST_CASE("a response that says nothing of another attempt completes the call") {
    tested_resend on;
    for (const int status : {400, 404, 409})
        CHECK(on.respond(status).action == act::complete);
    CHECK(on.call.retries == 0);
    CHECK(on.call.resends == 0);
}

TEST_CASE("a retry pauses, and may have been processed unless the status says no") {
    for (const auto& [each_status, maybe] : {std::pair(500, true), {503, true}, {429, false}}) {
        const auto& status = each_status;
        CAPTURE(status);
        tested_resend on;
        const auto verdict = on.respond(status);
        CHECK(verdict.action == act::pause);
        CHECK(verdict.pause.count() >= 0);
        CHECK(on.call.retries == 1);
        CHECK(on.call.maybe_processed == maybe);
        CHECK(on.stats.retries == 1);
        CHECK(on.stats.retries_status == (status == 500 ? 1 : 0));
        CHECK(on.stats.retries_throttled == (status == 500 ? 0 : 1));
    }
}

TEST_CASE("a call has as many attempts as its policy says") {
    tested_resend on; // three attempts
    CHECK(on.respond(500).action == act::pause);
    CHECK(on.respond(500).action == act::pause);
    CHECK(on.respond(500).action == act::complete);
    CHECK(on.call.retries == 2);
    CHECK(on.stats.retries_refused == 0); // the policy did, not the budget
}

TEST_CASE("a policy of a call's own takes the place of the client's") {
    tested_resend on;
    on.call.extras().retry = retry_policy::none();
    CHECK(&on.again.policy_of(on.call) == on.call.retry());
    CHECK(on.respond(500).action == act::complete);
    on.call.extras().retry = retry_policy().attempts(5);
    for (int i = 0; i < 4; ++i)
        CHECK(on.respond(500).action == act::pause);
    CHECK(on.respond(500).action == act::complete);
}

TEST_CASE("resends have a limit of their own, and leave the attempts alone") {
    tested_resend on; // two resends
    CHECK(on.respond(408, {}, true).action == act::queue);
    CHECK(on.lose(close_reason::broken).action == act::queue);
    CHECK(on.call.resends == 2);
    CHECK(on.call.retries == 0);
    CHECK(on.respond(408, {}, true).action == act::complete);
    CHECK(on.lose(close_reason::broken).action == act::complete);
    CHECK(on.stats.resends == 2);
    CHECK(on.stats.resends_requested == 1);
    CHECK(on.stats.resends_lost == 1);
    CHECK(on.respond(500).action == act::pause);
}

TEST_CASE(
    "N20, N24: a request refused with 421 or 425 is sent again once, to a new connection or after a pause") {
    tested_resend misdirected;
    misdirected.call.request.kind = unsafe;
    CHECK(misdirected.respond(421).action == act::queue);
    CHECK(misdirected.call.needs_new_connection);
    CHECK_FALSE(misdirected.call.maybe_processed);
    CHECK(misdirected.respond(421).action == act::complete);

    tested_resend early;
    early.call.request.kind = unsafe;
    CHECK(early.respond(425).action == act::pause);
    CHECK_FALSE(early.call.needs_new_connection);
    CHECK_FALSE(early.call.maybe_processed);
    CHECK(early.respond(425).action == act::complete);
}

TEST_CASE("O01: the pause is at least what Retry-After asks for, and not longer than the policy allows") {
    tested_resend on;
    CHECK(on.respond(503, 7s).pause == 7s);
    CHECK(on.respond(503, 31s).action == act::complete); // longest_retry_after is 30 s
    CHECK(on.call.retries == 1);
    tested_resend other;
    const auto verdict = other.respond(429);
    CHECK(verdict.action == act::pause);
    CHECK(verdict.pause >= 500ms); // half of a throttled pause, at least
    CHECK(verdict.pause <= 1s);
}

TEST_CASE("no pause reaches the deadline") {
    tested_resend on;
    on.now = start + 23s;
    CHECK(on.respond(503, 7s).action == act::complete);
    CHECK(on.limit(429, 7s).action == act::complete);
    CHECK(on.limit(429, 1s, 7s).action == act::complete);
    CHECK(on.call.retries == 0);
    CHECK_FALSE(on.call.was_refused);
    CHECK(on.limit(429, 6s).action == act::wait);
    CHECK(on.respond(503, 6s).action == act::pause);
    CHECK(on.stats.retries_refused == 0);
}

TEST_CASE(
    "O02: while the origin is paced a 429 uses up no attempt, and the budget is charged and refuses "
    "nothing") {
    tested_resend on(with_budget(0.1)); // one in ten seconds
    on.call.request.kind = unsafe;
    for (int i = 0; i < 10; ++i)
        CHECK(on.limit(429, 1s, 1s).action == act::wait);
    CHECK(on.call.retries == 0);
    CHECK(on.call.was_refused);
    CHECK_FALSE(on.call.maybe_processed);
    CHECK(on.stats.retries == 10);
    CHECK(on.stats.retries_throttled == 10);
    CHECK(on.stats.retries_refused == 0);
    on.call.request.kind = request_class::safe;
    CHECK(on.respond(500).action == act::complete); // nothing is left for it
    CHECK(on.stats.retries_refused == 1);
}

TEST_CASE("a 503 because of which the origin is paced uses up an attempt, and may have been processed") {
    tested_resend on(with_budget(0));
    CHECK(on.limit(503, 1s, 1s).action == act::wait);
    CHECK(on.call.maybe_processed);
    CHECK(on.limit(503, 1s, 1s).action == act::wait);
    CHECK(on.limit(503, 1s, 1s).action == act::complete);
    CHECK(on.call.retries == 2);
    CHECK(on.limit(429, 1s, 1s).action == act::wait);
}

TEST_CASE("where a call has one attempt, or must not be sent again, a 429 is its result") {
    tested_resend on;
    on.call.extras().retry = retry_policy::none();
    CHECK(on.limit(429, 1s, 1s).action == act::complete);
    tested_resend once;
    once.call.allow_resend = false;
    CHECK(once.limit(429, 1s, 1s).action == act::complete);
    CHECK(once.stats.retries == 0);
}

TEST_CASE("O01: a call whose own policy waits for longer than the client's waits for what it was asked to") {
    tested_resend on;
    on.call.timeout = 300s;
    on.call.extras().retry = retry_policy().longest_retry_after(100s);
    const auto verdict = on.limit(429, 30s, 60s);
    CHECK(verdict.action == act::pause);
    CHECK(verdict.pause == 60s);
    CHECK(on.limit(429, 30s, 101s).action == act::complete);
    CHECK(on.limit(429, 30s, 30s).action == act::wait);
}

TEST_CASE("O02: the budget bounds what is sent again, and what it refuses is counted") {
    tested_resend on(with_budget(0.1)); // one in ten seconds
    CHECK(on.respond(500).action == act::pause);
    CHECK(on.respond(500).action == act::complete);
    CHECK(on.respond(408, {}, true).action == act::complete);
    CHECK(on.lose(close_reason::broken).action == act::complete);
    CHECK(on.time_out().action == act::complete);
    CHECK(on.stats.retries_refused == 4);
    on.now = start + 11s;
    CHECK(on.respond(500).action == act::pause);
}

TEST_CASE("O02: first attempts give the budget a fifth of their number") {
    auto settings = with_budget(0);
    settings.retry.attempts(100);
    tested_resend on(settings);
    CHECK(on.respond(500).action == act::complete);
    for (int i = 0; i < 10; ++i)
        on.again.first_sent(start);
    CHECK(on.respond(500).action == act::pause);
    CHECK(on.respond(500).action == act::pause);
    CHECK(on.respond(500).action == act::complete);
}

// --- after a loss ----------------------------------------------------------------------------------------

TEST_CASE("a request that was not sent moves on, and is not charged to the budget") {
    tested_resend on(with_budget(0));
    on.call.request.kind = unsafe;
    for (int i = 0; i < 10; ++i)
        CHECK(on.lose(close_reason::broken, true, true, send_state::unsent).action == act::queue);
    CHECK(on.call.resends == 0);
    CHECK(on.call.fresh_losses == 0);
    CHECK(on.stats.resends == 0);
}

TEST_CASE("a call that cannot be sent again fails with what is known of its delivery") {
    tested_resend on;
    on.call.request.kind = unsafe;
    CHECK(on.lose(close_reason::broken).action == act::complete);
    CHECK(on.lose(close_reason::broken).delivery == delivery::maybe_processed);
    CHECK(on.lose(close_reason::announced).delivery == delivery::not_sent);
    CHECK(on.lose(close_reason::rejected).delivery == delivery::not_sent);
}

TEST_CASE(
    "W11: the budget never refuses what was not processed, nor what this side has given up, but is charged") {
    for (const auto why : {close_reason::announced, close_reason::abandoned, close_reason::drained}) {
        tested_resend on(with_budget(0.1));
        CHECK(on.lose(why).action == act::queue);
        CHECK(on.lose(why).action == act::queue); // there was budget for one
        CHECK(on.stats.retries_refused == 0);
        test_call other;
        other.request.kind = request_class::idempotent;
        CHECK(on.again.after_loss(other, {other.request.kind, send_state::sent}, close_reason::broken, start)
                  .action == act::complete);
        CHECK(on.stats.resends_announced == (why == close_reason::announced ? 2 : 0));
        CHECK(on.stats.resends_given_up == (why == close_reason::announced ? 0 : 2));
        CHECK(on.call.maybe_processed == (why != close_reason::announced));
    }
}

TEST_CASE("the front of a connection that gave no response is tried once more after a pause") {
    tested_resend on;
    CHECK(on.lose(close_reason::ended, true, true).action == act::pause);
    CHECK(on.call.fresh_losses == 1);
    CHECK(on.call.maybe_processed);
    CHECK(on.lose(close_reason::ended, true, true).action == act::complete);
    CHECK(on.stats.retries_lost == 1);
}

TEST_CASE("a connection that this side has ended does not count as lost by the server") {
    for (const auto why : {close_reason::response_timeout, close_reason::protocol_error,
                           close_reason::abandoned, close_reason::announced, close_reason::drained}) {
        CAPTURE(static_cast<int>(why));
        tested_resend on;
        on.lose(why, true, true);
        CHECK(on.call.fresh_losses == 0);
    }
}

TEST_CASE("W14: the front whose response did not come is retried, by reason") {
    tested_resend on;
    CHECK(on.lose(close_reason::response_timeout, true).action == act::pause);
    CHECK(on.stats.retries_timeout == 1);
    CHECK(on.lose(close_reason::response_timeout).action == act::queue); // behind the front
    CHECK(on.stats.resends_given_up == 1);
    CHECK(on.call.maybe_processed);
}

// --- after an attempt ------------------------------------------------------------------------------------

TEST_CASE("after the timeout of one attempt another one follows, where the call is repeatable") {
    tested_resend on;
    CHECK(on.time_out().action == act::pause);
    CHECK(on.call.maybe_processed);
    CHECK(on.stats.retries_timeout == 1);
    for (const bool post : {true, false}) {
        tested_resend once;
        once.call.request.kind = post ? unsafe : request_class::safe;
        once.call.allow_resend = post;
        CHECK(once.time_out().action == act::complete);
        CHECK_FALSE(once.call.maybe_processed);
        CHECK(once.call.retries == 0);
    }
}

TEST_CASE("chance is between nothing and everything, and the same for the same seed") {
    detail::counters stats;
    detail::resend one({}, stats), other({}, stats);
    for (int i = 0; i < 100; ++i) {
        const auto chance = one.chance();
        CHECK(chance >= 0);
        CHECK(chance < 1);
        CHECK(other.chance() == chance);
    }
}
