#include "policy/resend_policy.hpp"

#include <doctest/doctest.h>

namespace {

using bandwidth::webrtc::delivery;
using bandwidth::webrtc::retry_policy;
using bandwidth::webrtc::detail::after_loss;
using bandwidth::webrtc::detail::after_response;
using bandwidth::webrtc::detail::close_reason;
using bandwidth::webrtc::detail::loss_action;
using bandwidth::webrtc::detail::loss_verdict;
using bandwidth::webrtc::detail::lost_request;
using bandwidth::webrtc::detail::request_class;
using bandwidth::webrtc::detail::responded_request;
using bandwidth::webrtc::detail::response_action;
using bandwidth::webrtc::detail::send_state;

constexpr auto kinds = {request_class::safe, request_class::idempotent, request_class::unsafe};
constexpr auto losses = {close_reason::announced,        close_reason::ended,
                         close_reason::broken,           close_reason::protocol_error,
                         close_reason::response_timeout, close_reason::abandoned,
                         close_reason::rejected};
constexpr auto states = {send_state::unsent, send_state::partial, send_state::sent};
constexpr int max_resends = 2;

loss_verdict verdict(const lost_request& request, close_reason how) {
    return after_loss(request, how, max_resends);
}

// Calls `function` with every request there can be, and every way to lose it.
template <class Function>
void for_each_case(Function function) {
    for (const auto how : losses)
        for (const auto kind : kinds)
            for (const auto sent : states)
                for (const bool front : {false, true})
                    for (const bool fresh : {false, true})
                        for (const bool allowed : {false, true})
                            for (const int resends : {0, 1, 2, 3})
                                for (const int fresh_losses : {0, 1, 2})
                                    function(lost_request{kind, sent, front, fresh, allowed, resends,
                                                          fresh_losses},
                                             how);
}

bool repeatable(const lost_request& request) {
    return request.kind != request_class::unsafe && request.resend_allowed;
}

} // namespace

TEST_CASE("a request of which no byte was sent is reassigned, free of charge") {
    for_each_case([](const lost_request& request, close_reason how) {
        if (how == close_reason::rejected)
            return;
        const auto given = verdict(request, how);
        CHECK((given.action == loss_action::reassign) == (request.sent == send_state::unsent));
        if (given.action == loss_action::reassign)
            CHECK(given.delivery == delivery::not_sent);
    });
}

TEST_CASE("T17: where the server rejects our handshake, every request fails, none is sent again") {
    for_each_case([](const lost_request& request, close_reason how) {
        if (how == close_reason::rejected)
            CHECK(verdict(request, how) == loss_verdict{loss_action::fail, delivery::not_sent});
    });
}

TEST_CASE("N7: an unsafe request is never sent again, and the caller's no is obeyed") {
    for_each_case([](const lost_request& request, close_reason how) {
        if (request.sent != send_state::unsent && !repeatable(request))
            CHECK(verdict(request, how).action == loss_action::fail);
    });
}

TEST_CASE("N4: an idempotent request behind the front is sent again, a bounded number of times") {
    for_each_case([](const lost_request& request, close_reason how) {
        if (request.sent == send_state::unsent || !repeatable(request) || request.front ||
            how == close_reason::rejected)
            return;
        CHECK(verdict(request, how).action ==
              (request.resends < max_resends ? loss_action::resend : loss_action::fail));
    });
}

TEST_CASE(
    "the front: sent again where the connection had responded before, retried where it may be to blame") {
    lost_request at_front;
    at_front.sent = send_state::sent;
    at_front.front = true;
    for (const auto how :
         {close_reason::announced, close_reason::ended, close_reason::broken, close_reason::abandoned})
        CHECK(verdict(at_front, how).action == loss_action::resend);
    CHECK(verdict(at_front, close_reason::response_timeout).action == loss_action::retry);
    CHECK(verdict(at_front, close_reason::protocol_error).action == loss_action::fail);

    at_front.fresh = true;
    for (const auto how : {close_reason::ended, close_reason::broken}) {
        at_front.fresh_losses = 0;
        CHECK(verdict(at_front, how).action == loss_action::retry);
        at_front.fresh_losses = 1;
        CHECK(verdict(at_front, how).action == loss_action::fail);
    }
}

TEST_CASE("N8: only behind an announced close is it known that the server did not act") {
    for_each_case([](const lost_request& request, close_reason how) {
        if (request.sent == send_state::unsent || how == close_reason::rejected)
            return;
        const auto known = how == close_reason::announced ? delivery::not_sent : delivery::maybe_processed;
        CHECK(verdict(request, how).delivery == known);
    });
}

TEST_CASE("with no resends allowed, what was sent is not sent again") {
    for_each_case([](const lost_request& request, close_reason how) {
        CHECK(after_loss(request, how, 0).action != loss_action::resend);
    });
}

TEST_CASE("responses: what is delivered, sent again, sent on a fresh connection, retried") {
    const retry_policy policy;
    responded_request get;
    responded_request post;
    post.kind = request_class::unsafe;
    const auto of = [&](const responded_request& request, int status) {
        return after_response(request, status, policy);
    };
    for (const int status : {200, 204, 301, 400, 401, 403, 404, 409, 501, 505, 511}) {
        CAPTURE(status);
        CHECK(of(get, status) == response_action::deliver);
        CHECK(of(post, status) == response_action::deliver);
    }
    for (const int status : {500, 502, 504}) {
        CHECK(of(get, status) == response_action::retry);
        CHECK(of(post, status) == response_action::deliver);
    }
    for (const int status : {429, 503}) {
        CHECK(of(get, status) == response_action::retry_throttled);
        CHECK(of(post, status) ==
              (status == 429 ? response_action::retry_throttled : response_action::deliver));
    }
    retry_policy repeats_posts;
    repeats_posts.retry_unavailable_unsafe(true);
    CHECK(after_response(post, 503, repeats_posts) == response_action::deliver); // it names no time
    post.retry_after = true;
    CHECK(of(post, 503) == response_action::deliver);
    CHECK(after_response(post, 503, repeats_posts) == response_action::retry_throttled);
    CHECK(after_response(post, 500, repeats_posts) == response_action::deliver);
    CHECK(after_response(post, 503, repeats_posts.retry_status(503, false)) == response_action::deliver);
    CHECK(after_response(post, 429, retry_policy().retry_status(429, false)) == response_action::deliver);

    get.resend_allowed = post.resend_allowed = false;
    for (const int status : {408, 421, 425, 429, 500, 503}) {
        CHECK(of(get, status) == response_action::deliver);
        CHECK(after_response(post, status, repeats_posts) == response_action::deliver);
    }
}

TEST_CASE("N19: 408 is sent again where it closes the connection and the request is idempotent") {
    const retry_policy policy;
    responded_request request;
    CHECK(after_response(request, 408, policy) == response_action::deliver);
    request.closes = true;
    CHECK(after_response(request, 408, policy) == response_action::resend);
    request.kind = request_class::unsafe;
    CHECK(after_response(request, 408, policy) == response_action::deliver);
}

TEST_CASE("N20, N24: 421 and 425 are sent again once, whatever the method") {
    for (const auto kind : kinds) {
        responded_request request;
        request.kind = kind;
        CHECK(after_response(request, 421, retry_policy()) == response_action::new_connection);
        CHECK(after_response(request, 425, retry_policy()) == response_action::retry);
        request.last = true;
        CHECK(after_response(request, 421, retry_policy()) == response_action::deliver);
        CHECK(after_response(request, 425, retry_policy()) == response_action::deliver);
    }
}

TEST_CASE("the statuses of a policy are the caller's choice") {
    retry_policy policy;
    policy.retry_status(500, false).retry_status(404).retry_status(99).retry_status(600);
    CHECK(after_response(responded_request{}, 500, policy) == response_action::deliver);
    CHECK(after_response(responded_request{}, 404, policy) == response_action::retry);
    CHECK_FALSE(policy.retries_status(99));
    CHECK_FALSE(policy.retries_status(600));
}
