#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// Which of Bandwidth's APIs a run calls.
enum class api_family {
    webrtc, ///< sessions, participants and subscriptions
    brtc,   ///< BRTC's endpoints
};

/// The calls of both APIs, in the order of a session's life and of an endpoint's.
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

    create_endpoint,
    get_endpoint,
    update_endpoint_bxml,
    list_endpoints,
    delete_endpoint,
};

/// The kinds of things that calls create and delete.
enum class thing_kind : unsigned char { session, participant, endpoint };

/// How many values `thing_kind` has.
inline constexpr std::size_t thing_kind_count = 3;

/// How many values `call_kind` has.
inline constexpr std::size_t call_kind_count = 16;

/// The name of the operation, such as "get_session".
std::string_view to_string(call_kind kind) noexcept;

/// The name of the API: "webrtc" or "brtc".
std::string_view to_string(api_family family) noexcept;

/// "session", "participant" or "endpoint".
std::string_view to_string(thing_kind kind) noexcept;

/// Whether the call makes something that has to be deleted.
bool is_creation(call_kind kind) noexcept;

/// What a creation makes.
/// \param creation  `is_creation` says so
thing_kind created_by(call_kind creation) noexcept;

/// Whether the call deletes.
bool is_deletion(call_kind kind) noexcept;

/// The call of this name.
/// \throws std::invalid_argument naming all calls of the family
call_kind parse_call(api_family family, std::string_view name);

/// What is done to all sessions or endpoints when nothing else is asked for. Of webrtc it is every call; of
/// brtc every one but the update of the BXML, which is executed, so that the service needs a device that is
/// connected.
std::string_view default_operations(api_family family) noexcept;

/// The calls that a mix such as "create,get,get,delete" stands for, one after the other. A word may stand
/// more than once, but for `create`, which comes first, and `delete`, which comes last or not at all. What
/// needs a participant in a session (`subscribe`, `remove`) comes behind `join`. Deleting endpoints means
/// listing them once more, too: none of them may be there any more.
/// \throws std::invalid_argument telling what is wrong.
std::vector<call_kind> parse_operations(api_family family, std::string_view mix);

} // namespace bandwidth::webrtc::bulk
