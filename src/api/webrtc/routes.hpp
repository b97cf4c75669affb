#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/exchange.hpp"

namespace bandwidth::webrtc::detail {

/// The operations of the API, in the order of the `routes` table. Their names are Bandwidth's operationIds.
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

/// One operation of the API. The texts are literals, so a route may be kept by pointer or copied.
struct route {
    operation which;
    std::string_view method;        ///< "GET"
    std::string_view path_template; ///< "/accounts/{accountId}/sessions/{sessionId}"
    request_class kind;

    /// Whether "not found" can count as success (`ignore_not_found`): the deletes.
    [[nodiscard]] constexpr bool is_delete() const noexcept { return method == "DELETE"; }
    /// Whether the request has a body.
    [[nodiscard]] constexpr bool has_body() const noexcept { return method == "POST" || method == "PUT"; }
};

/// All operations.
inline constexpr std::array<route, 11> routes{{
    {operation::create_session, "POST", "/accounts/{accountId}/sessions", request_class::unsafe},
    {operation::get_session, "GET", "/accounts/{accountId}/sessions/{sessionId}", request_class::safe},
    {operation::delete_session, "DELETE", "/accounts/{accountId}/sessions/{sessionId}",
     request_class::idempotent},
    {operation::list_session_participants, "GET", "/accounts/{accountId}/sessions/{sessionId}/participants",
     request_class::safe},
    {operation::create_participant, "POST", "/accounts/{accountId}/participants", request_class::unsafe},
    {operation::get_participant, "GET", "/accounts/{accountId}/participants/{participantId}",
     request_class::safe},
    {operation::delete_participant, "DELETE", "/accounts/{accountId}/participants/{participantId}",
     request_class::idempotent},
    {operation::add_participant_to_session, "PUT",
     "/accounts/{accountId}/sessions/{sessionId}/participants/{participantId}", request_class::idempotent},
    {operation::remove_participant_from_session, "DELETE",
     "/accounts/{accountId}/sessions/{sessionId}/participants/{participantId}", request_class::idempotent},
    {operation::get_participant_subscriptions, "GET",
     "/accounts/{accountId}/sessions/{sessionId}/participants/{participantId}/subscriptions",
     request_class::safe},
    {operation::update_participant_subscriptions, "PUT",
     "/accounts/{accountId}/sessions/{sessionId}/participants/{participantId}/subscriptions",
     request_class::idempotent},
}};

static_assert(
    [] {
        for (std::size_t i = 0; i != routes.size(); ++i) {
            if (static_cast<std::size_t>(routes[i].which) != i) {
                return false;
            }
        }
        return true;
    }(),
    "routes are in the order of operation");

/// The route of an operation.
[[nodiscard]] constexpr const route& route_of(operation which) noexcept {
    return routes[static_cast<std::size_t>(which)];
}

/// What fills a path template; unused ids may be empty. All must have passed `validate_id`.
struct path_ids {
    std::string_view session;
    std::string_view participant;
};

/// What all paths of an account begin with: `prefix` as it is (the path of the base URL, without a slash at
/// the end: "/v1"), then "/accounts/" and the percent-encoded account.
std::string account_path(std::string_view prefix, std::string_view account);

/// Appends the path of a request to `out`: `base`, which `account_path` made, then the rest of the template
/// with each id percent-encoded. Takes memory only if `out` is too small. Gives the size of the encoded id
/// that the path ends with; 0 where it does not end with one.
std::size_t append_target(std::string& out, std::string_view base, operation which, const path_ids& ids);

} // namespace bandwidth::webrtc::detail
