#include "rooms.hpp"

#include <utility>

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;

namespace {

// Creates the participants into `made`, and lets them hear each other.
asio::awaitable<webrtc::result<void>> fill(webrtc::client& client, const webrtc::session_id& room,
                                           const std::vector<std::string>& names,
                                           std::vector<webrtc::created_participant>& made) {
    const auto hears_all = webrtc::subscriptions::all_in(room);
    for (const std::string& name : names) {
        const auto wanted = webrtc::participant_request{}.tag(name).publish(webrtc::media::audio);
        auto person = co_await client.try_create_participant(wanted);
        if (!person)
            co_return person.error();
        made.push_back(std::move(*person));
        const auto added =
            co_await client.try_add_participant_to_session(room, made.back().participant().id(), hears_all);
        if (!added)
            co_return added.error();
    }
    co_return webrtc::result<void>();
}

} // namespace

asio::awaitable<webrtc::result<std::vector<webrtc::created_participant>>> open_room(
    webrtc::client& client, std::vector<std::string> names) {
    const auto room = co_await client.try_create_session();
    if (!room)
        co_return room.error();
    std::vector<webrtc::created_participant> made;
    const auto filled = co_await fill(client, room->id(), names, made);
    if (filled)
        co_return made;

    const auto gone_is_fine = webrtc::call_options{}.ignore_not_found();
    for (const auto& person : made)
        co_await client.try_delete_participant(person.participant().id(), gone_is_fine);
    co_await client.try_delete_session(room->id(), gone_is_fine);
    co_return filled.error();
}
