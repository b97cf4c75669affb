#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/intrusive/list.hpp>

#include "loopback/emulated_clock.hpp"
#include "loopback/text_hash.hpp"
#include "loopback/uuid_source.hpp"

namespace bandwidth::webrtc::testing::detail {

struct stream_subscription {
    std::string participant_id;
    std::vector<std::string> stream_aliases;
};

/// What a participant receives: a whole session, a list of participants (which then decides), or nothing.
struct subscription_set {
    std::optional<std::string> session_id;
    std::vector<stream_subscription> participants;

    bool empty() const noexcept { return !session_id && participants.empty(); }
};

/// A record whose end comes with time, linked to those of its kind in the order of their ends. One that is
/// destroyed leaves that order by itself.
struct mortal_record
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    emulated_clock::time_point end;
};

struct session_record : mortal_record {
    std::string id;
    std::optional<std::string> tag;
    std::vector<std::string> participants; // in the order of joining
};

/// What a client may choose about a participant when it is created.
struct participant_settings {
    std::optional<std::string> callback_url;
    std::vector<std::string> publish_permissions;
    std::optional<std::string> tag;
    std::string device_api_version = "V3";
};

/// Linked while it is not connected.
struct participant_record : mortal_record {
    std::string id;
    std::string device_id; // of the device that connected last; empty: none has

    participant_settings settings;
    std::string session_id;    // empty: in none
    std::string subscribed_in; // the session through which the subscriptions were set
    subscription_set subscriptions;

    bool connected() const noexcept { return !is_linked(); }
};

enum class store_outcome {
    done,
    no_session,
    no_participant,
    not_a_member, // of that session
    elsewhere,    // the participant is in another session
    full          // the session has its 20 participants
};

/// The sessions and participants of one account, and the rules that bind them. Not thread-safe.
class store {
public:
    static constexpr std::size_t max_participants_per_session = 20;
    /// How long Bandwidth keeps a session, and a participant whose device does not connect.
    static constexpr std::chrono::hours lifetime{9};

    /// Ends what is over by then. Whatever is made afterwards is made then.
    void set_time(emulated_clock::time_point now);

    const session_record& create_session(std::optional<std::string> tag);
    const session_record* find_session(std::string_view id) const;
    /// Its participants stay, without session and subscriptions.
    store_outcome delete_session(std::string_view id);

    const participant_record& create_participant(participant_settings settings);
    const participant_record* find_participant(std::string_view id) const;
    /// Leaves its session too.
    store_outcome delete_participant(std::string_view id);
    /// A participant that is connected does not end with time; one that is no longer has its lifetime once
    /// more.
    /// \returns the participant; null when there is none, or when it is so already
    const participant_record* set_connected(std::string_view id, bool connected);

    /// A participant that is in the session already stays in it and gets the new subscriptions.
    store_outcome add(std::string_view session_id, std::string_view participant_id,
                      subscription_set subscriptions);
    /// Drops the participant's subscriptions too.
    store_outcome remove(std::string_view session_id, std::string_view participant_id);
    /// Replaces all that was there. The participant need not be in the session, as Bandwidth's own tests have
    /// it.
    store_outcome set_subscriptions(std::string_view session_id, std::string_view participant_id,
                                    subscription_set subscriptions);

    /// What a participant is subscribed to; nothing once the session through which it subscribed is gone.
    const subscription_set& subscriptions_of(const participant_record& participant) const;

    std::size_t session_count() const noexcept { return sessions_.size(); }
    std::size_t participant_count() const noexcept { return participants_.size(); }

private:
    template <class Record>
    using by_id = std::unordered_map<std::string, Record, text_hash, std::equal_to<>>;

    template <class Record>
    using by_end = boost::intrusive::list<Record, boost::intrusive::constant_time_size<false>>;

    session_record* session_at(std::string_view id);
    participant_record* participant_at(std::string_view id);

    by_id<session_record> sessions_;
    by_id<participant_record> participants_;
    // Those that end first come first, since all live for the same time.
    by_end<session_record> mortal_sessions_;
    by_end<participant_record> mortal_participants_;
    emulated_clock::time_point now_;
    uuid_source ids_;
};

} // namespace bandwidth::webrtc::testing::detail
