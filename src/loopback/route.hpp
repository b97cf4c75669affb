#pragma once

#include <string>
#include <string_view>

namespace bandwidth::webrtc::testing::detail {

/// The eleven operations, and the two ways in which a request can name none of them.
enum class operation {
    create_session,
    get_session,
    delete_session,
    list_session_participants,
    create_participant,
    get_participant,
    delete_participant,
    add_participant_to_session,
    remove_participant_from_session,
    get_participant_subscriptions,
    update_participant_subscriptions,
    unknown,  // no such path, or no such method on it
    malformed // a percent sign that is not followed by two hexadecimal digits
};

/// The operation's operationId in Bandwidth's OpenAPI description; "unknown" or "malformed".
std::string_view name_of(operation named) noexcept;

/// What a request's method and target ask for; ids are percent-decoded. Meant to be reused from request to
/// request.
struct route {
    operation wanted = operation::unknown;
    std::string account;
    std::string session;
    std::string participant;
};

/// Finds the route of a request. A query is ignored; an absolute target (RFC 9112 section 3.2.2) counts by
/// its path.
void find_route(std::string_view method, std::string_view target, route& found);

} // namespace bandwidth::webrtc::testing::detail
