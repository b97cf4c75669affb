#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <bandwidth/webrtc/testing/loopback_server.hpp>

#include "core/timestamp.hpp"
#include "loopback/brtc_fixture.hpp"
#include "loopback/brtc_json.hpp"
#include "loopback/http_fixture.hpp"
#include "support/raw_tls_client.hpp"

using namespace bandwidth::webrtc::testing;
using namespace std::chrono_literals;
using loopback_test::bidirectional;
using loopback_test::brtc_caller;
using loopback_test::caller;
using support::raw_tls_client;
namespace json = boost::json;

namespace {

/// "e-", eight digits, and a UUID.
bool is_brtc_id(const std::string& text, char kind) {
    return text.size() == 47 && text[0] == kind && text[1] == '-' && text[10] == '-' &&
           std::count(text.begin(), text.end(), '-') == 6 &&
           text.find_first_not_of("0123456789abcdef-", 1) == std::string::npos;
}

bandwidth::webrtc::detail::timestamp time_in(const json::value& text) {
    const auto read = bandwidth::webrtc::detail::parse_iso8601(caller::text(text));
    REQUIRE(read.has_value());
    return *read;
}

std::vector<std::string> ids_in(const json::value& list) {
    std::vector<std::string> ids;
    for (const auto& endpoint : list.at("data").as_array())
        ids.push_back(caller::text(endpoint.at("endpointId")));
    return ids;
}

/// What stands behind "/endpoints" in the link of this relation; empty when there is none.
std::string link_in(const json::value& envelope, const char* relation) {
    for (const auto& link : envelope.at("links").as_array()) {
        if (link.at("rel") == relation) {
            CHECK(link.at("method") == "GET");
            const auto href = caller::text(link.at("href"));
            const std::string start = "https://localhost/v2/accounts/9900000/endpoints";
            REQUIRE(href.starts_with(start));
            return href.substr(start.size());
        }
    }
    return {};
}

const json::object of_header = {{"header", "Authorization"}};

json::object of(const char* kind, const char* name) { return {{kind, name}}; }

} // namespace

TEST_CASE("an endpoint is created with 201 and a token, read, and deleted with 204") {
    brtc_caller api;
    const auto created =
        api.ask("POST", "",
                R"({"type":"WEBRTC","direction":"INBOUND","tag":"{\"a\": 1}","unknown":null,)"
                R"("eventCallbackUrl":"https://example.com/a","connectionMetadata":{}})",
                "application/json; charset=utf-8");
    CHECK(created.status == 201);
    CHECK(created.content_type == "application/json");
    const auto envelope = json::parse(created.body).as_object();
    CHECK(envelope.size() == 3);
    CHECK(envelope.at("errors") == json::array());
    auto data = envelope.at("data").as_object();
    CHECK(data.size() == 8);
    const auto id = caller::text(data.at("endpointId"));
    CHECK(is_brtc_id(id, 'e'));
    CHECK(link_in(json::value(envelope), "endpoint") == "/" + id);
    CHECK(data.at("type") == "WEBRTC");
    CHECK(data.at("status") == "DISCONNECTED");
    CHECK(data.at("devices") == json::array());
    CHECK(data.at("tag") == "{\"a\": 1}");
    CHECK(time_in(data.at("expirationTimestamp")) - time_in(data.at("creationTimestamp")) == 24h);
    CHECK(std::chrono::abs(time_in(data.at("creationTimestamp")) - std::chrono::system_clock::now()) < 10s);
    const auto token = caller::text(data.at("token"));
    CHECK(std::count(token.begin(), token.end(), '.') == 2);

    const auto read = api.read("/" + id);
    CHECK(link_in(read, "self") == "/" + id);
    data.erase("token"); // which is told once only
    CHECK(read.at("data") == json::value(data));
    CHECK(read.at("errors") == json::array());

    const auto deleted = api.ask("DELETE", "/" + id);
    CHECK(deleted.status == 204);
    CHECK(deleted.body.empty());
    const auto gone = of("reference", id.c_str());
    CHECK(brtc_caller::is_error(api.ask("GET", "/" + id), 404, "resource_not_found", gone));
    CHECK(brtc_caller::is_error(api.ask("DELETE", "/" + id), 404, "resource_not_found", gone));
    CHECK(brtc_caller::is_error(api.ask("PUT", "/" + id + "/bxml", "<a/>"), 404, "resource_not_found", gone));
    CHECK(api.served().brtc().endpoint_count() == 0);
}

TEST_CASE("what is wrong with a new endpoint is 400 and names the field") {
    brtc_caller api;
    const auto field = [](const char* name) { return of("field", name); };
    const std::string start = R"({"type":"WEBRTC","direction":"OUTBOUND",)";
    for (const auto* body : {"", "{", "null", "[]", "\"x\""})
        CHECK(brtc_caller::is_error(api.ask("POST", "", body), 400, "invalid_parameter"));
    for (const auto* value : {"null", "1", "\"SIP\"", "\"webrtc\"", "[]"}) {
        CAPTURE(value);
        const auto body = R"({"direction":"INBOUND","type":)" + std::string(value) + "}";
        CHECK(brtc_caller::is_error(api.ask("POST", "", body), 400, "invalid_parameter", field("type")));
    }
    CHECK(brtc_caller::is_error(api.ask("POST", "", "{}"), 400, "invalid_parameter", field("type")));
    CHECK(brtc_caller::is_error(api.ask("POST", "", R"({"type":"WEBRTC"})"), 400, "invalid_parameter",
                                field("direction")));
    CHECK(brtc_caller::is_error(api.ask("POST", "", R"({"type":"WEBRTC","direction":"BOTH"})"), 400,
                                "invalid_parameter", field("direction")));
    for (const auto* name : {"eventCallbackUrl", "eventFallbackUrl"}) {
        for (const auto* value :
             {"null", "1", "\"\"", "\"/path\"", "\"ftp://a/b\"", "\"http://\"", "\"x y\""}) {
            CAPTURE(name);
            CAPTURE(value);
            const auto body = start + "\"" + name + "\":" + value + "}";
            CHECK(brtc_caller::is_error(api.ask("POST", "", body), 400, "invalid_parameter", field(name)));
        }
    }
    const auto tagged = [&](const std::string& tag) { return start + R"("tag":")" + tag + "\"}"; };
    CHECK(brtc_caller::is_error(api.ask("POST", "", tagged(std::string(1025, 'x'))), 400, "invalid_parameter",
                                field("tag")));
    CHECK(brtc_caller::is_error(api.ask("POST", "", start + R"("tag":null})"), 400, "invalid_parameter",
                                field("tag")));
    CHECK(brtc_caller::is_error(api.ask("POST", "", start + R"("connectionMetadata":1})"), 400,
                                "invalid_parameter", field("connectionMetadata")));
    CHECK(api.served().brtc().endpoint_count() == 0);
    std::string umlauts;
    for (int i = 0; i < 1024; ++i)
        umlauts += "\xc3\xbc";
    CHECK(api.ask("POST", "", tagged(umlauts)).status == 201);
}

TEST_CASE("credentials, account, path, method and type are checked in this order") {
    brtc_caller api;
    const std::string good = "Basic dXNlcjpzZWNyZXQ=";
    const std::string account = "/v2/accounts/9900000";
    for (const auto& target :
         {account + "/endpoints", account + "/nowhere", std::string("/v2/accounts/1/endpoints"),
          std::string("/v2/"), std::string("/v2/accounts")})
        for (const auto* wrong : {"", "Basic dXNlcjpTZWNyZXQ=", "Bearer x"})
            CHECK(brtc_caller::is_error(api.send("GET", target, "", wrong), 401, "unauthorized", of_header));
    for (const auto* path : {"", "/", "/endpoints/", "/endpoints/e/", "/endpoints/e/xml",
                             "/endpoints/e/bxml/x", "/sessions", "/endpoints//bxml"}) {
        const auto target = account + path;
        CAPTURE(target);
        CHECK(brtc_caller::is_error(api.send("PATCH", target, "", good), 404, "resource_not_found",
                                    of("reference", target.c_str())));
    }
    CHECK(
        brtc_caller::is_error(api.send("GET", account + "/endpoints/%", "", good), 400, "invalid_parameter"));
    CHECK(brtc_caller::is_error(api.ask("GET", "/%FF"), 400, "invalid_parameter"));
    CHECK(brtc_caller::is_error(api.send("PATCH", "/v2/accounts/9900001/endpoints", "", good), 403,
                                "forbidden", of_header));
    CHECK(brtc_caller::is_error(api.send("GET", "/v2/accounts/99x/endpoints", "", good), 400,
                                "invalid_parameter", of("parameter", "accountId")));
    struct wrong_method {
        const char* path;
        const char* method;
        const char* allowed;
    };
    for (const auto& [each_path, each_method, allowed] :
         {wrong_method{"", "PUT", "GET, POST"}, wrong_method{"", "DELETE", "GET, POST"},
          wrong_method{"/e", "POST", "DELETE, GET"}, wrong_method{"/e", "HEAD", "DELETE, GET"},
          wrong_method{"/e/bxml", "GET", "PUT"}, wrong_method{"/e/bxml", "POST", "PUT"}}) {
        const auto& path = each_path;
        const auto& method = each_method;
        CAPTURE(path);
        CAPTURE(method);
        const auto response = api.ask(method, path, "x", "text/plain");
        CHECK(brtc_caller::is_error(response, 405, "method_not_allowed"));
        CHECK(response.extra_headers == "Allow: " + std::string(allowed) + "\r\n");
    }
    const auto of_type = of("header", "Content-Type");
    CHECK(brtc_caller::is_error(api.ask("POST", "", "x", "application/xml"), 415, "unsupported_media_type",
                                of_type));
    CHECK(brtc_caller::is_error(api.ask("PUT", "/e/bxml", "x", "application/json"), 415,
                                "unsupported_media_type", of_type));
    CHECK(brtc_caller::is_error(api.ask("PUT", "/e/bxml", "x", "text/xml"), 415, "unsupported_media_type",
                                of_type));
    CHECK(api.ask("GET", "", "x", "text/plain").status == 200);
}

TEST_CASE("endpoints are listed page by page, in the order of their creation, while others come and go") {
    brtc_caller api;
    CHECK(api.read("").at("data") == json::array());
    std::vector<std::string> made;
    for (int i = 0; i < 7; ++i)
        made.push_back(api.create_endpoint());

    const auto first = api.read("?limit=3");
    CHECK(ids_in(first) == std::vector<std::string>(made.begin(), made.begin() + 3));
    CHECK(first.at("page") ==
          json::value({{"pageSize", 3}, {"totalElements", 7}, {"totalPages", 3}, {"pageNumber", 0}}));
    CHECK(first.at("errors") == json::array());
    CHECK(link_in(first, "self") == "?limit=3");
    const auto& listed = first.at("data").as_array().front().as_object();
    CHECK(listed.size() == 5); // no devices, no token, and here no tag
    CHECK(listed.at("status") == "DISCONNECTED");

    api.ask("DELETE", "/" + made[2]); // the one that the cursor names
    api.ask("DELETE", "/" + made[4]);
    made.push_back(api.create_endpoint());
    const auto next = link_in(first, "next");
    const auto second = api.read(next);
    CHECK(ids_in(second) == std::vector<std::string>{made[3], made[5], made[6]});
    CHECK(second.at("page").at("pageNumber") == 1);
    CHECK(link_in(second, "self") == next);
    const auto third = api.read(link_in(second, "next"));
    CHECK(ids_in(third) == std::vector<std::string>{made[7]});
    CHECK(third.at("page").at("pageNumber") == 2);
    CHECK(link_in(third, "next").empty());

    // Percent-encoded, as a client may send it.
    auto encoded = next;
    for (auto at = encoded.find("==", 20); at != std::string::npos; at = encoded.find("=="))
        encoded.replace(at, 2, "%3D%3D");
    CHECK(ids_in(api.read(encoded)) == ids_in(second));
    CHECK(link_in(api.read("?limit=6"), "next").empty()); // exactly one page
}

TEST_CASE("a list is as long as its limit, 100 without one, and 1000 at most") {
    brtc_caller api;
    for (int i = 0; i < 1001; ++i)
        api.create_endpoint();
    CHECK(ids_in(api.read("")).size() == 100);
    CHECK(api.read("").at("page").at("pageSize") == 100);
    CHECK(ids_in(api.read("?limit=1")).size() == 1);
    const auto all = api.read("?limit=1000&whatever=x");
    CHECK(ids_in(all).size() == 1000);
    CHECK(ids_in(api.read(link_in(all, "next"))).size() == 1);
    for (const auto* query : {"limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "limit=1.5",
                              "limit=+1", "limit=99999999999999999999"}) {
        CAPTURE(query);
        CHECK(brtc_caller::is_error(api.ask("GET", "?" + std::string(query)), 400, "invalid_parameter",
                                    of("parameter", "limit")));
    }
    for (const auto* cursor : {"", "x", "MQ==", "MTox!", "Og==", "eDp4"}) {
        CAPTURE(cursor);
        CHECK(brtc_caller::is_error(api.ask("GET", "?afterCursor=" + std::string(cursor)), 400,
                                    "invalid_parameter", of("parameter", "afterCursor")));
    }
    CHECK(brtc_caller::is_error(api.ask("GET", "?type=SIP"), 400, "invalid_parameter",
                                of("parameter", "type")));
    CHECK(brtc_caller::is_error(api.ask("GET", "?status=connected"), 400, "invalid_parameter",
                                of("parameter", "status")));
    CHECK(brtc_caller::is_error(api.ask("GET", "?limit=%"), 400, "invalid_parameter"));
}

TEST_CASE("devices that connect and leave are in the endpoint, whose status is theirs") {
    brtc_caller api;
    auto& brtc = api.served().brtc();
    const auto one = api.create_endpoint();
    const auto two = api.create_endpoint();
    const auto phone = brtc.connect_device(one, "David's iPhone");
    const auto browser = brtc.connect_device(one, "");
    CHECK(is_brtc_id(phone, 'd'));
    CHECK(phone != browser);
    CHECK(brtc.connect_device("e-none", "").empty());

    auto data = api.read("/" + one).at("data");
    CHECK(data.at("status") == "CONNECTED");
    REQUIRE(data.at("devices").as_array().size() == 2);
    const auto& first = data.at("devices").as_array()[0].as_object();
    CHECK(first.at("deviceId") == json::string(phone));
    CHECK(first.at("deviceName") == "David's iPhone");
    CHECK(first.at("status") == "CONNECTED");
    CHECK(time_in(first.at("creationTimestamp")) >= time_in(data.at("creationTimestamp")));
    CHECK_FALSE(data.at("devices").as_array()[1].as_object().contains("deviceName"));

    const auto connected = api.read("?status=CONNECTED&type=WEBRTC");
    CHECK(ids_in(connected) == std::vector<std::string>{one});
    CHECK(connected.at("page").at("totalElements") == 1);
    CHECK(link_in(connected, "self") == "?status=CONNECTED&type=WEBRTC&limit=100");
    CHECK(ids_in(api.read("?status=DISCONNECTED")) == std::vector<std::string>{two});

    brtc.disconnect_device(one, phone);
    brtc.disconnect_device(one, phone);
    brtc.disconnect_device(two, browser);
    brtc.disconnect_device("e-none", browser);
    data = api.read("/" + one).at("data");
    CHECK(data.at("status") == "CONNECTED");
    CHECK(data.at("devices").as_array()[0].at("status") == "DISCONNECTED");
    brtc.disconnect_device(one, browser);
    CHECK(api.read("/" + one).at("data").at("status") == "DISCONNECTED");
    CHECK(api.read("?status=CONNECTED").at("page").at("totalElements") == 0);
    brtc.connect_device(two, "");
    api.ask("DELETE", "/" + two);
    CHECK(api.read("?status=CONNECTED").at("page").at("totalElements") == 0);
    CHECK(api.read("?status=DISCONNECTED").at("page").at("totalElements") == 1);
}

TEST_CASE("endpoints end after 24 hours of the emulation's clock, connected or not") {
    brtc_caller api;
    const auto early = api.create_endpoint();
    api.served().brtc().connect_device(early, "");
    api.served().advance(23h);
    const auto late = api.create_endpoint();
    const auto told = api.read("/" + late).at("data").at("creationTimestamp");
    CHECK(time_in(told) - std::chrono::system_clock::now() > 22h);
    CHECK(api.read("/" + early).at("data").at("status") == "CONNECTED");
    api.served().advance(1h);
    CHECK(api.ask("GET", "/" + early).status == 404);
    CHECK(ids_in(api.read("")) == std::vector<std::string>{late});
    api.served().advance(23h);
    CHECK(api.served().brtc().endpoint_count() == 0);
}

TEST_CASE("too many endpoints are told apart from too many requests") {
    brtc_caller api(loopback_options{}.max_endpoints(2));
    const auto first = api.create_endpoint();
    api.served().advance(1h);
    api.create_endpoint();
    const auto refused = api.ask("POST", "", bidirectional);
    CHECK(brtc_caller::error_of(refused, 429).at("type") == "too_many_endpoints");
    CHECK(refused.extra_headers == "Retry-After: 82800\r\n"); // until the first one ends
    CHECK(api.ask("POST", "", "{}").status == 400);
    api.ask("DELETE", "/" + first);
    api.create_endpoint();
    api.served().advance(24h);
    api.create_endpoint();

    brtc_caller limited(loopback_options{}.rate_limit(1, 10s));
    limited.create_endpoint();
    const auto throttled = limited.ask("POST", "", bidirectional);
    CHECK(brtc_caller::is_error(throttled, 429, "too_many_requests"));
    CHECK(throttled.extra_headers == "Retry-After: 10\r\n");
    CHECK(limited.call("POST", "/sessions").status == 429); // one limit for all that an account does
}

TEST_CASE("the last BXML document of an endpoint is kept, and must begin like XML") {
    brtc_caller api;
    const auto id = api.create_endpoint();
    CHECK_FALSE(api.served().brtc().bxml(id).has_value());
    const std::string document = "<Response><StartRecording /></Response>";
    const auto done = api.ask("PUT", "/" + id + "/bxml", document, "application/xml; charset=utf-8");
    CHECK(done.status == 204);
    CHECK(done.body.empty());
    CHECK(api.served().brtc().bxml(id) == document);
    for (const auto* wrong : {"", " ", "x", "{}", "<", "<>", "< a>", "<1/>", "<Response", "a<b/>"}) {
        CAPTURE(wrong);
        CHECK(brtc_caller::is_error(api.ask("PUT", "/" + id + "/bxml", wrong), 400, "invalid_parameter"));
    }
    CHECK(api.served().brtc().bxml(id) == document);
    for (const auto* good : {"<?xml version=\"1.0\"?><a/>", "\xef\xbb\xbf\r\n <_a/>", "<!-- a --><a/>"})
        CHECK(api.ask("PUT", "/" + id + "/bxml", good).status == 204);
    api.ask("DELETE", "/" + id);
    CHECK_FALSE(api.served().brtc().bxml(id).has_value());
}

TEST_CASE("times are written in ISO 8601") {
    const auto written = [](std::chrono::milliseconds since_1970) {
        std::string text;
        detail::write_iso8601(detail::date(since_1970), text);
        return text;
    };
    CHECK(written(0ms) == "1970-01-01T00:00:00.000Z");
    CHECK(written(1709164799999ms) == "2024-02-28T23:59:59.999Z");
    CHECK(written(-1ms) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("BRTC is served beside the older API, on the same connection, with both kinds of credentials") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(server.brtc_url() == "https://localhost:" + std::to_string(server.port()) + "/v2");
    const auto send = [&](const std::string& method, const std::string& path, const std::string& body = {}) {
        return client.exchange(method + " /v2/accounts/9900000/endpoints" + path +
                               " HTTP/1.1\r\nHost: h\r\n" + std::string(loopback_test::authorization) +
                               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    };
    const auto created = send("POST", "", bidirectional);
    CHECK(created.result_int() == 201);
    const auto envelope = json::parse(created.body());
    const bandwidth::webrtc::endpoint_id id(caller::text(envelope.at("data").at("endpointId")));
    CHECK(envelope.at("links").as_array().front().at("href") ==
          json::string(server.brtc_url() + "/accounts/9900000/endpoints/" + id.value()));
    CHECK(server.endpoint_count() == 1);
    const auto device = server.connect_device(id, "phone");
    CHECK(json::parse(send("GET", "/" + id.value()).body()).at("data").at("status") == "CONNECTED");
    server.disconnect_device(id, device);
    CHECK(json::parse(send("GET", "/" + id.value()).body()).at("data").at("status") == "DISCONNECTED");
    CHECK(send("PUT", "/" + id.value() + "/bxml", "<Response/>").result_int() == 204);
    CHECK(server.endpoint_bxml(id) == "<Response/>");

    // Faults respond with BRTC's envelope.
    server.inject(fault{}.on("GET", "/endpoints").respond(500));
    const auto failed = json::parse(send("GET", "").body());
    CHECK(failed.at("errors").as_array().front().at("type") == "service_unavailable");
    server.inject(fault{}.on("GET", "/endpoints").throttle(7s));
    const auto throttled = send("GET", "");
    CHECK(throttled[support::http::field::retry_after] == "7");
    CHECK(json::parse(throttled.body()).at("errors").as_array().front().at("type") == "too_many_requests");

    server.inject(fault{}.on("GET", "/endpoints").respond(429)); // Retry-After is required there
    CHECK(send("GET", "")[support::http::field::retry_after] == "1");
    server.inject(fault{}.on("GET", "/endpoints").respond(429).header("retry-after", "5"));
    CHECK(send("GET", "")[support::http::field::retry_after] == "5");
    server.inject(fault{}.respond(429));
    CHECK(client.exchange(loopback_test::request("POST", "/sessions"))
              .count(support::http::field::retry_after) == 0);

    CHECK(client.exchange(loopback_test::request("POST", "/sessions")).result_int() == 200);
    server.advance(24h);
    CHECK(server.endpoint_count() == 0);
}
