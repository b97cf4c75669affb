#include "loopback/route.hpp"

#include <array>
#include <cstddef>

#include "core/utf8.hpp"
#include "loopback/url_text.hpp"

namespace bandwidth::webrtc::testing::detail {

namespace {

constexpr std::string_view token_path = "/api/v1/oauth2/token";
constexpr std::string_view webrtc_prefix = "/v1/accounts/";
constexpr std::string_view brtc_prefix = "/v2/accounts/";
constexpr std::size_t max_segments = 6; // account, "sessions", id, "participants", id, "subscriptions"

/// The parts between the slashes behind the prefix; none of them is empty.
struct segments {
    std::array<std::string_view, max_segments> parts;
    std::size_t count = 0;
};

bool split(std::string_view path, std::string_view prefix, segments& found) {
    if (!path.starts_with(prefix))
        return false;
    path.remove_prefix(prefix.size());
    for (;;) {
        const auto slash = path.find('/');
        const auto part = path.substr(0, slash);
        if (part.empty() || found.count == max_segments)
            return false;
        found.parts[found.count++] = part;
        if (slash == std::string_view::npos)
            return true;
        path.remove_prefix(slash + 1);
    }
}

bool is_utf8(std::string_view text) { return webrtc::detail::count_code_points(text).has_value(); }

/// False when the id is malformed. One that is not UTF-8 could not be told in a response, which is JSON.
bool decode_id(std::string_view encoded, std::string& id) {
    return decode_percent(encoded, id) && is_utf8(id);
}

operation find_webrtc_operation(std::string_view method, const segments& path) {
    const auto& parts = path.parts;
    if (path.count == 2 && method == "POST") {
        if (parts[1] == "sessions")
            return operation::create_session;
        return parts[1] == "participants" ? operation::create_participant : operation::unknown;
    }
    if (path.count == 3 && parts[1] == "participants") {
        if (method == "GET")
            return operation::get_participant;
        return method == "DELETE" ? operation::delete_participant : operation::unknown;
    }
    if (path.count < 3 || parts[1] != "sessions")
        return operation::unknown;
    if (path.count == 3) {
        if (method == "GET")
            return operation::get_session;
        return method == "DELETE" ? operation::delete_session : operation::unknown;
    }
    if (parts[3] != "participants")
        return operation::unknown;
    if (path.count == 4)
        return method == "GET" ? operation::list_session_participants : operation::unknown;
    if (path.count == 5) {
        if (method == "PUT")
            return operation::add_participant_to_session;
        return method == "DELETE" ? operation::remove_participant_from_session : operation::unknown;
    }
    if (parts[5] != "subscriptions")
        return operation::unknown;
    if (method == "GET")
        return operation::get_participant_subscriptions;
    return method == "PUT" ? operation::update_participant_subscriptions : operation::unknown;
}

operation find_brtc_operation(std::string_view method, const segments& path, std::string_view& allowed) {
    const auto& parts = path.parts;
    if (path.count < 2 || path.count > 4 || parts[1] != "endpoints")
        return operation::unknown;
    if (path.count == 2) {
        if (method == "POST")
            return operation::create_endpoint;
        allowed = "GET, POST";
        return method == "GET" ? operation::list_endpoints : operation::wrong_method;
    }
    if (path.count == 3) {
        if (method == "GET")
            return operation::get_endpoint;
        allowed = "DELETE, GET";
        return method == "DELETE" ? operation::delete_endpoint : operation::wrong_method;
    }
    if (parts[3] != "bxml")
        return operation::unknown;
    allowed = "PUT";
    return method == "PUT" ? operation::update_endpoint_bxml : operation::wrong_method;
}

void find_webrtc_route(std::string_view method, std::string_view target_path, route& found) {
    found.addressed = api::webrtc;
    segments path;
    found.wanted =
        split(target_path, webrtc_prefix, path) ? find_webrtc_operation(method, path) : operation::unknown;
    if (found.wanted == operation::unknown)
        return;
    bool good = decode_id(path.parts[0], found.account);
    if (path.count >= 3)
        good =
            good && decode_id(path.parts[2], path.parts[1] == "sessions" ? found.session : found.participant);
    if (path.count >= 5)
        good = good && decode_id(path.parts[4], found.participant);
    if (!good)
        found.wanted = operation::malformed;
}

void find_brtc_route(std::string_view method, std::string_view target_path, route& found) {
    found.addressed = api::brtc;
    segments path;
    found.wanted = split(target_path, brtc_prefix, path) ? find_brtc_operation(method, path, found.allowed)
                                                         : operation::unknown;
    if (found.wanted == operation::unknown) {
        if (!is_utf8(target_path)) // which the response would tell
            found.wanted = operation::malformed;
        return;
    }
    if (!decode_id(path.parts[0], found.account) ||
        (path.count >= 3 && !decode_id(path.parts[2], found.endpoint)))
        found.wanted = operation::malformed;
}

} // namespace

std::string_view name_of(operation named) noexcept {
    switch (named) {
    case operation::create_session:
        return "createSession";
    case operation::get_session:
        return "getSession";
    case operation::delete_session:
        return "deleteSession";
    case operation::list_session_participants:
        return "listSessionParticipants";
    case operation::create_participant:
        return "createParticipant";
    case operation::get_participant:
        return "getParticipant";
    case operation::delete_participant:
        return "deleteParticipant";
    case operation::add_participant_to_session:
        return "addParticipantToSession";
    case operation::remove_participant_from_session:
        return "removeParticipantFromSession";
    case operation::get_participant_subscriptions:
        return "getParticipantSubscriptions";
    case operation::update_participant_subscriptions:
        return "updateParticipantSubscriptions";
    case operation::create_endpoint:
        return "createEndpoint";
    case operation::list_endpoints:
        return "listEndpoints";
    case operation::get_endpoint:
        return "getEndpoint";
    case operation::delete_endpoint:
        return "deleteEndpoint";
    case operation::update_endpoint_bxml:
        return "updateEndpointBxml";
    case operation::request_token:
        return "requestToken";
    case operation::wrong_method:
        return "wrongMethod";
    case operation::malformed:
        return "malformed";
    case operation::unknown:
        break;
    }
    return "unknown";
}

void find_route(std::string_view method, std::string_view target, route& found) {
    found.account.clear();
    found.session.clear();
    found.participant.clear();
    found.endpoint.clear();
    const auto path = path_of(target);
    if (path.starts_with("/v2/")) {
        find_brtc_route(method, path, found);
    } else if (path == token_path) {
        found.addressed = api::token_endpoint;
        found.wanted = method == "POST" ? operation::request_token : operation::wrong_method;
        found.allowed = "POST";
    } else {
        find_webrtc_route(method, path, found);
    }
}

} // namespace bandwidth::webrtc::testing::detail
