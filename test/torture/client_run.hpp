#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "support/random_numbers.hpp"
#include "support/test_client.hpp"

namespace torture {

using namespace bandwidth::webrtc;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using support::random_numbers;
using support::run_until;
using clock_type = std::chrono::steady_clock;

constexpr std::uint64_t calls_in_a_round = 500;
constexpr auto response_limit = 100ms;

/// What became of one call.
struct outcome {
    int completions = 0;
    bool is_post = false;
    bool cancelled = false;        ///< by its caller
    bool cancelled_unsent = false; ///< and only with `total`
    bool impatient = false;        ///< its attempts time out
    bool succeeded = false;
    std::string id; ///< in the response, of those that have one
    failure why;
    std::uint64_t started = 0; ///< in the order of all that happens
    std::uint64_t ended = 0;
    clock_type::time_point started_at{};
    std::chrono::milliseconds limit = response_limit; ///< for the response to each attempt
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
            if (random_.one_in(6)) { // the connections are idle for once, and some of them end now
                run_until(context_, [&] { return pending_ == 0; });
                block_one_in(1);
            }
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
        run_until(
            context_, [&] { return pending_ == 0; });
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
        block_one_in(50);
        if (pending_ < window_ && random_.one_in(3)) // a handler may start calls
            start();
    }

    // Holds up the only thread of the context.
    void block_one_in(unsigned times) {
        if (random_.one_in(times) && blocks_)
            std::this_thread::sleep_for(std::chrono::milliseconds(random_.pick(41)));
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
            options.dedicated_connection();
        auto& kept = outcomes_[nonce];
        kept.started = ++clock_;
        kept.is_post = kind == 4 || kind == 5;
        kept.impatient = impatient;
        kept.started_at = clock_type::now();
        if (impatient)
            kept.limit = limit;
        const auto name = "n" + std::to_string(nonce);
        inside_ = true;
        if (kind < 4) {
            client_.try_get_session(session_id(name), options)(handler<session>(nonce));
        } else if (kind < 6) {
            client_.try_create_session(session_request{}.tag(name), options)(handler<session>(nonce));
        } else if (kind < 7) {
            client_.try_add_participant_to_session(session_id("s"), participant_id(name), subscriptions{},
                                                   options)(handler<void>(nonce));
        } else {
            client_.try_delete_session(session_id(name), options)(handler<void>(nonce));
        }
        inside_ = false;
    }

    void cancel_some() {
        for (std::uint64_t nonce = std::max<std::uint64_t>(started_, 60) - 59; nonce <= started_; ++nonce) {
            if (outcomes_[nonce].completions != 0 || !random_numbers(nonce, 78).one_in(cancel_one_in_))
                continue;
            if (!random_.one_in(3)) // now or later, or never
                continue;
            const bool before = std::exchange(outcomes_[nonce].cancelled, true);
            inside_ = true;
            const bool only_unsent = random_.one_in(2);
            outcomes_[nonce].cancelled_unsent = only_unsent && (!before || outcomes_[nonce].cancelled_unsent);
            signals_[nonce].emit(only_unsent ? asio::cancellation_type::total
                                             : asio::cancellation_type::terminal);
            inside_ = false;
        }
    }

    random_numbers random_;
    asio::io_context context_;
    client client_;
    bool attempts_time_out_;
    unsigned cancel_one_in_; // 0: none
    bool blocks_ = support::number_from_environment("BANDWIDTH_WEBRTC_TEST_BLOCKING", 1) != 0;
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

} // namespace torture
