#pragma once

#include <string>

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include "loopback/service_fixture.hpp"

namespace loopback_test {

inline constexpr const char* bidirectional = R"({"type":"WEBRTC","direction":"BIDIRECTIONAL"})";

/// Calls to the BRTC API of a service with one account.
class brtc_caller : public caller {
public:
    using caller::caller;

    http_response ask(const std::string& method, const std::string& path, const std::string& body = {},
                      const std::string& content_type = {}) {
        http_request request;
        request.method = method;
        request.target = "/v2/accounts/9900000/endpoints" + path;
        request.authorization = "Basic dXNlcjpzZWNyZXQ=";
        request.content_type = content_type;
        request.body = body;
        return send(request);
    }

    /// \returns the new endpoint's id
    std::string create_endpoint(const std::string& body = bidirectional) {
        const auto response = ask("POST", "", body);
        REQUIRE(response.status == 201);
        return text(json::parse(response.body).at("data").at("endpointId"));
    }

    json::value read(const std::string& path) {
        const auto response = ask("GET", path);
        REQUIRE_MESSAGE(response.status == 200, response.body);
        CHECK(response.content_type == "application/json");
        return json::parse(response.body);
    }

    /// The one error of a response, whose envelope is checked; null when its status is another one.
    static json::value error_of(const http_response& response, int status) {
        const auto body = json::parse(response.body).as_object();
        CHECK(response.content_type == "application/json");
        CHECK(body.size() == 3);
        CHECK(body.at("links") == json::array());
        CHECK(body.at("data").is_null());
        REQUIRE(body.at("errors").as_array().size() == 1);
        const auto& error = body.at("errors").as_array().front();
        CHECK_FALSE(error.at("description").as_string().empty());
        return response.status == status ? error : json::value();
    }

    /// Whether a response is this error, about this source.
    static bool is_error(const http_response& response, int status, const char* type,
                         const json::value& source = nullptr) {
        const auto error = error_of(response, status);
        if (!error.is_object())
            return false;
        const auto* const found = error.as_object().if_contains("source");
        return error.at("type") == type && error.at("code") == json::string(std::to_string(status)) &&
               error.at("id") == request_id && (found == nullptr ? json::value() : *found) == source;
    }
};

} // namespace loopback_test
