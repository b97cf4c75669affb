#include "loopback/service.hpp"

#include <string>

#include "loopback/event_json.hpp"
#include "loopback/json_codec.hpp"

namespace bandwidth::webrtc::testing::detail {

namespace {

void set_error(http_response& response, store_outcome outcome) {
    switch (outcome) {
    case store_outcome::no_session:
        set_standard_body(response, 404, "Session not found");
        break;
    case store_outcome::no_participant:
        set_standard_body(response, 404, "Participant not found");
        break;
    case store_outcome::not_a_member:
        set_standard_body(response, 404, "Participant is not in this session");
        break;
    case store_outcome::elsewhere:
        set_standard_body(response, 409, "Participant is in another session");
        break;
    case store_outcome::full:
        set_standard_body(response, 409, "Session is full");
        break;
    case store_outcome::done:
        set_standard_body(response, 204);
        break;
    }
}

bool takes_body(operation wanted) {
    return wanted == operation::create_session || wanted == operation::create_participant ||
           wanted == operation::add_participant_to_session ||
           wanted == operation::update_participant_subscriptions;
}

} // namespace

service::service(const loopback_options& options, const emulated_clock& clock, admission& admitted)
    : clock_(clock)
    , admission_(admitted)
    , empty_lists_as_204_(options.empty_lists_as_204())
    , older_device_api_versions_(options.older_device_api_versions()) {}

void service::end_what_is_over() {
    store_.set_time(clock_.now());
    publish_counts();
}

void service::set_connected(std::string_view participant, bool connected) {
    store_.set_time(clock_.now());
    if (const participant_record* const changed = store_.set_connected(participant, connected))
        tell(connected ? "onConnect" : "onDisconnect", *changed);
    publish_counts();
}

void service::publish_counts() {
    session_count_.store(store_.session_count(), std::memory_order_relaxed);
    participant_count_.store(store_.participant_count(), std::memory_order_relaxed);
}

void service::handle(const route& asked, const http_request& request, http_response& response) {
    // The order of API Gateway: first the path, then who asks for which account, then the type of the body.
    if (asked.wanted == operation::unknown) {
        set_standard_body(response, 403);
        return;
    }
    if (asked.wanted == operation::malformed) {
        set_standard_body(response, 400, "Malformed request path");
        return;
    }
    if (!admission_.authorized(request.authorization) || asked.account != admission_.account()) {
        set_standard_body(response, 401);
        return;
    }
    if (const auto wait = admission_.throttled()) {
        set_standard_body(response, 429);
        response.extra_headers += "Retry-After: " + std::to_string(wait->count()) + "\r\n";
        return;
    }
    // Without a type, JSON is taken for granted.
    if (takes_body(asked.wanted) && !request.content_type.empty() &&
        !is_media_type(request.content_type, "application/json")) {
        set_standard_body(response, 415);
        return;
    }
    store_.set_time(clock_.now());
    try {
        run(asked, request, response);
    } catch (const bad_request& refused) {
        set_standard_body(response, 400, refused.what());
    }
    publish_counts();
}

void service::run(const route& asked, const http_request& request, http_response& response) {
    switch (asked.wanted) {
    case operation::create_session:
        write_session(store_.create_session(read_session_request(request.body)), response.body);
        break;
    case operation::get_session:
        get_session(asked, response);
        break;
    case operation::delete_session:
        set_error(response, store_.delete_session(asked.session));
        break;
    case operation::list_session_participants:
        list_participants(asked, response);
        break;
    case operation::create_participant:
        create_participant(request, response);
        break;
    case operation::get_participant:
        get_participant(asked, response);
        break;
    case operation::delete_participant:
        delete_participant(asked, response);
        break;
    case operation::add_participant_to_session:
        set_error(response, store_.add(asked.session, asked.participant, read_subscriptions(request.body)));
        break;
    case operation::remove_participant_from_session:
        set_error(response, store_.remove(asked.session, asked.participant));
        break;
    case operation::get_participant_subscriptions:
        get_subscriptions(asked, response);
        break;
    case operation::update_participant_subscriptions:
        set_error(response, store_.set_subscriptions(asked.session, asked.participant,
                                                     read_subscriptions(request.body)));
        break;
    default:
        break; // `handle` has responded, or it is another API's
    }
}

void service::tell(std::string_view event, const participant_record& participant) const {
    if (on_event_ && participant.settings.callback_url)
        on_event_(
            {*participant.settings.callback_url, {}, participant_event(event, participant, clock_.date())});
}

void service::delete_participant(const route& asked, http_response& response) {
    const participant_record* const participant = store_.find_participant(asked.participant);
    if (participant != nullptr && participant->connected())
        tell("onLeave", *participant);
    set_error(response, store_.delete_participant(asked.participant));
}

void service::create_participant(const http_request& request, http_response& response) {
    const auto& made =
        store_.create_participant(read_participant_request(request.body, older_device_api_versions_));
    response.body += "{\"participant\":";
    write_participant(made, store_.subscriptions_of(made), response.body);
    response.body += ",\"token\":";
    write_json_string(signer_.sign(claims_of(made)), response.body);
    response.body += '}';
}

/// As in a token of Bandwidth's: account, participant, device API version, and when it expires.
std::string service::claims_of(const participant_record& participant) const {
    const auto expiry = std::chrono::system_clock::to_time_t(clock_.date() + store::lifetime);
    std::string claims = "{\"a\":";
    write_json_string(admission_.account(), claims);
    claims += ",\"p\":";
    write_json_string(participant.id, claims);
    claims += ",\"v\":";
    write_json_string(participant.settings.device_api_version, claims);
    claims += ",\"exp\":" + std::to_string(expiry) + '}';
    return claims;
}

void service::get_session(const route& asked, http_response& response) {
    const session_record* const session = store_.find_session(asked.session);
    if (session == nullptr) {
        set_error(response, store_outcome::no_session);
        return;
    }
    write_session(*session, response.body);
}

void service::get_participant(const route& asked, http_response& response) {
    const participant_record* const participant = store_.find_participant(asked.participant);
    if (participant == nullptr) {
        set_error(response, store_outcome::no_participant);
        return;
    }
    write_participant(*participant, store_.subscriptions_of(*participant), response.body);
}

void service::list_participants(const route& asked, http_response& response) {
    const session_record* const session = store_.find_session(asked.session);
    if (session == nullptr) {
        set_error(response, store_outcome::no_session);
        return;
    }
    if (session->participants.empty() && empty_lists_as_204_) {
        set_standard_body(response, 204);
        return;
    }
    response.body += '[';
    for (const auto& id : session->participants) {
        const auto& participant = *store_.find_participant(id);
        if (response.body.size() > 1)
            response.body += ',';
        write_participant(participant, store_.subscriptions_of(participant), response.body);
    }
    response.body += ']';
}

void service::get_subscriptions(const route& asked, http_response& response) {
    const session_record* const session = store_.find_session(asked.session);
    const participant_record* const participant = store_.find_participant(asked.participant);
    if (session == nullptr || participant == nullptr) {
        set_error(response, session == nullptr ? store_outcome::no_session : store_outcome::no_participant);
        return;
    }
    static const subscription_set none;
    const bool through_this_session = participant->subscribed_in == session->id;
    const auto& found = through_this_session ? participant->subscriptions : none;
    if (found.empty() && empty_lists_as_204_) {
        set_standard_body(response, 204);
        return;
    }
    write_subscriptions(found, response.body);
}

} // namespace bandwidth::webrtc::testing::detail
