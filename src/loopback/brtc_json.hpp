#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "loopback/endpoint_store.hpp"
#include "loopback/http_response.hpp"

namespace bandwidth::webrtc::testing::detail {

/// What an error of BRTC's is about: "parameter", "field", "header" or "reference", and its name. An empty
/// kind: the error does not tell.
struct error_source {
    std::string kind;
    std::string name;
};

/// What the BRTC service refuses with 400.
class bad_brtc_request : public std::runtime_error {
public:
    bad_brtc_request(const std::string& description, error_source source);
    const error_source& source() const noexcept { return source_; }

private:
    error_source source_;
};

/// Fills in the envelope with the error that is documented for a status.
/// \param description empty: the one of the OpenAPI description's example
/// \param source no kind: the one of that example, as far as it belongs to the status
void set_brtc_error(http_response& response, int status, std::string_view description = {},
                    const error_source& source = {});
/// The 429 that tells of a limit of endpoints, and not of requests.
/// \param wait until an endpoint ends by itself
void set_too_many_endpoints(http_response& response, std::chrono::seconds wait);

/// Reads the body of createEndpoint; unknown fields are ignored.
/// \throws bad_brtc_request
endpoint_settings read_endpoint_request(std::string_view body);

/// Whether a body can be the start of an XML document: white space, then a tag, a declaration or a comment,
/// with an end somewhere. Nothing more is looked at.
bool begins_like_xml(std::string_view body);

/// Appends the moment in ISO 8601, in UTC and milliseconds.
void write_iso8601(date moment, std::string& out);

/// Appends an endpoint's fields without the braces, as lists and events have them.
void write_endpoint_fields(const endpoint_record& endpoint, std::string& out);
void write_device(const device_record& device, std::string& out);
void write_devices(const endpoint_record& endpoint, std::string& out);
void write_link(std::string_view href, std::string_view relation, std::string& out);

} // namespace bandwidth::webrtc::testing::detail
