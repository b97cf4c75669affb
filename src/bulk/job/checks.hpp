#pragma once

#include "bulk/job/inventory.hpp"

#include <bandwidth/webrtc/participant.hpp>
#include <bandwidth/webrtc/session.hpp>
#include <bandwidth/webrtc/subscriptions.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// What checks say: "session 'a' where 'b' was due".
std::string wrong(std::string_view what, std::string_view got, std::string_view wanted);
/// Empty when the tag is the one that is due.
std::string check_tag(const std::optional<std::string>& got, std::string_view wanted);

/// Whether a response belongs to its request. Each check gives an empty text when it does, and else tells
/// what is wrong. An empty `id` stands for one that is not known yet: any id is right then.
std::string check_session(const session& response, const session_id& id, std::string_view tag);
std::string check_participant(const participant& response, const participant_id& id, std::string_view tag);

/// The list must hold everybody who has joined session number `session`, nobody who is not of it, and nobody
/// twice. One whose join failed may be in it: the service may have done it all the same.
std::string check_list(const std::vector<participant>& response, const inventory& created,
                       std::size_t session);

/// The same session and the same participants, in any order.
std::string check_subscriptions(const subscriptions& response, const subscriptions& sent);

} // namespace bandwidth::webrtc::bulk
