#include "loopback/store.hpp"

#include <algorithm>
#include <utility>

namespace bandwidth::webrtc::testing::detail {

namespace {

void leave_session(participant_record& participant) {
    participant.session_id.clear();
    participant.subscribed_in.clear();
    participant.subscriptions = {};
}

} // namespace

session_record* store::session_at(std::string_view id) {
    const auto found = sessions_.find(id);
    return found == sessions_.end() ? nullptr : &found->second;
}

participant_record* store::participant_at(std::string_view id) {
    const auto found = participants_.find(id);
    return found == participants_.end() ? nullptr : &found->second;
}

void store::set_time(emulated_clock::time_point now) {
    now_ = now;
    while (!mortal_sessions_.empty() && mortal_sessions_.front().end <= now)
        delete_session(mortal_sessions_.front().id);
    while (!mortal_participants_.empty() && mortal_participants_.front().end <= now)
        delete_participant(mortal_participants_.front().id);
}

const session_record& store::create_session(std::optional<std::string> tag) {
    auto id = ids_.next();
    auto& made = sessions_[id];
    made.id = std::move(id);
    made.tag = std::move(tag);
    made.end = now_ + lifetime;
    mortal_sessions_.push_back(made);
    return made;
}

const session_record* store::find_session(std::string_view id) const {
    const auto found = sessions_.find(id);
    return found == sessions_.end() ? nullptr : &found->second;
}

store_outcome store::delete_session(std::string_view id) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end())
        return store_outcome::no_session;
    for (const auto& member : found->second.participants)
        leave_session(*participant_at(member));
    sessions_.erase(found);
    return store_outcome::done;
}

const participant_record& store::create_participant(participant_settings settings) {
    auto id = ids_.next();
    auto& made = participants_[id];
    made.id = std::move(id);
    made.settings = std::move(settings);
    made.end = now_ + lifetime;
    mortal_participants_.push_back(made);
    return made;
}

const participant_record* store::find_participant(std::string_view id) const {
    const auto found = participants_.find(id);
    return found == participants_.end() ? nullptr : &found->second;
}

store_outcome store::delete_participant(std::string_view id) {
    const auto found = participants_.find(id);
    if (found == participants_.end())
        return store_outcome::no_participant;
    if (session_record* const session = session_at(found->second.session_id))
        std::erase(session->participants, found->second.id);
    participants_.erase(found);
    return store_outcome::done;
}

const participant_record* store::set_connected(std::string_view id, bool connected) {
    participant_record* const participant = participant_at(id);
    if (participant == nullptr || participant->is_linked() != connected)
        return nullptr;
    if (connected) {
        participant->unlink();
        participant->device_id = ids_.next();
    } else {
        participant->end = now_ + lifetime;
        mortal_participants_.push_back(*participant);
    }
    return participant;
}

store_outcome store::add(std::string_view session_id, std::string_view participant_id,
                         subscription_set subscriptions) {
    session_record* const session = session_at(session_id);
    if (session == nullptr)
        return store_outcome::no_session;
    participant_record* const participant = participant_at(participant_id);
    if (participant == nullptr)
        return store_outcome::no_participant;
    if (participant->session_id != session->id) {
        if (!participant->session_id.empty())
            return store_outcome::elsewhere;
        if (session->participants.size() >= max_participants_per_session)
            return store_outcome::full;
        session->participants.push_back(participant->id);
        participant->session_id = session->id;
    }
    participant->subscribed_in = session->id;
    participant->subscriptions = std::move(subscriptions);
    return store_outcome::done;
}

store_outcome store::remove(std::string_view session_id, std::string_view participant_id) {
    session_record* const session = session_at(session_id);
    if (session == nullptr)
        return store_outcome::no_session;
    participant_record* const participant = participant_at(participant_id);
    if (participant == nullptr)
        return store_outcome::no_participant;
    if (participant->session_id != session->id)
        return store_outcome::not_a_member;
    std::erase(session->participants, participant->id);
    leave_session(*participant);
    return store_outcome::done;
}

store_outcome store::set_subscriptions(std::string_view session_id, std::string_view participant_id,
                                       subscription_set subscriptions) {
    session_record* const session = session_at(session_id);
    if (session == nullptr)
        return store_outcome::no_session;
    participant_record* const participant = participant_at(participant_id);
    if (participant == nullptr)
        return store_outcome::no_participant;
    participant->subscribed_in = session->id;
    participant->subscriptions = std::move(subscriptions);
    return store_outcome::done;
}

const subscription_set& store::subscriptions_of(const participant_record& participant) const {
    static const subscription_set none;
    return find_session(participant.subscribed_in) == nullptr ? none : participant.subscriptions;
}

} // namespace bandwidth::webrtc::testing::detail
