#pragma once

#include <algorithm>
#include <bandwidth/webrtc/brtc/client.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/test_client.hpp"

namespace test {

namespace webrtc = bandwidth::webrtc;
namespace brtc = bandwidth::webrtc::brtc;
using webrtc::testing::script;
using webrtc::testing::scripted_server;

/// Options that reach the server. One attempt for each call, unless a test is about retries.
inline brtc::client_options options_for(const scripted_server& server) {
    return brtc::client_options{}
        .base_url("https://localhost:" + std::to_string(server.port()) + "/v2")
        .account("5500123")
        .credentials("user", "secret")
        .ca_pem(server.ca_pem())
        .retry(webrtc::retry_policy::none());
}

/// Responds to one request after the other on each connection.
inline script responding(const std::vector<std::string>& responses) {
    script made;
    for (const auto& response : responses)
        made.expect_requests().send(response);
    return made;
}

/// The requests that came on the first connection, in their order, each up to the next one.
inline std::vector<std::string> requests_of(const scripted_server& server) {
    const auto all = server.received(0);
    std::vector<std::string> each;
    const auto next = [&all](std::size_t from) {
        auto first = std::string::npos;
        for (const char* const method : {"GET /", "POST /", "PUT /", "DELETE /"})
            first = std::min(first, all.find(method, from));
        return first;
    };
    for (auto at = next(0); at != std::string::npos;) {
        const auto end = next(at + 1);
        each.push_back(all.substr(at, end == std::string::npos ? end : end - at));
        at = end;
    }
    return each;
}

/// The first lines of these.
inline std::vector<std::string> lines_of(const scripted_server& server) {
    auto each = requests_of(server);
    for (auto& request : each)
        request.resize(request.find(" HTTP/1.1\r\n"));
    return each;
}

/// A page of endpoints with these ids, and a link to what is behind `cursor` where there is one.
inline std::string page(const std::vector<std::string>& ids, const std::string& cursor = {},
                        const std::string& origin = "https://api.bandwidth.com") {
    std::string links, data;
    if (!cursor.empty())
        links = R"({"href":")" + origin + R"(/v2/accounts/5500123/endpoints?limit=2&afterCursor=)" + cursor +
                R"(","rel":"next","method":"GET"})";
    for (const auto& id : ids)
        data += std::string(data.empty() ? "" : ",") + R"({"endpointId":")" + id +
                R"(","type":"WEBRTC","status":"CONNECTED"})";
    return support::http_response(
        200, R"({"links":[)" + links + R"(],"page":{"pageSize":2},"data":[)" + data + R"(],"errors":[]})");
}

/// The envelope of one endpoint.
inline std::string endpoint_response(const std::string& id, int status = 200) {
    return support::http_response(
        status, R"({"links":[],"data":{"endpointId":")" + id +
                    R"(","type":"WEBRTC","status":"DISCONNECTED","token":"xxxxx.yyyyy.zzzzz"},)"
                    R"("errors":[]})");
}

/// The envelope of an error.
inline std::string error_envelope(const std::string& error) {
    return R"({"links":[],"data":null,"errors":[)" + error + "]}";
}

/// What the service says to an account with too many endpoints (its OpenAPI description).
inline const std::string too_many = error_envelope(
    R"({"type":"too_many_endpoints","description":"Too many endpoints. Please delete an existing endpoint or )"
    R"(wait 24 hours for an endpoint to be removed."})");

} // namespace test
