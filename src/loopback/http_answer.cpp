#include "loopback/http_answer.hpp"

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

void set_standard_body(http_answer& answer, int status, std::string_view error) {
    answer.status = status;
    answer.content_type = "application/json";
    answer.body.clear();
    if (never_has_body(status))
        return;
    switch (status) {
    case 401:
        answer.body = R"({"message":"Unauthorized"})";
        return;
    case 403: // what API Gateway says about any path that it does not know
        answer.body = R"({"message":"Missing Authentication Token"})";
        return;
    case 429: // Bandwidth documents none for this API; this is API Gateway's
        answer.body = R"({"message":"Too Many Requests"})";
        return;
    case 500:
        error = error.empty() ? "Internal error" : error;
        break;
    default:
        error = error.empty() ? reason_of(status) : error;
        break;
    }
    answer.body = "{\"error\":";
    write_json_string(error, answer.body);
    answer.body += ",\"requestId\":";
    write_json_string(answer.request_id, answer.body);
    answer.body += '}';
}

void write_answer(const http_answer& answer, connection_header connection, bool with_body, std::string& out) {
    out += "HTTP/1.1 ";
    out += std::to_string(answer.status);
    out += ' ';
    out += reason_of(answer.status);
    out += "\r\nx-amzn-RequestId: ";
    out += answer.request_id;
    if (!never_has_body(answer.status)) { // RFC 9110 section 8.6: no Content-Length in a 204
        out += "\r\nContent-Type: ";
        out += answer.content_type;
        out += "\r\nContent-Length: ";
        out += std::to_string(answer.body.size());
    }
    if (answer.status == 401)
        out += "\r\nWWW-Authenticate: Basic realm=\"loopback\""; // RFC 9110 section 15.5.2
    if (connection == connection_header::close)
        out += "\r\nConnection: close";
    else if (connection == connection_header::keep_alive)
        out += "\r\nConnection: keep-alive";
    out += "\r\n";
    out += answer.extra_headers;
    out += "\r\n";
    if (with_body && !never_has_body(answer.status))
        out += answer.body;
}

} // namespace bandwidth::webrtc::testing::detail
