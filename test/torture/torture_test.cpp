// The invariants of pipelining over real sockets, against a server that misbehaves by plan and records all
// that it receives: closes announced and not, resets before, in the middle of and after responses, silence,
// garbage, delays, responses in pieces, statuses that ask for another try, dials that fail, calls that are
// cancelled or whose attempts time out, with GET, PUT, DELETE and POST mixed and a number of its own in
// every request and response.
//
// I1 every call completes exactly once, I2 with the response to its own request, I3 no POST is received
// twice, I4 no request is received more often than its resends and attempts allow, I5 a cancelled call does
// not change the outcome of another, I6 nothing comes on a connection that a caller could know to have
// ended, I7 the gauges return to zero and the server's connections end with the client's, I8 no completion
// runs inside of the call that starts it or of the cancellation; and what a failure says of delivery is
// true.
//
// The only thread is held up at random, as by a handler that works for too long. What has come meanwhile
// counts all the same: a response that came in time is delivered, and no POST is written to a connection
// whose end has come.
//
// BANDWIDTH_WEBRTC_TEST_SEED is the first round's seed, BANDWIDTH_WEBRTC_TEST_ROUNDS the number of rounds,
// each of 500 calls at depth 1, 2, 4 and 8; BANDWIDTH_WEBRTC_TEST_BLOCKING=0 leaves the thread alone.
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/chaos_server.hpp"
#include "support/random_numbers.hpp"
#include "torture/client_run.hpp"
#include "torture/rules.hpp"

using namespace torture;
using support::chaos;
using support::chaos_options;
using support::chaos_server;
using support::number_from_environment;

namespace {

// What every kind of response may look like on the wire.
void vary(chaos& what, random_numbers& random) {
    what.chunked = random.one_in(3);
    what.interim = random.one_in(10);
    if (random.one_in(20))
        what.piece = 1 + random.pick(40);
    if (random.one_in(20))
        what.padding = random.pick(3000);
    if (random.one_in(8))
        what.delay = std::chrono::microseconds(random.pick(3000));
}

// About every sixth request meets a fault.
chaos full_chaos(std::uint64_t seed, std::uint64_t nonce, int send) {
    random_numbers random(seed, nonce * 64 + static_cast<std::uint64_t>(send));
    chaos what;
    vary(what, random);
    if (!random.one_in(6)) {
        if (random.one_in(6))
            what.status = 404;
        return what;
    }
    using end = chaos::end;
    const end endings[] = {end::announced, end::announced, end::notify, end::fin, end::reset};
    switch (random.pick(8)) {
    case 0: { // before the response, in the middle of it, after it; only a whole one announces it
        what.ending = endings[random.pick(5)];
        return what;
    }
    case 1:
    case 2:
        what.ending = endings[2 + random.pick(3)];
        what.bytes = random.one_in(2) ? 0 : random.pick(200);
        return what;
    case 3: {
        const int statuses[] = {408, 421, 425, 429, 500, 503, 503, 429};
        what.status = statuses[random.pick(8)];
        if (what.status == 408 || random.one_in(6))
            what.ending = end::announced;
        if ((what.status == 429 || what.status == 503) && random.one_in(2))
            what.fields = random.one_in(2) ? "Retry-After: 0\r\n" : "Retry-After: -1\r\n";
        return what;
    }
    case 4:
        if (random.one_in(4)) {
            what.ending = end::silence;
            what.bytes = random.one_in(2) ? 0 : random.pick(200);
            return what;
        }
        what.delay = std::chrono::milliseconds(random.pick(60));
        return what;
    case 5:
        if (random.one_in(4))
            what.ending = end::garbage;
        return what;
    case 6: // of a connection that was idle for too long
        what.ending = endings[2 + random.pick(3)];
        what.quiet = std::chrono::microseconds(random.pick(20'000));
        return what;
    default:
        what.ending = endings[random.pick(2)];
        return what;
    }
}

// Nothing that ends a connection and nothing that is tried again: what becomes of a call is certain.
chaos gentle(std::uint64_t seed, std::uint64_t nonce, int send) {
    random_numbers random(seed, nonce * 64 + static_cast<std::uint64_t>(send));
    chaos what;
    vary(what, random);
    if (random.one_in(5))
        what.status = random.one_in(2) ? 404 : 409;
    return what;
}

void check(const client_run& done, chaos_server& server, const bounds& allowed) {
    const auto seen = server.records();
    for (std::uint64_t nonce = 1; nonce <= calls_in_a_round; ++nonce) {
        const auto found = seen.find(nonce);
        const auto broken = broken_by(nonce, done.outcomes()[nonce],
                                      found == seen.end() ? support::chaos_record{} : found->second, allowed);
        if (!broken.empty())
            FAIL_CHECK("n" << nonce << ": " << broken);
    }
    for (const auto& broken : {broken_on_ended_connections(done.outcomes(), seen, server.ended_by()),
                               broken_on_finished_connections(done.outcomes(), seen, server.finished())})
        CHECK_MESSAGE(broken.empty(), broken);
    CHECK_MESSAGE(done.inline_completions() == 0, "I8");
    const auto stats = done.stats();
    CHECK(stats.connections_idle == 0);
    CHECK(stats.connections_connecting == 0);
    CHECK(support::at_rest(stats));
    CHECK(stats.responses_mismatched == 0); // I2, where the call was retried too
    CHECK(stats.calls_started == calls_in_a_round);
    CHECK(stats.calls_succeeded + stats.calls_failed == calls_in_a_round);
    // I7: the other side sees the client's connections end, all of them.
    const auto end = std::chrono::steady_clock::now() + support::generous_limit;
    while (server.connections_open() != 0 && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
    CHECK(server.connections_open() == 0);
}

/// What happened in all rounds, to see that faults really happened.
struct totals {
    std::uint64_t succeeded = 0, answered = 0, lost = 0, timed_out = 0, cancelled = 0;
    std::map<std::string, std::uint64_t> others; // by their message
    std::uint64_t resends = 0, retries = 0, connections_lost = 0, dials_failed = 0, deepest = 0;

    void add(const client_run& done) {
        for (const auto& call : done.outcomes()) {
            if (call.completions == 0)
                continue;
            const auto& code = call.why.code();
            ++(call.succeeded                  ? succeeded
               : call.why.http_status() != 0   ? answered
               : code == errc::cancelled       ? cancelled
               : code == condition::timeout    ? timed_out
               : code == errc::connection_lost ? lost
                                               : others[code.message()]);
        }
        const auto stats = done.stats();
        resends += stats.resends;
        retries += stats.retries;
        connections_lost += stats.connections_lost;
        dials_failed += stats.dials_failed;
        deepest = std::max(deepest, stats.deepest_pipeline);
    }
    std::string text() const {
        const auto n = [](std::uint64_t value) { return std::to_string(value) + " "; };
        std::string rest;
        for (const auto& [message, number] : others)
            rest += n(number) + message + ", ";
        return n(succeeded) + "succeeded, " + n(answered) + "answered with an error, " + n(lost) + "lost, " +
               n(timed_out) + "timed out, " + n(cancelled) + "cancelled, " + rest + n(connections_lost) +
               "connections lost, " + n(dials_failed) + "dials failed, " + n(resends) + "resends, " +
               n(retries) + "retries";
    }
};

} // namespace

TEST_CASE("I1 to I8: a server that misbehaves in every way, at depth 1, 2, 4 and 8") {
    const auto first = number_from_environment("BANDWIDTH_WEBRTC_TEST_SEED", 1);
    const auto rounds = number_from_environment("BANDWIDTH_WEBRTC_TEST_ROUNDS", 2);
    totals all;
    for (auto seed = first; seed < first + rounds; ++seed) {
        for (const std::size_t depth : {1U, 2U, 4U, 8U}) {
            INFO("seed " << seed << ", depth " << depth);
            random_numbers random(seed, depth);
            const int resends = static_cast<int>(random.pick(4));
            const int attempts = 1 + static_cast<int>(random.pick(4));
            chaos_options misbehaviour;
            misbehaviour.welcomes = [seed](std::size_t number) {
                random_numbers own(seed, 1'000'000 + number);
                return !own.one_in(20) ? chaos_options::welcome::take
                       : own.one_in(4) ? chaos_options::welcome::ignore
                                       : chaos_options::welcome::reset;
            };
            misbehaviour.plan = [seed](std::string_view, std::uint64_t nonce, int send) {
                return full_chaos(seed, nonce, send);
            };
            chaos_server server(std::move(misbehaviour));
            client_run torture(
                seed * 8 + depth,
                server.client_options()
                    .pipeline_depth(depth)
                    .max_connections(1 + random.pick(6))
                    .min_connections(random.one_in(4) ? 1 : 0)
                    .max_resends(resends)
                    .retry(retry_policy{}.attempts(attempts).backoff(1ms, 10ms).throttled_backoff(2ms))
                    .retry_budget(random.one_in(4) ? 0 : 100'000, 0.2)
                    .connect_timeout(200ms)
                    .response_timeout(response_limit)
                    .timeout(10s),
                true, random.one_in(4) ? 0 : 4);
            torture.run();
            bounds allowed;
            allowed.sends = resends + attempts;
            check(torture, server, allowed);
            CHECK(torture.stats().deepest_pipeline <= depth);
            all.add(torture);
        }
    }
    MESSAGE(rounds << " rounds from seed " << first << " on: " << all.text());
    CHECK(all.succeeded > rounds * calls_in_a_round);
    CHECK(all.answered > 0);
    CHECK(all.lost > 0);
    CHECK(all.timed_out > 0);
    CHECK(all.cancelled > 0);
    CHECK(all.resends > 0);
    CHECK(all.retries > 0);
    CHECK(all.connections_lost > 0);
    CHECK(all.deepest == 8);
}

TEST_CASE("I5: with and without cancelled calls, the others end in the same way") {
    const auto first = number_from_environment("BANDWIDTH_WEBRTC_TEST_SEED", 1);
    const auto rounds = number_from_environment("BANDWIDTH_WEBRTC_TEST_ROUNDS", 2);
    std::uint64_t cancelled = 0;
    for (auto seed = first; seed < first + rounds; ++seed) {
        for (const std::size_t depth : {1U, 2U, 4U, 8U}) {
            INFO("seed " << seed << ", depth " << depth);
            chaos_options gently;
            gently.plan = [seed](std::string_view, std::uint64_t nonce, int send) {
                return gentle(seed, nonce, send);
            };
            std::vector<outcome> undisturbed;
            for (const unsigned cancel_one_in : {0U, 3U}) {
                chaos_server server(gently);
                client_run both(seed * 8 + depth,
                                server.client_options()
                                    .pipeline_depth(depth)
                                    .max_connections(1 + random_numbers(seed, depth).pick(4))
                                    .timeout(100s)
                                    .response_timeout(100s),
                                false, cancel_one_in);
                both.run();
                bounds allowed;
                allowed.faults = false;
                check(both, server, allowed);
                // None of them was given to another connection, nor sent again.
                CHECK(both.stats().resends == 0);
                CHECK(both.stats().retries == 0);
                CHECK(both.stats().connections_lost == 0);
                if (cancel_one_in == 0) {
                    undisturbed = both.outcomes();
                    continue;
                }
                const auto seen = server.records();
                for (std::uint64_t nonce = 1; nonce <= calls_in_a_round; ++nonce) {
                    const auto& with = both.outcomes()[nonce];
                    const auto& without = undisturbed[nonce];
                    REQUIRE_FALSE(without.why.code() == errc::cancelled);
                    if (with.why.code() == errc::cancelled) {
                        ++cancelled;
                        continue;
                    }
                    CAPTURE(nonce);
                    CHECK(with.succeeded == without.succeeded);
                    CHECK(with.why.http_status() == without.why.http_status());
                    CHECK(seen.at(nonce).received == 1);
                }
            }
        }
    }
    MESSAGE(rounds << " rounds from seed " << first << " on: " << cancelled << " calls cancelled");
    CHECK(cancelled > rounds * 40);
}
