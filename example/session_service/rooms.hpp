#pragma once

#include <bandwidth/webrtc.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "session_service/http_server.hpp"
#include "session_service/json_log.hpp"

namespace example {

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
    /// \param client must outlive this, and so must the log.
    rooms(webrtc::client& client, json_log& log) noexcept : client_(client), log_(log) {}

    /// \param options of each call that the request takes: its trace
    asio::awaitable<http_response> respond(const http_request& request, const webrtc::call_options& options);

private:
    struct room;

    asio::awaitable<http_response> dispatch(const http_request& request, const webrtc::call_options& options);
    asio::awaitable<http_response> create(const http_request& request, const webrtc::call_options& options);
    asio::awaitable<http_response> read(const webrtc::session_id& id, const webrtc::call_options& options);
    asio::awaitable<http_response> remove(const webrtc::session_id& id, const webrtc::call_options& options);

    asio::awaitable<void> create_participants(room& made, const std::vector<std::string>& names,
                                              const webrtc::call_options& options);
    asio::awaitable<void> join_all(const room& made, const webrtc::call_options& options);
    asio::awaitable<void> discard(const room& made, const webrtc::call_options& options);

    void write(webrtc::log_level level, const char* message, const webrtc::failure& failure,
               const webrtc::call_options& options);

    webrtc::client& client_;
    json_log& log_;
};

} // namespace example
