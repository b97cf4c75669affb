#include "loopback/script_log.hpp"

#include <utility>

namespace bandwidth::webrtc::testing::detail {

std::size_t script_log::connection_opened() {
    const std::lock_guard lock(mutex_);
    entries_.emplace_back();
    changed_.notify_all();
    return entries_.size() - 1;
}

void script_log::change(std::size_t connection, const std::function<void(entry&)>& apply) {
    const std::lock_guard lock(mutex_);
    apply(entries_.at(connection));
    changed_.notify_all();
}

void script_log::received(std::size_t connection, std::string_view bytes) {
    change(
        connection, [bytes](entry& changed) { changed.received += bytes; });
}

void script_log::handshake(std::size_t connection, handshake_record seen) {
    change(
        connection, [&seen](entry& changed) { changed.handshake = std::move(seen); });
}

void script_log::ended(std::size_t connection) {
    change(
        connection, [](entry& changed) { changed.state = script_state::ended; });
}

void script_log::failed(std::size_t connection, std::string why) {
    change(
        connection,
        [&why](entry& changed) {
            changed.state = script_state::failed;
            changed.error = std::move(why);
        });
}

void script_log::hold(std::size_t connection) {
    change(
        connection,
        [this, connection](entry& changed) {
            auto& open = released_[connection];
            if (open == 0)
                changed.state = script_state::held;
            else
                --open;
        });
}

void script_log::release(std::size_t connection) {
    const std::lock_guard lock(mutex_);
    if (at(connection).state == script_state::held)
        entries_[connection].state = script_state::running;
    else
        ++released_[connection];
}

script_log::entry script_log::at(std::size_t connection) const {
    if (connection < entries_.size())
        return entries_[connection];
    entry none;
    none.state = script_state::not_started;
    return none;
}

std::size_t script_log::connections() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

std::string script_log::received(std::size_t connection) const {
    const std::lock_guard lock(mutex_);
    return at(connection).received;
}

handshake_record script_log::handshake(std::size_t connection) const {
    const std::lock_guard lock(mutex_);
    return at(connection).handshake;
}

script_state script_log::state(std::size_t connection) const {
    const std::lock_guard lock(mutex_);
    return at(connection).state;
}

std::string script_log::error(std::size_t connection) const {
    const std::lock_guard lock(mutex_);
    return at(connection).error;
}

bool script_log::wait_until_ended(std::size_t connection, std::chrono::nanoseconds timeout) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [this, connection] {
        const auto state = at(connection).state;
        return state == script_state::ended || state == script_state::failed;
    });
}

bool script_log::wait_until_held(std::size_t connection, std::chrono::nanoseconds timeout) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [this, connection] {
        const auto state = at(connection).state;
        return state != script_state::not_started && state != script_state::running;
    });
    return at(connection).state == script_state::held;
}

bool script_log::wait_until_received(std::size_t connection, const std::string& text,
                                     std::chrono::nanoseconds timeout) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [this, connection, &text] {
        return connection < entries_.size() && entries_[connection].received.find(text) != std::string::npos;
    });
}

} // namespace bandwidth::webrtc::testing::detail
