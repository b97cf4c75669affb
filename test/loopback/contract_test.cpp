#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <bandwidth/webrtc/testing/loopback_server.hpp>

#include "loopback/http_fixture.hpp"
#include "loopback/service_fixture.hpp"
#include "support/raw_tls_client.hpp"

// What Bandwidth's OpenAPI description (version 2.0.0) says about requests, member by member.

using bandwidth::webrtc::testing::loopback_options;
using bandwidth::webrtc::testing::loopback_server;
using loopback_test::caller;
using loopback_test::request;
using support::raw_tls_client;
namespace json = boost::json;

TEST_CASE("a body of JSON null is no body") { // as one of Bandwidth's own SDKs sends it
    caller api;
    const auto session = api.create_session("null");
    const auto id = api.create_participant(" null\r\n");
    const auto member = "/sessions/" + session + "/participants/" + id;
    CHECK(api.call("PUT", member, "null").status == 204);
    CHECK(api.get("/participants/" + id).at("sessions") == json::value({session}));
    CHECK(api.call("PUT", member + "/subscriptions", R"({"sessionId":"s"})").status == 204);
    CHECK(api.call("PUT", member + "/subscriptions", "null").status == 204);
    CHECK(api.get(member + "/subscriptions") == json::object());
}

TEST_CASE("the members of a session request are strings, and none of them may be null") {
    caller api;
    for (const auto* member : {"id", "tag"}) {
        for (const auto* value : {"null", "1", "true", "[]", "{}"}) {
            const auto body = R"({")" + std::string(member) + "\":" + value + "}";
            CAPTURE(body);
            CHECK(caller::is_error(api.call("POST", "/sessions", body), 400));
        }
    }
    CHECK(api.call("POST", "/sessions", R"({"id":"chosen","tag":"","unknown":null})").status == 200);
    CHECK(api.served().session_count() == 1);
}

TEST_CASE("of the members of a participant request, callbackUrl alone may be null") {
    caller api;
    struct member {
        const char* name;
        std::vector<const char*> wrong;
    };
    const std::vector<member> members = {
        {"callbackUrl", {"1", "true", "[]", "{}"}},
        {"publishPermissions", {"null", "1", "\"AUDIO\"", "{}", "[null]", "[1]"}},
        {"tag", {"null", "1", "true", "[]", "{}"}},
        {"deviceApiVersion", {"null", "3", "true", "[]", "{}"}},
    };
    for (const auto& [name, wrong] : members) {
        for (const auto* value : wrong) {
            const auto body = R"({")" + std::string(name) + "\":" + value + "}";
            CAPTURE(body);
            CHECK(caller::is_error(api.call("POST", "/participants", body), 400));
        }
    }
    CHECK(api.served().participant_count() == 0);
    const auto made = api.create_participant(R"({"callbackUrl":null,"unknown":null})");
    CHECK(api.get("/participants/" + made).at("callbackUrl").is_null());
}

TEST_CASE("of the members of subscriptions, participants alone may be null") {
    // The text on participants says "if present and not empty or null".
    caller api;
    const auto session = api.create_session();
    const auto id = api.create_participant();
    const auto path = "/sessions/" + session + "/participants/" + id;
    for (const auto* body :
         {R"({"sessionId":null})", R"({"sessionId":1})", R"({"participants":1})", R"({"participants":{}})",
          R"({"participants":[null]})", R"({"participants":[{"participantId":null}]})",
          R"({"participants":[{"participantId":1}]})",
          R"({"participants":[{"participantId":"p","streamAliases":null}]})",
          R"({"participants":[{"participantId":"p","streamAliases":[null]}]})",
          R"({"participants":[{"participantId":"p","streamAliases":[1]}]})"}) {
        CAPTURE(body);
        CHECK(caller::is_error(api.call("PUT", path, body), 400));
        CHECK(caller::is_error(api.call("PUT", path + "/subscriptions", body), 400));
    }
    CHECK(api.get("/participants/" + id).at("sessions") == json::array());
    CHECK(api.call("PUT", path, R"({"sessionId":"s","participants":null})").status == 204);
    CHECK(api.get(path + "/subscriptions") == json::parse(R"({"sessionId":"s"})"));
}

TEST_CASE("V3 is the one device API version, in capitals") {
    caller api;
    const auto id = api.create_participant(R"({"deviceApiVersion":"V3"})");
    CHECK(api.get("/participants/" + id).at("deviceApiVersion") == "V3");
    for (const auto* version : {"v3", "V2", "v2", "V4", ""}) {
        CAPTURE(version);
        const auto body = R"({"deviceApiVersion":")" + std::string(version) + "\"}";
        CHECK(caller::is_error(api.call("POST", "/participants", body), 400));
    }
    CHECK(api.served().participant_count() == 1);
}

TEST_CASE("a service of before 2022 takes older device API versions, and lower case") {
    caller api(loopback_options{}.older_device_api_versions(true));
    for (const auto* version : {"v3", "V3", "V2", "v2"}) {
        CAPTURE(version);
        const auto id = api.create_participant(R"({"deviceApiVersion":")" + std::string(version) + "\"}");
        const auto kept = api.get("/participants/" + id).at("deviceApiVersion");
        CHECK(kept == (version[1] == '2' ? "V2" : "V3"));
    }
    CHECK(caller::is_error(api.call("POST", "/participants", R"({"deviceApiVersion":"V4"})"), 400));
}

TEST_CASE("a body of another type than JSON is 415") {
    // Bandwidth's description has application/json for every body and no response for any other type. 415
    // with this body is what AWS API Gateway says by itself, in front of which the service stands: its
    // "Missing Authentication Token" and its request ids are documented.
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    const auto post = [&client](const std::string& fields) {
        return client.exchange(request("POST", "/sessions", R"({"tag":"t"})", fields));
    };
    for (const auto* type : {"text/plain", "application/x-www-form-urlencoded", "application/xml",
                             "application/jsonp", "application/json5; charset=utf-8", "json"}) {
        CAPTURE(type);
        const auto refused = post("Content-Type: " + std::string(type) + "\r\n");
        CHECK(refused.result_int() == 415);
        CHECK(refused.body() == R"({"message":"Unsupported Media Type"})");
    }
    CHECK(server.session_count() == 0);
    for (const auto* type :
         {"application/json", "application/json; charset=utf-8", "application/json;charset=utf-8",
          "application/json ; charset=utf-8", "Application/JSON"}) {
        CAPTURE(type);
        CHECK(post("Content-Type: " + std::string(type) + "\r\n").result_int() == 200);
    }
    CHECK(post({}).result_int() == 200); // API Gateway takes application/json for granted
    CHECK(server.session_count() == 6);
}

TEST_CASE("the type of a body is looked at behind credentials and account, and before the ids") {
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    const std::string xml = "Content-Type: application/xml\r\n";
    CHECK(client.exchange(request("PUT", "/sessions/x/participants/y", "<a/>", xml)).result_int() == 415);
    CHECK(client.exchange(request("PUT", "/sessions/x/participants/y/subscriptions", "<a/>", xml))
              .result_int() == 415);
    CHECK(client.exchange(request("POST", "/nowhere", "<a/>", xml)).result_int() == 403);
    CHECK(client.exchange("POST /v1/accounts/9900000/sessions HTTP/1.1\r\nHost: h\r\n" + xml + "\r\n")
              .result_int() == 401);
    // Operations that take no body do not look at one: RFC 9110 section 9.3.1.
    CHECK(client.exchange(request("GET", "/sessions/x", {}, xml)).result_int() == 404);
    CHECK(client.exchange(request("DELETE", "/sessions/x", {}, xml)).result_int() == 404);
}
