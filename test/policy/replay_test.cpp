#include "policy/replay.hpp"

#include <doctest/doctest.h>

namespace {

using bandwidth::webrtc::delivery;
using bandwidth::webrtc::detail::after_loss;
using bandwidth::webrtc::detail::loss;
using bandwidth::webrtc::detail::lost_request;
using bandwidth::webrtc::detail::replay_action;
using bandwidth::webrtc::detail::request_class;
using bandwidth::webrtc::detail::send_state;

constexpr auto kinds = {request_class::safe, request_class::idempotent, request_class::unsafe};
constexpr auto losses = {loss::graceful, loss::ended, loss::failed, loss::faulty, loss::stalled};
constexpr auto states = {send_state::unsent, send_state::partial, send_state::sent};
constexpr int max_replays = 2;

// Calls `function` with every request there can be, and every way to lose it.
template <class Function>
void for_each_case(Function function) {
    for (const auto how : losses)
        for (const auto kind : kinds)
            for (const auto sent : states)
                for (const bool head : {false, true})
                    for (const bool answer_started : {false, true})
                        for (const bool allowed : {false, true})
                            for (const int replays : {0, 1, 2, 3})
                                function(lost_request{kind, sent, head, answer_started, allowed, replays},
                                         how);
}

} // namespace

TEST_CASE("a request of which no byte was sent is reassigned, free of charge") {
    for_each_case([](const lost_request& request, loss how) {
        const auto verdict = after_loss(request, how, max_replays);
        CHECK((verdict.action == replay_action::reassign) == (request.sent == send_state::unsent));
        if (verdict.action == replay_action::reassign)
            CHECK(verdict.delivery == delivery::not_sent);
    });
}

TEST_CASE("N7: an unsafe request is never sent again, and the caller's no is obeyed") {
    for_each_case([](const lost_request& request, loss how) {
        if (request.sent == send_state::unsent)
            return;
        if (request.kind == request_class::unsafe || !request.replay_allowed)
            CHECK(after_loss(request, how, max_replays).action == replay_action::fail);
    });
}

TEST_CASE("N4: an idempotent request is sent again, a bounded number of times") {
    for_each_case([](const lost_request& request, loss how) {
        if (request.sent == send_state::unsent || request.kind == request_class::unsafe ||
            !request.replay_allowed)
            return;
        const bool its_own_fault = request.head && (how == loss::faulty || how == loss::stalled);
        const bool again = !its_own_fault && request.replays < max_replays;
        CHECK(after_loss(request, how, max_replays).action ==
              (again ? replay_action::replay : replay_action::fail));
    });
}

TEST_CASE("N8: only behind an announced close is it known that the server did not act") {
    for_each_case([](const lost_request& request, loss how) {
        if (request.sent == send_state::unsent)
            return;
        const auto known = how == loss::graceful ? delivery::not_sent : delivery::maybe_processed;
        CHECK(after_loss(request, how, max_replays).delivery == known);
    });
}

TEST_CASE("with no replays allowed, what was sent fails") {
    for_each_case([](const lost_request& request, loss how) {
        CHECK((after_loss(request, how, 0).action == replay_action::fail) ==
              (request.sent != send_state::unsent));
    });
}
