#include <doctest/doctest.h>

#include <sstream>

#include "brtc/trial.hpp"
#include "support/text.hpp"

// What a caller learns of a response of BRTC that is no success.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::wait_for;
using namespace std::chrono_literals;

namespace {

failure failed_with(const std::string& response) {
    test::scripted_server server;
    server.add(test::responding({response}));
    asio::io_context context;
    brtc::client client(context, test::options_for(server));
    const auto outcome = wait_for(context, client.try_get_endpoint(endpoint_id("e")));
    REQUIRE(outcome.has_error());
    return outcome.error();
}

failure failed_with(int status, const std::string& body) {
    return failed_with(support::http_response(status, body));
}

const std::string an_error_id = "59512d87-7a92-4040-8e4a-78fb772019b9";

struct documented {
    int status;
    const char* type;
    const char* description;
    const char* source;
    service_error expected_source;
};

// The examples of the OpenAPI description.
const documented examples[] = {
    {400, "invalid_parameter", "accountId must not contain any characters other than numbers.",
     R"({"parameter":"accountId"})", service_error().parameter("accountId")},
    {401, "unauthorized", "The provided credentials are not authorized to access this resource.",
     R"({"header":"Authorization"})", service_error().header("Authorization")},
    {403, "forbidden", "The provided credentials are not authorized to access this resource.",
     R"({"header":"Authorization"})", service_error().header("Authorization")},
    {404, "resource_not_found", "The requested resource was not found.",
     R"({"reference":"e-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85"})",
     service_error().reference("e-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85")},
    {405, "method_not_allowed", "The requested method is not allowed on this resource.",
     R"({"parameter":"accountId"})", service_error().parameter("accountId")},
    {415, "unsupported_media_type", "The provided media type is not supported.",
     R"({"header":"Content-Type"})", service_error().header("Content-Type")},
    {500, "service_unavailable", "The service is currently unavailable.", "", service_error()},
};

/// How many requests a call with three attempts makes when it gets such a response first, and then a success.
std::size_t requests_after(const std::string& response) {
    test::scripted_server server;
    server.add(test::responding({response, test::endpoint_response("e")}));
    asio::io_context context;
    brtc::client client(context, test::options_for(server).retry(
                                     retry_policy().attempts(3).backoff(1ms, 1ms).throttled_backoff(1ms)));
    static_cast<void>(wait_for(context, client.try_get_endpoint(endpoint_id("e"))));
    return test::requests_of(server).size();
}

} // namespace

TEST_CASE("each documented error of BRTC is typed") {
    for (const auto& example : examples) {
        const auto status = example.status;
        CAPTURE(status);
        auto body = R"({"id":")" + an_error_id + R"(","type":")" + example.type + R"(","description":")" +
                    example.description + R"(","code":")" + std::to_string(status) + '"';
        if (*example.source)
            body.append(R"(,"source":)").append(example.source);
        const auto seen = failed_with(status, test::error_envelope(body + "}"));
        CHECK(seen.code() == make_http_error(status));
        CHECK(seen.message() == example.description);
        CHECK(seen.service_code() == std::to_string(status));
        REQUIRE(seen.service_errors().size() == 1);
        auto expected = example.expected_source;
        expected.id(an_error_id)
            .type(example.type)
            .description(example.description)
            .code(std::to_string(status));
        CHECK(seen.service_errors()[0] == expected);
        CHECK(api_error(seen).failure().service_errors()[0].type() == example.type);
        CHECK_FALSE(brtc::is_too_many_endpoints(seen));
    }
}

TEST_CASE("too many endpoints is a 429 that is told apart from a rate limit") {
    const auto seen = failed_with(support::http_response(429, test::too_many, "Retry-After: 900\r\n"));
    CHECK(brtc::is_too_many_endpoints(seen));
    CHECK(seen.code() == make_http_error(429));
    CHECK(seen.code() == condition::throttled);
    CHECK(seen.retry_after() == 900s);
    CHECK(support::names(seen.message(), "Too many endpoints."));
    CHECK(seen.service_code().empty());
    REQUIRE(seen.service_errors().size() == 1);
    CHECK(seen.service_errors()[0].type() == "too_many_endpoints");
    CHECK_FALSE(brtc::is_too_many_endpoints(
        failed_with(429, test::error_envelope(R"({"type":"too_many_requests","description":"slower"})"))));
    CHECK_FALSE(brtc::is_too_many_endpoints(failed_with(429, "")));
    CHECK_FALSE(brtc::is_too_many_endpoints(failed_with(400, test::too_many)));
    CHECK_FALSE(brtc::is_too_many_endpoints(failure()));
}

TEST_CASE("a rate limit is tried again, and too many endpoints is not") {
    CHECK(requests_after(support::http_response(429, test::too_many)) == 1);
    CHECK(requests_after(support::http_response(429, test::too_many, "Retry-After: 0\r\n")) == 1);
    CHECK(requests_after(support::http_response(429, test::error_envelope(R"({"type":"slower"})"))) == 2);
    CHECK(requests_after(support::http_response(429, "")) == 2);
    CHECK(requests_after(support::http_response(503, test::too_many)) == 2);
    CHECK(requests_after(support::http_response(500, test::error_envelope(""))) == 2);
}

TEST_CASE("several errors are all told, and the first one is the message") {
    const auto seen = failed_with(
        400, test::error_envelope(R"({"type":"a","description":"first","code":"1","source":{"field":"tag"}},)"
                                  R"({"type":"b","description":"second","code":2})"));
    CHECK(seen.message() == "first");
    CHECK(seen.service_code() == "1");
    REQUIRE(seen.service_errors().size() == 2);
    CHECK(seen.service_errors()[0].field() == "tag");
    CHECK(seen.service_errors()[1].description() == "second");
    CHECK(seen.service_errors()[1].code() == "2");
}

TEST_CASE("a success without data is bad_json that says so, with the errors that it lists") {
    const auto with_errors =
        failed_with(200, R"({"links":[],"data":null,"errors":[{"type":"odd","code":"7"}]})");
    CHECK(with_errors.code() == errc::bad_json);
    CHECK(with_errors.http_status() == 200);
    CHECK(with_errors.message() == "endpoint: errors in place of data");
    REQUIRE(with_errors.service_errors().size() == 1);
    CHECK(with_errors.service_errors()[0].type() == "odd");
    for (const char* const body :
         {R"({"links":[],"data":null,"errors":[]})", R"({"links":[],"errors":[]})", "{}"}) {
        const auto without_data = failed_with(200, body);
        CHECK(without_data.code() == errc::bad_json);
        CHECK(without_data.message() == "endpoint: no data");
        CHECK(without_data.service_errors().empty());
    }
    CHECK(failed_with(200, "").code() == errc::bad_json);
    CHECK(failed_with(204, "").code() == errc::bad_json);
}

TEST_CASE("errors beside data fail no call, so that what was created is not lost") {
    const std::string odd = R"("errors":[{"type":"odd","description":"no callback was made"}])";
    test::scripted_server server;
    server.add(
        test::responding({support::http_response(
                              201, R"({"data":{"endpointId":"e","token":"xxxxx.yyyyy.zzzzz"},)" + odd + "}"),
                          support::http_response(200, R"({"data":{"endpointId":"e"},)" + odd + "}"),
                          support::http_response(200, R"({"data":[{"endpointId":"e"}],)" + odd + "}"),
                          support::http_response(200, R"({"data":[],)" + odd + "}"),
                          support::http_response(200, R"({"data":null,)" + odd + "}")}));
    asio::io_context context;
    brtc::client client(context, test::options_for(server));
    const auto made = wait_for(
        context, client.try_create_endpoint(brtc::endpoint_request(brtc::endpoint_direction::inbound)));
    REQUIRE_MESSAGE(made.has_value(), made.error().describe());
    CHECK(made->endpoint().id() == endpoint_id("e"));
    CHECK(made->token().reveal() == "xxxxx.yyyyy.zzzzz");
    CHECK(wait_for(context, client.try_get_endpoint(endpoint_id("e"))).has_value());
    CHECK(wait_for(context, client.try_list_endpoints()).value().endpoints().size() == 1);
    // Nothing says that there are no endpoints, where the list is empty beside errors.
    for (int i = 0; i < 2; ++i) {
        const auto empty = wait_for(context, client.try_list_endpoints());
        REQUIRE(empty.has_error());
        CHECK(empty.error().code() == errc::bad_json);
        REQUIRE(empty.error().service_errors().size() == 1);
        CHECK(empty.error().service_errors()[0].type() == "odd");
    }
}

TEST_CASE("secrets of BRTC stand in no failure") {
    const std::string jwt = "eyJhbGciOiJIUzI1NiJ9.eyJwIjoiMSJ9.c2VjcmV0LXNpZ25hdHVyZQ";
    const auto check_absent = [](const failure& seen, const std::string& secret) {
        std::ostringstream printed;
        printed << seen << ' ' << seen.message() << ' ' << seen.body() << ' ' << seen.request_id() << ' '
                << seen.service_code() << ' ' << api_error(seen).what();
        for (const auto& one : seen.service_errors())
            printed << one.id() << one.type() << one.description() << one.code() << one.parameter()
                    << one.field() << one.header() << one.reference();
        CHECK_FALSE(support::names(printed.str(), secret));
    };
    // The token of an endpoint, which need not look like one, in a response that is no success after all.
    const std::string token = R"({"data":{"token":"xxxxx.yyyyy.zzzzz"},"errors":)";
    check_absent(failed_with(200, token + R"([{"type":"odd"}]})"), "yyyyy");
    check_absent(failed_with(200, token + R"([}])"), "yyyyy");
    check_absent(failed_with(500, token + R"(["not with the token=xxxxx.yyyyy.zzzzz"]})"), "yyyyy");
    for (const std::string& secret : {jwt, std::string("dXNlcjpzZWNyZXQ=")}) {
        for (const char* const field : {"id", "type", "description", "code"})
            check_absent(failed_with(400, test::error_envelope("{\"" + std::string(field) + "\":\"not " +
                                                               secret + "\"}")),
                         secret);
        for (const char* const field : {"parameter", "field", "header", "reference"})
            check_absent(failed_with(400, test::error_envelope("{\"source\":{\"" + std::string(field) +
                                                               "\":\"not " + secret + "\"}}")),
                         secret);
    }
    std::ostringstream printed;
    printed << brtc::endpoint_token(jwt);
    CHECK(printed.str() == "[redacted]");
}
