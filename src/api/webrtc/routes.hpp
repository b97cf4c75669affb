#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/exchange.hpp"

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

/// One operation of the API. The texts are literals.
struct route {
    std::string_view method; ///< "GET"
    std::string_view path;   ///< behind that of the account: "/sessions/{sessionId}"
    request_class kind;

    /// Whether "not found" can count as success (`ignore_not_found`): the deletes.
    [[nodiscard]] constexpr bool is_delete() const noexcept { return method == "DELETE"; }
    [[nodiscard]] constexpr bool has_body() const noexcept { return method == "POST" || method == "PUT"; }
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

/// What fills a path; unused ids may be empty. All must have passed `validate_id`.
struct path_ids {
    std::string_view session;
    std::string_view participant;
};

/// What all paths of an account begin with: `prefix` as it is (the path of the base URL, without a slash at
/// the end: "/v1"), then "/accounts/" and the percent-encoded account.
std::string account_path(std::string_view prefix, std::string_view account);

/// Appends the path of a request to `out`: `base`, which `account_path` made, then that of the route with each
/// id percent-encoded. Takes memory only if `out` is too small. Gives the size of the encoded id that the path
/// ends with; 0 where it does not end with one.
std::size_t append_target(std::string& out, std::string_view base, operation which, const path_ids& ids);

} // namespace bandwidth::webrtc::detail
