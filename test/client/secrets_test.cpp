#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/logger.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "manager/header_lines.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// J12, J11: passwords and tokens of ours, and of the responses, in all that the library can print, after
// every kind of failure; and where credentials are sent.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::names;
using support::options_for;
using support::wait_for;
using testing::fault;
using testing::loopback_server;
using testing::script;
using testing::scripted_server;

namespace {

// Each holds the mark, and so does each encoding of them that goes over the wire.
const std::string mark = "M4rk";
const std::string password = "M4rk/\"pass\\w0rd";
const std::string basic = "dXNlcjpNNHJrLyJwYXNzXHcwcmQ="; // user:password
const std::string token = "M4rk-participant-t0ken";
const std::string web_token = "eyJhbGciOiJIUzI1NiJ9.eyJNNHJrIjoiMSJ9.TTRyay1zaWduYXR1cmU";
const std::string header_secret = "M4rk.api.key";

/// All that can be printed of a failure.
std::string printed(const failure& seen) {
    std::ostringstream out;
    out << seen << '\n'
        << seen.describe() << '\n'
        << seen.message() << '\n'
        << seen.body() << '\n'
        << seen.request_id() << '\n'
        << seen.code() << '\n'
        << seen.code().message() << '\n'
        << api_error(seen).what() << '\n'
        << to_string(seen.delivery());
    return out.str();
}

void check_no_secret(const std::string& text) {
    CAPTURE(text);
    CHECK_FALSE(names(text, mark));
    // The credentials as they are encoded, and the parts of them that begin at any of their groups.
    for (const std::string part : {"dXNlcjpNNHJr", "TTRyay1zaWduYXR1cmU", "eyJNNHJrIjoiMSJ9"})
        CHECK_FALSE(names(text, part));
}

template <class T>
void check_failed(const result<T>& outcome) {
    REQUIRE(outcome.has_error());
    CHECK_FALSE(outcome.error().describe().empty());
    check_no_secret(printed(outcome.error()));
}

client_options secret_options(const loopback_server& server) {
    const auto lines = std::make_shared<logger>(
        log_level::debug, [](log_level, std::string_view line) { check_no_secret(std::string(line)); });
    return options_for(server).credentials("user", password).add_observer(lines);
}

call_options secret_call() { return call_options{}.header("X-Api-Key", header_secret); }

participant_request secret_participant() {
    return participant_request{}.callback_url("https://user:" + password + "@example.com/?token=" + token);
}

std::string in_json(const std::string& text) {
    std::string written;
    for (const char c : text) {
        if (c == '"' || c == '\\')
            written += '\\';
        written += c;
    }
    return written;
}

/// Bodies in which a service gives away what it was given, or what it gives.
std::vector<std::string> telling_bodies() {
    std::vector<std::string> bodies = {
        "Authorization: Basic " + basic,
        "authorization: basic " + basic + " was refused",
        "<html><title>Basic " + basic + "</title></html>",
        "user:" + password + " may not do this",
        "no such password: " + password,
        "credentials " + basic + " (without their scheme)",
        R"({"error":"wrong password )" + in_json(password) + R"("})",
        R"({"error":"refused","headers":{"authorization":"Basic )" + basic + R"("}})",
        R"({"error":"Basic )" + basic + R"("})",
        R"({"message":"{\"authorization\":\"Basic )" + basic + R"(\"}"})",
        R"({"token":")" + token + R"("})",
        R"({"participant":{},"token":")" + token + R"("})",
        R"({"participant":{},"token":")" + web_token + R"("})",
        R"({"participantToken" : ")" + token + R"(","x":1})",
        R"({"deviceToken":")" + web_token + R"("})",
        R"({"access_token":")" + token + R"(","client_secret":")" + token + R"("})",
        R"({"error":"echo: {\"token\": \")" + token + R"(\", \"x\":1}"})",
        R"({"error":"bad callbackUrl https://user:)" + mark + R"(@example.com/"})",
        R"({"error":"bad callbackUrl https://example.com/?a=b&token=)" + token + R"(&c=d"})",
        R"({"error":"bad key )" + header_secret + R"("})",
        "token=" + token,
        "session_token=" + web_token + "; password='" + token + "'",
        R"({"token":")" + token,
        R"({"x":")" + web_token,
        "Bearer " + web_token,
        "Bearer abc\\/" + token,
    };
    // Where the kept part of a body ends, no half of a secret may stay.
    for (const std::string& secret :
         {basic, R"("token":")" + token + '"', web_token, "Basic " + basic, password, header_secret})
        for (std::size_t before = 4096 - secret.size() - 2; before <= 4097; ++before)
            bodies.push_back(std::string(before - 1, '.') + ' ' + secret + std::string(100, '.'));
    return bodies;
}

/// A source whose value is a bearer token.
class bearer final : public credential_source {
public:
    std::string authorization() const override { return "Bearer " + token; }
};

} // namespace

TEST_CASE("J12: no secret is printed, whatever a service echoes, and with whatever status") {
    loopback_server server;
    asio::io_context context;
    client client(context, secret_options(server));
    for (const auto& body : telling_bodies()) {
        for (const int status : {200, 302, 400, 500}) {
            CAPTURE(body.substr(body.size() > 200 ? 4000 : 0));
            CAPTURE(status);
            server.inject(fault{}.respond(status, body, body[0] == '{' ? "application/json" : "text/plain"));
            check_failed(
                wait_for(context, client.try_create_participant(secret_participant(), secret_call())));
        }
    }
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("J12: nor from header fields of a response") {
    scripted_server server;
    const auto head = "X-Request-Id: Basic " + basic + "\r\nLocation: https://user:" + mark +
                      "@example.com/?token=" + token + "\r\nX-Amzn-RequestId: token=" + token + "\r\n";
    script responses;
    for (const int status : {200, 307, 401, 503})
        responses.expect_requests().send(support::http_response(status, "no JSON", head));
    server.add(responses);
    asio::io_context context;
    client client(context, options_for(server).credentials("user", password));
    for (int i = 0; i < 4; ++i)
        check_failed(wait_for(context, client.try_get_session(session_id("s"))));
}

TEST_CASE("J12: nor a bearer token that a response repeats without its scheme") {
    loopback_server server;
    server.inject(fault{}.respond(401, "who is " + token + "?", "text/plain"));
    asio::io_context context;
    client client(context, options_for(server).credentials(std::make_shared<bearer>()));
    const auto seen = wait_for(context, client.try_get_session(session_id("s")));
    check_failed(seen);
    CHECK(seen.error().body() == "who is [redacted]?");
    CHECK(seen.error().message() == "who is [redacted]?");
}

TEST_CASE("J12: nor when what came was no response at all, or none came") {
    asio::io_context context;
    const auto fails_with = [&context](script what, error_code expected,
                                       std::chrono::nanoseconds timeout = 20s) {
        scripted_server server;
        server.otherwise(std::move(what));
        client client(context, options_for(server).credentials("user", password).response_timeout(timeout));
        const auto seen =
            wait_for(context, client.try_create_participant(secret_participant(), secret_call()));
        check_failed(seen);
        CHECK(seen.error().code() == expected);
    };
    const auto echo = "Authorization: Basic " + basic + "\r\n\r\n" + R"({"token":")" + token + "\"}";
    fails_with(script{}.expect_requests().send(echo), errc::protocol_error);
    fails_with(script{}.expect_requests().send("HTTP/1.1 200 " + password + "\r\nX : " + echo),
               errc::protocol_error);
    fails_with(script{}.expect_requests().send("HTTP/1.1 200 OK\r\n" + std::string(20'000, 'x') + echo),
               errc::response_too_large);
    fails_with(script{}.expect_requests().send("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + echo).fin(),
               errc::incomplete_response);
    fails_with(script{}.expect_requests().fin(), errc::connection_lost);
    fails_with(script{}.expect_requests().rst(), errc::connection_lost);
    fails_with(script{}.expect_requests(), errc::response_timeout, 100ms);
    fails_with(script{}.expect_requests().send("HTTP/1.1 200 OK\r\n\r\n" + echo), errc::body_timeout, 500ms);
}

TEST_CASE("J12: nor when the connection could not be made, or the call was not let through") {
    asio::io_context context;
    scripted_server server;
    server.otherwise(script{}.handshake());
    const auto options = options_for(server).credentials("user", password);
    const auto attempt = [&context](const client_options& with) {
        client client(context, with);
        const auto seen = wait_for(
            context, client.try_create_participant(secret_participant(), secret_call().timeout(20s)));
        check_failed(seen);
        return seen.error().code();
    };
    const testing::certificate_authority other("other");
    CHECK(attempt(client_options(options).ca_pem(other.pem())) == errc::tls_untrusted);
    CHECK(attempt(client_options(options).base_url("https://127.0.0.1:1/v1")) == errc::connect_failed);
    CHECK(attempt(client_options(options).base_url("https://no-such-host.invalid/v1")).failed());
    client refusing(context, options);
    for (const char* const name : {"Authorization", "Cookie", "Host"}) {
        const auto theirs = call_options{}.header(name, header_secret);
        check_failed(wait_for(context, refusing.try_get_session(session_id("s"), theirs)));
    }
    client closed(context, options);
    closed.close();
    check_failed(wait_for(context, closed.try_create_participant(secret_participant(), secret_call())));
}

TEST_CASE("J12: nor when an argument or an option is refused for what it holds") {
    loopback_server server;
    asio::io_context context;
    {
        client client(context, secret_options(server));
        const session_id bad_session(mark + "/x");
        const participant_id bad_participant(mark + "\n");
        check_failed(wait_for(context, client.try_get_session(bad_session)));
        check_failed(wait_for(context, client.try_get_participant(bad_participant)));
        check_failed(
            wait_for(context, client.try_create_session(session_request{}.tag(mark + std::string(60, 'x')))));
        check_failed(wait_for(context, client.try_create_session(session_request{}.tag(mark + "\xff"))));
        check_failed(wait_for(
            context, client.try_create_participant(participant_request{}.callback_url(mark + "\xff"))));
        for (const auto& [name, value] :
             std::vector<std::pair<std::string, std::string>>{{"X-Key", mark + "\r\n"},
                                                              {"Bad Name " + mark, "x"},
                                                              {"X-" + mark + "\r\nX: y", mark},
                                                              {"Authorization", "Basic " + basic},
                                                              {"Cookie", mark}}) {
            const auto options = call_options{}.header(name, value);
            check_no_secret(bandwidth::webrtc::detail::call_options_access::refused_header(options));
            check_failed(wait_for(context, client.try_get_session(session_id("s"), options)));
        }
        CHECK(server.stats().connections_accepted == 0);
    }
    const auto refused = [&context](const std::function<client_options()>& options) {
        bool thrown = false;
        try {
            const client client(context, options());
        } catch (const api_error& error) {
            thrown = true;
            check_no_secret(error.what());
            check_no_secret(printed(error.failure()));
        }
        CHECK(thrown);
    };
    const auto good = secret_options(server);
    refused([&] { return client_options(good).base_url("https://user:" + mark + "@localhost/v1"); });
    refused([&] { return client_options(good).base_url("https://localhost/v1?token=" + mark); });
    refused([&] { return client_options(good).base_url("https://localhost:" + mark + "/"); });
    refused([&] { return client_options(good).base_url("https://local host/" + mark); });
    refused([&] { return client_options(good).base_url(mark); });
    refused([&] { return client_options(good).account(mark + "/"); });
    refused([&] { return client_options(good).credentials("user", mark + "\n"); });
    refused([&] { return client_options(good).credentials("us:er" + mark, mark); });
    refused([&] { return client_options(good).credentials("", mark); });
    refused([&] { return client_options(good).user_agent(mark + "\n"); });
    refused([&] {
        return client_options(good).ca_pem("-----BEGIN CERTIFICATE-----\n" + mark +
                                           "\n-----END CERTIFICATE-----\n");
    });
    refused([&] { return client_options(good).ca_pem("").ca_file("/nowhere/" + mark + ".pem"); });
}

TEST_CASE("J12: a participant token is printed as redacted") {
    std::ostringstream out;
    out << participant_token(token) << participant_token(web_token);
    CHECK(out.str() == "[redacted][redacted]");
}

TEST_CASE("J11: a redirect is a failure that says so, nobody follows it, no credentials go elsewhere") {
    scripted_server elsewhere;
    elsewhere.otherwise(script{}.expect_requests().send(support::session_response("stolen")));
    const auto there = std::to_string(elsewhere.port());
    for (const std::string& target :
         {"https://localhost:" + there + "/v1/", "http://localhost:" + there + "/",
          "//127.0.0.1:" + there + "/", std::string("/v1/elsewhere"),
          std::string("https://user:" + mark + "@example.com/"), std::string()}) {
        for (const int status : {300, 301, 302, 303, 304, 305, 307, 308}) {
            CAPTURE(target);
            CAPTURE(status);
            loopback_server server;
            server.inject(fault{}.times(2).respond(status, "", "text/plain").header("Location", target));
            asio::io_context context;
            client client(context, secret_options(server));
            const auto read = wait_for(context, client.try_get_session(session_id("s")));
            const auto made = wait_for(context, client.try_create_participant(secret_participant()));
            for (const auto& seen : {read.error(), made.error()}) {
                CHECK(seen.code() == make_http_error(status));
                CHECK(seen.http_status() == status);
                CHECK(seen.delivery() == delivery::answered);
                CHECK(seen.attempts() == 1);
                CHECK(names(seen.describe(), "HTTP " + std::to_string(status)));
                CHECK(names(seen.describe(), "redirect"));
                check_no_secret(printed(seen));
            }
            CHECK(server.stats().connections_accepted == 1);
        }
    }
    CHECK(elsewhere.connections() == 0);
}
