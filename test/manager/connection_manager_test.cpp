#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "manager/trial.hpp"

// Requests and responses in Beast's types.

using namespace std::chrono_literals;
using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::collector;
using support::http_response;
using support::wait_for;
using test::make;
using test::origin_of;
using test::trusting;
using testing::script;
using testing::scripted_server;
using http_verb = boost::beast::http::verb;
namespace http = boost::beast::http;

namespace {

/// A manager of one connection, and a server that plays a script on each connection.
struct trial {
    explicit trial(std::vector<script> scripts, manager_options options = manager_options{}) {
        for (auto& each : scripts)
            server.add(std::move(each));
        options.ca_pem(server.ca_pem());
        if (options.max_connections() == manager_options{}.max_connections())
            options.max_connections(1);
        manager.emplace(context, origin_of(server), options);
    }
    result<test::response> send(const test::request& request, const call_options& options = {}) {
        return wait_for(context, manager->try_send(request, options));
    }

    scripted_server server;
    asio::io_context context;
    std::optional<connection_manager> manager;
};

script responds(const std::string& with) { return script{}.expect_requests().send(with); }

manager_options once() { return manager_options{}.retry(retry_policy::none()); }

} // namespace

TEST_CASE("a request goes out as it was given, with Host and the length of its body") {
    trial at({script{}.expect_bytes("body").send(http_response(200, "{}"))});
    auto request = make(http_verb::put, "/a/b?c=d%20e", "the body");
    request.set("X-First", "1");
    request.set(http::field::content_type, "text/plain");
    request.insert("X-First", "2");
    const auto got = at.send(request, call_options{}.header("X-Last", "3"));
    REQUIRE(got.has_value());
    CHECK(at.server.received(0) ==
          "PUT /a/b?c=d%20e HTTP/1.1\r\nHost: localhost:" + std::to_string(at.server.port()) +
              "\r\nX-First: 1\r\nX-First: 2\r\nContent-Type: text/plain\r\nX-Last: 3\r\n"
              "Content-Length: 8\r\n\r\nthe body");
}

TEST_CASE("every method is sent, and those for which a body has a meaning say that there is none") {
    struct row {
        const char* method;
        bool says_length;
    };
    for (const auto& [each_method, says_length] : {row{"GET", false},
                                                   {"DELETE", false},
                                                   {"OPTIONS", false},
                                                   {"TRACE", false},
                                                   {"PROPFIND", false},
                                                   {"BREW", false},
                                                   {"POST", true},
                                                   {"PUT", true},
                                                   {"PATCH", true}}) {
        const auto& method = each_method;
        CAPTURE(method);
        trial at({responds(http_response(200, "ok"))});
        auto request = make(http_verb::get, "/");
        request.method_string(method);
        const auto got = at.send(request);
        REQUIRE(got.has_value());
        CHECK(got->body() == "ok");
        const auto sent = at.server.received(0);
        CHECK(sent.starts_with(std::string(method) + " / HTTP/1.1\r\n"));
        CHECK((sent.find("Content-Length: 0\r\n") != std::string::npos) == says_length);
    }
}

TEST_CASE("OPTIONS may ask about the whole server") {
    trial at({responds(http_response(200, ""))});
    CHECK(at.send(make(http_verb::options, "*")).has_value());
    CHECK(at.server.received(0).starts_with("OPTIONS * HTTP/1.1\r\n"));
}

TEST_CASE("what cannot be sent is refused by its name, and nothing is sent") {
    struct row {
        test::request request;
        const char* named;
    };
    std::vector<row> rows;
    const auto with_field = [&](const char* name, const char* value) {
        auto request = make(http_verb::get, "/");
        request.set(name, value);
        rows.push_back({request, name});
    };
    for (const char* const name :
         {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "TE", "Trailer",
          "Upgrade", "Expect", "HTTP2-Settings", "Proxy-Authorization", "Proxy-Connection", "content-length"})
        with_field(name, "1");
    with_field("X-Ok", "line\r\nX-Evil: 1");
    auto odd_name = make(http_verb::get, "/");
    odd_name.insert("not a token", "1");
    rows.push_back({odd_name, "header"});
    rows.push_back({make(http_verb::connect, "/"), "CONNECT"});
    auto odd_method = make(http_verb::get, "/");
    odd_method.method_string("GE T");
    rows.push_back({odd_method, "method"});
    auto no_method = make(http_verb::get, "/");
    no_method.method_string("");
    rows.push_back({no_method, "method"});
    for (const char* const target :
         {"", "a", "http://localhost/", "/a b", "/a\r\nX: 1", "/\x80", "/#a", "*", "localhost:443"})
        rows.push_back({make(http_verb::get, target), "target"});
    auto old = make(http_verb::get, "/");
    old.version(10);
    rows.push_back({old, "version"});
    rows.push_back({make(http_verb::trace, "/", "x"), "body"});
    auto telling = make(http_verb::trace, "/");
    telling.set(http::field::authorization, "Basic x");
    rows.push_back({telling, "Authorization"});
    auto prepared = make(http_verb::post, "/", "x");
    prepared.prepare_payload();
    rows.push_back({prepared, "prepare_payload"});

    trial at({});
    for (const auto& [request, each_named] : rows) {
        const auto& named = each_named;
        CAPTURE(named);
        const auto got = at.send(request);
        REQUIRE(got.has_error());
        CHECK(got.error().code() == errc::invalid_argument);
        CHECK(got.error().delivery() == delivery::not_sent);
        CHECK(got.error().message().find(named) != std::string::npos);
    }
    for (const auto& [method, name] :
         {std::pair(http_verb::get, "Connection"), {http_verb::trace, "Cookie"}}) {
        const auto refused = at.send(make(method, "/"), call_options{}.header(name, "x"));
        CHECK(refused.error().code() == errc::invalid_argument);
        CHECK(refused.error().message().find(name) != std::string::npos);
    }
    CHECK(at.server.connections() == 0);
}

TEST_CASE("a response of any status is a value, with all its fields") {
    for (const int status : {200, 204, 301, 400, 401, 404, 418, 500}) {
        CAPTURE(status);
        const std::string body = status == 204 ? "" : "text";
        trial at({responds("HTTP/1.1 " + std::to_string(status) +
                           " X\r\nX-Twice: a\r\nx-twice:  b \r\nX-Folded: a\r\n b\r\nLocation: /there\r\n" +
                           (status == 204 ? "" : "Content-Length: 4\r\n") + "\r\n" + body)},
                 once());
        const auto info = std::make_shared<response_info>();
        const auto got = at.send(make(http_verb::get, "/"), call_options{}.info(info));
        REQUIRE(got.has_value());
        CHECK(got->result_int() == static_cast<unsigned>(status));
        CHECK(got->version() == 11);
        CHECK(got->body() == body);
        CHECK(got->count("X-Twice") == 2);
        CHECK((*got)["X-Folded"] == "a b");
        CHECK((*got)[http::field::location] == "/there");
        CHECK(info->status() == status);
        CHECK(info->header("location") == "/there");
        CHECK(info->attempts() == 1);
    }
}

TEST_CASE("chunks are put together, trailers dropped, HTTP/1.0 told") {
    trial at({responds("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3;x=y\r\ncde\r\n0\r\n"
                       "X-Trailer: 1\r\n\r\n")
                  .expect_requests()
                  .send("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold")});
    const auto chunked = at.send(make(http_verb::get, "/"));
    REQUIRE(chunked.has_value());
    CHECK(chunked->body() == "abcde");
    CHECK(chunked->count("X-Trailer") == 0);
    const auto old = at.send(make(http_verb::get, "/"));
    REQUIRE(old.has_value());
    CHECK(old->body() == "old");
    CHECK(old->version() == 10);
}

TEST_CASE("retries are those of the policy, and what comes last is the value") {
    const auto busy = http_response(503, "later", "Retry-After: 0\r\n");
    trial at({responds(busy).expect_requests().send(busy).expect_requests().send(http_response(200, "done"))},
             manager_options{}.retry(retry_policy{}.attempts(3).backoff(1ms, 1ms).throttled_backoff(1ms)));
    const auto third = at.send(make(http_verb::get, "/"));
    REQUIRE(third.has_value());
    CHECK(third->body() == "done");

    trial gives_up({responds(busy)}, once());
    const auto got = gives_up.send(make(http_verb::get, "/"));
    REQUIRE(got.has_value());
    CHECK(got->result() == http::status::service_unavailable);
    CHECK((*got)[http::field::retry_after] == "0");
}

TEST_CASE("a header field longer than Beast can hold fails the call, and the context goes on") {
    trial at({responds(http_response(200, "x", "X-Long: " + std::string(66'000, 'a') + "\r\n"))
                  .expect_requests()
                  .send(http_response(200, "y", "X-Long: " + std::string(65'000, 'a') + "\r\n"))},
             once().header_limit(1 << 20));
    const auto too_long = at.send(make(http_verb::get, "/"));
    REQUIRE(too_long.has_error());
    CHECK(too_long.error().code() == errc::response_too_large);
    CHECK(too_long.error().http_status() == 200);
    const auto long_enough = at.send(make(http_verb::get, "/"));
    REQUIRE(long_enough.has_value());
    CHECK((*long_enough)["X-Long"].size() == 65'000);
    CHECK(at.server.connections() == 1);
}

TEST_CASE(
    "what the caller sends as Authorization or Cookie is redacted in the response's info, not in the "
    "response") {
    trial at({responds(http_response(200, "", "X-Echo: tok-1 c00kie-2\r\nX-Request-Id: tok-1\r\n"))});
    auto request = make(http_verb::get, "/");
    request.set(http::field::authorization, "Custom tok-1");
    request.set(http::field::cookie, "a=b; session=c00kie-2");
    const auto info = std::make_shared<response_info>();
    const auto got = at.send(request, call_options{}.info(info));
    REQUIRE(got.has_value());
    CHECK((*got)["X-Echo"] == "tok-1 c00kie-2");
    CHECK(info->header("X-Echo") == "[redacted] [redacted]");
    CHECK(info->request_id() == "[redacted]");
}

TEST_CASE("a call's header takes the place of the request's of the same name") {
    trial at({responds(http_response(200, ""))});
    auto request = make(http_verb::get, "/");
    request.set("X-Twice", "1");
    request.set(http::field::accept, "text/plain");
    CHECK(at.send(request, call_options{}.header("x-twice", "2").header("Accept", "text/html")).has_value());
    const auto sent = at.server.received(0);
    CHECK(sent.find("X-Twice: 1") == std::string::npos);
    CHECK(sent.find("x-twice: 2\r\n") != std::string::npos);
    CHECK(sent.find("Accept: text/plain") == std::string::npos);
    CHECK(sent.find("Accept: text/html\r\n") != std::string::npos);
}

TEST_CASE("a body over the limit fails the call") {
    trial at({responds(http_response(200, std::string(2000, 'x')))}, once().body_limit(1024));
    const auto got = at.send(make(http_verb::get, "/"));
    REQUIRE(got.has_error());
    CHECK(got.error().code() == errc::response_too_large);
}

// --- HEAD ------------------------------------------------------------------------------------------------

TEST_CASE("the response to a HEAD has its fields and no body, and its connection goes on") {
    trial at({responds("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                  .expect_requests()
                  .send(http_response(200, "next"))});
    const auto got = at.send(make(http_verb::head, "/"));
    REQUIRE(got.has_value());
    CHECK(got->body().empty());
    CHECK((*got)[http::field::content_length] == "1000");
    const auto next = at.send(make(http_verb::get, "/"));
    REQUIRE(next.has_value());
    CHECK(next->body() == "next");
    CHECK(at.server.connections() == 1);
}

TEST_CASE("a server that sends a body with the response to a HEAD shifts nothing") {
    const auto trap = http_response(200, "the trap");
    // The body looks like a response.
    trial at(
        {responds("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(trap.size()) + "\r\n\r\n" + trap),
         responds(http_response(200, "one")).expect_requests().send(http_response(200, "two"))});
    collector<test::response> results;
    at.manager->try_send(make(http_verb::head, "/head"))(results.next());
    at.manager->try_send(make(http_verb::get, "/one"))(results.next());
    at.manager->try_send(make(http_verb::get, "/two"))(results.next());
    results.wait(at.context);
    REQUIRE(results.succeeded() == 3);
    CHECK(results[0]->body().empty());
    CHECK(results[1]->body() == "one");
    CHECK(results[2]->body() == "two");
    CHECK(at.server.connections() == 2);
}

TEST_CASE("a HEAD that is sent again, answered early or by HTTP/1.0 has no body either") {
    trial at({responds("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n")
                  .expect_requests()
                  .rst(),
              responds("HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 50\r\n\r\n")
                  .expect_requests()
                  .send("HTTP/1.0 200 OK\r\nContent-Length: 50\r\n\r\n")
                  .close_notify(),
              responds(http_response(200, "next"))},
             manager_options{}.retry(retry_policy{}.attempts(2).backoff(1ms, 1ms).throttled_backoff(1ms)));
    for (int i = 0; i < 2; ++i) {
        const auto got = at.send(make(http_verb::head, "/"));
        REQUIRE(got.has_value());
        CHECK(got->body().empty());
        CHECK((*got)[http::field::content_length] == "50");
    }
    CHECK(at.send(make(http_verb::get, "/"))->body() == "next");
}

TEST_CASE("a HEAD whose caller has gone, and which is answered with a body, shifts nothing") {
    const auto trap = http_response(200, "the trap");
    trial at(
        {responds(http_response(200, "warm"))
             .expect_requests()
             .hold()
             .send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(trap.size()) + "\r\n\r\n" + trap),
         responds(http_response(200, "right"))});
    REQUIRE(at.send(make(http_verb::get, "/warm")).has_value());
    CHECK(at.send(make(http_verb::head, "/"), call_options{}.timeout(50ms)).has_error());
    at.server.release(0);
    const auto next = at.send(make(http_verb::get, "/"));
    REQUIRE(next.has_value());
    CHECK(next->body() == "right");
}

TEST_CASE("a server that reads the body of a request that should have none as a request shifts nothing") {
    for (const auto method : {http_verb::get, http_verb::delete_, http_verb::options, http_verb::head}) {
        CAPTURE(http::to_string(method));
        // It answers the request, and then the body.
        const auto first = method == http_verb::head
                               ? std::string("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
                               : http_response(200, "own");
        trial at({script{}.expect_requests(2).send(first + http_response(200, "stolen")),
                  responds(http_response(200, "next"))});
        collector<test::response> results;
        at.manager->try_send(make(method, "/", "GET /stolen HTTP/1.1\r\n\r\n"))(results.next());
        at.manager->try_send(make(http_verb::get, "/next"))(results.next());
        results.wait(at.context);
        REQUIRE(results.succeeded() == 2);
        CHECK(results[1]->body() == "next");
    }
}

// --- what may be repeated --------------------------------------------------------------------------------

TEST_CASE("after a lost connection a request is sent again, or not, by its method") {
    struct row {
        const char* method;
        bool again;
    };
    for (const auto& [each_method, again] : {row{"GET", true},
                                             {"HEAD", true},
                                             {"OPTIONS", true},
                                             {"PUT", true},
                                             {"DELETE", true},
                                             {"POST", false},
                                             {"PATCH", false},
                                             {"BREW", false}}) {
        const auto& method = each_method;
        CAPTURE(method);
        trial at({responds(http_response(200, "warm")).expect_requests().rst(),
                  responds(method == std::string("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"
                                                         : http_response(200, "again"))},
                 once());
        REQUIRE(at.send(make(http_verb::get, "/warm")).has_value());
        auto request = make(http_verb::get, "/");
        request.method_string(method);
        const auto got = at.send(request);
        CHECK(got.has_value() == again);
        if (got.has_error()) {
            CHECK(got.error().delivery() == delivery::maybe_processed);
            CHECK(at.server.connections() == 1);
        }
    }
}

TEST_CASE("a POST may be declared repeatable") {
    auto with_key = make(http_verb::post, "/");
    with_key.set("Idempotency-Key", "7");
    auto with_empty_key = make(http_verb::post, "/");
    with_empty_key.set("Idempotency-Key", " ");
    const auto bare = make(http_verb::post, "/");
    struct row {
        test::request request;
        call_options options;
        bool again;
    };
    const row rows[] = {{with_key, {}, true},
                        {bare, call_options{}.idempotent(), true},
                        {bare, call_options{}.header("idempotency-key", "7"), true},
                        {with_empty_key, {}, false},
                        {bare, call_options{}.header("Idempotency-Key", ""), false}};
    for (const auto& [request, options, again] : rows) {
        trial at({responds(http_response(200, "warm")).expect_requests().rst(),
                  responds(http_response(201, "made"))},
                 once());
        REQUIRE(at.send(make(http_verb::get, "/warm")).has_value());
        const auto got = at.send(request, options);
        CHECK(got.has_value() == again);
    }
}

TEST_CASE("requests that may be repeated are pipelined, and their responses go to their callers") {
    script all;
    all.expect_requests().send(http_response(200, "warm")).expect_requests(8);
    std::string responses;
    for (int i = 0; i < 8; ++i)
        responses += http_response(200, std::to_string(i));
    all.send(responses);
    trial at({all});
    REQUIRE(at.send(make(http_verb::get, "/warm")).has_value());
    collector<test::response> results;
    for (int i = 0; i < 8; ++i)
        at.manager->try_send(make(i % 2 == 0 ? http_verb::get : http_verb::put, "/" + std::to_string(i)))(
            results.next());
    results.wait(at.context);
    REQUIRE(results.succeeded() == 8);
    for (std::size_t i = 0; i < 8; ++i)
        CHECK(results[i]->body() == std::to_string(i));
    CHECK(at.manager->stats().deepest_pipeline == 8);
}

// --- the forms -------------------------------------------------------------------------------------------

namespace {

asio::awaitable<void> send_and_throw(connection_manager& manager, bool& threw) {
    const auto request = make(http_verb::get, "/");
    const auto none = co_await manager.send(request);
    CHECK(none.result() == http::status::not_found);
    const auto refused = make(http_verb::get, "no slash");
    try {
        static_cast<void>(co_await manager.send(refused));
    } catch (const api_error& error) {
        threw = error.code() == errc::invalid_argument;
    }
}

} // namespace

TEST_CASE("the throwing form gives the response or throws, the asynchronous one takes any token") {
    trial at({responds(http_response(404, "none")).expect_requests().send(http_response(200, "some"))},
             once());
    bool threw = false;
    support::run_coroutine(at.context, send_and_throw(*at.manager, threw));
    CHECK(threw);
    auto future = at.manager->async_send(make(http_verb::get, "/"), {}, asio::use_future);
    support::run_until(at.context, [&] { return future.wait_for(0s) == std::future_status::ready; });
    CHECK(future.get().body() == "some");
}

TEST_CASE("a call's timeout ends it, and nobody else's") {
    trial at({responds(http_response(200, "warm"))
                  .expect_requests(2)
                  .hold()
                  .send(http_response(200, "one") + http_response(200, "two"))},
             once());
    REQUIRE(at.send(make(http_verb::get, "/warm")).has_value());
    collector<test::response> results;
    at.manager->try_send(make(http_verb::get, "/one"), call_options{}.timeout(50ms))(
        [next = results.next(), &at](result<test::response> outcome) mutable {
            next(std::move(outcome));
            at.server.release(0);
        });
    at.manager->try_send(make(http_verb::get, "/two"))(results.next());
    results.wait(at.context);
    REQUIRE(results[0].has_error());
    CHECK(results[0].error().code() == errc::response_timeout);
    REQUIRE(results[1].has_value());
    CHECK(results[1]->body() == "two");
}

TEST_CASE("beside an exception the response has no status") {
    trial at({});
    bool told = false;
    at.manager->async_send(
        make(http_verb::get, "no slash"), {},
        [&](std::exception_ptr failed, const test::response& none) {
            told = failed && none.result_int() == 0 && none.body().empty();
        });
    support::run_until(at.context, [&] { return told; });
}

TEST_CASE("a call may be cancelled, and is closed when it is started behind its manager's end") {
    trial at({script{}.expect_requests().hold()});
    collector<test::response> results;
    asio::cancellation_signal signal;
    at.manager->try_send(make(http_verb::get, "/"))(
        asio::bind_cancellation_slot(signal.slot(), results.next()));
    support::run_until(at.context, [&] { return at.manager->stats().in_flight == 1; });
    signal.emit(asio::cancellation_type::terminal);
    results.wait(at.context);
    CHECK(results[0].error().code() == errc::cancelled);
    auto late = at.manager->try_send(make(http_verb::get, "/"));
    at.manager.reset();
    CHECK(wait_for(at.context, std::move(late)).error().code() == errc::client_closed);
}

// --- the manager itself ----------------------------------------------------------------------------------

TEST_CASE("options and origins that cannot be used are refused by their name") {
    asio::io_context context;
    const auto refused = [&](const char* origin, const manager_options& options) -> std::string {
        try {
            const connection_manager manager(context, origin, options);
        } catch (const api_error& error) {
            CHECK(error.code() == errc::invalid_options);
            return error.failure().message();
        }
        return {};
    };
    CHECK(refused("https://localhost/v1", {}).starts_with("origin: a path"));
    CHECK(refused("localhost", {}).starts_with("origin: "));
    CHECK(refused("ftp://localhost", {}).starts_with("origin: "));
    CHECK(refused("https://localhost?a", {}).starts_with("origin: "));
    CHECK(refused("https://localhost", manager_options{}.max_connections(0)).starts_with("max_connections"));
    CHECK(refused("https://localhost", manager_options{}.shards(0)).starts_with("shards"));
    CHECK(refused("https://localhost/", {}).empty());
    CHECK(refused("https://127.0.0.1:8443", {}).empty());
}

TEST_CASE("a manager drains, and refuses what comes later") {
    trial at(
        {responds(http_response(200, "warm")).expect_requests().hold().send(http_response(200, "last"))});
    REQUIRE(at.send(make(http_verb::get, "/warm")).has_value());
    collector<test::response> results;
    at.manager->try_send(make(http_verb::get, "/last"))(results.next());
    collector<void> drained;
    at.manager->try_drain()(drained.next());
    REQUIRE(at.send(make(http_verb::get, "/late")).error().code() == errc::client_closed);
    CHECK(drained.left() == 1);
    at.server.release(0);
    results.wait(at.context);
    drained.wait(at.context);
    CHECK(results[0]->body() == "last");
    CHECK(drained[0].has_value());
}

TEST_CASE("a manager that was moved from is safe to close and to ask, and its calls go on") {
    trial at({responds(http_response(200, "kept"))});
    collector<test::response> results;
    at.manager->try_send(make(http_verb::get, "/"))(results.next());
    auto moved = std::move(*at.manager);
    at.manager->close();
    CHECK(at.manager->stats().calls_started == 0);
    CHECK_FALSE(at.manager->get_executor());
    results.wait(at.context);
    CHECK(results[0]->body() == "kept");
    CHECK(moved.stats().calls_succeeded == 1);
    const auto options = account_options{}.account("1").credentials("user", "secret");
    CHECK_THROWS_AS(client(*at.manager, options), api_error);
    // One that is assigned to is closed first.
    auto waits = moved.try_send(make(http_verb::get, "/"));
    moved = connection_manager(at.context, origin_of(at.server));
    CHECK(wait_for(at.context, std::move(waits)).error().code() == errc::client_closed);
}

TEST_CASE("closing ends the calls in flight, and so does destroying") {
    for (const bool destroyed : {false, true}) {
        trial at({script{}.expect_requests().hold()});
        collector<test::response> results;
        at.manager->try_send(make(http_verb::get, "/"))(results.next());
        support::run_until(at.context, [&] { return at.manager->stats().in_flight == 1; });
        if (destroyed)
            at.manager.reset();
        else
            at.manager->close();
        results.wait(at.context);
        CHECK(results[0].error().code() == errc::client_closed);
    }
}
