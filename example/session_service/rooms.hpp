#pragma once

#include <bandwidth/webrtc.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "session_service/http_server.hpp"

namespace example {

namespace webrtc = bandwidth::webrtc;

/// The service's own REST API. A room is a session, with its participants subscribed to each other.
///
/// - `POST /rooms` with `{"name": "standup", "participants": ["alice", "bob"]}` gives 201 and a token for
/// each participant
/// - `GET /rooms/{id}` gives who is in it
/// - `DELETE /rooms/{id}` deletes it, and its participants with it
///
/// When Bandwidth's service fails: 404 for what it does not know, 504 when the deadline passes, 503 with
/// Retry-After when it throttles or this service has too much to do, 400 for what it or the library refuses,
/// and 502 for all else.
class rooms {
public:
    /// \param client must outlive this.
    explicit rooms(webrtc::client& client) noexcept : client_(client) {}

    asio::awaitable<http_response> respond(const http_request& request);

private:
    struct room;

    asio::awaitable<http_response> dispatch(const http_request& request);
    asio::awaitable<http_response> create(const http_request& request);
    asio::awaitable<http_response> read(const webrtc::session_id& id);
    asio::awaitable<http_response> remove(const webrtc::session_id& id);

    asio::awaitable<void> create_participants(room& made, const std::vector<std::string>& names);
    asio::awaitable<void> join_all(const room& made);
    asio::awaitable<void> discard(const room& made);

    webrtc::client& client_;
};

} // namespace example
