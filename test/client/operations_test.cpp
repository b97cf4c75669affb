#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "support/test_client.hpp"

// All eleven operations in all three forms against the loopback service.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::options_for;
using support::recording;
using support::run_coroutine;
using testing::loopback_server;

namespace {

/// What all_operations leaves on the wire, in order, after the account.
const std::vector<std::string> expected_requests = {
    "POST /sessions",
    "GET /sessions/S",
    "POST /participants",
    "GET /participants/P",
    "PUT /sessions/S/participants/P",
    "GET /sessions/S/participants",
    "PUT /sessions/S/participants/P/subscriptions",
    "GET /sessions/S/participants/P/subscriptions",
    "DELETE /sessions/S/participants/P",
    "DELETE /participants/P",
    "DELETE /sessions/S",
};

void replace(std::string& text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    if (!from.empty() && at != std::string::npos)
        text.replace(at, from.size(), to);
}

std::vector<std::string> requests_of(const loopback_server& server, const session_id& session,
                                     const participant_id& participant) {
    std::vector<std::string> seen;
    for (const auto& request : server.received()) {
        std::string line = request.method() + " " + request.target();
        replace(line, "/v1/accounts/9900000", "");
        replace(line, session.value(), "S");
        replace(line, participant.value(), "P");
        seen.push_back(line);
    }
    return seen;
}

participant_request alice() {
    return participant_request{}
        .tag("alice")
        .publish(media::audio | media::video)
        .callback_url("https://example.com/events")
        .device_api_version(device_api_version::v3);
}

void check_alice(const participant& seen) {
    CHECK(seen.tag() == "alice");
    CHECK(seen.publish_permissions() == (media::audio | media::video));
    CHECK(seen.callback_url() == "https://example.com/events");
    CHECK(seen.device_api_version() == device_api_version::v3);
}

asio::awaitable<void> throwing_form(client& client, const loopback_server& server) {
    const session made = co_await client.create_session(session_request{}.tag("room"));
    CHECK(made.tag() == "room");
    REQUIRE(!made.id().empty());
    const session read = co_await client.get_session(made.id());
    CHECK(read == made);
    const created_participant created = co_await client.create_participant(alice());
    check_alice(created.participant());
    CHECK(!created.token().empty());
    const participant_id id = created.participant().id();
    const participant before = co_await client.get_participant(id);
    check_alice(before);
    CHECK(before.sessions().empty());
    co_await client.add_participant_to_session(made.id(), id, subscriptions::all_in(made.id()));
    const std::vector<participant> inside = co_await client.list_session_participants(made.id());
    REQUIRE(inside.size() == 1);
    check_alice(inside[0]);
    REQUIRE(inside[0].sessions().size() == 1);
    CHECK(inside[0].sessions()[0] == made.id());
    co_await client.update_participant_subscriptions(made.id(), id, subscriptions::only(made.id()).add(id));
    const subscriptions heard = co_await client.get_participant_subscriptions(made.id(), id);
    CHECK(heard.scope() == subscription_scope::only_listed);
    REQUIRE(heard.participants().size() == 1);
    CHECK(heard.participants()[0].participant_id() == id);
    co_await client.remove_participant_from_session(made.id(), id);
    co_await client.delete_participant(id);
    co_await client.delete_session(made.id());
    CHECK(requests_of(server, made.id(), id) == expected_requests);
    CHECK(server.session_count() == 0);
    CHECK(server.participant_count() == 0);
    // Gone: the throwing form tells it by an exception, which is caught as what it is.
    bool thrown = false;
    try {
        co_await client.get_session(made.id());
    } catch (const api_error& error) {
        thrown = true;
        CHECK(error.code() == make_http_error(404));
        CHECK(error.failure().http_status() == 404);
    }
    CHECK(thrown);
}

asio::awaitable<void> result_form(client& client, const loopback_server& server) {
    const auto made = co_await client.try_create_session(session_request{}.tag("room"));
    REQUIRE(made.has_value());
    const session_id room = made->id();
    const auto read = co_await client.try_get_session(room);
    REQUIRE(read.has_value());
    CHECK(*read == *made);
    const auto created = co_await client.try_create_participant(alice());
    REQUIRE(created.has_value());
    const participant_id id = created->participant().id();
    const auto before = co_await client.try_get_participant(id);
    REQUIRE(before.has_value());
    check_alice(*before);
    const auto added = co_await client.try_add_participant_to_session(room, id);
    CHECK(added.has_value());
    const auto inside = co_await client.try_list_session_participants(room);
    REQUIRE(inside.has_value());
    CHECK(inside->size() == 1);
    const auto updated =
        co_await client.try_update_participant_subscriptions(room, id, subscriptions::all_in(room));
    CHECK(updated.has_value());
    const auto heard = co_await client.try_get_participant_subscriptions(room, id);
    REQUIRE(heard.has_value());
    CHECK(heard->scope() == subscription_scope::all_in_session);
    const auto removed = co_await client.try_remove_participant_from_session(room, id);
    CHECK(removed.has_value());
    const auto deleted = co_await client.try_delete_participant(id);
    CHECK(deleted.has_value());
    const auto closed = co_await client.try_delete_session(room);
    CHECK(closed.has_value());
    CHECK(requests_of(server, room, id) == expected_requests);
    const auto gone = co_await client.try_get_session(room);
    REQUIRE(gone.has_error());
    CHECK(gone.error().http_status() == 404);
    CHECK_THROWS_AS(gone.value(), api_error);
}

/// Waits for the future that a call with `use_future` gave; throws what it holds.
template <class T>
T get(asio::io_context& context, std::future<T> future) {
    support::run_until(
        context, [&future] { return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
    return future.get();
}

// The form that takes a token. test/tokens has the other tokens.
void token_form(asio::io_context& context, client& client, const loopback_server& server) {
    const auto options = call_options{}.header("X-Test", "yes");
    const auto token = asio::use_future;
    const session made =
        get(context, client.async_create_session(session_request{}.tag("room"), options, token));
    const session_id room = made.id();
    CHECK(get(context, client.async_get_session(room, options, token)) == made);
    const created_participant created =
        get(context, client.async_create_participant(alice(), options, token));
    const participant_id id = created.participant().id();
    check_alice(get(context, client.async_get_participant(id, options, token)));
    get(context, client.async_add_participant_to_session(room, id, subscriptions::none(), options, token));
    CHECK(get(context, client.async_list_session_participants(room, options, token)).size() == 1);
    get(context,
        client.async_update_participant_subscriptions(room, id, subscriptions::all_in(room), options, token));
    const subscriptions heard =
        get(context, client.async_get_participant_subscriptions(room, id, options, token));
    CHECK(heard.scope() == subscription_scope::all_in_session);
    get(context, client.async_remove_participant_from_session(room, id, options, token));
    get(context, client.async_delete_participant(id, options, token));
    get(context, client.async_delete_session(room, options, token));
    CHECK(requests_of(server, room, id) == expected_requests);
    for (const auto& request : server.received())
        CHECK(request.header("X-Test") == "yes");
    get(context, client.async_drain(std::chrono::seconds(1), token));
}

} // namespace

TEST_CASE("eleven operations in the form that throws") {
    loopback_server server(recording());
    asio::io_context context;
    client client(context, options_for(server));
    run_coroutine(context, throwing_form(client, server));
}

TEST_CASE("eleven operations in the form that gives a result") {
    loopback_server server(recording());
    asio::io_context context;
    client client(context, options_for(server));
    run_coroutine(context, result_form(client, server));
}

TEST_CASE("eleven operations and the drain in the form that takes a token") {
    loopback_server server(recording());
    asio::io_context context;
    client client(context, options_for(server));
    token_form(context, client, server);
}

TEST_CASE("a request carries what the API asks for") {
    loopback_server server(recording());
    asio::io_context context;
    client client(context, options_for(server).user_agent("my-server/1.0"));
    CHECK(support::wait_for(context, client.try_create_session()).has_value());
    CHECK(support::wait_for(context, client.try_get_session(session_id("a b%c"))).has_error());
    const auto seen = server.received();
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].header("Host") == "localhost:" + std::to_string(server.port()));
    CHECK(seen[0].header("User-Agent") == "my-server/1.0");
    CHECK(seen[0].header("Accept") == "application/json");
    CHECK(seen[0].header("Authorization") == "Basic dXNlcjpzZWNyZXQ=");
    CHECK(seen[1].method() == "GET");
    CHECK(seen[1].target() == "/v1/accounts/9900000/sessions/a%20b%25c");
    CHECK(seen[1].header("Content-Length").empty());
}

TEST_CASE("an empty list may be no content at all") {
    loopback_server server(testing::loopback_options{}.empty_lists_as_204(true));
    asio::io_context context;
    client client(context, options_for(server));
    const auto room = support::wait_for(context, client.try_create_session());
    const auto alone = support::wait_for(context, client.try_create_participant());
    REQUIRE(room.has_value());
    REQUIRE(alone.has_value());
    const auto list = support::wait_for(context, client.try_list_session_participants(room->id()));
    REQUIRE(list.has_value());
    CHECK(list->empty());
    const auto& id = alone->participant().id();
    CHECK(support::wait_for(context, client.try_add_participant_to_session(room->id(), id)).has_value());
    const auto heard = support::wait_for(context, client.try_get_participant_subscriptions(room->id(), id));
    REQUIRE(heard.has_value());
    CHECK(heard->scope() == subscription_scope::none);
}
