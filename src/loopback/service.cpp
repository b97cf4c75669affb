#include "loopback/service.hpp"

#include <boost/beast/core/string.hpp>

#include "core/base64.hpp"
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

/// Without a type, JSON is taken for granted; parameters such as a charset are ignored.
bool is_json(std::string_view content_type) {
    const auto type = content_type.substr(0, content_type.find_first_of("; \t"));
    return content_type.empty() || boost::beast::iequals(type, "application/json");
}

} // namespace

service::service(const loopback_options& options)
    : account_(options.account())
    , credentials_(webrtc::detail::encode_base64(options.username() + ":" + options.password()))
    , empty_lists_as_204_(options.empty_lists_as_204())
    , older_device_api_versions_(options.older_device_api_versions())
    , rate_limit_(options.rate_limit())
    , rate_period_(options.rate_period()) {}

void service::end_what_is_over() {
    store_.set_time(clock_.now());
    publish_counts();
}

void service::set_connected(std::string_view participant, bool connected) {
    store_.set_time(clock_.now());
    store_.set_connected(participant, connected);
    publish_counts();
}

void service::publish_counts() {
    session_count_.store(store_.session_count(), std::memory_order_relaxed);
    participant_count_.store(store_.participant_count(), std::memory_order_relaxed);
}

bool service::throttled(http_response& response) {
    if (rate_limit_ == 0)
        return false;
    const auto now = clock_.now();
    if (now >= rate_period_end_) {
        rate_period_end_ = now + rate_period_;
        requests_in_period_ = 0;
    }
    if (requests_in_period_ < rate_limit_) {
        ++requests_in_period_;
        return false;
    }
    const auto wait = std::chrono::ceil<std::chrono::seconds>(rate_period_end_ - now);
    set_standard_body(response, 429);
    response.extra_headers += "Retry-After: " + std::to_string(wait.count()) + "\r\n";
    return true;
}

bool service::authorized(std::string_view authorization) const {
    constexpr std::string_view scheme = "Basic ";
    return boost::beast::iequals(authorization.substr(0, scheme.size()), scheme) &&
           authorization.substr(std::min(scheme.size(), authorization.size())) == credentials_;
}

void service::handle(const http_request& request, http_response& response) {
    response.status = 200;
    response.content_type = "application/json";
    response.body.clear();
    // The order of API Gateway: first the path, then who asks for which account, then the type of the body.
    find_route(request.method, request.target, route_);
    if (route_.wanted == operation::unknown) {
        set_standard_body(response, 403);
        return;
    }
    if (route_.wanted == operation::malformed) {
        set_standard_body(response, 400, "Malformed request path");
        return;
    }
    if (!authorized(request.authorization) || route_.account != account_) {
        set_standard_body(response, 401);
        return;
    }
    if (throttled(response))
        return;
    if (takes_body(route_.wanted) && !is_json(request.content_type)) {
        set_standard_body(response, 415);
        return;
    }
    store_.set_time(clock_.now());
    try {
        run(request, response);
    } catch (const bad_request& refused) {
        set_standard_body(response, 400, refused.what());
    }
    publish_counts();
}

void service::run(const http_request& request, http_response& response) {
    switch (route_.wanted) {
    case operation::create_session:
        write_session(store_.create_session(read_session_request(request.body)), response.body);
        break;
    case operation::get_session:
        get_session(response);
        break;
    case operation::delete_session:
        set_error(response, store_.delete_session(route_.session));
        break;
    case operation::list_session_participants:
        list_participants(response);
        break;
    case operation::create_participant:
        create_participant(request, response);
        break;
    case operation::get_participant:
        get_participant(response);
        break;
    case operation::delete_participant:
        set_error(response, store_.delete_participant(route_.participant));
        break;
    case operation::add_participant_to_session:
        set_error(response, store_.add(route_.session, route_.participant, read_subscriptions(request.body)));
        break;
    case operation::remove_participant_from_session:
        set_error(response, store_.remove(route_.session, route_.participant));
        break;
    case operation::get_participant_subscriptions:
        get_subscriptions(response);
        break;
    case operation::update_participant_subscriptions:
        set_error(response, store_.set_subscriptions(route_.session, route_.participant,
                                                     read_subscriptions(request.body)));
        break;
    case operation::unknown:
    case operation::malformed:
        break; // answered by `handle`
    }
}

void service::create_participant(const http_request& request, http_response& response) {
    const auto& made =
        store_.create_participant(read_participant_request(request.body, older_device_api_versions_));
    response.body += "{\"participant\":";
    write_participant(made, store_.subscriptions_of(made), response.body);
    response.body += ",\"token\":";
    const auto token =
        tokens_.make(account_, made.id, made.settings.device_api_version, clock_.date() + store::lifetime);
    write_json_string(token, response.body);
    response.body += '}';
}

void service::get_session(http_response& response) {
    const session_record* const session = store_.find_session(route_.session);
    if (session == nullptr) {
        set_error(response, store_outcome::no_session);
        return;
    }
    write_session(*session, response.body);
}

void service::get_participant(http_response& response) {
    const participant_record* const participant = store_.find_participant(route_.participant);
    if (participant == nullptr) {
        set_error(response, store_outcome::no_participant);
        return;
    }
    write_participant(*participant, store_.subscriptions_of(*participant), response.body);
}

void service::list_participants(http_response& response) {
    const session_record* const session = store_.find_session(route_.session);
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

void service::get_subscriptions(http_response& response) {
    const session_record* const session = store_.find_session(route_.session);
    const participant_record* const participant = store_.find_participant(route_.participant);
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
