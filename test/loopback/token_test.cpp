#include <chrono>
#include <string>

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <bandwidth/webrtc/testing/loopback_server.hpp>

#include "core/base64.hpp"
#include "loopback/http_fixture.hpp"
#include "loopback/service_fixture.hpp"
#include "support/raw_tls_client.hpp"

using namespace bandwidth::webrtc::testing;
using namespace std::chrono_literals;
using loopback_test::caller;
using support::raw_tls_client;
namespace json = boost::json;

namespace {

std::string basic(const std::string& id, const std::string& secret) {
    return "Basic " + bandwidth::webrtc::detail::encode_base64(id + ":" + secret);
}

http_response ask_for_token(caller& api, const std::string& authorization,
                            const std::string& body = "grant_type=client_credentials",
                            const std::string& content_type = "application/x-www-form-urlencoded") {
    http_request request;
    request.method = "POST";
    request.target = "/api/v1/oauth2/token";
    request.authorization = authorization;
    request.content_type = content_type;
    request.body = body;
    return api.send(request);
}

std::string new_token(caller& api) {
    const auto response = ask_for_token(api, basic("client", "client-secret"));
    REQUIRE(response.status == 200);
    return caller::text(json::parse(response.body).at("access_token"));
}

int status_with(caller& api, const std::string& token, const std::string& scheme = "Bearer ") {
    return api.send("POST", "/v1/accounts/9900000/sessions", "", scheme + token).status;
}

/// Whether a response is this error of RFC 6749 section 5.2.
bool is_token_error(const http_response& response, int status, const char* error) {
    const auto body = json::parse(response.body).as_object();
    return response.status == status && body.size() == 2 && body.at("error") == error &&
           !body.at("error_description").as_string().empty() &&
           response.extra_headers.find("Cache-Control: no-store\r\n") != std::string::npos;
}

} // namespace

TEST_CASE("a client gets a token, with which it may do what user and password may") {
    caller api;
    const auto response = ask_for_token(api, basic("client", "client-secret"));
    CHECK(response.status == 200);
    CHECK(response.content_type == "application/json");
    CHECK(response.extra_headers == "Cache-Control: no-store\r\n");
    const auto body = json::parse(response.body).as_object();
    CHECK(body.size() == 3);
    CHECK(body.at("token_type") == "Bearer");
    CHECK(body.at("expires_in") == 3600);
    const auto token = caller::text(body.at("access_token"));
    CHECK(std::count(token.begin(), token.end(), '.') == 2);
    CHECK(new_token(api) != token);

    CHECK(status_with(api, token) == 200);
    CHECK(status_with(api, token, "bearer ") == 200); // RFC 9110 section 11.1
    CHECK(status_with(api, token + "x") == 401);
    CHECK(status_with(api, token, "Basic ") == 401);
    CHECK(status_with(api, "") == 401);
    CHECK(api.send("POST", "/v1/accounts/1/sessions", "", "Bearer " + token).status == 401);
    CHECK(api.call("POST", "/sessions").status == 200); // Basic still is as good
    CHECK(api.served().tokens_issued() == 2);
    CHECK(api.served().tokens_refused() == 0);
}

TEST_CASE("id and secret may be in the body, and may be encoded as forms are") {
    caller api(loopback_options{}.client_credentials("the client", "s+%:\xc3\xbc"));
    const std::string grant = "grant_type=client_credentials";
    const std::string encoded = "client_id=the+client&client_secret=s%2B%25%3A%c3%bc";
    CHECK(ask_for_token(api, "", grant + "&" + encoded).status == 200);
    CHECK(ask_for_token(api, "", encoded + "&&" + grant + "&scope=a",
                        "Application/X-WWW-form-urlencoded; charset=utf-8")
              .status == 200);
    CHECK(ask_for_token(api, basic("the client", "s+%:\xc3\xbc")).status == 200); // as Bandwidth's SDKs do it
    CHECK(ask_for_token(api, basic("the+client", "s%2B%25%3A%c3%bc")).status ==
          200); // RFC 6749 section 2.3.1
    CHECK(ask_for_token(api, basic("the client", "s+%:\xc3\xbc"), grant + "&client_id=the+client").status ==
          200);
}

TEST_CASE("what is wrong with a request for a token is told as RFC 6749 has it") {
    caller api;
    const auto good = basic("client", "client-secret");
    const std::string grant = "grant_type=client_credentials";
    for (const auto& wrong :
         {std::string(), basic("client", "other"), basic("other", "client-secret"), basic("client", ""),
          std::string("Basic"), std::string("Basic Y2xpZW50"), good + "!", "Bearer " + new_token(api)}) {
        CAPTURE(wrong);
        CHECK(is_token_error(ask_for_token(api, wrong), 401, "invalid_client"));
    }
    CHECK(is_token_error(ask_for_token(api, "", grant + "&client_id=client"), 401, "invalid_client"));
    CHECK(is_token_error(ask_for_token(api, "", grant + "&client_id=client&client_secret=x"), 401,
                         "invalid_client"));
    CHECK(is_token_error(ask_for_token(api, good, ""), 400, "invalid_request"));
    CHECK(is_token_error(ask_for_token(api, good, "grant_type"), 400, "unsupported_grant_type"));
    CHECK(is_token_error(ask_for_token(api, good, "grant_type=password"), 400, "unsupported_grant_type"));
    CHECK(is_token_error(ask_for_token(api, good, grant + "&" + grant), 400, "invalid_request"));
    CHECK(is_token_error(ask_for_token(api, good, grant + "&x=%zz"), 400, "invalid_request"));
    CHECK(is_token_error(ask_for_token(api, good, grant + "&client_id=client&client_secret=client-secret"),
                         400, "invalid_request"));
    CHECK(
        is_token_error(ask_for_token(api, good, R"({"grant_type":"client_credentials"})", "application/json"),
                       415, "invalid_request"));
    CHECK(is_token_error(ask_for_token(api, good, grant, ""), 415, "invalid_request"));
    const auto got = api.send("GET", "/api/v1/oauth2/token?" + grant, "", good);
    CHECK(is_token_error(got, 405, "invalid_request"));
    CHECK(got.extra_headers.find("Allow: POST\r\n") != std::string::npos);
    CHECK(api.send("POST", "/api/v1/oauth2/token/", "", good).status == 403); // an unknown path
    CHECK(api.served().tokens_issued() == 1);
    CHECK(api.served().tokens_refused() == 19);
}

TEST_CASE("a token ends with its time by the emulation's clock, or when it is revoked") {
    caller api(loopback_options{}.token_lifetime(60s));
    const auto first = new_token(api);
    api.served().advance(50s);
    const auto second = new_token(api);
    CHECK(status_with(api, first) == 200);
    api.served().advance(11s);
    CHECK(status_with(api, first) == 401);
    CHECK(status_with(api, second) == 200);
    const auto third = new_token(api);
    api.served().tokens().revoke_all();
    CHECK(status_with(api, second) == 401);
    CHECK(status_with(api, third) == 401);
    CHECK(status_with(api, new_token(api)) == 200);
    CHECK_THROWS_AS(loopback_options{}.token_lifetime(0s), std::invalid_argument);
}

TEST_CASE("two secrets are valid while they are changed, and tokens outlive their secret") {
    loopback_server server(loopback_options{}.client_credentials("id", "old", "new"));
    raw_tls_client client(server.port(), server.ca_pem());
    const auto ask = [&client](const std::string& secret) {
        const std::string body = "grant_type=client_credentials";
        return client.exchange(
            "POST /api/v1/oauth2/token HTTP/1.1\r\nHost: h\r\nAuthorization: " + basic("id", secret) +
            "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body);
    };
    CHECK(server.token_url() ==
          "https://localhost:" + std::to_string(server.port()) + "/api/v1/oauth2/token");
    CHECK(server.client_id() == "id");
    CHECK(server.client_secret() == "old");
    const auto issued = ask("old");
    CHECK(issued.result_int() == 200);
    CHECK(issued[support::http::field::cache_control] == "no-store");
    CHECK(ask("new").result_int() == 200);
    server.set_client_secrets("new");
    CHECK(server.client_secret() == "new");
    CHECK(ask("new").result_int() == 200);
    const auto refused = ask("old");
    CHECK(refused.result_int() == 401);
    CHECK(refused[support::http::field::www_authenticate].starts_with("Basic "));
    server.set_client_secrets("newer", "new");
    CHECK(ask("new").result_int() == 200);
    CHECK(ask("newer").result_int() == 200);

    const auto token = caller::text(json::parse(issued.body()).at("access_token"));
    const auto ask_service =
        "GET /v1/accounts/9900000/sessions/x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + token +
        "\r\n\r\n";
    CHECK(client.exchange(ask_service).result_int() == 404);
    server.inject(fault{}.on("GET").respond(401)); // on demand
    CHECK(client.exchange(ask_service).result_int() == 401);
    CHECK(client.exchange(ask_service).result_int() == 404);
    server.advance(1h);
    CHECK(client.exchange(ask_service).result_int() == 401);
    CHECK(server.stats().tokens_issued == 5);
    CHECK(server.stats().tokens_refused == 1);
    const auto again = ask("new");
    server.revoke_tokens();
    CHECK(client
              .exchange("GET /v1/accounts/9900000/sessions/x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " +
                        caller::text(json::parse(again.body()).at("access_token")) + "\r\n\r\n")
              .result_int() == 401);

    // Faults meet the token endpoint as any other target, with the bodies of RFC 6749.
    server.inject(fault{}.on("POST", "/oauth2/token").respond(401));
    const auto failed = ask("new");
    CHECK(failed.result_int() == 401);
    CHECK(json::parse(failed.body()).at("error") == "invalid_client");
    server.inject(fault{}.on("POST", "/oauth2/token").respond(503));
    CHECK(ask("new").result_int() == 503);
    CHECK(server.stats().tokens_refused == 1);
}
