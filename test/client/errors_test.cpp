#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <sstream>
#include <string>
#include <system_error>

#include "support/test_client.hpp"

// What a caller learns of a response that is no success.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::options_for;
using support::wait_for;
using testing::fault;
using testing::loopback_server;
using testing::script;
using testing::scripted_server;

namespace {

/// The failure of `get_session` when the server responds like this.
failure answered_with(const fault& injected) {
    loopback_server server;
    server.inject(injected);
    asio::io_context context;
    // The next call is not to wait for a Retry-After.
    const auto unpaced = retry_policy::none().retry_status(429, false).retry_status(503, false);
    client client(context, options_for(server).retry(unpaced));
    const auto outcome = wait_for(context, client.try_get_session(session_id("s")));
    REQUIRE(outcome.has_error());
    // The client works as before.
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(client.stats().dials == 1);
    return outcome.error();
}

failure body_of(int status, const std::string& body, const std::string& type = "application/json") {
    return answered_with(fault{}.respond(status, body, type));
}

void check_secrets_are_absent(const failure& seen, const std::string& secret) {
    std::ostringstream printed;
    printed << seen;
    CHECK(seen.describe().find(secret) == std::string::npos);
    CHECK(printed.str().find(secret) == std::string::npos);
    CHECK(seen.message().find(secret) == std::string::npos);
    CHECK(seen.body().find(secret) == std::string::npos);
    CHECK(std::string(api_error(seen).what()).find(secret) == std::string::npos);
}

asio::awaitable<void> throw_everything(client& client) {
    bool thrown = false;
    try {
        co_await client.get_session(session_id("s"));
    } catch (const boost::system::system_error& error) {
        thrown = true;
        CHECK(error.code() == condition::throttled);
        const auto* const api = dynamic_cast<const api_error*>(&error);
        REQUIRE(api != nullptr);
        CHECK(api->failure().http_status() == 429);
        CHECK(api->failure().retry_after() == std::chrono::seconds(7));
        CHECK(api->failure().message() == "Too Many Requests");
        CHECK(std::string(error.what()).find("Too Many Requests") != std::string::npos);
    }
    CHECK(thrown);
}

} // namespace

TEST_CASE("a failure that a mock makes of an HTTP status has it, and was answered") {
    const failure made(make_http_error(404), "no such session");
    CHECK(made.http_status() == 404);
    CHECK(made.delivery() == delivery::answered);
    CHECK(failure(errc::connection_lost).http_status() == 0);
    CHECK(failure(errc::connection_lost).delivery() == delivery::not_sent);
}

TEST_CASE("a mock says of a failure what its code does not, and copies keep what they have") {
    const failure lost(errc::connection_lost, "gone");
    failure unsure = lost;
    CHECK(unsure.delivery(delivery::maybe_processed).delivery() == delivery::maybe_processed);
    CHECK(unsure.code() == errc::connection_lost);
    CHECK(unsure.message() == "gone");
    CHECK(lost.delivery() == delivery::not_sent);

    const failure busy = failure(make_http_error(429)).retry_after(std::chrono::seconds(7));
    CHECK(busy.retry_after() == std::chrono::seconds(7));
    CHECK(busy.delivery() == delivery::answered);
    CHECK_FALSE(failure(busy).retry_after(std::nullopt).retry_after());
    CHECK(failure().delivery(delivery::answered).delivery() == delivery::answered);
}

TEST_CASE("W24: that no connection could be used is an error of its own, and may be over soon") {
    const auto code = make_error_code(errc::no_usable_connection);
    CHECK(code == condition::retryable);
    CHECK(code != condition::timeout);
    CHECK(code != condition::tls_error);
    CHECK(code.message() == "no connection could be used");
}

TEST_CASE("O02: a call that the service's rate limit keeps from being sent is throttled, and late") {
    const auto code = make_error_code(errc::throttled);
    CHECK(code == condition::throttled);
    CHECK(code == condition::timeout);
    CHECK(code == condition::retryable);
    CHECK(code != condition::client_error);
    CHECK(make_error_code(errc::queue_timeout) != condition::throttled);
}

TEST_CASE("every error equals the error of the system that asks for the same reaction") {
    namespace portable = boost::system::errc;
    CHECK(make_error_code(errc::cancelled) == portable::operation_canceled);
    CHECK(make_error_code(errc::client_closed) == portable::operation_canceled);
    for (const auto late :
         {errc::resolve_timeout, errc::connect_timeout, errc::handshake_timeout, errc::queue_timeout,
          errc::response_timeout, errc::body_timeout, errc::throttled, errc::token_timeout}) {
        CHECK(make_error_code(late) == portable::timed_out);
        CHECK(make_error_code(late) == condition::timeout);
    }
    CHECK(make_error_code(errc::connection_lost) == portable::connection_reset);
    CHECK(make_error_code(errc::invalid_argument) == portable::invalid_argument);
    CHECK(make_error_code(errc::invalid_argument) != portable::operation_canceled);
    for (int value = 1; value <= static_cast<int>(errc::token_timeout); ++value) {
        CAPTURE(value);
        const error_code code(value, webrtc_category());
        CHECK(code.default_error_condition().category() == boost::system::generic_category());
        CHECK(code.default_error_condition().value() != 0);
        CHECK((code == portable::timed_out) == (code == condition::timeout));
        // The errors of the standard library say the same.
        CHECK((std::error_code(code) == std::errc::timed_out) == (code == condition::timeout));
    }
    CHECK(error_code(999, webrtc_category()) != portable::timed_out);
}

TEST_CASE("each documented status is an error code of its own, with the service's message") {
    struct row {
        int status;
        const char* message;
        bool has_request_id;
    };
    for (const auto& [each_status, message, has_request_id] :
         {row{400, "Bad Request", true}, row{401, "Unauthorized", false},
          row{403, "Missing Authentication Token", false}, row{404, "Not Found", true},
          row{409, "Conflict", true}, row{429, "Too Many Requests", false}, row{500, "Internal error", true},
          row{502, "Bad Gateway", true}, row{503, "Service Unavailable", true}}) {
        const auto& status = each_status;
        CAPTURE(status);
        const failure seen = answered_with(fault{}.respond(status));
        CHECK(seen.code() == make_http_error(status));
        CHECK(seen.code().category() == http_category());
        CHECK(seen.http_status() == status);
        CHECK(seen.message() == message);
        REQUIRE(seen.service_errors().size() == 1);
        CHECK(seen.service_errors()[0] == service_error().description(message));
        CHECK(seen.request_id().empty() == false); // the body's, else the header's
        CHECK(seen.body().find(message) != std::string::npos);
        CHECK((seen.body().find(seen.request_id()) != std::string::npos) == has_request_id);
        CHECK(seen.delivery() == delivery::answered);
        CHECK(seen.attempts() == 1);
        CHECK(seen.elapsed().count() > 0);
        CHECK_FALSE(seen.retry_after().has_value());
        CHECK(seen.describe().find(std::to_string(status)) != std::string::npos);
        CHECK((seen.code() == condition::client_error) == (status < 500));
        CHECK((seen.code() == condition::server_error) == (status >= 500));
        CHECK((seen.code() == condition::not_found) == (status == 404));
        CHECK((seen.code() == condition::unauthorized) == (status == 401 || status == 403));
        CHECK((seen.code() == condition::throttled) == (status == 429 || status == 503));
        CHECK((seen.code() == condition::retryable) == (status == 429 || status >= 500));
        CHECK_FALSE(seen.code() == condition::timeout);
        CHECK_FALSE(seen.code() == condition::tls_error);
    }
}

TEST_CASE("the service's own refusals") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    const auto room = wait_for(context, client.try_create_session());
    const auto other = wait_for(context, client.try_create_session());
    const auto alice = wait_for(context, client.try_create_participant());
    REQUIRE((room.has_value() && other.has_value() && alice.has_value()));
    const auto& id = alice->participant().id();
    REQUIRE(wait_for(context, client.try_add_participant_to_session(room->id(), id)).has_value());
    const auto twice = wait_for(context, client.try_add_participant_to_session(other->id(), id));
    CHECK(twice.error().http_status() == 409);
    CHECK(twice.error().message() == "Participant is in another session");
    const auto unknown = wait_for(context, client.try_get_participant(participant_id("nobody")));
    CHECK(unknown.error().code() == condition::not_found);

    bandwidth::webrtc::client wrong_password(context, options_for(server).credentials("user", "wrong"));
    const auto unauthorized = wait_for(context, wrong_password.try_create_session());
    CHECK(unauthorized.error().http_status() == 401);
    check_secrets_are_absent(unauthorized.error(), "wrong");
    bandwidth::webrtc::client wrong_account(context, options_for(server).account("1"));
    CHECK(wait_for(context, wrong_account.try_create_session()).error().http_status() == 401);
}

TEST_CASE("O01: Retry-After is told, in seconds or as a date, and a bad one is none") {
    using std::chrono::seconds;
    const auto told = [](const char* text, const char* date = "") {
        auto injected = fault{}.respond(503).header("Retry-After", text);
        if (*date)
            injected.header("Date", date);
        return answered_with(injected).retry_after();
    };
    CHECK(answered_with(fault{}.throttle(seconds(30))).retry_after() == seconds(30));
    CHECK(told("1") == seconds(1));
    // By the server's clock, where it tells it.
    CHECK(told("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:30 GMT") == seconds(7));
    CHECK(told("Sun, 06 Nov 1994 08:49:37 GMT", "garbage") == seconds(0));
    CHECK(told("Sun, 06 Nov 1994 08:49:37 GMT") == seconds(0));
    CHECK(told("99999999999").value_or(seconds(0)) > std::chrono::hours(24 * 365));
    for (const char* const text : {"-1", "soon", "1.5", "99999999999999999999", ""}) {
        CAPTURE(text);
        CHECK_FALSE(told(text).has_value());
    }
}

TEST_CASE("J08: every shape of an error body gives its message") {
    CHECK(body_of(500, R"({"error":"Internal error","requestId":"12af"})").message() == "Internal error");
    CHECK(body_of(500, R"({"error":"Internal error","requestId":"12af"})").request_id() == "12af");
    CHECK(body_of(400, R"({"code":400,"message":"old shape"})").message() == "old shape");
    CHECK(body_of(429, R"({"description":"too fast","id":"","type":"error"})").message() == "too fast");
    CHECK(body_of(502, "<html><head><title>502 Bad Gateway</title></head></html>", "text/html")
              .message()
              .empty());
    CHECK(body_of(500, "upstream failed", "text/plain").message() == "upstream failed");
}

TEST_CASE("J08: no error body makes the error handling fail") {
    for (const std::string& body :
         {std::string(), std::string("{"), std::string(R"({"error":)"), std::string(R"({"error":"cut o)"),
          std::string("null"), std::string("[]"), std::string("42"), std::string("\xff\xfe\x00\x01", 4),
          std::string(R"({"error":{"error":{"error":[[[1]]]}}})"), std::string(100'000, '['),
          std::string(R"({"error":12,"requestId":[]})"), std::string(200'000, 'x')}) {
        CAPTURE(body.substr(0, 40));
        const failure seen = body_of(500, body);
        CHECK(seen.code() == make_http_error(500));
        CHECK(seen.http_status() == 500);
        CHECK(seen.body() == body.substr(0, 4096));
        CHECK(seen.message().size() <= 256);
        CHECK_FALSE(seen.describe().empty());
    }
}

TEST_CASE("a message cannot forge a line of a log") {
    const failure seen = body_of(400, R"({"error":"a\r\nINFO all is well\u001b[2J"})");
    CHECK(seen.describe().find_first_of("\r\n\x1b") == std::string::npos);
}

TEST_CASE(
    "J01, J02: a success whose body is not what was promised is bad_json, and the connection lives on") {
    for (const std::string& body :
         {std::string(), std::string("{}"), std::string(R"({"id":12})"), std::string(R"({"id":""})"),
          std::string(R"({"id":"s")"), std::string("<html>Sign in</html>"), std::string("[]"),
          std::string("{\"id\":\"\xff\"}"), std::string(10'000, '[')}) {
        CAPTURE(body.substr(0, 40));
        const failure seen = body_of(200, body);
        CHECK(seen.code() == errc::bad_json);
        CHECK(seen.http_status() == 200);
        CHECK(seen.delivery() == delivery::answered);
        CHECK(seen.body() == body.substr(0, 4096));
        CHECK_FALSE(seen.message().empty());
        CHECK_FALSE(seen.request_id().empty());
    }
}

TEST_CASE("J03: a success without content where a model is promised is bad_json") {
    const failure seen = answered_with(fault{}.respond(204));
    CHECK(seen.code() == errc::bad_json);
    CHECK(seen.http_status() == 204);
}

TEST_CASE("J03: what the response to a delete holds does not matter") {
    loopback_server server;
    server.inject(fault{}.respond(200, "not JSON"));
    server.inject(fault{}.respond(204));
    server.inject(fault{}.respond(202, "{}"));
    asio::io_context context;
    client client(context, options_for(server));
    for (int i = 0; i < 3; ++i)
        CHECK(wait_for(context, client.try_delete_session(session_id("s"))).has_value());
}

TEST_CASE("ignore_not_found turns a 404 into success for deletes and removes alone") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    const auto ignore = call_options{}.ignore_not_found();
    const session_id s("gone");
    const participant_id p("gone");
    CHECK(wait_for(context, client.try_delete_session(s, ignore)).has_value());
    CHECK(wait_for(context, client.try_delete_participant(p, ignore)).has_value());
    CHECK(wait_for(context, client.try_remove_participant_from_session(s, p, ignore)).has_value());
    CHECK(wait_for(context, client.try_delete_session(s)).error().http_status() == 404);
    CHECK(wait_for(context, client.try_delete_session(s, call_options{}.ignore_not_found(false)))
              .error()
              .http_status() == 404);
    CHECK(wait_for(context, client.try_get_session(s, ignore)).error().http_status() == 404);
    CHECK(wait_for(context, client.try_add_participant_to_session(s, p, {}, ignore)).error().http_status() ==
          404);
    server.inject(fault{}.respond(500));
    CHECK(wait_for(context, client.try_delete_session(s, ignore)).error().http_status() == 500);
    // The option of one call does not apply to the next call through the same client.
    CHECK(wait_for(context, client.try_delete_session(s)).error().http_status() == 404);
}

TEST_CASE("J12: secrets stand in no failure") {
    const std::string token = "eyJhbGciOiJIUzI1NiJ9.eyJwIjoiMSJ9.c2VjcmV0LXNpZ25hdHVyZQ";
    loopback_server server;
    server.inject(fault{}.respond(200, R"({"participant":{},"token":")" + token + R"("})"));
    server.inject(fault{}.respond(500, R"({"error":"failed for token )" + token + R"("})"));
    server.inject(fault{}.respond(500, "Authorization: Basic dXNlcjpzZWNyZXQ= was refused"));
    asio::io_context context;
    client client(context, options_for(server));
    const auto bad_response = wait_for(context, client.try_create_participant());
    CHECK(bad_response.error().code() == errc::bad_json);
    check_secrets_are_absent(bad_response.error(), token);
    const auto in_message = wait_for(context, client.try_create_participant());
    CHECK(in_message.error().http_status() == 500);
    check_secrets_are_absent(in_message.error(), token);
    const auto echoed = wait_for(context, client.try_create_participant());
    check_secrets_are_absent(echoed.error(), "dXNlcjpzZWNyZXQ="); // "Nothing in here ever holds a password"
}

TEST_CASE("the exception of the throwing form holds the failure") {
    loopback_server server;
    server.inject(fault{}.throttle(std::chrono::seconds(7)));
    asio::io_context context;
    client client(context, options_for(server));
    support::run_coroutine(context, throw_everything(client));
}

TEST_CASE("responses framed in every legal way are read") {
    scripted_server server;
    server.add(script{}
                   .expect_requests()
                   .send_split(support::session_response("split"))
                   .expect_requests()
                   .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "8;x=y\r\n{\"id\":\"c\r\n8\r\nhunked\"}\r\n0\r\nX-Trailer: 1\r\n\r\n")
                   .expect_requests()
                   .send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" +
                         support::session_response("interim"))
                   .expect_requests()
                   .send("HTTP/1.1 200 OK\r\n\r\n{\"id\":\"to-the-end\"}")
                   .close_notify()
                   .fin());
    asio::io_context context;
    client client(context, options_for(server));
    for (const char* const id : {"split", "chunked", "interim", "to-the-end"}) {
        const auto outcome = wait_for(context, client.try_get_session(session_id(id)));
        REQUIRE_MESSAGE(outcome.has_value(), outcome.error().describe());
        CHECK(outcome->id().value() == id);
    }
    CHECK(server.connections() == 1);
}
