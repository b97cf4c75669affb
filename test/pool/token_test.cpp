#include <doctest/doctest.h>

#include "manager/token_store.hpp"
#include "pool/fake_pool.hpp"

// Calls that wait for an access token. The token's lifecycle is the real one; the test makes the fetches.

using namespace test;
using detail::time_point;

namespace {

/// Marks a group whose credentials are fetched; the fake pool does not ask it.
class no_token_store final : public detail::token_store {
public:
    std::shared_ptr<detail::token_subscription> subscribe(const detail::asio::any_io_executor&,
                                                          std::shared_ptr<detail::token_user>) override {
        return nullptr;
    }
};

boost::intrusive_ptr<detail::call_group> group_with_token() {
    boost::intrusive_ptr<detail::call_group> made(
        new detail::call_group(detail::request_encoder("Host: host\r\n")));
    made->tokens = std::make_shared<no_token_store>();
    return made;
}

struct token_pool : fake_pool {
    explicit token_pool(const detail::scheduler_settings& settings = with_connections(2))
        : fake_pool(settings) {
        group = group_with_token();
    }
    detail::token_view look_at_token(detail::call_group&) override {
        fetches += token.want(now()) ? 1 : 0;
        return token.view();
    }
    detail::token_lifecycle::verdict refuse_token(detail::call_group&,
                                                  const std::shared_ptr<const std::string>& used) override {
        const auto result = token.refuse(used, now());
        fetches += result.fetch ? 1 : 0;
        return result.what;
    }
    void leave_token(detail::call_group&) noexcept override { ++left; }

    void follow() {
        ask([this] { scheduler().follow_tokens(); });
    }
    void fetched(std::string_view value, std::chrono::seconds life = 1h) {
        token.fetched(value, life, now(), 0);
        follow();
    }
    void failed(bool final) {
        token.failed(failure(final ? errc::token_refused : errc::token_failed, "token endpoint: no"), final,
                     {}, now(), 1);
        follow();
    }
    bool sent_with(std::size_t index, std::string_view value) {
        return link(index).wire.text().find("Authorization: Bearer " + std::string(value) + "\r\n") !=
               std::string::npos;
    }

    detail::token_lifecycle token{1min};
    int fetches = 0;
    int left = 0;
};

} // namespace

TEST_CASE("token: calls wait for the first one, which is fetched once, and nothing is connected meanwhile") {
    token_pool pool;
    for (int i = 0; i < 10; ++i)
        pool.submit(i % 2 == 0 ? request_class::safe : request_class::unsafe);
    CHECK(pool.fetches == 1);
    CHECK(pool.links.empty());
    pool.fetched("t1");
    REQUIRE(pool.links.size() == 2);
    pool.connect(0);
    CHECK(pool.sent_with(0, "t1"));
    CHECK(pool.fetches == 1);
}

TEST_CASE("token: in the steady state no call waits, and renewal is a background matter") {
    token_pool pool;
    pool.submit();
    pool.fetched("t1");
    pool.connect(0);
    pool.respond(0);
    pool.pass(45min - 1ns);
    CHECK(pool.fetches == 1);
    pool.submit(); // there is somebody to renew it for
    CHECK(pool.fetches == 1);
    pool.pass(1ns);
    CHECK(pool.fetches == 2); // by the timer: nobody has asked
    auto& meanwhile = pool.submit();
    CHECK_FALSE(meanwhile.awaits_token); // it goes with the token that there is
    pool.fetched("t2");
    pool.close();
}

TEST_CASE("token: a call's deadline bounds its wait, and the text tells the last failure") {
    token_pool pool;
    auto& brief = pool.make();
    brief.timeout = 3s;
    pool.submit(brief);
    pool.pass(1s);
    pool.failed(false);
    CHECK_FALSE(brief.done());
    pool.pass(2s);
    CHECK(brief.failed_with(errc::token_timeout, delivery::not_sent));
    CHECK(brief.why.message() == "token endpoint: no");
    CHECK(brief.why.code() == bandwidth::webrtc::condition::timeout);
    CHECK(pool.stats().calls_timed_out == 1);
    CHECK(pool.fetches == 2); // one more after the pause
}

TEST_CASE("token: a refusal fails those who wait, those who come in the pause, and none after it") {
    token_pool pool;
    auto& first = pool.submit();
    auto& second = pool.submit(request_class::unsafe);
    pool.failed(true);
    for (const auto* const each : {&first, &second})
        CHECK(each->failed_with(errc::token_refused, delivery::not_sent));
    auto& third = pool.submit();
    CHECK(third.failed_with(errc::token_refused, delivery::not_sent));
    CHECK(pool.fetches == 1);
    pool.pass(1s);
    auto& fourth = pool.submit();
    CHECK_FALSE(fourth.done());
    CHECK(pool.fetches == 2);
    pool.fetched("t");
    pool.connect(0);
    pool.respond(0);
    CHECK(fourth.got(fourth.request.target));
}

TEST_CASE("token: a failure that may pass is waited out") {
    token_pool pool;
    auto& call = pool.submit();
    for (int i = 0; i < 4; ++i) {
        pool.failed(false);
        CHECK_FALSE(call.done());
        pool.pass(5s);
        CHECK(pool.fetches == i + 2);
    }
    pool.fetched("t");
    pool.connect(0);
    pool.respond(0);
    CHECK(call.got(call.request.target));
}

TEST_CASE("token: a 401 has it fetched anew, once for all, and each call is sent once more, a POST too") {
    for (const auto kind : {request_class::safe, request_class::idempotent, request_class::unsafe}) {
        token_pool pool(with_connections(1));
        pool.submit();
        pool.fetched("t1");
        pool.connect(0);
        pool.respond(0);
        auto& call = pool.submit(kind);
        auto& other = pool.submit();
        pool.refuse(0, 401);
        CHECK_FALSE(call.done());
        CHECK(pool.fetches == 2);
        if (pool.link(0).outstanding() != 0)
            pool.refuse(0, 401);
        CHECK(pool.fetches == 2);
        pool.fetched("t2");
        CHECK(pool.sent_with(0, "t2"));
        pool.respond_to_all(0);
        CHECK(call.got(call.request.target));
        CHECK(pool.sends_of(call) == 2);
        CHECK((other.done() && other.status == 200));
        CHECK(pool.fetches == 2);
    }
}

TEST_CASE(
    "token: one that is refused again is not what is wrong: the 401 is the result, without more fetches") {
    token_pool pool(with_connections(1));
    pool.submit();
    pool.fetched("t1");
    pool.connect(0);
    pool.respond(0);
    for (int i = 0; i < 20; ++i) {
        auto& call = pool.submit();
        pool.refuse(0, 401);
        if (i == 0) {
            pool.fetched("t2");
            pool.refuse(0, 401);
        }
        CHECK(call.status == 401);
        CHECK(call.completions == 1);
    }
    CHECK(pool.fetches == 2);
    pool.pass(31s);
    REQUIRE(pool.link(0).phase() == phase::open);
    pool.submit();
    pool.refuse(0, 401);
    CHECK(pool.fetches == 3);
}

TEST_CASE("token: a caller who forbids to send again gets the 401") {
    token_pool pool(with_connections(1));
    pool.submit();
    pool.fetched("t1");
    pool.connect(0);
    pool.respond(0);
    auto& call = pool.make();
    call.allow_resend = false;
    pool.submit(call);
    pool.refuse(0, 401);
    CHECK(call.status == 401);
    CHECK(pool.fetches == 2); // for the calls that come
}

TEST_CASE(
    "token: a renewal after a 401 that is refused fails the call that waits, others go on with what there "
    "is") {
    token_pool pool(with_connections(1));
    pool.submit();
    pool.fetched("t1");
    pool.connect(0);
    pool.respond(0);
    auto& refused = pool.submit();
    pool.refuse(0, 401);
    pool.failed(true);
    CHECK(refused.failed_with(errc::token_refused, delivery::not_sent));
    auto& other = pool.submit();
    pool.respond(0);
    CHECK(other.got(other.request.target));
}

TEST_CASE("token: calls that wait for it may be cancelled, in every way") {
    for (const bool only_unsent : {false, true}) {
        token_pool pool;
        auto& call = pool.submit();
        pool.cancel(call, only_unsent);
        CHECK(call.failed_with(errc::cancelled, delivery::not_sent));
        CHECK(pool.gauges_are_zero());
    }
    // Not after it was sent: total cancellation wants no effect.
    token_pool pool(with_connections(1));
    auto& call = pool.submit();
    pool.fetched("t1");
    pool.connect(0);
    pool.refuse(0, 401);
    pool.cancel(call, true);
    CHECK_FALSE(call.done());
    pool.cancel(call);
    CHECK(call.completions == 1);
}

TEST_CASE("token: those who wait for it are counted against the limit of the queue") {
    auto settings = with_connections(1);
    settings.queue_limit = 3;
    token_pool pool(settings);
    for (int i = 0; i < 3; ++i)
        CHECK_FALSE(pool.submit().done());
    auto& fourth = pool.submit();
    CHECK(fourth.failed_with(errc::queue_full, delivery::not_sent));
    pool.cancel(*pool.calls.front());
    CHECK_FALSE(pool.submit().done()); // there is a place again
    pool.fetched("t");                 // what waited is not refused by the queue
    CHECK(pool.stats().queue_depth + pool.stats().in_flight == 3);
}

TEST_CASE("token: calls of a group without one do not wait behind those that wait for it") {
    token_pool pool(with_connections(1));
    auto& waits = pool.submit();
    auto& other = pool.make();
    other.group = new detail::call_group(detail::request_encoder("Host: host\r\n"));
    pool.submit(other);
    pool.connect(0);
    pool.respond(0);
    CHECK(other.got(other.request.target));
    CHECK_FALSE(waits.done());
}

TEST_CASE(
    "token: one that expires while calls wait for a paced origin is renewed meanwhile, and they go out with "
    "it") {
    for (const auto fetched_after : {15s, 25s}) { // before the old one has ended, or behind that
        auto settings = with_attempts(3);
        settings.again.retry.longest_retry_after(1min);
        token_pool pool(settings);
        pool.submit();
        pool.fetched("t1", 20s);
        pool.connect(0);
        pool.respond(0);
        auto& refused = pool.make(request_class::unsafe);
        refused.timeout = 1min;
        pool.submit(refused);
        pool.refuse(0, 429, "Retry-After: 30\r\n");
        auto& waits = pool.make();
        waits.timeout = 1min;
        pool.submit(waits);
        pool.pass(fetched_after);
        CHECK(pool.fetches == 2); // by the timer
        pool.fetched("t2");
        pool.pass(30s - fetched_after);
        for (std::size_t i = 0; i < pool.links.size(); ++i) {
            if (pool.link(i).phase() ==
                phase::connecting) // the POST wants a connection that was not idle for long
                pool.connect(i);
            pool.respond_to_all(i);
        }
        CHECK(refused.got(refused.request.target));
        CHECK(waits.got(waits.request.target));
        CHECK(pool.sends_of(refused) == 2);
        CHECK(pool.sends_of(waits) == 1);
        std::string sent;
        for (const auto& each : pool.links)
            sent += each->wire.text();
        const auto first_new = sent.find("Authorization: Bearer t2\r\n");
        CHECK(first_new != std::string::npos);
        CHECK(sent.find("Authorization: Bearer t1\r\n", first_new) == std::string::npos);
        CHECK(pool.fetches == 2);
    }
}

TEST_CASE("token: a drain waits for those who wait for it, and close ends them") {
    token_pool pool(with_connections(1));
    auto& call = pool.submit();
    auto& drained = pool.drain();
    CHECK_FALSE(drained.done());
    pool.fetched("t");
    pool.connect(0);
    pool.respond(0);
    CHECK(call.got(call.request.target));
    CHECK(drained.completions == 1);
    CHECK(pool.left == 1);
    CHECK_FALSE(pool.scheduler().next_time().has_value());

    token_pool closed;
    auto& cut_off = closed.submit();
    closed.close();
    CHECK(cut_off.failed_with(errc::client_closed, delivery::not_sent));
    CHECK(closed.left == 1);
    CHECK_FALSE(closed.scheduler().next_time().has_value());
}

TEST_CASE("token: a group that is closed leaves, and a pool that is idle has no timer for it") {
    token_pool pool(with_connections(1));
    pool.submit();
    pool.fetched("t");
    pool.connect(0);
    pool.respond(0);
    pool.pass(2min); // the idle connection is closed
    CHECK(pool.stats().connections_open() == 0);
    pool.pass(24h);
    CHECK(pool.fetches == 1); // nobody needed it
    CHECK_FALSE(pool.scheduler().next_time().has_value());
    auto& later = pool.submit();
    CHECK(pool.fetches == 2);
    CHECK_FALSE(later.done());
    pool.ask([&] { pool.scheduler().close(*pool.group); });
    CHECK(later.failed_with(errc::client_closed, delivery::not_sent));
    CHECK(pool.left == 1);
}

TEST_CASE("token: a pool without calls and connections fetches none in place of one that was lost") {
    token_pool pool(with_connections(1));
    pool.submit();
    pool.fetched("t");
    pool.connect(0);
    pool.respond(0);
    pool.pass(2min); // the idle connection is closed
    pool.token = detail::token_lifecycle(1min);
    CHECK(pool.token.want(pool.now())); // by another pool
    pool.token.fetch_lost();
    pool.follow();
    CHECK(pool.fetches == 1);
    CHECK_FALSE(pool.scheduler().next_time().has_value());
    auto& later = pool.submit();
    CHECK(pool.fetches == 2);
    CHECK_FALSE(later.done());
}

TEST_CASE("token: each group leaves for itself, where others have the same credentials") {
    token_pool pool(with_connections(1));
    const auto one = pool.group;
    const auto other = group_with_token();
    other->tokens = one->tokens;
    pool.submit();
    pool.group = other;
    auto& waits = pool.submit();
    pool.ask([&] { pool.scheduler().close(*one); });
    CHECK(pool.left == 1);
    pool.fetched("t");
    pool.connect(0);
    pool.respond(0);
    CHECK(waits.got(waits.request.target));
    pool.ask([&] { pool.scheduler().close(*other); });
    CHECK(pool.left == 2);
}

TEST_CASE("token: 10,000 calls at one that has expired make one fetch, and all are sent") {
    auto settings = with_connections(8, 32);
    settings.queue_limit = 10'000;
    token_pool pool(settings);
    pool.submit();
    pool.fetched("t1", 60s);
    pool.connect(0);
    pool.respond(0);
    pool.suspend(2min);
    pool.ask([&] {
        for (int i = 0; i < 10'000; ++i)
            pool.scheduler().submit(pool.make());
    });
    CHECK(pool.fetches == 2);
    pool.fetched("t2");
    while (pool.stats().calls_succeeded != 10'001) {
        const auto before = pool.stats().calls_succeeded;
        for (std::size_t i = 0; i < pool.links.size(); ++i) {
            if (pool.link(i).phase() == phase::connecting)
                pool.connect(i);
            if (pool.link(i).phase() == phase::open)
                pool.respond_together(i, pool.link(i).outstanding());
        }
        REQUIRE(pool.stats().calls_succeeded != before);
    }
    CHECK(pool.fetches == 2);
    CHECK(pool.gauges_are_zero());
}

namespace {

class token_lines final : public bandwidth::webrtc::observer {
public:
    void token_changed(const bandwidth::webrtc::observed_token& event) noexcept override {
        lines.push_back(event.error ? "failed " + error_type(event.error) : "token");
    }
    void call_sent_again(const bandwidth::webrtc::observed_resend& event) noexcept override {
        lines.push_back(std::string("again ") + to_string(event.kind) + ' ' + std::to_string(event.status));
    }
    std::vector<std::string> lines;
};

} // namespace

TEST_CASE(
    "token: observers are told of each token, of each fetch that fails, and of calls that another one "
    "helps") {
    const auto told = std::make_shared<token_lines>();
    auto settings = with_connections(1);
    settings.observed.observers.push_back(told);
    token_pool pool(settings);
    auto& call = pool.submit();
    pool.failed(false);
    pool.fetched("one");
    pool.connect(0);
    pool.refuse(0, 401);
    pool.fetched("two");
    pool.respond(0);
    CHECK(call.got(call.request.target));
    CHECK(told->lines ==
          std::vector<std::string>{"failed token_failed", "token", "again new_token 401", "token"});
    told->lines.clear();
    pool.follow(); // looking again tells nothing new
    CHECK(told->lines.empty());
}
