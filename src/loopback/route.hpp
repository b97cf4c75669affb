#pragma once

#include <string>
#include <string_view>

namespace bandwidth::webrtc::testing::detail {

/// Which of the emulated APIs a request is addressed to.
enum class api { webrtc, brtc, token_endpoint };

/// The operations of all APIs, and the ways in which a request can name none of them.
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
    create_endpoint,
    list_endpoints,
    get_endpoint,
    delete_endpoint,
    update_endpoint_bxml,
    request_token,
    unknown,      // no such path; for the WebRTC API also: no such method on it
    wrong_method, // a path that does not take this method
    malformed     // a percent sign without two hexadecimal digits, or an id that is not UTF-8
};

/// The operation's operationId in Bandwidth's OpenAPI descriptions, or what else names it.
std::string_view name_of(operation named) noexcept;

/// What a request's method and target ask for; ids are percent-decoded. Meant to be reused from request to
/// request.
struct route {
    api addressed = api::webrtc;
    operation wanted = operation::unknown;
    std::string account;
    std::string session;
    std::string participant;
    std::string endpoint;
    std::string_view allowed; // the methods of the path, where the request has another
};

/// Finds the route of a request. A query is ignored; an absolute target (RFC 9112 section 3.2.2) counts by
/// its path. What is addressed to none of the APIs is an unknown path of the WebRTC API.
void find_route(std::string_view method, std::string_view target, route& found);

} // namespace bandwidth::webrtc::testing::detail
