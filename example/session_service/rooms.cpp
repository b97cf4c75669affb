#include "session_service/rooms.hpp"

#include <algorithm>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace example {

/// A room as far as it has been made.
struct rooms::room {
    std::optional<webrtc::session> session;
    std::vector<webrtc::created_participant> participants;
};

namespace {

// Bandwidth lets this many participants into one session.
constexpr std::size_t most_participants = 20;

struct room_request {
    std::string name;
    std::vector<std::string> participants;
};

// Nothing where the body is not what it must be.
std::optional<room_request> parse_room_request(const std::string& body) {
    boost::system::error_code failed;
    const json::value parsed = json::parse(body, failed);
    if (failed || !parsed.is_object())
        return std::nullopt;
    const json::object& fields = parsed.get_object();
    const json::value* const name = fields.if_contains("name");
    const json::value* const names = fields.if_contains("participants");
    if (!name || !name->is_string() || !names || !names->is_array() ||
        names->get_array().size() > most_participants)
        return std::nullopt;
    room_request request;
    request.name = json::value_to<std::string>(*name);
    for (const json::value& each : names->get_array()) {
        if (!each.is_string())
            return std::nullopt;
        request.participants.push_back(json::value_to<std::string>(each));
    }
    return request;
}

http_response make_response(http::status status, const json::object& body) {
    http_response response(status, 11);
    response.set(http::field::content_type, "application/json");
    response.set(http::field::cache_control, "no-store"); // tokens are secrets
    response.body() = json::serialize(body) + "\n";
    return response;
}

http_response make_error(http::status status, std::string_view text) {
    json::object body;
    body["error"] = text;
    return make_response(status, body);
}

// What the caller of this service is told about a failure behind it. The details are for this service's own
// log.
http_response make_error(const webrtc::failure& failure) {
    const webrtc::error_code code = failure.code();
    if (code == webrtc::condition::not_found)
        return make_error(http::status::not_found, "there is no such room");
    if (code == webrtc::condition::throttled || code == webrtc::errc::queue_full ||
        code == webrtc::errc::client_closed) {
        auto response = make_error(http::status::service_unavailable, "too busy, try again later");
        const auto wait = failure.retry_after().value_or(std::chrono::seconds(1));
        response.set(http::field::retry_after, std::to_string(wait.count()));
        return response;
    }
    if (code == webrtc::condition::timeout)
        return make_error(http::status::gateway_timeout, "the session service did not respond in time");
    if (code == webrtc::errc::invalid_argument)
        return make_error(http::status::bad_request, failure.message());
    if (failure.http_status() == 400)
        return make_error(http::status::bad_request, "the session service refused the request");
    return make_error(http::status::bad_gateway, "the session service failed");
}

} // namespace

asio::awaitable<http_response> rooms::respond(const http_request& request,
                                              const webrtc::call_options& options) {
    http_response response;
    try {
        response = co_await dispatch(request, options);
    } catch (const webrtc::api_error& error) {
        response = make_error(error.failure());
        if (response.result_int() >= 500)
            write(webrtc::log_level::warning, "request failed", error.failure(), options);
    }
    co_return response;
}

asio::awaitable<http_response> rooms::dispatch(const http_request& request,
                                               const webrtc::call_options& options) {
    constexpr std::string_view collection = "/rooms";
    const std::string_view target(request.target().data(), request.target().size());
    const std::string_view path = target.substr(0, target.find('?'));
    http_response response;
    if (path == collection) {
        if (request.method() == http::verb::post) {
            response = co_await create(request, options);
        } else {
            response = make_error(http::status::method_not_allowed, "only POST is allowed here");
            response.set(http::field::allow, "POST");
        }
    } else if (path.starts_with(collection) && path.substr(collection.size()).starts_with('/')) {
        const webrtc::session_id id(path.substr(collection.size() + 1));
        if (request.method() == http::verb::get) {
            response = co_await read(id, options);
        } else if (request.method() == http::verb::delete_) {
            response = co_await remove(id, options);
        } else {
            response = make_error(http::status::method_not_allowed, "only GET and DELETE are allowed here");
            response.set(http::field::allow, "GET, DELETE");
        }
    } else {
        response = make_error(http::status::not_found, "there is nothing here");
    }
    co_return response;
}

asio::awaitable<http_response> rooms::create(const http_request& request,
                                             const webrtc::call_options& options) {
    const auto wanted = parse_room_request(request.body());
    if (!wanted) {
        co_return make_error(
            http::status::bad_request,
            R"(expected {"name": "...", "participants": ["...", ...]}, 20 participants at most)");
    }
    room made;
    std::exception_ptr failed;
    try {
        webrtc::session session =
            co_await client_.create_session(webrtc::session_request{}.tag(wanted->name), options);
        made.session = std::move(session);
        co_await create_participants(made, wanted->participants, options);
        co_await join_all(made, options);
    } catch (const webrtc::api_error&) {
        failed = std::current_exception(); // no co_await is allowed in here
    }
    if (failed) {
        co_await discard(made, options);
        std::rethrow_exception(failed);
    }

    json::array participants;
    for (const auto& each : made.participants) {
        json::object participant;
        participant["id"] = each.participant().id().value();
        participant["name"] = each.participant().tag().value_or("");
        participant["token"] = each.token().reveal();
        participants.push_back(std::move(participant));
    }
    json::object body;
    body["id"] = made.session->id().value();
    body["name"] = wanted->name;
    body["participants"] = std::move(participants);
    auto response = make_response(http::status::created, body);
    response.set(http::field::location, "/rooms/" + made.session->id().value());
    co_return response;
}

// All at the same time. Those that were made are noted also when others failed, for `discard`.
asio::awaitable<void> rooms::create_participants(room& made, const std::vector<std::string>& names,
                                                 const webrtc::call_options& options) {
    if (names.empty())
        co_return;
    std::vector<webrtc::operation<webrtc::created_participant>> creations;
    for (const auto& name : names) {
        creations.push_back(client_.try_create_participant(
            webrtc::participant_request{}.tag(name).publish(webrtc::media::audio | webrtc::media::video),
            options));
    }
    auto all = asio::experimental::make_parallel_group(std::move(creations));
    auto outcome = co_await all.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    std::optional<webrtc::failure> failed;
    for (auto& each : std::get<1>(outcome))
        if (each)
            made.participants.push_back(std::move(*each));
        else
            failed = each.error();
    if (failed)
        throw webrtc::api_error(*failed);
}

asio::awaitable<void> rooms::join_all(const room& made, const webrtc::call_options& options) {
    if (made.participants.empty())
        co_return;
    const webrtc::session_id& id = made.session->id();
    std::vector<webrtc::operation<void>> joins;
    for (const auto& each : made.participants) {
        joins.push_back(client_.try_add_participant_to_session(id, each.participant().id(),
                                                               webrtc::subscriptions::all_in(id), options));
    }
    auto all = asio::experimental::make_parallel_group(std::move(joins));
    auto outcome = co_await all.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const auto& each : std::get<1>(outcome))
        if (!each)
            throw webrtc::api_error(each.error());
}

// Best effort: what cannot be deleted now, Bandwidth cleans up after nine hours.
asio::awaitable<void> rooms::discard(const room& made, const webrtc::call_options& options) {
    auto lenient = options;
    lenient.ignore_not_found();
    std::vector<webrtc::operation<void>> deletes;
    for (const auto& each : made.participants)
        deletes.push_back(client_.try_delete_participant(each.participant().id(), lenient));
    if (made.session)
        deletes.push_back(client_.try_delete_session(made.session->id(), lenient));
    if (deletes.empty())
        co_return;
    auto all = asio::experimental::make_parallel_group(std::move(deletes));
    auto outcome = co_await all.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const auto& each : std::get<1>(outcome))
        if (!each)
            write(webrtc::log_level::warning, "left behind", each.error(), options);
}

// Both requests go out at the same time, on one connection if need be.
asio::awaitable<http_response> rooms::read(const webrtc::session_id& id,
                                           const webrtc::call_options& options) {
    auto both = asio::experimental::make_parallel_group(client_.try_get_session(id, options),
                                                        client_.try_list_session_participants(id, options));
    auto outcome = co_await both.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    const webrtc::session& session = std::get<1>(outcome).value();
    json::array participants;
    for (const webrtc::participant& each : std::get<2>(outcome).value()) {
        json::object participant;
        participant["id"] = each.id().value();
        participant["name"] = each.tag().value_or("");
        participants.push_back(std::move(participant));
    }
    json::object body;
    body["id"] = session.id().value();
    body["name"] = session.tag().value_or("");
    body["participants"] = std::move(participants);
    co_return make_response(http::status::ok, body);
}

asio::awaitable<http_response> rooms::remove(const webrtc::session_id& id,
                                             const webrtc::call_options& options) {
    const auto present = co_await client_.list_session_participants(id, options);
    auto lenient = options;
    lenient.ignore_not_found();
    for (const webrtc::participant& each : present)
        co_await client_.delete_participant(each.id(), lenient);
    co_await client_.delete_session(id, lenient);
    co_return http_response(http::status::no_content, 11);
}

void rooms::write(webrtc::log_level level, const char* message, const webrtc::failure& failure,
                  const webrtc::call_options& options) {
    json::object fields;
    fields["error"] = printable(failure.describe());
    if (options.trace())
        fields["trace_id"] = options.trace()->trace_id_text();
    log_.write(level, message, fields);
}

} // namespace example
