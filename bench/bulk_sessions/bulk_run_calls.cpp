#include "bulk_sessions/bulk_run.hpp"
#include "bulk_sessions/checks.hpp"

// One function for each call of the API. What a call needs and does not exist, because its creation failed,
// makes it skipped.
namespace bandwidth::webrtc::bench {

namespace asio = boost::asio;

asio::awaitable<void> bulk_run::call_until_done() {
    while (const auto next = take()) {
        ++in_flight_;
        co_await call(*next);
        --in_flight_;
    }
}

asio::awaitable<void> bulk_run::call(item next) {
    switch (kind_) {
    case call_kind::create_session:
        return create_session(next.session);
    case call_kind::create_participant:
        return create_participant(next.session, next.participant);
    case call_kind::add_participant_to_session:
        return add_participant_to_session(next.session, next.participant);
    case call_kind::get_session:
        return get_session(next.session);
    case call_kind::get_participant:
        return get_participant(next.session, next.participant);
    case call_kind::list_session_participants:
        return list_session_participants(next.session);
    case call_kind::update_participant_subscriptions:
        return update_participant_subscriptions(next.session, next.participant);
    case call_kind::get_participant_subscriptions:
        return get_participant_subscriptions(next.session, next.participant);
    case call_kind::remove_participant_from_session:
        return remove_participant_from_session(next.session, next.participant);
    case call_kind::delete_participant:
        return delete_participant(next.session, next.participant);
    case call_kind::delete_session:
        break;
    }
    return delete_session(next.session);
}

asio::awaitable<void> bulk_run::create_session(std::size_t session) {
    const auto tag = created_.session_tag(session);
    const auto request = session_request().tag(tag);
    const auto started = clock::now();
    const auto response = co_await client_.try_create_session(request);
    if (!note(started, response))
        co_return;
    note_check(check_session(*response, session_id(), tag));
    created_.session(session) = response->id();
}

asio::awaitable<void> bulk_run::create_participant(std::size_t session, std::size_t number) {
    const auto tag = created_.participant_tag(session, number);
    const auto request = participant_request().tag(tag).publish(media::audio | media::video);
    const auto started = clock::now();
    const auto response = co_await client_.try_create_participant(request);
    if (!note(started, response))
        co_return;
    note_check(check_participant(response->participant(), participant_id(), tag));
    created_.participant(session, number).id = response->participant().id();
}

asio::awaitable<void> bulk_run::add_participant_to_session(std::size_t session, std::size_t number) {
    auto& entry = created_.participant(session, number);
    const auto& id = created_.session(session);
    if (id.empty() || entry.id.empty()) {
        skip();
        co_return;
    }
    const auto everybody = subscriptions::all_in(id);
    const auto started = clock::now();
    const auto response = co_await client_.try_add_participant_to_session(id, entry.id, everybody);
    if (note(started, response))
        entry.joined = true;
}

asio::awaitable<void> bulk_run::get_session(std::size_t session) {
    const auto& id = created_.session(session);
    if (id.empty()) {
        skip();
        co_return;
    }
    const auto started = clock::now();
    const auto response = co_await client_.try_get_session(id);
    if (note(started, response))
        note_check(check_session(*response, id, created_.session_tag(session)));
}

asio::awaitable<void> bulk_run::get_participant(std::size_t session, std::size_t number) {
    const auto& id = created_.participant(session, number).id;
    if (id.empty()) {
        skip();
        co_return;
    }
    const auto started = clock::now();
    const auto response = co_await client_.try_get_participant(id);
    if (note(started, response))
        note_check(check_participant(*response, id, created_.participant_tag(session, number)));
}

asio::awaitable<void> bulk_run::list_session_participants(std::size_t session) {
    const auto& id = created_.session(session);
    if (id.empty()) {
        skip();
        co_return;
    }
    const auto started = clock::now();
    const auto response = co_await client_.try_list_session_participants(id);
    if (note(started, response))
        note_check(check_list(*response, created_, session));
}

// All the others of the session by name; whoever is alone there, everybody who may come.
subscriptions bulk_run::chosen_subscriptions(std::size_t session, std::size_t number) const {
    auto others = subscriptions::only(created_.session(session));
    for (std::size_t other = 0; other < created_.participants_each(); ++other) {
        const auto& entry = created_.participant(session, other);
        if (other != number && !entry.id.empty())
            others.add(entry.id);
    }
    if (others.participants().empty())
        return subscriptions::all_in(created_.session(session));
    return others;
}

asio::awaitable<void> bulk_run::update_participant_subscriptions(std::size_t session, std::size_t number) {
    auto& entry = created_.participant(session, number);
    if (!entry.joined) {
        skip();
        co_return;
    }
    const auto wanted = chosen_subscriptions(session, number);
    const auto started = clock::now();
    const auto response =
        co_await client_.try_update_participant_subscriptions(created_.session(session), entry.id, wanted);
    entry.subscribed = note(started, response);
}

asio::awaitable<void> bulk_run::get_participant_subscriptions(std::size_t session, std::size_t number) {
    const auto& entry = created_.participant(session, number);
    if (!entry.subscribed) {
        skip();
        co_return;
    }
    const auto wanted = chosen_subscriptions(session, number);
    const auto started = clock::now();
    const auto response =
        co_await client_.try_get_participant_subscriptions(created_.session(session), entry.id);
    if (note(started, response))
        note_check(check_subscriptions(*response, wanted));
}

asio::awaitable<void> bulk_run::remove_participant_from_session(std::size_t session, std::size_t number) {
    auto& entry = created_.participant(session, number);
    if (!entry.joined) {
        skip();
        co_return;
    }
    entry.joined = entry.subscribed = false; // also when the call fails: then it is not known
    const auto started = clock::now();
    const auto response =
        co_await client_.try_remove_participant_from_session(created_.session(session), entry.id);
    note(started, response);
}

asio::awaitable<void> bulk_run::delete_participant(std::size_t session, std::size_t number) {
    auto& entry = created_.participant(session, number);
    if (entry.id.empty()) {
        skip();
        co_return;
    }
    const auto started = clock::now();
    const auto response = co_await client_.try_delete_participant(entry.id, delete_options_);
    if (note(started, response))
        entry = {};
}

asio::awaitable<void> bulk_run::delete_session(std::size_t session) {
    auto& id = created_.session(session);
    if (id.empty()) {
        skip();
        co_return;
    }
    const auto started = clock::now();
    const auto response = co_await client_.try_delete_session(id, delete_options_);
    if (note(started, response))
        id = session_id();
}

} // namespace bandwidth::webrtc::bench
