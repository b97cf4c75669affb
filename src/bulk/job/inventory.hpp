#pragma once

#include "bulk/job/shard.hpp"

#include <bandwidth/webrtc/ids.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// What the tags of a run begin with: "bulk-0123456789abcdef-".
/// \param nonce  tells this run's tags from those of any other
std::string tag_prefix(std::uint64_t nonce);

/// What was created and not deleted yet, by number: sessions from 0, and in each of them participants from 0.
/// What does not exist has an empty id.
class inventory {
public:
    /// Room for so many, none of which exists.
    /// \param sessions  those of the whole run that are these: their tags have the run's numbers
    /// \param nonce  see `tag_prefix`
    inventory(share sessions, std::size_t participants_each, std::uint64_t nonce);

    std::size_t sessions() const noexcept { return sessions_.size(); }
    std::size_t participants_each() const noexcept { return participants_each_; }

    /// A participant's number among all.
    std::size_t item(std::size_t session, std::size_t number) const noexcept {
        return session * participants_each_ + number;
    }

    session_id& session(std::size_t number) noexcept { return sessions_[number]; }
    const session_id& session(std::size_t number) const noexcept { return sessions_[number]; }

    struct participant_entry {
        participant_id id;
        bool joined = false;     ///< to the session that it was created for, and surely so
        bool subscribed = false; ///< as the last update said
    };
    participant_entry& participant(std::size_t session, std::size_t number) noexcept {
        return participants_[item(session, number)];
    }
    const participant_entry& participant(std::size_t session, std::size_t number) const noexcept {
        return participants_[item(session, number)];
    }

    /// The tags that they are created with: distinct, and so the proof that a response is the right one.
    std::string session_tag(std::size_t session) const;
    std::string participant_tag(std::size_t session, std::size_t number) const;

    /// How many exist.
    std::size_t count_sessions() const noexcept;
    std::size_t count_participants() const noexcept;

private:
    std::vector<session_id> sessions_;
    std::vector<participant_entry> participants_;
    std::size_t participants_each_;
    std::size_t first_session_;
    std::string tag_prefix_;
};

} // namespace bandwidth::webrtc::bulk
