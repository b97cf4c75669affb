#pragma once

#include <string>

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include "loopback/emulation.hpp"

namespace loopback_test {

namespace json = boost::json;
using bandwidth::webrtc::testing::loopback_options;
using bandwidth::webrtc::testing::detail::emulation;
using bandwidth::webrtc::testing::detail::http_request;
using bandwidth::webrtc::testing::detail::http_response;

inline constexpr const char* request_id = "12af78d1-5f88-4917-925d-17c1ac8fda7a";

/// The emulated APIs with one account, and calls to it.
class caller {
public:
    explicit caller(const loopback_options& options = loopback_options()) : emulated_(options) {}

    http_response call(const std::string& method, const std::string& path, const std::string& body = {}) {
        return send(method, "/v1/accounts/9900000" + path, body, "Basic dXNlcjpzZWNyZXQ=");
    }

    http_response send(const std::string& method, const std::string& target, const std::string& body,
                       const std::string& credentials) {
        http_request request;
        request.method = method;
        request.target = target;
        request.body = body;
        request.authorization = credentials;
        return send(request);
    }

    http_response send(const http_request& request) {
        http_response response;
        response.request_id = request_id;
        emulated_.handle(request, response);
        return response;
    }

    std::string create_session(const std::string& body = {}) {
        return text(json::parse(call("POST", "/sessions", body).body).at("id"));
    }

    std::string create_participant(const std::string& body = {}) {
        return text(json::parse(call("POST", "/participants", body).body).at("participant").at("id"));
    }

    json::value get(const std::string& path) {
        const auto response = call("GET", path);
        REQUIRE(response.status == 200);
        CHECK(response.content_type == "application/json");
        return json::parse(response.body);
    }

    /// Whether a response is this error, with the documented body.
    static bool is_error(const http_response& response, int status) {
        const auto body = json::parse(response.body).as_object();
        return response.status == status && response.content_type == "application/json" && body.size() == 2 &&
               !body.at("error").as_string().empty() && body.at("requestId").as_string() == request_id;
    }

    static std::string text(const json::value& value) { return std::string(value.as_string().c_str()); }

    emulation& served() { return emulated_; }
    const emulation& served() const { return emulated_; }

private:
    emulation emulated_;
};

} // namespace loopback_test
