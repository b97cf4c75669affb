#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <bandwidth/webrtc/testing/scripted_server.hpp>

namespace bandwidth::webrtc::testing::detail {

/// What happened on the connections of a scripted server. Thread-safe.
class script_log {
public:
    /// \returns the number of the connection, from 0
    std::size_t connection_opened();
    void received(std::size_t connection, std::string_view bytes);
    void handshake(std::size_t connection, handshake_record seen);
    void ended(std::size_t connection);
    void failed(std::size_t connection, std::string why);
    /// The script has come to a hold: its state says so, unless it was released before.
    void hold(std::size_t connection);
    void release(std::size_t connection);

    std::size_t connections() const;
    std::string received(std::size_t connection) const;
    handshake_record handshake(std::size_t connection) const;
    script_state state(std::size_t connection) const;
    std::string error(std::size_t connection) const;
    bool wait_until_ended(std::size_t connection, std::chrono::nanoseconds timeout) const;
    bool wait_until_held(std::size_t connection, std::chrono::nanoseconds timeout) const;
    bool wait_until_received(std::size_t connection, const std::string& text,
                             std::chrono::nanoseconds timeout) const;

private:
    struct entry {
        std::string received;
        std::string error;
        handshake_record handshake;
        script_state state = script_state::running;
    };

    /// The entry of a connection, or an empty one that has not started.
    entry at(std::size_t connection) const;
    void change(std::size_t connection, const std::function<void(entry&)>& apply);

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<entry> entries_;
    std::map<std::size_t, std::size_t> released_; // holds to come that are open already, by connection
};

} // namespace bandwidth::webrtc::testing::detail
