#pragma once

#include <bandwidth/webrtc.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

/// Opens a room: a session, and a participant in it for each name.
/// Where that fails, what was created is deleted again, but for a participant whose creation got no response
/// (`webrtc::delivery::maybe_processed`): the service deletes it after nine hours.
/// \returns the participants with the tokens for their devices, or why there is no room.
boost::asio::awaitable<bandwidth::webrtc::result<std::vector<bandwidth::webrtc::created_participant>>>
open_room(bandwidth::webrtc::client& client, std::vector<std::string> names);
