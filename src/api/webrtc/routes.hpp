#pragma once

#include <array>
#include <cstddef>

#include "api/common/route.hpp"

namespace bandwidth::webrtc::detail {

/// The operations of the API, in the order of `routes`. Their names are Bandwidth's operationIds.
enum class operation : unsigned char {
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
};

inline constexpr std::array<route, 11> routes{{
    {{"create_session", "/accounts/{accountId}/sessions"}, "POST", request_class::unsafe},
    {{"get_session", "/accounts/{accountId}/sessions/{sessionId}"}, "GET", request_class::safe},
    {{"delete_session", "/accounts/{accountId}/sessions/{sessionId}"}, "DELETE", request_class::idempotent},
    {{"list_session_participants", "/accounts/{accountId}/sessions/{sessionId}/participants"},
     "GET",
     request_class::safe},
    {{"create_participant", "/accounts/{accountId}/participants"}, "POST", request_class::unsafe},
    {{"get_participant", "/accounts/{accountId}/participants/{participantId}"}, "GET", request_class::safe},
    {{"delete_participant", "/accounts/{accountId}/participants/{participantId}"},
     "DELETE",
     request_class::idempotent},
    {{"add_participant_to_session",
      "/accounts/{accountId}/sessions/{sessionId}/participants/{participantId}"},
     "PUT",
     request_class::idempotent},
    {{"remove_participant_from_session",
      "/accounts/{accountId}/sessions/{sessionId}/participants/{participantId}"},
     "DELETE",
     request_class::idempotent},
    {{"get_participant_subscriptions",
      "/accounts/{accountId}/sessions/{sessionId}/participants/{participantId}/subscriptions"},
     "GET",
     request_class::safe},
    {{"update_participant_subscriptions",
      "/accounts/{accountId}/sessions/{sessionId}/participants/{participantId}/subscriptions"},
     "PUT",
     request_class::idempotent},
}};

[[nodiscard]] constexpr const route& route_of(operation which) noexcept {
    return routes[static_cast<std::size_t>(which)];
}

} // namespace bandwidth::webrtc::detail
