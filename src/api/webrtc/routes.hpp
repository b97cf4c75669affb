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
    {"POST", "/sessions", request_class::unsafe},
    {"GET", "/sessions/{sessionId}", request_class::safe},
    {"DELETE", "/sessions/{sessionId}", request_class::idempotent},
    {"GET", "/sessions/{sessionId}/participants", request_class::safe},
    {"POST", "/participants", request_class::unsafe},
    {"GET", "/participants/{participantId}", request_class::safe},
    {"DELETE", "/participants/{participantId}", request_class::idempotent},
    {"PUT", "/sessions/{sessionId}/participants/{participantId}", request_class::idempotent},
    {"DELETE", "/sessions/{sessionId}/participants/{participantId}", request_class::idempotent},
    {"GET", "/sessions/{sessionId}/participants/{participantId}/subscriptions", request_class::safe},
    {"PUT", "/sessions/{sessionId}/participants/{participantId}/subscriptions", request_class::idempotent},
}};

[[nodiscard]] constexpr const route& route_of(operation which) noexcept {
    return routes[static_cast<std::size_t>(which)];
}

} // namespace bandwidth::webrtc::detail
