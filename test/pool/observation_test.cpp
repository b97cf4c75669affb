// What observers are told, and what goes onto the wire for a trace.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pool/fake_pool.hpp"
#include "support/text.hpp"

using namespace test;
using support::count_of;
namespace webrtc = bandwidth::webrtc;
using webrtc::error_type;
using webrtc::trace_context;

namespace {

constexpr detail::operation_name get_thing{"get_thing", "/accounts/{accountId}/things/{thingId}"};

// An observer that throws ends the program, and breaks no call: what overrides a callback cannot but be noexcept.
static_assert(
    noexcept(std::declval<webrtc::observer&>().call_started(std::declval<webrtc::observed_call>())));
static_assert(noexcept(
    std::declval<webrtc::propagator&>().context_for(std::declval<webrtc::observed_attempt>(), nullptr)));

/// Writes each event as a line.
class lines_observer final : public webrtc::observer {
public:
    void call_started(const webrtc::observed_call& event) noexcept override {
        add("started", event);
        calls.push_back(event.number);
    }
    void attempt_started(const webrtc::observed_attempt& event) noexcept override {
        add("attempt " + std::to_string(event.attempt) + (event.reused ? " reused" : " new"), event.call);
        if (!event.reused)
            tcp = event.connecting.tcp;
        if (event.trace)
            spans.push_back(event.trace->span_id_text());
    }
    void attempt_ended(const webrtc::observed_attempt_end& event) noexcept override {
        add("attempt ended " + std::to_string(event.status) + ' ' + error_type(event.error) +
                (event.maybe_processed ? "" : " unsent"),
            event.attempt.call);
        request_id = event.request_id;
        timings = event.timings;
    }
    void call_sent_again(const webrtc::observed_resend& event) noexcept override {
        add(std::string("again ") + to_string(event.kind) + ' ' + error_type(event.error), event.call);
        pause = event.pause;
    }
    void call_ended(const webrtc::observed_call_end& event) noexcept override {
        add("ended " + std::to_string(event.status) + ' ' + error_type(event.error), event.call);
        elapsed = event.elapsed;
    }
    void connection_opened(const webrtc::observed_connection_open& event) noexcept override {
        lines.push_back("opened" + std::string(event.resumed ? " resumed" : ""));
        tcp = event.timings.tcp;
        server =
            std::string(event.connection.server_address) + ':' + std::to_string(event.connection.server_port);
    }
    void connection_draining(const webrtc::observed_connection&) noexcept override {
        lines.push_back("draining");
    }
    void connection_closed(const webrtc::observed_connection_end& event) noexcept override {
        lines.push_back("closed " + std::string(event.reason) + ' ' + std::to_string(event.responses) +
                        (event.error ? ' ' + error_type(event.error) : std::string()));
        open = event.open;
    }
    void connect_failed(const webrtc::observed_connection_end& event) noexcept override {
        lines.push_back("connect failed " + std::string(event.reason) + ' ' + error_type(event.error) + ' ' +
                        std::string(event.text));
    }

    std::vector<std::string> lines;
    std::vector<std::uint64_t> calls;
    std::vector<std::string> spans, callers_spans;
    std::string request_id, server, path, url_template, operation;
    std::chrono::nanoseconds pause{0}, elapsed{0}, open{0}, tcp{0};
    webrtc::call_timings timings;

private:
    void add(const std::string& what, const webrtc::observed_call& event) {
        lines.push_back(what);
        path = event.path;
        url_template = event.url_template;
        operation = event.operation;
        callers_spans.push_back(event.trace ? event.trace->span_id_text() : "none");
    }
};

using lines = std::vector<std::string>;

struct observed_pool {
    explicit observed_pool(detail::scheduler_settings settings = with_connections(1))
        : pool(with(std::move(settings))) {}

    std::shared_ptr<lines_observer> told = std::make_shared<lines_observer>();
    fake_pool pool;

    /// What was told since the last time.
    lines news() { return std::exchange(told->lines, {}); }

private:
    detail::scheduler_settings with(detail::scheduler_settings settings) const {
        settings.observed.observers.push_back(told);
        settings.observed.server_address = "service.example";
        settings.observed.server_port = 8443;
        return settings;
    }
};

} // namespace

TEST_CASE("observer: a call and its connection, from the beginning to the end") {
    observed_pool test;
    auto& pool = test.pool;
    auto& call = pool.make();
    call.request.operation = &get_thing;
    call.request.target = "/v1/accounts/9/things/7?token=secret";
    pool.submit(call);
    pool.link(0).connecting_took = {1ms, 2ms, 3ms};
    pool.pass(10ms);
    pool.connect(0);
    pool.pass(20ms);
    pool.cycle(
        [&] { pool.link(0).receive("HTTP/1.1 200 OK\r\nX-Request-Id: r-1\r\nContent-Length: 0\r\n\r\n"); });
    CHECK(test.news() == lines{"started", "opened", "attempt 1 new", "attempt ended 200 ", "ended 200 "});
    CHECK(test.told->path == "/v1/accounts/9/things/7"); // a query may hold anything
    CHECK(test.told->operation == "get_thing");
    CHECK(test.told->url_template == "/accounts/{accountId}/things/{thingId}");
    CHECK(test.told->server == "service.example:8443");
    CHECK(test.told->request_id == "r-1");
    CHECK(test.told->tcp == 2ms);
    CHECK(test.told->timings == webrtc::call_timings{0ms, 10ms, 0ms, 20ms, 0ms});
    CHECK(test.told->elapsed == 30ms);
    pool.submit();
    CHECK(test.news() == lines{"started", "attempt 1 reused"});
    CHECK(test.told->calls.size() == 2);
    CHECK(test.told->calls[0] != test.told->calls[1]);
    pool.respond(0);
    test.news();
    pool.pass(60s);
    CHECK(test.news() == lines{"closed idle 2"});
    CHECK(test.told->open == 50s + 20ms);
}

TEST_CASE("observer: a retry after a pause, and the failure in the end") {
    observed_pool test(with_attempts(2));
    test.pool.confirm(0);
    test.news();
    auto& call = test.pool.make();
    call.request.operation = &get_thing;
    test.pool.submit(call);
    test.pool.refuse(0, 503);
    CHECK(test.news() ==
          lines{"started", "attempt 1 reused", "attempt ended 503 503", "again after_pause 503"});
    CHECK(test.told->pause > 0ms);
    test.pool.pass(test.told->pause);
    test.pool.refuse(0, 500);
    CHECK(test.news() == lines{"attempt 2 reused", "attempt ended 500 500", "ended 500 500"});
}

TEST_CASE("observer: a resend after a lost connection") {
    observed_pool test;
    test.pool.confirm(0);
    test.news();
    test.pool.submit();
    test.pool.cycle([&] { test.pool.link(0).reset(); });
    CHECK(test.news() == lines{"started", "attempt 1 reused", "attempt ended 0 connection_lost",
                               "again at_once connection_lost", "closed broken 1 connection_lost"});
    test.pool.connect(1);
    test.pool.respond(1);
    CHECK(test.news() == lines{"opened", "attempt 2 new", "attempt ended 200 ", "ended 200 "});
}

TEST_CASE("observer: a 429 paces") {
    observed_pool test(with_attempts(3));
    test.pool.confirm(0);
    test.news();
    auto& call = test.pool.submit();
    test.pool.refuse(0, 429, "Retry-After: 1\r\n");
    CHECK(test.news() == lines{"started", "attempt 1 reused", "attempt ended 429 429", "again paced 429"});
    while (test.pool.link(0).next_target().empty())
        test.pool.pass(100ms);
    test.pool.respond(0);
    CHECK(call.done());
    CHECK(test.news() == lines{"attempt 2 reused", "attempt ended 200 ", "ended 200 "});
}

TEST_CASE("observer: a connection that cannot be made, and calls without an attempt") {
    observed_pool test;
    test.pool.submit();
    test.pool.cycle([&] { test.pool.link(0).refused(errc::connect_failed); });
    CHECK(test.news() ==
          lines{"started", "connect failed connect_failed connect_failed no way", "ended 0 connect_failed"});
    auto& refused = test.pool.make();
    refused.extras().refused.emplace(errc::invalid_argument, "no id");
    test.pool.submit(refused);
    CHECK(test.news() == lines{"started", "ended 0 invalid_argument"});
}

TEST_CASE("observer: cancelled while it waits, unsent and sent") {
    observed_pool test;
    auto& waiting = test.pool.submit();
    test.pool.cancel(waiting);
    CHECK(test.news() == lines{"started", "ended 0 cancelled"});
    test.pool.connect(0);
    test.news();
    test.pool.link(0).jammed = true;
    auto& unsent = test.pool.submit();
    test.pool.cancel(unsent);
    CHECK(test.news() ==
          lines{"started", "attempt 1 new", "attempt ended 0 cancelled unsent", "ended 0 cancelled"});
    test.pool.link(0).jammed = false;
    auto& sent = test.pool.submit();
    test.pool.cancel(sent);
    const auto told = test.news();
    REQUIRE(told.size() >= 4);
    CHECK(told[2] == "attempt ended 0 cancelled");
    CHECK(told[3] == "ended 0 cancelled");
}

TEST_CASE("observer: a request that is taken back has neither a status nor an error") {
    observed_pool test;
    test.pool.confirm(0);
    test.pool.link(0).jammed = true;
    test.pool.submit();
    test.news();
    test.pool.ask([&] { test.pool.scheduler().drain_connections(); });
    CHECK(test.news() == lines{"draining", "attempt ended 0  unsent", "closed drained 1"});
    test.pool.connect(1);
    CHECK(test.news() == lines{"opened", "attempt 2 new"});
}

TEST_CASE("observer: a response for another request") {
    observed_pool test;
    test.pool.confirm(0);
    test.news();
    auto& call = test.pool.make();
    call.knows_own = true;
    test.pool.submit(call);
    test.pool.cycle([&] { test.pool.link(0).receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/9"); });
    CHECK(test.news() == lines{"started", "attempt 1 reused", "attempt ended 200 ",
                               "closed mismatched 2 protocol_error", "ended 0 protocol_error"});
}

TEST_CASE("observer: several are told, in their order, and what is closed ends for each") {
    const auto first = std::make_shared<lines_observer>();
    const auto second = std::make_shared<lines_observer>();
    auto settings = with_connections(1);
    settings.observed.observers = {first, second};
    fake_pool pool(settings);
    pool.confirm(0);
    pool.submit();
    pool.close();
    CHECK(first->lines == second->lines);
    REQUIRE(first->lines.size() >= 3);
    CHECK(lines(first->lines.end() - 3, first->lines.end()) ==
          lines{"attempt ended 0 client_closed", "ended 0 client_closed", "closed shutdown 1"});
}

TEST_CASE("trace: each attempt has a span id of its own below the caller's") {
    fake_pool pool(with_attempts(2));
    const auto parent = trace_context::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                             "congo=t61rcWkgMzE", "user=7");
    REQUIRE(parent);
    auto& call = pool.make();
    call.extras().trace = *parent;
    pool.submit(call);
    pool.connect(0);
    pool.refuse(0, 503);
    while (pool.link(0).next_target().empty())
        pool.pass(1ms);
    pool.respond(0);
    CHECK(call.done());
    const auto& wire = pool.link(0).wire.text();
    std::set<std::string> spans;
    for (std::size_t at = 0;
         (at = wire.find("traceparent: 00-0af7651916cd43dd8448eb211c80319c-", at)) != std::string::npos;
         at += 10)
        spans.insert(wire.substr(at + 49, 16));
    CHECK(spans.size() == 2);
    CHECK_FALSE(spans.contains("b7ad6b7169203331"));
    CHECK(count_of(wire, "-01\r\n") == 2);
    CHECK(count_of(wire, "tracestate: congo=t61rcWkgMzE\r\n") == 2);
    CHECK(count_of(wire, "baggage: user=7\r\n") == 2);
    pool.submit(); // one without
    CHECK(count_of(pool.link(0).wire.text(), "traceparent") == 2);
}

TEST_CASE("trace: observers are told of what is sent, and a propagator decides it") {
    struct own final : webrtc::propagator {
        std::optional<trace_context> context_for(const webrtc::observed_attempt& attempt,
                                                 const trace_context* parent) noexcept override {
            asked.push_back(attempt.attempt);
            had_parent.push_back(parent != nullptr);
            if (attempt.attempt == 2)
                return trace_context(); // not valid
            return trace_context({1}, {2}, true);
        }
        std::vector<int> asked;
        std::vector<bool> had_parent;
    };
    const auto decides = std::make_shared<own>();
    auto settings = with_attempts(2);
    settings.observed.propagator = decides;
    observed_pool test(settings);
    auto& call = test.pool.make();
    const auto callers = trace_context::start();
    call.extras().trace = callers;
    test.pool.submit(call);
    test.pool.connect(0);
    CHECK(test.told->spans == lines{"0200000000000000"});
    test.pool.refuse(0, 503);
    test.pool.pass(test.told->pause);
    test.pool.respond(0);
    CHECK(call.done());
    // Started, begun, ended, again, begun, ended, ended.
    CHECK(test.told->callers_spans == lines(7, callers.span_id_text()));
    test.pool.submit();
    CHECK(test.told->callers_spans.back() == "none");
    CHECK(decides->asked == std::vector<int>{1, 2, 1});
    CHECK(decides->had_parent == std::vector<bool>{true, true, false});
    CHECK(test.told->spans.size() == 2);
    CHECK(count_of(test.pool.link(0).wire.text(),
                   "traceparent: 00-01000000000000000000000000000000-0200000000000000-01\r\n") == 2);
    CHECK(test.pool.link(0).targets().size() == 3);
}

TEST_CASE("observer: connections that end as they may are told without an error") {
    const auto end_of = [](const std::function<void(fake_pool&)>& event) {
        observed_pool test;
        test.pool.confirm(0);
        test.news();
        event(test.pool);
        const auto told = test.news();
        REQUIRE_FALSE(told.empty());
        return told.back();
    };
    CHECK(end_of([](fake_pool& pool) { pool.cycle([&] { pool.link(0).fin(); }); }) == "closed ended 1");
    CHECK(end_of([](fake_pool& pool) { pool.ask([&] { pool.scheduler().drain_connections(); }); }) ==
          "closed drained 1");
    CHECK(end_of([](fake_pool& pool) {
              pool.submit();
              pool.respond(0, "Connection: close\r\n");
          }) == "closed announced 2");
    CHECK(end_of([](fake_pool& pool) {
              pool.cycle(
                  [&] { pool.link(0).receive("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"); });
          }) == "closed ended 1");
    CHECK(end_of([](fake_pool& pool) { pool.cycle([&] { pool.link(0).receive("surplus"); }); }) ==
          "closed unsolicited 1 protocol_error");
}

TEST_CASE("observer: where the execution context is destroyed, nobody is told") {
    observed_pool test;
    test.pool.confirm(0);
    test.pool.submit();
    test.pool.submit(unsafe);
    test.news();
    test.pool.scheduler().on_context_shutdown();
    CHECK(test.news().empty());
}

TEST_CASE("trace: fields that the request has already do not come twice") {
    fake_pool pool;
    pool.confirm(0);
    const auto parent =
        trace_context::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=1", "b=2");
    REQUIRE(parent);
    auto& with_baggage = pool.make();
    with_baggage.extras().trace = *parent;
    with_baggage.request.rare().header_lines = "Baggage: own=1\r\n";
    pool.submit(with_baggage);
    const auto first = pool.link(0).wire.text();
    CHECK(count_of(first, "traceparent: ") == 1);
    CHECK(count_of(first, "tracestate: a=1\r\n") == 1);
    CHECK(count_of(first, "baggage: b=2") == 0);
    pool.respond(0);
    auto& by_hand = pool.make();
    by_hand.extras().trace = *parent;
    by_hand.request.rare().header_lines = "TraceParent: by hand\r\n";
    pool.submit(by_hand);
    const auto second = pool.link(0).wire.text().substr(first.size());
    CHECK(count_of(second, "TraceParent: by hand\r\n") == 1);
    CHECK(count_of(second, "traceparent: ") == 0);
    CHECK(count_of(second, "tracestate: ") == 0);
}

TEST_CASE("trace: a propagator without an observer is told of calls and connections all the same") {
    struct own final : webrtc::propagator {
        std::optional<trace_context> context_for(const webrtc::observed_attempt& attempt,
                                                 const trace_context*) noexcept override {
            numbers.insert(attempt.call.number);
            tcp = std::max(tcp, attempt.connecting.tcp);
            return std::nullopt;
        }
        std::set<std::uint64_t> numbers;
        std::chrono::nanoseconds tcp{0};
    };
    const auto decides = std::make_shared<own>();
    auto settings = with_connections(1);
    settings.observed.propagator = decides;
    fake_pool pool(settings);
    pool.submit();
    pool.link(0).connecting_took = {1ms, 2ms, 3ms};
    pool.connect(0);
    pool.respond(0);
    pool.submit();
    CHECK(decides->numbers.size() == 2);
    CHECK_FALSE(decides->numbers.contains(0));
    CHECK(decides->tcp == 2ms);
}
