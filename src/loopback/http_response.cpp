#include "loopback/http_response.hpp"

#include <boost/beast/http/status.hpp>

#include "loopback/json_codec.hpp"

namespace bandwidth::webrtc::testing::detail {

namespace {

std::string_view reason_of(int status) {
    const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
    return std::string_view(reason.data(), reason.size());
}

bool never_has_body(int status) { return status < 200 || status == 204 || status == 304; }

} // namespace

void set_standard_body(http_response& response, int status, std::string_view error) {
    response.status = status;
    response.content_type = "application/json";
    response.body.clear();
    if (never_has_body(status))
        return;
    switch (status) {
    case 401:
        response.body = R"({"message":"Unauthorized"})";
        return;
    case 403: // what API Gateway says about any path that it does not know
        response.body = R"({"message":"Missing Authentication Token"})";
        return;
    case 415: // Bandwidth documents none for this API; this is API Gateway's, as the next one
        response.body = R"({"message":"Unsupported Media Type"})";
        return;
    case 429:
        response.body = R"({"message":"Too Many Requests"})";
        return;
    case 500:
        error = error.empty() ? "Internal error" : error;
        break;
    default:
        error = error.empty() ? reason_of(status) : error;
        break;
    }
    response.body = "{\"error\":";
    write_json_string(error, response.body);
    response.body += ",\"requestId\":";
    write_json_string(response.request_id, response.body);
    response.body += '}';
}

void write_response(const http_response& response, connection_header connection, bool with_body,
                    std::string& out) {
    out += "HTTP/1.1 ";
    out += std::to_string(response.status);
    out += ' ';
    out += reason_of(response.status);
    out += "\r\nx-amzn-RequestId: ";
    out += response.request_id;
    if (!never_has_body(response.status)) { // RFC 9110 section 8.6: no Content-Length in a 204
        out += "\r\nContent-Type: ";
        out += response.content_type;
        out += "\r\nContent-Length: ";
        out += std::to_string(response.body.size());
    }
    if (response.status == 401) // RFC 9110 section 15.5.2, RFC 6750 section 3
        out += "\r\nWWW-Authenticate: Basic realm=\"loopback\", Bearer realm=\"loopback\"";
    if (connection == connection_header::close)
        out += "\r\nConnection: close";
    else if (connection == connection_header::keep_alive)
        out += "\r\nConnection: keep-alive";
    out += "\r\n";
    out += response.extra_headers;
    out += "\r\n";
    if (with_body && !never_has_body(response.status))
        out += response.body;
}

} // namespace bandwidth::webrtc::testing::detail
