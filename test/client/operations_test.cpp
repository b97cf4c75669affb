#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
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

// The token form, by kind of token. `get` starts a call with a token and gives its result.

template <class T, class Start, class Token>
asio::awaitable<void> await_start(Start& start, Token token, std::optional<result<T>>& out) {
    auto outcome = co_await start(token);
    if constexpr (std::is_same_v<decltype(outcome), std::tuple<result<T>>>)
        out = std::get<0>(std::move(outcome));
    else
        out = std::move(outcome);
}

struct callback_form {
    template <class T, class Start>
    static result<T> get(asio::io_context& context, Start start) {
        std::optional<result<T>> out;
        start([&out](result<T> outcome) { out = std::move(outcome); });
        CHECK_FALSE(out.has_value()); // never inside of the function that starts the call
        support::run_until(context, [&out] { return out.has_value(); });
        return *out;
    }
};

struct future_form {
    template <class T, class Start>
    static result<T> get(asio::io_context& context, Start start) {
        std::future<result<T>> future = start(asio::use_future);
        support::run_until(context, [&future] {
            return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
        });
        return future.get();
    }
};

template <class Token>
struct awaited_form {
    template <class T, class Start>
    static result<T> get(asio::io_context& context, Start start) {
        std::optional<result<T>> out;
        run_coroutine(context, await_start<T>(start, Token(), out));
        return *out;
    }
};

using deferred_form = awaited_form<asio::deferred_t>;
using awaitable_form = awaited_form<asio::use_awaitable_t<>>;

struct as_tuple_deferred_form {
    template <class T, class Start>
    static result<T> get(asio::io_context& context, Start start) {
        std::optional<result<T>> out;
        run_coroutine(context, await_start<T>(start, asio::as_tuple(asio::deferred), out));
        return *out;
    }
};

template <class Form, class T, class Start>
result<T> get(asio::io_context& context, Start start) {
    return Form::template get<T>(context, std::move(start));
}

/// `with_options`: the overloads that take call_options.
template <class Form>
void token_form(bool with_options) {
    loopback_server server(recording());
    asio::io_context context;
    client client(context, options_for(server));
    const auto options = call_options{}.header("X-Test", "yes");

    // Each operation is given as a function of what comes behind its own arguments.
    const auto call = [&]<class T>(std::type_identity<T>, auto operation) {
        return get<Form, T>(context, [&, operation](auto token) {
            if (with_options)
                return operation(options, token);
            return operation(token);
        });
    };
    constexpr std::type_identity<void> nothing;

    const auto made = call(std::type_identity<session>(), [&](auto... rest) {
        return client.async_create_session(session_request{}.tag("room"), rest...);
    });
    REQUIRE(made.has_value());
    const session_id room = made->id();
    const auto read = call(std::type_identity<session>(),
                           [&](auto... rest) { return client.async_get_session(room, rest...); });
    REQUIRE(read.has_value());
    CHECK(*read == *made);
    const auto created = call(std::type_identity<created_participant>(), [&](auto... rest) {
        return client.async_create_participant(alice(), rest...);
    });
    REQUIRE(created.has_value());
    const participant_id id = created->participant().id();
    const auto before = call(std::type_identity<participant>(),
                             [&](auto... rest) { return client.async_get_participant(id, rest...); });
    REQUIRE(before.has_value());
    check_alice(*before);
    CHECK(call(
              nothing,
              [&](auto... rest) {
                  return client.async_add_participant_to_session(room, id, subscriptions::none(), rest...);
              })
              .has_value());
    const auto inside = call(std::type_identity<std::vector<participant>>(), [&](auto... rest) {
        return client.async_list_session_participants(room, rest...);
    });
    REQUIRE(inside.has_value());
    CHECK(inside->size() == 1);
    CHECK(call(
              nothing,
              [&](auto... rest) {
                  return client.async_update_participant_subscriptions(room, id, subscriptions::all_in(room),
                                                                       rest...);
              })
              .has_value());
    const auto heard = call(std::type_identity<subscriptions>(), [&](auto... rest) {
        return client.async_get_participant_subscriptions(room, id, rest...);
    });
    REQUIRE(heard.has_value());
    CHECK(heard->scope() == subscription_scope::all_in_session);
    CHECK(call(
              nothing,
              [&](auto... rest) { return client.async_remove_participant_from_session(room, id, rest...); })
              .has_value());
    CHECK(call(
              nothing, [&](auto... rest) { return client.async_delete_participant(id, rest...); })
              .has_value());
    CHECK(
        call(nothing, [&](auto... rest) { return client.async_delete_session(room, rest...); }).has_value());
    CHECK(requests_of(server, room, id) == expected_requests);
    const auto gone = call(std::type_identity<session>(),
                           [&](auto... rest) { return client.async_get_session(room, rest...); });
    REQUIRE(gone.has_error());
    CHECK(gone.error().http_status() == 404);
    CHECK(gone.error().delivery() == delivery::answered);

    for (const auto& request : server.received())
        CHECK(request.header("X-Test") == (with_options ? "yes" : ""));
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

TEST_CASE_TEMPLATE("eleven operations in the form that takes a token", Form, callback_form, future_form,
                   deferred_form, as_tuple_deferred_form, awaitable_form) {
    SUBCASE("without options") { token_form<Form>(false); }
    SUBCASE("with options") { token_form<Form>(true); }
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
