#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "support/test_client.hpp"
#include "support/text.hpp"

// Answers that break the rules of RFC 9112, by the ids of doc/faults.md, and what becomes of the connection:
// whether the call gets its answer, whether the connection is used again, and that the next call succeeds.
// The server never closes: what is closed was closed by the client. The vectors of each row are in
// test/http1/framing_faults_test.cpp.

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
    server.otherwise(script{}.expect_requests().send(support::session_answer("second")));
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
        script{}.expect_requests().send(bytes).expect_requests().send(support::session_answer("second")));
    asio::io_context context;
    client client(context, options_for(server));
    auto first = wait_for(context, client.try_get_session(session_id("first")));
    const auto second = wait_for(context, client.try_get_session(session_id("second")));
    REQUIRE_MESSAGE(second.has_value(), second.error().describe());
    CHECK(second->id().value() == "second");
    CHECK(server.connections() == 1);
    CHECK(client.stats().connections_closed == 0);
    CHECK(support::at_rest(client.stats()));
    return first;
}

/// The answer is an error of this kind, and its connection is closed at once.
void check_refused(const std::string& bytes, errc expected = errc::protocol_error) {
    const auto seen = with_new_connection(bytes);
    REQUIRE(seen.has_error());
    CAPTURE(bytes.substr(0, 200));
    CHECK(seen.error().code() == expected);
    CHECK(seen.error().delivery() == delivery::maybe_processed);
    CHECK(seen.error().attempts() == 1);
    CHECK(seen.error().http_status() == 0);
}

void check_delivered(const result<session>& seen) {
    REQUIRE_MESSAGE(seen.has_value(), seen.error().describe());
    CHECK(seen->id().value() == "first");
}

const std::string body = R"({"id":"first"})"; // 14 bytes

} // namespace

TEST_CASE("F01: an answer with Transfer-Encoding and Content-Length costs the connection") {
    check_refused(ok + "Transfer-Encoding: chunked\r\nContent-Length: 14\r\n\r\ne\r\n" + body +
                  "\r\n0\r\n\r\n");
    check_refused(ok + "Content-Length: 14\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
}

TEST_CASE("F02: an answer with two lengths costs the connection, the same one twice does not") {
    check_refused(ok + "Content-Length: 14\r\nContent-Length: 15\r\n\r\n" + body);
    check_refused(ok + "Content-Length: 14, 15\r\n\r\n" + body);
    check_delivered(with_same_connection(ok + "Content-Length: 14\r\nContent-Length: 14\r\n\r\n" + body));
}

TEST_CASE("F03: an answer with a length that is none costs the connection") {
    for (const std::string length : {"+14", "-14", "0xe", "14 14", "14a", "", "18446744073709551630"})
        check_refused(ok + "Content-Length: " + length + "\r\n\r\n" + body);
}

TEST_CASE("F04: a length over the limit is refused at the head, before the body comes") {
    check_refused(ok + "Content-Length: 8388609\r\n\r\n", errc::response_too_large);
    check_refused(chunked + "800001\r\n", errc::response_too_large);
}

TEST_CASE("F06: the answer is delivered, surplus behind it in the same segment costs the connection") {
    for (const std::string surplus : {"x", "\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
        check_delivered(with_new_connection(ok + "Content-Length: 14\r\n\r\n" + body + surplus));
        check_delivered(with_new_connection(chunked + "e\r\n" + body + "\r\n0\r\nX: y\r\n\r\n" + surplus));
    }
}

TEST_CASE("F08: a chunk that is none costs the connection at once") {
    for (const std::string& chunk :
         {"+e\r\n" + body, "0xe\r\n" + body, "\r\n" + body, "e\n" + body, "e\r\n" + body + "x\r\n",
          "1000000000000000e\r\n" + body, "e;a\nb\r\n" + body, "e;a=\"\r\n" + body,
          "e\r\n" + body + "\r\n0;a=\"\r\n\r\n"})
        check_refused(chunked + chunk);
}

TEST_CASE("F09: extensions and trailers without measure are refused") {
    check_refused(chunked + "e;" + std::string(65'536, 'e') + "\r\n" + body, errc::response_too_large);
    check_refused(chunked + "e\r\n" + body + "\r\n0\r\n" + repeat("A: b\r\n", 200'000) + "\r\n",
                  errc::response_too_large);
    check_refused(chunked + "e\r\n" + body + "\r\n0\r\nA: " + std::string(70 * 1024, 'x') + "\r\n\r\n",
                  errc::response_too_large);
}

TEST_CASE("F10: trailers change nothing: the answer is delivered, the connection used again") {
    for (const std::string trailer : {"Content-Length: 5", "Transfer-Encoding: gzip", "Connection: close",
                                      "Retry-After: 60", "Content-Type: text/html"})
        check_delivered(with_same_connection(chunked + "e\r\n" + body + "\r\n0\r\n" + trailer + "\r\n\r\n"));
    // ... nor do they make a failure's text.
    const auto failed = with_same_connection(
        "HTTP/1.1 503 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        "Retry-After: 60\r\nX-Request-Id: forged\r\n\r\n");
    REQUIRE(failed.has_error());
    CHECK(failed.error().http_status() == 503);
    CHECK_FALSE(failed.error().retry_after().has_value());
    CHECK(failed.error().request_id().empty());
}

TEST_CASE("F11: a transfer coding that nobody asked for costs the connection") {
    for (const std::string coding :
         {"gzip, chunked", "chunked, gzip", "xchunked", "identity", "chunked, chunked"})
        check_refused(ok + "Transfer-Encoding: " + coding + "\r\n\r\ne\r\n" + body + "\r\n0\r\n\r\n");
}

TEST_CASE("F12: chunks in HTTP/1.0 cost the connection, even where it was to be kept") {
    check_refused("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n" +
                  body + "\r\n0\r\n\r\n");
}

TEST_CASE("F13: a head without end is refused early") {
    check_refused("HTTP/1.1 200 " + std::string(10U * 1024 * 1024, 'r'), errc::response_too_large);
    check_refused(ok + repeat("a: b\r\n", 6000), errc::response_too_large);
}

TEST_CASE("F14: bytes that have no place in a head cost the connection, a folded line is read") {
    for (const std::string& fields :
         {"X: a\0b\r\n"s, "X: a\rb\r\n"s, "X: a\x7f\r\n"s, "X : a\r\n"s, "no colon\r\n"s, " X: a\r\n"s})
        check_refused(ok + fields + "Content-Length: 14\r\n\r\n" + body);
    check_delivered(with_same_connection(ok + "X: a\r\n b\r\nContent-Length: 14\r\n\r\n" + body));
}

TEST_CASE("F15: interim answers in a flood are an error, in drips they run into the response timeout") {
    check_refused(repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 2000) + support::session_answer("first"));
    scripted_server server;
    script dripping;
    dripping.expect_requests();
    for (int i = 0; i < 16; ++i)
        dripping.send("HTTP/1.1 103 Early Hints\r\n\r\n").delay(100ms);
    server.add(dripping);
    server.otherwise(script{}.expect_requests().send(support::session_answer("second")));
    asio::io_context context;
    client client(context, options_for(server).response_timeout(300ms));
    const auto first = wait_for(context, client.try_get_session(session_id("first")));
    REQUIRE(first.has_error());
    CHECK(first.error().code() == errc::response_timeout);
    CHECK(first.error().elapsed() >= 300ms);
    CHECK(wait_for(context, client.try_get_session(session_id("second"))).has_value());
    CHECK(server.connections() == 2);
}

TEST_CASE("F16: 101 costs the connection, 100 is skipped") {
    check_refused("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n");
    check_delivered(
        with_same_connection("HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 14\r\n\r\n" + body));
}

TEST_CASE("F17: an answer without a body that has one is delivered, and costs the connection") {
    for (const std::string fields :
         {"Content-Length: 5\r\n\r\nhello", "\r\nhello", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
        CAPTURE(fields);
        scripted_server server;
        server.add(script{}.expect_requests().send("HTTP/1.1 204 No Content\r\n" + fields));
        server.otherwise(script{}.expect_requests().send(support::session_answer("second")));
        asio::io_context context;
        client client(context, options_for(server));
        CHECK(wait_for(context, client.try_delete_session(session_id("first"))).has_value());
        CHECK(wait_for(context, client.try_get_session(session_id("second"))).has_value());
        CHECK(server.connections() == 2);
        // Where the head announces the body, nothing behind the head is looked at.
        CHECK(client.stats().unsolicited_bytes == (fields.starts_with("\r\n") ? 5 : 0));
    }
}

TEST_CASE("F17: what a 204 in a pipeline has for a body is not the next call's answer") {
    const auto forged = support::session_answer("next", "X-Request-Id: forged\r\n");
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::session_answer("warm"))
                   .expect_requests(2)
                   .send("HTTP/1.1 204 No Content\r\nContent-Length: " + std::to_string(forged.size()) +
                         "\r\n\r\n" + forged + support::session_answer("next")));
    server.otherwise(script{}.expect_requests().send(support::session_answer("next")));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    REQUIRE(wait_for(context, client.try_get_session(session_id("warm"))).has_value());
    collector<void> removed;
    collector<session> read;
    client.async_delete_session(session_id("first"), removed.next());
    client.async_get_session(session_id("next"), read.next());
    removed.wait(context);
    read.wait(context);
    CHECK(removed[0].has_value());
    CHECK(read[0].has_value());
    CHECK(server.connections() == 2);
    CHECK(client.stats().replays == 1);
}

TEST_CASE("F19: a status or a version that is none costs the connection") {
    for (const std::string line :
         {"HTTP/1.1 000 No", "HTTP/1.1 099 No", "HTTP/1.1 600 No", "HTTP/1.1 999 No", "HTTP/1.1 20 No",
          "HTTP/1.1 2000 No", "HTTP/2 200 OK", "HTTP/2.0 200 OK", "ICY 200 OK", "hello"})
        check_refused(line + "\r\nContent-Length: 14\r\n\r\n" + body);
    check_refused(std::string(4096, '\0'));
    check_refused("\x16\x03\x01\x02" + std::string(100, 'x'));
}

TEST_CASE("F20: an answer that is missing in a pipeline: the last call runs into the timeout") {
    // Answers say nothing of their request, so a missing one cannot be told from a late one. The first to
    // wait longer than it may is failed, and the connection with it.
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send(support::session_answer("warm"))
                   .expect_requests(2)
                   .send(support::session_answer("one")));
    server.otherwise(script{}.expect_requests().send(support::session_answer("second")));
    asio::io_context context;
    client client(context, options_for(server).response_timeout(700ms).max_connections(1));
    REQUIRE(wait_for(context, client.try_get_session(session_id("warm"))).has_value());
    collector<session> results;
    client.async_get_session(session_id("one"), results.next());
    client.async_get_session(session_id("missing"), results.next());
    results.wait(context);
    CHECK(results.each_once());
    CHECK(results[0].has_value());
    REQUIRE(results[1].has_error());
    CHECK(results[1].error().code() == errc::response_timeout);
    CHECK(results[1].error().delivery() == delivery::maybe_processed);
    CHECK(wait_for(context, client.try_get_session(session_id("second"))).has_value());
    CHECK(server.connections() == 2);
}

TEST_CASE("F21: an answer before the request was read is delivered, the rest of the request is not sent") {
    // Far more than the buffers of both sockets hold, and the server reads no more.
    constexpr std::size_t size = 32U * 1024 * 1024;
    scripted_server server;
    server.add(script{}
                   .expect_bytes("POST ")
                   .send("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                   .stall());
    server.otherwise(script{}.expect_requests().send(support::session_answer("second")));
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

TEST_CASE("F22: an answer in TLS records of one byte is the same answer") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send_split("HTTP/1.1 103 Early Hints\r\n\r\n" + chunked +
                               "7;a=\"b\"\r\n{\"id\":\"\r\n7\r\nfirst\"}\r\n0\r\nX: y\r\n\r\n")
                   .expect_requests()
                   .send_split(support::session_answer("second")));
    asio::io_context context;
    client client(context, options_for(server));
    check_delivered(wait_for(context, client.try_get_session(session_id("first"))));
    const auto second = wait_for(context, client.try_get_session(session_id("second")));
    REQUIRE(second.has_value());
    CHECK(second->id().value() == "second");
    CHECK(server.connections() == 1);
}

TEST_CASE("F24: a compressed success, which nobody asked for, is refused at its head: no bomb is unpacked") {
    for (const std::string coding : {"gzip", "gzip, gzip", "deflate", "br"}) {
        check_refused(ok + "Content-Encoding: " + coding + "\r\nContent-Length: 1000000\r\n\r\n");
        check_refused(ok + "Content-Encoding: " + coding + "\r\nTransfer-Encoding: chunked\r\n\r\n");
    }
    scripted_server server;
    server.add(script{}.expect_requests().send(support::session_answer("first")));
    asio::io_context context;
    client client(context, options_for(server));
    check_delivered(wait_for(context, client.try_get_session(session_id("first"))));
    CHECK(server.received(0).find("Accept-Encoding") == std::string::npos);
}

TEST_CASE("F24b: a compressed failure, which nobody asked for, keeps its status and its Retry-After") {
    const auto compressed = "\x1f\x8b\x08\x00not for reading"s;
    const auto busy = support::http_answer(503, compressed, "Content-Encoding: gzip\r\nRetry-After: 31\r\n");
    const auto seen = with_same_connection(busy);
    REQUIRE(seen.has_error());
    CHECK(seen.error().code() == make_http_error(503));
    CHECK(seen.error().http_status() == 503);
    CHECK(seen.error().retry_after() == 31s);
    CHECK(seen.error().delivery() == delivery::answered);
    CHECK(seen.error().body().empty());
    CHECK(seen.error().message().empty());
}

TEST_CASE("F24b: a compressed failure is retried as any other") {
    scripted_server server;
    const auto busy = support::http_answer(503, "\x1f\x8b", "Content-Encoding: gzip\r\n");
    server.add(
        script{}.expect_requests().send(busy).expect_requests().send(support::session_answer("first")));
    asio::io_context context;
    client client(context, options_for(server).retry(
                               retry_policy().attempts(2).backoff(1ms, 1ms).throttled_backoff(1ms)));
    check_delivered(wait_for(context, client.try_get_session(session_id("first"))));
    CHECK(client.stats().retries == 1);
    CHECK(server.connections() == 1);
}

TEST_CASE("F24b: of a success that cannot be read the status is told") {
    for (const std::string status : {"200 OK", "201 Created"}) {
        const auto seen = with_new_connection("HTTP/1.1 " + status +
                                              "\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n");
        REQUIRE(seen.has_error());
        CHECK(seen.error().code() == errc::protocol_error);
        CHECK_MESSAGE(support::names(seen.error().message(), status.substr(0, 3)), seen.error().message());
    }
}
