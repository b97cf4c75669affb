#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace bandwidth::webrtc::bench {

/// The calls of the API, in the order of a session's life.
enum class call_kind : unsigned char {
    create_session,
    create_participant,
    add_participant_to_session,
    get_session,
    get_participant,
    list_session_participants,
    update_participant_subscriptions,
    get_participant_subscriptions,
    remove_participant_from_session,
    delete_participant,
    delete_session,
};

/// How many values `call_kind` has.
inline constexpr std::size_t call_kind_count = 11;

/// The name of the operation, such as "get_session".
std::string_view to_string(call_kind kind) noexcept;

/// Whether the call is made once for each participant, and not once for each session.
bool is_per_participant(call_kind kind) noexcept;

/// What is done to all sessions when nothing else is asked for: every call of the API.
inline constexpr std::string_view default_operations = "create,join,get,list,subscribe,remove,delete";

/// The calls that a mix such as "create,get,get,delete" stands for, one after the other. A word may stand
/// more than once, but for `create`, which comes first, and `delete`, which comes last or not at all. What
/// needs a participant in a session (`subscribe`, `remove`) comes behind `join`.
/// \throws std::invalid_argument telling what is wrong.
std::vector<call_kind> parse_operations(std::string_view mix);

} // namespace bandwidth::webrtc::bench
