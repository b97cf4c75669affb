#include "bulk/job/inventory.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace bandwidth::webrtc::bulk {

std::string tag_prefix(std::uint64_t nonce) {
    std::array<char, 32> prefix{};
    std::snprintf(prefix.data(), prefix.size(), "bulk-%016llx-", static_cast<unsigned long long>(nonce));
    return prefix.data();
}

inventory::inventory(share sessions, std::size_t participants_each, std::uint64_t nonce)
    : sessions_(sessions.count)
    , participants_(sessions.count * participants_each)
    , participants_each_(participants_each)
    , first_session_(sessions.first)
    , tag_prefix_(tag_prefix(nonce)) {}

std::string inventory::session_tag(std::size_t session) const {
    return tag_prefix_ + std::to_string(first_session_ + session);
}

std::string inventory::participant_tag(std::size_t session, std::size_t number) const {
    return session_tag(session) + '-' + std::to_string(number);
}

std::size_t inventory::count_sessions() const noexcept {
    return static_cast<std::size_t>(std::count_if(
        sessions_.begin(), sessions_.end(), [](const session_id& id) { return !id.empty(); }));
}

std::size_t inventory::count_participants() const noexcept {
    return static_cast<std::size_t>(std::count_if(
        participants_.begin(), participants_.end(),
        [](const participant_entry& entry) { return !entry.id.empty(); }));
}

} // namespace bandwidth::webrtc::bulk
