#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <memory>
#include <string>

#include "support/test_client.hpp"

// What a caller learns of a response who asks for it.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::options_for;
using support::wait_for;
using testing::script;
using testing::scripted_server;

namespace {

call_options asking(const std::shared_ptr<response_info>& info) { return call_options{}.info(info); }

} // namespace

TEST_CASE("status, request id and header fields of a success and of a failure") {
    scripted_server server;
    server.add(
        script{}
            .expect_requests()
            .send(support::session_response("s", "X-Request-Id: r-1\r\nx-limit: 10\r\nX-Limit: 20\r\n"))
            .expect_requests()
            .send(support::http_response(404, "{}", "X-Request-Id: r-2\r\nFolded: one\r\n two\r\n"))
            .expect_requests()
            .send(support::session_response("s", "X-Unseen: yes\r\n")));
    asio::io_context context;
    client client(context, options_for(server));
    const auto info = std::make_shared<response_info>();
    CHECK(wait_for(context, client.try_get_session(session_id("s"), asking(info))).has_value());
    CHECK(info->status() == 200);
    CHECK(info->attempts() == 1);
    CHECK(info->elapsed() > 0ns);
    CHECK(info->protocol() == "HTTP/1.1");
    CHECK(info->request_id() == "r-1");
    CHECK(info->header("X-LIMIT") == "10");
    CHECK(info->header("absent").empty());
    REQUIRE(info->headers().size() == 5);
    CHECK(info->headers().front().first == "Content-Type");
    CHECK(info->headers()[3] == std::pair<std::string, std::string>("X-Limit", "20"));

    CHECK(wait_for(context, client.try_get_session(session_id("s"), asking(info))).has_error());
    CHECK(info->status() == 404);
    CHECK(info->request_id() == "r-2");
    CHECK(info->header("folded") == "one two");
    CHECK(info->header("x-limit").empty());

    CHECK(wait_for(context, client.try_get_session(session_id("s"))).has_value()); // nobody asks
    CHECK(info->status() == 404);
}

TEST_CASE("of several attempts the last response is told, and of a call without a response none") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::http_response(503, "{}", "X-Turn: 1\r\n"))
                   .expect_requests()
                   .send(support::session_response("s", "X-Turn: 2\r\n"))
                   .expect_requests()
                   .send("HTTP/1.1 200 OK\r\nX-Turn: 3\r\nContent-")
                   .fin());
    asio::io_context context;
    client client(context, options_for(server).retry(
                               retry_policy().attempts(2).backoff(1ms, 1ms).throttled_backoff(1ms)));
    const auto info = std::make_shared<response_info>();
    CHECK(wait_for(context, client.try_get_session(session_id("s"), asking(info))).has_value());
    CHECK(info->attempts() == 2);
    CHECK(info->header("x-turn") == "2");
    const auto lost =
        wait_for(context, client.try_get_session(session_id("s"), asking(info).allow_resend(false)));
    CHECK(lost.has_error());
    CHECK(info->status() == 0);
    CHECK(info->attempts() == 1);
    CHECK(info->headers().empty());
    CHECK(info->request_id().empty());
    const auto refused = wait_for(context, client.try_get_session(session_id(""), asking(info)));
    CHECK(refused.error().code() == errc::invalid_argument);
    CHECK(info->attempts() == 0);
}

TEST_CASE("a response that is another call's is not told") {
    scripted_server server;
    server.add(script{}.expect_requests().send(
        support::session_response("another", "X-Secret: of somebody else\r\n")));
    asio::io_context context;
    client client(context, options_for(server));
    const auto info = std::make_shared<response_info>();
    CHECK(wait_for(context, client.try_get_session(session_id("s"), asking(info))).has_error());
    CHECK(info->status() == 0);
    CHECK(info->headers().empty());
}
