#pragma once

#include <bandwidth/webrtc/brtc/endpoint.hpp>
#include <bandwidth/webrtc/brtc/endpoint_page.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// JSON to the models of BRTC and back, as `codec` for those of the older API.
///
/// A response is an envelope: `{"links": [], "data": {}, "errors": [], "page": {}}`. Its links and other members are
/// dropped but for those of a page.
struct endpoint_codec {
    using problem = std::optional<std::string>;

    /// Appends the body of a request to `body`. On a problem (`errc::invalid_argument`) `body` is unspecified: text
    /// that is not UTF-8, a tag of more than 1,024 code points, an empty URL, direction or type.
    [[nodiscard]] static problem encode(const brtc::endpoint_request& request, std::string& body);
    /// The same for BXML: refused is what cannot be well-formed XML 1.0, as far as that shows without a
    /// parser: an empty text, one that is not UTF-8 or has a character that XML does not have, and one that
    /// does not begin with "<", white space aside.
    [[nodiscard]] static problem encode(std::string_view bxml, std::string& body);

    /// Appends the query to `target`, with its question mark, if there is anything in it. On a problem `target` is
    /// unspecified: a limit that is not 1 to 1000, an empty cursor, type or status.
    [[nodiscard]] static problem append_query(const brtc::endpoint_filter& filter, std::string& target);

    /// Reads the body of a response into `out`. On a problem (`errc::bad_json`) `out` is unspecified.
    ///
    /// An error, beside what is one for `codec::decode`: no data, an endpoint without an id. Errors in the
    /// envelope are dropped where there are data.
    [[nodiscard]] static problem decode(std::string_view json, brtc::endpoint& out);
    [[nodiscard]] static problem decode(std::string_view json, brtc::created_endpoint& out);
    /// Data of null is an empty list, and so is an empty body, as with HTTP 204. An empty list beside errors
    /// is no data.
    [[nodiscard]] static problem decode(std::string_view json, brtc::endpoint_page& out);

    /// Whether it is a link to the next page, with a cursor or without.
    [[nodiscard]] static bool leads_to_next(const brtc::page_link& link) noexcept;

private:
    struct shapes;
};

/// The type of the error that an account with too many endpoints gets, with HTTP 429.
inline constexpr std::string_view too_many_endpoints = "too_many_endpoints";

} // namespace bandwidth::webrtc::detail
