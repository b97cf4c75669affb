// The invariants of pipelining over real sockets, against a server that misbehaves by plan and keeps exact
// books: closes announced and not, resets before, in the middle of and after answers, silence, garbage,
// delays, answers in pieces, statuses that ask for another try, dials that fail, calls that are cancelled or
// whose attempts time out, with GET, PUT, DELETE and POST mixed and a number of its own in every request and
// answer.
//
// I1 every call completes exactly once, I2 with the answer to its own request, I3 no POST is received twice,
// I4 no request is received more often than its replays and attempts allow, I5 a cancelled call does not
// change the outcome of another, I6 nothing comes on a connection that a caller could know to have ended, I7
// the gauges return to zero and the server's connections end with the client's, I8 no completion runs inside
// of the call that starts it or of the cancellation; and what a failure says of delivery is true.
//
// BANDWIDTH_WEBRTC_TEST_SEED is the first round's seed, BANDWIDTH_WEBRTC_TEST_ROUNDS the number of rounds,
// each of 500 calls at depth 1, 2, 4 and 8.
#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/chaos_server.hpp"
#include "support/random_numbers.hpp"
#include "support/test_client.hpp"

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::chaos;
using support::chaos_options;
using support::chaos_server;
using support::number_from_environment;
using support::random_numbers;
using support::run_until;

namespace {

constexpr std::uint64_t calls_in_a_round = 500;

// What every kind of answer may look like on the wire.
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
    case 0: { // before the answer, in the middle of it, after it; only a whole one announces it
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

/// What became of one call.
struct outcome {
    int completions = 0;
    bool is_post = false;
    bool cancelled = false; ///< by its caller
    bool impatient = false; ///< its attempts time out
    bool succeeded = false;
    std::string id; ///< in the answer, of those that have one
    failure why;
    std::uint64_t started = 0; ///< in the order of all that happens
    std::uint64_t ended = 0;
};

/// One client and its calls, against one server.
class client_run {
public:
    client_run(std::uint64_t seed, const client_options& options, bool attempts_time_out,
               unsigned cancel_one_in)
        : random_(seed, 1)
        , client_(context_, options)
        , attempts_time_out_(attempts_time_out)
        , cancel_one_in_(cancel_one_in)
        , window_(8 + random_.pick(200))
        , outcomes_(calls_in_a_round + 1)
        , signals_(calls_in_a_round + 1) {}

    void run() {
        while (started_ < calls_in_a_round) {
            const auto burst = 1 + random_.pick(40);
            for (unsigned i = 0; i < burst && pending_ < window_; ++i)
                start();
            if (cancel_one_in_ != 0)
                cancel_some();
            if (random_.one_in(2)) {
                context_.restart();
                context_.poll();
            } else {
                const auto goal = ended_ + 1 + random_.pick(20);
                run_until(context_,
                          [&] { return ended_ >= goal || pending_ == 0 || pending_ < window_ / 4; });
            }
        }
        run_until(context_, [&] { return pending_ == 0; });
        run_until(context_, [&] { return support::at_rest(client_.stats()); });
        const auto drained = support::wait_for(context_, client_.try_drain());
        CHECK(drained.has_value());
        context_.restart();
        context_.run_for(support::generous_limit);
        CHECK_MESSAGE(context_.stopped(), "I7: something keeps the context running");
    }

    const std::vector<outcome>& outcomes() const { return outcomes_; }
    client_stats stats() const { return client_.stats(); }
    int inline_completions() const { return inline_completions_; }

private:
    template <class T>
    auto handler(std::uint64_t nonce) {
        return asio::bind_cancellation_slot(
            signals_[nonce].slot(), [this, nonce](const result<T>& outcome) { completed(nonce, outcome); });
    }

    template <class T>
    void completed(std::uint64_t nonce, const result<T>& outcome) {
        if (inside_)
            ++inline_completions_;
        auto& kept = outcomes_[nonce];
        if (++kept.completions != 1)
            return;
        kept.ended = ++clock_;
        ++ended_;
        --pending_;
        if (outcome.has_value()) {
            kept.succeeded = true;
            if constexpr (!std::is_void_v<T>)
                kept.id = outcome->id().value();
        } else {
            kept.why = outcome.error();
        }
        if (pending_ < window_ && random_.one_in(3)) // a handler may start calls
            start();
    }

    void start() {
        if (started_ == calls_in_a_round)
            return;
        const auto nonce = ++started_;
        ++pending_;
        // Drawn in this order for every call, so that with and without cancellations the calls are the same.
        random_numbers own(nonce, 77);
        const auto kind = own.pick(8);
        const bool impatient = attempts_time_out_ && own.one_in(10);
        const auto limit = std::chrono::milliseconds(10 + own.pick(60));
        call_options options;
        if (impatient)
            options.attempt_timeout(limit);
        if (own.one_in(20))
            options.isolated();
        auto& kept = outcomes_[nonce];
        kept.started = ++clock_;
        kept.is_post = kind == 4 || kind == 5;
        kept.impatient = impatient;
        const auto name = "n" + std::to_string(nonce);
        inside_ = true;
        if (kind < 4) {
            client_.async_get_session(session_id(name), options, handler<session>(nonce));
        } else if (kind < 6) {
            client_.async_create_session(session_request{}.tag(name), options, handler<session>(nonce));
        } else if (kind < 7) {
            client_.async_add_participant_to_session(session_id("s"), participant_id(name), subscriptions{},
                                                     options, handler<void>(nonce));
        } else {
            client_.async_delete_session(session_id(name), options, handler<void>(nonce));
        }
        inside_ = false;
    }

    void cancel_some() {
        for (std::uint64_t nonce = std::max<std::uint64_t>(started_, 60) - 59; nonce <= started_; ++nonce) {
            if (outcomes_[nonce].completions != 0 || !random_numbers(nonce, 78).one_in(cancel_one_in_))
                continue;
            if (!random_.one_in(3)) // now or later, or never
                continue;
            outcomes_[nonce].cancelled = true;
            inside_ = true;
            signals_[nonce].emit(random_.one_in(2) ? asio::cancellation_type::total
                                                   : asio::cancellation_type::terminal);
            inside_ = false;
        }
    }

    random_numbers random_;
    asio::io_context context_;
    client client_;
    bool attempts_time_out_;
    unsigned cancel_one_in_; // 0: none
    std::uint64_t window_;
    std::uint64_t started_ = 0;
    std::uint64_t ended_ = 0;
    std::uint64_t pending_ = 0;
    std::uint64_t clock_ = 0;
    bool inside_ = false; // of a function that starts or cancels a call
    int inline_completions_ = 0;
    std::vector<outcome> outcomes_; // by number, from 1
    std::vector<asio::cancellation_signal> signals_;
};

// What a call may fail with where connections fail.
bool is_expected(const error_code& code) {
    for (const auto known :
         {errc::connection_lost, errc::incomplete_response, errc::protocol_error, errc::response_timeout,
          errc::body_timeout, errc::queue_timeout, errc::connect_failed, errc::connect_timeout,
          errc::handshake_failed, errc::handshake_timeout, errc::tls_failed}) {
        if (code == known)
            return true;
    }
    return false;
}

struct bounds {
    int sends = 1;
    bool faults = true;
};

// The first rule that the call with this number has broken; empty when it has broken none.
std::string broken_by(std::uint64_t nonce, const outcome& call, const support::chaos_record& seen,
                      const bounds& allowed) {
    const auto name = "n" + std::to_string(nonce);
    if (call.completions != 1)
        return "I1: completed " + std::to_string(call.completions) + " times";
    if (call.is_post && seen.received > 1 + seen.excused)
        return "I3: received " + std::to_string(seen.received) + " times";
    if (seen.received > allowed.sends)
        return "I4: received " + std::to_string(seen.received) + " times";
    if (call.succeeded) {
        if (!call.id.empty() && call.id != name)
            return "I2: has the answer to " + call.id;
        if (!seen.statuses.contains(200) && !seen.statuses.contains(204))
            return "I2: succeeded, and was never answered so";
        return {};
    }
    const auto& why = call.why;
    if (why.http_status() != 0) {
        if (!seen.statuses.contains(why.http_status()))
            return "I2: has an answer that was not given to it, " + why.describe();
        if (why.body().find("\"it is " + name + "\"") == std::string::npos)
            return "I2: has another's answer, " + why.body();
        if (why.delivery() != delivery::answered)
            return "delivery: it was answered, " + why.describe();
        return {};
    }
    if (seen.received > why.attempts())
        return "received " + std::to_string(seen.received) + " times: " + why.describe();
    if (why.message().find("the answer is for ") != std::string::npos) // this server never mixes them up
        return "I2: was given another's answer, " + why.describe();
    if (why.delivery() == delivery::answered)
        return "delivery: it was not answered, " + why.describe();
    if (why.delivery() == delivery::not_sent && seen.processed != 0)
        return "delivery: it was processed, " + why.describe();
    if (why.code() == errc::cancelled)
        return call.cancelled ? std::string() : "I5: cancelled with another";
    if (!allowed.faults || !is_expected(why.code()))
        return "failed for no reason, " + why.describe();
    return {};
}

// I6. Whoever was told of the end of a call knows that its connection has ended, if it was that call's
// request that ended it: of the calls that he starts then, none comes there.
std::string broken_on_ended_connections(const std::vector<outcome>& calls,
                                        const std::map<std::uint64_t, support::chaos_record>& seen,
                                        const std::map<std::size_t, std::uint64_t>& ended_by) {
    for (const auto& [nonce, record] : seen) {
        for (const auto on : record.connections) {
            const auto found = ended_by.find(on);
            // One that left early was not told.
            if (found == ended_by.end() || calls[found->second].cancelled || calls[found->second].impatient ||
                calls[found->second].why.code() == condition::timeout)
                continue;
            if (calls[found->second].ended < calls[nonce].started)
                return "I6: n" + std::to_string(nonce) + " came on connection " + std::to_string(on) +
                       ", which n" + std::to_string(found->second) + " had ended";
        }
    }
    return {};
}

void check(const client_run& done, chaos_server& server, const bounds& allowed) {
    const auto seen = server.records();
    for (std::uint64_t nonce = 1; nonce <= calls_in_a_round; ++nonce) {
        const auto found = seen.find(nonce);
        const auto broken = broken_by(nonce, done.outcomes()[nonce],
                                      found == seen.end() ? support::chaos_record{} : found->second, allowed);
        if (!broken.empty())
            FAIL("n" << nonce << ": " << broken);
    }
    const auto broken = broken_on_ended_connections(done.outcomes(), seen, server.ended_by());
    CHECK_MESSAGE(broken.empty(), broken);
    CHECK_MESSAGE(done.inline_completions() == 0, "I8");
    const auto stats = done.stats();
    CHECK(stats.connections_idle == 0);
    CHECK(stats.connections_connecting == 0);
    CHECK(support::at_rest(stats));
    CHECK(stats.answers_foreign == 0); // I2, where the call was retried too
    CHECK(stats.calls_started == calls_in_a_round);
    CHECK(stats.calls_succeeded + stats.calls_failed == calls_in_a_round);
    // I7: the other side sees the client's connections end, all of them.
    const auto end = std::chrono::steady_clock::now() + support::generous_limit;
    while (server.connections_open() != 0 && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
    CHECK(server.connections_open() == 0);
}

/// What came about in all rounds, for a look at whether there was any chaos.
struct totals {
    std::uint64_t succeeded = 0, answered = 0, lost = 0, timed_out = 0, cancelled = 0;
    std::map<std::string, std::uint64_t> others; // by their message
    std::uint64_t replays = 0, retries = 0, connections_lost = 0, dials_failed = 0, deepest = 0;

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
        replays += stats.replays;
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
               "connections lost, " + n(dials_failed) + "dials failed, " + n(replays) + "replays, " +
               n(retries) + "retries";
    }
};

} // namespace

TEST_CASE("I1 to I8: a server that misbehaves in every way, at depth 1, 2, 4 and 8") {
    const auto first = number_from_environment("BANDWIDTH_WEBRTC_TEST_SEED", 1);
    const auto rounds = number_from_environment("BANDWIDTH_WEBRTC_TEST_ROUNDS", 3);
    totals all;
    for (auto seed = first; seed < first + rounds; ++seed) {
        for (const std::size_t depth : {1U, 2U, 4U, 8U}) {
            INFO("seed " << seed << ", depth " << depth);
            random_numbers random(seed, depth);
            const int replays = static_cast<int>(random.pick(4));
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
            client_run torture(seed * 8 + depth,
                               server.client_options()
                                   .pipeline_depth(depth)
                                   .max_connections(1 + random.pick(6))
                                   .min_connections(random.one_in(4) ? 1 : 0)
                                   .max_replays(replays)
                                   .retry(retry_policy{}
                                              .attempts(attempts)
                                              .backoff(1ms, 10ms)
                                              .throttled_backoff(2ms)
                                              .retry_protocol_error(random.one_in(2)))
                                   .retry_budget(random.one_in(4) ? 0 : 100'000, 0.2)
                                   .connect_timeout(200ms)
                                   .response_timeout(100ms)
                                   .deadline(10s),
                               true, random.one_in(4) ? 0 : 4);
            torture.run();
            bounds allowed;
            allowed.sends = replays + attempts;
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
    CHECK(all.replays > 0);
    CHECK(all.retries > 0);
    CHECK(all.connections_lost > 0);
    CHECK(all.deepest == 8);
}

TEST_CASE("I5: with and without cancelled calls, the others end in the same way") {
    const auto first = number_from_environment("BANDWIDTH_WEBRTC_TEST_SEED", 1);
    const auto rounds = number_from_environment("BANDWIDTH_WEBRTC_TEST_ROUNDS", 3);
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
                                    .deadline(100s)
                                    .response_timeout(100s),
                                false, cancel_one_in);
                both.run();
                bounds allowed;
                allowed.faults = false;
                check(both, server, allowed);
                // None of them was moved, let alone sent again.
                CHECK(both.stats().replays == 0);
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
