#pragma once

#include <bandwidth/webrtc/service_error.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bandwidth::webrtc::detail {

/// What could be made of the body of an HTTP error. Untrusted text, made fit for one line of a log: valid
/// UTF-8, no control characters, bounded.
struct error_body {
    std::string message;    ///< at most 256 bytes; empty when there was nothing usable
    std::string request_id; ///< at most 128 bytes
    std::string code;       ///< at most 64 bytes; a number as it is written
    /// What the body lists, of its first 16 elements those that tell something; where it has no list, the one
    /// error that it tells of. Of each text at most 256 bytes.
    std::vector<service_error> errors;
    bool has_list = false; ///< `errors` are those of a list
};

/// Reads any body: JSON of each shape that Bandwidth has documented, other JSON, plain text (its first line),
/// something cut off, or what holds no message: HTML, binary or nothing. What is not there stays empty.
///
/// Bandwidth's own documents disagree: {error, requestId} and {message} in OpenAPI 2.0.0, {code, message}
/// before it with a code that is a number or a string, {description, type, id} and {errors: [...]} elsewhere
/// on the platform; API Gateway in front of it says {"Message": ...} too. So the message is the first of `error`,
/// `message` (or `Message`) and `description` that has a text, also inside `error`; where there is none, that of the
/// first of `errors` that has one. The code, the same.
///
/// \param redacted is applied to each text that is taken, before it is cut.
[[nodiscard]] error_body parse_error_body(
    std::string_view body, std::string_view content_type,
    const std::function<std::string(std::string_view)>& redacted = [](std::string_view text) {
        return std::string(text);
    });

} // namespace bandwidth::webrtc::detail
