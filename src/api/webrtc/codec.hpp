#pragma once

#include <bandwidth/webrtc/participant.hpp>
#include <bandwidth/webrtc/session.hpp>
#include <bandwidth/webrtc/subscriptions.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bandwidth::webrtc::detail {

/// JSON to models and back. The models befriend this class, so that a string goes from the response straight
/// to its place.
///
/// Every function returns nothing when all is well, and otherwise a short text that tells what is wrong with
/// which field. The text never holds a value, which may be secret.
struct codec {
    using problem = std::optional<std::string>;

    /// Appends the JSON body of a request to `body`. On a problem (`errc::invalid_argument`) `body` is
    /// unspecified: text that is not UTF-8, a tag of more than 50 code points (the service's limit), an id
    /// that `validate_id` refuses, an empty callback URL or alias.
    [[nodiscard]] static problem encode(const session_request& request, std::string& body);
    [[nodiscard]] static problem encode(const participant_request& request, std::string& body);
    [[nodiscard]] static problem encode(const subscriptions& request, std::string& body);

    /// Reads the body of a response into `out`. On a problem (`errc::bad_json`) `out` is unspecified.
    ///
    /// Strict about JSON (see `read_json`; of a repeated field the last one wins), tolerant about what it says:
    /// null is absent, an unknown field goes to `extra()`. An error: a known field of another type, and a
    /// session, a participant or a participant subscription without an id.
    [[nodiscard]] static problem decode(std::string_view json, session& out);
    [[nodiscard]] static problem decode(std::string_view json, participant& out);
    [[nodiscard]] static problem decode(std::string_view json, created_participant& out);
    /// An empty body, as with HTTP 204, is an empty list.
    [[nodiscard]] static problem decode(std::string_view json, std::vector<participant>& out);
    /// An empty body, as with HTTP 204, is no subscriptions.
    [[nodiscard]] static problem decode(std::string_view json, subscriptions& out);

private:
    struct shapes;
};

} // namespace bandwidth::webrtc::detail
