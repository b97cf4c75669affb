#include "bulk/job/session_job.hpp"

#include "bulk/job/checks.hpp"

#include <functional>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace asio = boost::asio;

session_job::session_job(client client, share sessions, std::size_t participants_each, std::uint64_t nonce)
    : client_(std::move(client)), created_(sessions, participants_each, nonce) {}

job_call session_job::for_sessions(call_kind kind, session_step made) {
    return {kind, created_.sessions(), 1, std::bind_front(made, this)};
}

job_call session_job::for_participants(call_kind kind, participant_step made) {
    const auto each = created_.participants_each();
    return {kind, created_.sessions() * each, each, [this, made, each](std::size_t item, call_log& log) {
                return (this->*made)(item / each, item % each, log);
            }};
}

std::vector<job_call> session_job::calls() {
    return {
        for_sessions(call_kind::create_session, &session_job::create_session),
        for_participants(call_kind::create_participant, &session_job::create_participant),
        for_participants(call_kind::add_participant_to_session, &session_job::add_participant_to_session),
        for_sessions(call_kind::get_session, &session_job::get_session),
        for_participants(call_kind::get_participant, &session_job::get_participant),
        for_sessions(call_kind::list_session_participants, &session_job::list_session_participants),
        for_participants(call_kind::update_participant_subscriptions,
                         &session_job::update_participant_subscriptions),
        for_participants(call_kind::get_participant_subscriptions,
                         &session_job::get_participant_subscriptions),
        for_participants(call_kind::remove_participant_from_session,
                         &session_job::remove_participant_from_session),
        for_participants(call_kind::delete_participant, &session_job::delete_participant),
        for_sessions(call_kind::delete_session, &session_job::delete_session),
    };
}

std::vector<call_kind> session_job::begin_clean_up() {
    may_be_gone_ = true;
    return {call_kind::delete_participant, call_kind::delete_session};
}

std::vector<thing_count> session_job::existing() const {
    return {{thing_kind::session, created_.count_sessions()},
            {thing_kind::participant, created_.count_participants()}};
}

void session_job::visit_existing(
    const std::function<void(thing_kind, std::size_t, std::string_view)>& visit) const {
    for (std::size_t session = 0; session < created_.sessions(); ++session) {
        if (const auto& id = created_.session(session); !id.empty())
            visit(thing_kind::session, session, id.value());
        for (std::size_t number = 0; number < created_.participants_each(); ++number)
            if (const auto& id = created_.participant(session, number).id; !id.empty())
                visit(thing_kind::participant, created_.item(session, number), id.value());
    }
}

void session_job::restore(thing_kind kind, std::size_t number, std::string id) {
    if (kind == thing_kind::session)
        created_.session(number) = session_id(std::move(id));
    else
        created_.participant(number / created_.participants_each(), number % created_.participants_each())
            .id = participant_id(std::move(id));
}

asio::awaitable<void> session_job::create_session(std::size_t session, call_log& log) {
    if (!created_.session(session).empty())
        co_return; // a run before had made it
    const auto tag = created_.session_tag(session);
    const auto request = session_request().tag(tag);
    const auto started = log.start(call_kind::create_session, session);
    const auto response = co_await client_.try_create_session(request, log.options());
    if (!log.note(started, response))
        co_return;
    log.add_check(started, check_session(*response, session_id(), tag));
    created_.session(session) = response->id();
    log.created(thing_kind::session, session, response->id().value());
}

asio::awaitable<void> session_job::create_participant(std::size_t session, std::size_t number,
                                                      call_log& log) {
    if (!created_.participant(session, number).id.empty())
        co_return; // a run before had made it
    const auto tag = created_.participant_tag(session, number);
    const auto request = participant_request().tag(tag).publish(media::audio | media::video);
    const auto started = log.start(call_kind::create_participant, created_.item(session, number));
    const auto response = co_await client_.try_create_participant(request, log.options());
    if (!log.note(started, response))
        co_return;
    log.add_check(started, check_participant(response->participant(), participant_id(), tag));
    const auto& id = response->participant().id();
    created_.participant(session, number).id = id;
    log.created(thing_kind::participant, created_.item(session, number), id.value());
}

asio::awaitable<void> session_job::add_participant_to_session(std::size_t session, std::size_t number,
                                                              call_log& log) {
    auto& entry = created_.participant(session, number);
    const auto& id = created_.session(session);
    if (id.empty() || entry.id.empty()) {
        log.skip(call_kind::add_participant_to_session);
        co_return;
    }
    const auto everybody = subscriptions::all_in(id);
    const auto started = log.start(call_kind::add_participant_to_session, created_.item(session, number));
    const auto response =
        co_await client_.try_add_participant_to_session(id, entry.id, everybody, log.options());
    if (log.note(started, response))
        entry.joined = true;
}

asio::awaitable<void> session_job::get_session(std::size_t session, call_log& log) {
    const auto& id = created_.session(session);
    if (id.empty()) {
        log.skip(call_kind::get_session);
        co_return;
    }
    const auto started = log.start(call_kind::get_session, session);
    const auto response = co_await client_.try_get_session(id, log.options());
    if (log.note(started, response))
        log.add_check(started, check_session(*response, id, created_.session_tag(session)));
}

asio::awaitable<void> session_job::get_participant(std::size_t session, std::size_t number, call_log& log) {
    const auto& id = created_.participant(session, number).id;
    if (id.empty()) {
        log.skip(call_kind::get_participant);
        co_return;
    }
    const auto started = log.start(call_kind::get_participant, created_.item(session, number));
    const auto response = co_await client_.try_get_participant(id, log.options());
    if (log.note(started, response))
        log.add_check(started, check_participant(*response, id, created_.participant_tag(session, number)));
}

asio::awaitable<void> session_job::list_session_participants(std::size_t session, call_log& log) {
    const auto& id = created_.session(session);
    if (id.empty()) {
        log.skip(call_kind::list_session_participants);
        co_return;
    }
    const auto started = log.start(call_kind::list_session_participants, session);
    const auto response = co_await client_.try_list_session_participants(id, log.options());
    if (log.note(started, response))
        log.add_check(started, check_list(*response, created_, session));
}

// All the others of the session by name; whoever is alone there, everybody who may come.
subscriptions session_job::chosen_subscriptions(std::size_t session, std::size_t number) const {
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

asio::awaitable<void> session_job::update_participant_subscriptions(std::size_t session, std::size_t number,
                                                                    call_log& log) {
    auto& entry = created_.participant(session, number);
    if (!entry.joined) {
        log.skip(call_kind::update_participant_subscriptions);
        co_return;
    }
    const auto wanted = chosen_subscriptions(session, number);
    const auto started =
        log.start(call_kind::update_participant_subscriptions, created_.item(session, number));
    const auto response = co_await client_.try_update_participant_subscriptions(
        created_.session(session), entry.id, wanted, log.options());
    entry.subscribed = log.note(started, response);
}

asio::awaitable<void> session_job::get_participant_subscriptions(std::size_t session, std::size_t number,
                                                                 call_log& log) {
    const auto& entry = created_.participant(session, number);
    if (!entry.subscribed) {
        log.skip(call_kind::get_participant_subscriptions);
        co_return;
    }
    const auto wanted = chosen_subscriptions(session, number);
    const auto started = log.start(call_kind::get_participant_subscriptions, created_.item(session, number));
    const auto response = co_await client_.try_get_participant_subscriptions(created_.session(session),
                                                                             entry.id, log.options());
    if (log.note(started, response))
        log.add_check(started, check_subscriptions(*response, wanted));
}

asio::awaitable<void> session_job::remove_participant_from_session(std::size_t session, std::size_t number,
                                                                   call_log& log) {
    auto& entry = created_.participant(session, number);
    if (!entry.joined) {
        log.skip(call_kind::remove_participant_from_session);
        co_return;
    }
    entry.joined = entry.subscribed = false; // also when the call fails: then it is not known
    const auto started =
        log.start(call_kind::remove_participant_from_session, created_.item(session, number));
    const auto response = co_await client_.try_remove_participant_from_session(created_.session(session),
                                                                               entry.id, log.options());
    log.note(started, response);
}

asio::awaitable<void> session_job::delete_participant(std::size_t session, std::size_t number,
                                                      call_log& log) {
    auto& entry = created_.participant(session, number);
    if (entry.id.empty()) {
        log.skip(call_kind::delete_participant);
        co_return;
    }
    const auto deleting = log.deletion_options(may_be_gone_);
    const auto started = log.start(call_kind::delete_participant, created_.item(session, number));
    const auto response = co_await client_.try_delete_participant(entry.id, deleting);
    if (!log.note(started, response))
        co_return;
    entry = inventory::participant_entry();
    log.deleted(thing_kind::participant, created_.item(session, number));
}

asio::awaitable<void> session_job::delete_session(std::size_t session, call_log& log) {
    auto& id = created_.session(session);
    if (id.empty()) {
        log.skip(call_kind::delete_session);
        co_return;
    }
    const auto deleting = log.deletion_options(may_be_gone_);
    const auto started = log.start(call_kind::delete_session, session);
    const auto response = co_await client_.try_delete_session(id, deleting);
    if (!log.note(started, response))
        co_return;
    id = session_id();
    log.deleted(thing_kind::session, session);
}

} // namespace bandwidth::webrtc::bulk
