#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "support/test_client.hpp"
#include "support/text.hpp"

// Responses that break the rules of RFC 9112, by the ids of doc/faults.md, and what becomes of the
// connection: whether the call gets its response, whether the connection is used again, and that the next
// call succeeds.
// The server never closes: what is closed was closed by the client. Here is one response for each way in
// which a row ends; the others are in test/http1/framing_faults_test.cpp and response_limits_test.cpp.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace std::string_literals;
using support::collector;
using support::count_of;
using support::options_for;
using support::repeat;
using support::run_until;
using support::wait_for;
using testing::script;
using testing::scripted_server;

namespace {

const std::string ok = "HTTP/1.1 200 OK\r\n";
const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";

/// The first of two GETs is answered with `bytes`, and the second as it should be: on another connection.
result<session> with_new_connection(const std::string& bytes) {
    CAPTURE(bytes.substr(0, 200));
    scripted_server server;
    server.add(script{}.expect_requests().send(bytes));
    server.otherwise(script{}.expect_requests().send(support::session_response("second")));
    asio::io_context context;
    client client(context, options_for(server).response_timeout(20s));
    auto first = wait_for(context, client.try_get_session(session_id("first")));
    run_until(context, [&client] { return client.stats().connections_closed == 1; });
    const auto second = wait_for(context, client.try_get_session(session_id("second")));
    REQUIRE_MESSAGE(second.has_value(), second.error().describe());
    CHECK(second->id().value() == "second");
    CHECK(server.connections() == 2);
    CHECK(count_of(server.received(0), "GET ") == 1); // nothing behind the first
    CHECK(count_of(server.received(1), "GET ") == 1); // and nothing twice
    CHECK(support::at_rest(client.stats()));
    return first;
}

/// The first of two GETs is answered with `bytes`, the second as it should be: on the same connection.
result<session> with_same_connection(const std::string& bytes) {
    CAPTURE(bytes.substr(0, 200));
    scripted_server server;
    server.add(
        script{}.expect_requests().send(bytes).expect_requests().send(support::session_response("second")));
    asio::io_context context;
    // The second is not to wait for a Retry-After of the first.
    client client(context, options_for(server).retry(retry_policy::none().retry_status(503, false)));
    auto first = wait_for(context, client.try_get_session(session_id("first")));
    const auto second = wait_for(context, client.try_get_session(session_id("second")));
    REQUIRE_MESSAGE(second.has_value(), second.error().describe());
    CHECK(second->id().value() == "second");
    CHECK(server.connections() == 1);
    CHECK(client.stats().connections_closed == 0);
    CHECK(support::at_rest(client.stats()));
    return first;
}

const std::string body = R"({"id":"first"})"; // 14 bytes

void check_delivered(const result<session>& seen) {
    REQUIRE_MESSAGE(seen.has_value(), seen.error().describe());
    CHECK(seen->id().value() == "first");
}

} // namespace

TEST_CASE("F01, F24: a response that breaks a rule costs its call and its connection, at once") {
    const std::pair<const char*, std::string> refused[] = {
        {"F01", ok + "Content-Length: 14\r\nTransfer-Encoding: chunked\r\n\r\n" + body},
        {"F02", ok + "Content-Length: 14\r\nContent-Length: 15\r\n\r\n" + body},
        {"F03", ok + "Content-Length: +14\r\n\r\n" + body},
        {"F08", chunked + "0xe\r\n" + body},
        {"F08", chunked + "e;a=\"\r\n" + body},
        {"F11", ok + "Transfer-Encoding: gzip, chunked\r\n\r\ne\r\n" + body + "\r\n0\r\n\r\n"},
        {"F12", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n" +
                    body + "\r\n0\r\n\r\n"},
        {"F14", ok + "X : a\r\nContent-Length: 14\r\n\r\n" + body},
        {"F15", repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 2000) + support::session_response("first")},
        {"F16", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"},
        {"F19", "HTTP/2.0 200 OK\r\nContent-Length: 14\r\n\r\n" + body},
        {"F19", std::string(4096, '\0')},
    };
    const std::pair<const char*, std::string> too_large[] = {
        {"F04", ok + "Content-Length: 8388609\r\n\r\n"}, // before the body comes
        {"F09", chunked + "e;" + std::string(65'536, 'e') + "\r\n" + body},
        {"F09", chunked + "e\r\n" + body + "\r\n0\r\n" + repeat("A: b\r\n", 200'000) + "\r\n"},
        {"F13", ok + repeat("a: b\r\n", 6000)}, // a head without end
    };
    const auto check = [](const auto& row, errc expected) {
        CAPTURE(row.first);
        const auto seen = with_new_connection(row.second);
        REQUIRE(seen.has_error());
        CHECK(seen.error().code() == expected);
        CHECK_FALSE(seen.error().message().empty());
        CHECK(seen.error().delivery() == delivery::maybe_processed);
        CHECK(seen.error().attempts() == 1);
        CHECK(seen.error().http_status() == 0);
    };
    for (const auto& row : refused)
        check(row, errc::protocol_error);
    for (const auto& row : too_large)
        check(row, errc::response_too_large);
}

TEST_CASE("F06: the response is delivered, surplus behind it in the same segment costs the connection") {
    check_delivered(with_new_connection(ok + "Content-Length: 14\r\n\r\n" + body + "x"));
    check_delivered(with_new_connection(chunked + "e\r\n" + body + "\r\n0\r\nX: y\r\n\r\n" +
                                        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
}

TEST_CASE("F02, F10, F14, F16: what is odd but right is delivered, and the connection used again") {
    for (const auto& bytes : {ok + "Content-Length: 14\r\nContent-Length: 14\r\n\r\n" + body,
                              chunked + "e\r\n" + body + "\r\n0\r\nConnection: close\r\n\r\n",
                              ok + "X: a\r\n b\r\nContent-Length: 14\r\n\r\n" + body,
                              "HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 14\r\n\r\n" + body})
        check_delivered(with_same_connection(bytes));
}

TEST_CASE("F10: trailers do not make the text of a failure") {
    const auto failed = with_same_connection(
        "HTTP/1.1 503 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        "Retry-After: 60\r\nX-Request-Id: forged\r\n\r\n");
    REQUIRE(failed.has_error());
    CHECK(failed.error().http_status() == 503);
    CHECK_FALSE(failed.error().retry_after().has_value());
    CHECK(failed.error().request_id().empty());
}

TEST_CASE("F17: a response without a body that has one is delivered, and costs the connection") {
    for (const std::string fields :
         {"Content-Length: 5\r\n\r\nhello", "\r\nhello", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
        CAPTURE(fields);
        scripted_server server;
        server.add(script{}.expect_requests().send("HTTP/1.1 204 No Content\r\n" + fields));
        server.otherwise(script{}.expect_requests().send(support::session_response("second")));
        asio::io_context context;
        client client(context, options_for(server));
        CHECK(wait_for(context, client.try_delete_session(session_id("first"))).has_value());
        CHECK(wait_for(context, client.try_get_session(session_id("second"))).has_value());
        CHECK(server.connections() == 2);
        // Where the header section announces the body, nothing behind it is looked at.
        CHECK(client.stats().unsolicited_bytes == (fields.starts_with("\r\n") ? 5 : 0));
    }
}

TEST_CASE("F17: what a 204 in a pipeline has for a body is not the next call's response") {
    const auto forged = support::session_response("next", "X-Request-Id: forged\r\n");
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::session_response("warm"))
                   .expect_requests(2)
                   .send("HTTP/1.1 204 No Content\r\nContent-Length: " + std::to_string(forged.size()) +
                         "\r\n\r\n" + forged + support::session_response("next")));
    server.otherwise(script{}.expect_requests().send(support::session_response("next")));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    REQUIRE(wait_for(context, client.try_get_session(session_id("warm"))).has_value());
    collector<void> removed;
    collector<session> read;
    client.try_delete_session(session_id("first"))(removed.next());
    client.try_get_session(session_id("next"))(read.next());
    removed.wait(context);
    read.wait(context);
    CHECK(removed[0].has_value());
    CHECK(read[0].has_value());
    CHECK(server.connections() == 2);
    CHECK(client.stats().resends == 1);
}

TEST_CASE("F20: a response that is missing in a pipeline: the last call runs into the timeout") {
    // Responses say nothing of their request, so a missing one cannot be told from a late one. The first to
    // wait longer than it may is failed, and the connection with it.
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::session_response("warm"))
                   .expect_requests(2)
                   .send(support::session_response("one")));
    server.otherwise(script{}.expect_requests().send(support::session_response("second")));
    asio::io_context context;
    client client(context, options_for(server).response_timeout(700ms).max_connections(1));
    REQUIRE(wait_for(context, client.try_get_session(session_id("warm"))).has_value());
    collector<session> results;
    client.try_get_session(session_id("one"))(results.next());
    client.try_get_session(session_id("missing"))(results.next());
    results.wait(context);
    CHECK(results.each_once());
    CHECK(results[0].has_value());
    REQUIRE(results[1].has_error());
    CHECK(results[1].error().code() == errc::response_timeout);
    CHECK(results[1].error().delivery() == delivery::maybe_processed);
    CHECK(wait_for(context, client.try_get_session(session_id("second"))).has_value());
    CHECK(server.connections() == 2);
}

TEST_CASE("F21: a response before the request was read is delivered, the rest of the request is not sent") {
    // Far more than the buffers of both sockets hold, and the server reads no more.
    constexpr std::size_t size = 16U * 1024 * 1024;
    scripted_server server;
    server.add(script{}
                   .expect_bytes("POST ")
                   .send("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                   .stall());
    server.otherwise(script{}.expect_requests().send(support::session_response("second")));
    asio::io_context context;
    client client(context, options_for(server).response_timeout(20s));
    const auto request = participant_request{}.callback_url("https://example.com/" + std::string(size, 'x'));
    const auto made = wait_for(context, client.try_create_participant(request));
    REQUIRE(made.has_error());
    CHECK(made.error().http_status() == 413);
    CHECK(made.error().delivery() == delivery::answered);
    CHECK(made.error().attempts() == 1);
    run_until(context, [&client] { return client.stats().connections_closed == 1; });
    CHECK(client.stats().bytes_sent < size);
    CHECK(wait_for(context, client.try_get_session(session_id("second"))).has_value());
    CHECK(server.connections() == 2);
    CHECK(server.received(0).size() < size);
}

TEST_CASE("F22: a response in TLS records of one byte is the same response") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send_split("HTTP/1.1 103 Early Hints\r\n\r\n" + chunked +
                               "7;a=\"b\"\r\n{\"id\":\"\r\n7\r\nfirst\"}\r\n0\r\nX: y\r\n\r\n")
                   .expect_requests()
                   .send_split(support::session_response("second")));
    asio::io_context context;
    client client(context, options_for(server));
    check_delivered(wait_for(context, client.try_get_session(session_id("first"))));
    const auto second = wait_for(context, client.try_get_session(session_id("second")));
    REQUIRE(second.has_value());
    CHECK(second->id().value() == "second");
    CHECK(server.connections() == 1);
}

TEST_CASE("F24: a compressed body is not asked for") {
    scripted_server server;
    server.add(script{}.expect_requests().send(support::session_response("first")));
    asio::io_context context;
    client client(context, options_for(server));
    check_delivered(wait_for(context, client.try_get_session(session_id("first"))));
    CHECK(server.received(0).find("\r\nAccept-Encoding: identity\r\n") != std::string::npos);
}

TEST_CASE("F24b: a compressed failure, which nobody asked for, keeps its status and its Retry-After") {
    const auto compressed = "\x1f\x8b\x08\x00not for reading"s;
    const auto busy =
        support::http_response(503, compressed, "Content-Encoding: gzip\r\nRetry-After: 31\r\n");
    const auto seen = with_same_connection(busy);
    REQUIRE(seen.has_error());
    CHECK(seen.error().code() == make_http_error(503));
    CHECK(seen.error().http_status() == 503);
    CHECK(seen.error().retry_after() == 31s);
    CHECK(seen.error().delivery() == delivery::answered);
    CHECK(seen.error().body().empty());
    CHECK_MESSAGE(support::names(seen.error().message(), "gzip"), seen.error().message());
}

TEST_CASE("F24b: a compressed failure is retried as any other") {
    scripted_server server;
    const auto busy = support::http_response(503, "\x1f\x8b", "Content-Encoding: gzip\r\n");
    server.add(
        script{}.expect_requests().send(busy).expect_requests().send(support::session_response("first")));
    asio::io_context context;
    client client(context, options_for(server).retry(
                               retry_policy().attempts(2).backoff(1ms, 1ms).throttled_backoff(1ms)));
    check_delivered(wait_for(context, client.try_get_session(session_id("first"))));
    CHECK(client.stats().retries == 1);
    CHECK(server.connections() == 1);
}

TEST_CASE(
    "F24: a success in a content coding fails with its status and names the coding, and the connection goes "
    "on") {
    for (const int status : {200, 201}) {
        const auto seen =
            with_same_connection(support::http_response(status, "\x1f\x8b", "Content-Encoding: gzip\r\n"));
        REQUIRE(seen.has_error());
        CHECK(seen.error().code() == errc::bad_json);
        CHECK(seen.error().http_status() == status);
        CHECK(seen.error().delivery() == delivery::answered);
        CHECK(seen.error().body().empty());
        CHECK_MESSAGE(support::names(seen.error().message(), "gzip"), seen.error().message());
    }
}
