#pragma once

#include <string>
#include <string_view>

namespace bandwidth::webrtc::testing::detail {

/// One response before it is put on the wire. Meant to be used again for the next response.
struct http_response {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    std::string request_id;    // as AWS gives every response one
    std::string extra_headers; // whole lines, each with its CRLF
};

/// Fills in the body that Bandwidth documents for a status, with the response's request id in it.
/// \param error the text for the statuses whose body has one; empty: the status's own name
void set_standard_body(http_response& response, int status, std::string_view error = {});

/// What the header section of a response says about the connection.
enum class connection_header { none, keep_alive, close };

/// Appends header section and body as they go on the wire.
/// \param with_body false for the response to a HEAD request
void write_response(const http_response& response, connection_header connection, bool with_body,
                    std::string& out);

} // namespace bandwidth::webrtc::testing::detail
