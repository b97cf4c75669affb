#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "client/warm_up.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// The context's only thread is busy while something arrives on idle connections, and the next call starts
// before anything was read. What was there before a request is not its response (RFC 9112, section 9.2), and
// a connection that the server has closed by then is not used for it.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::collector;
using support::count_of;
using support::generous_limit;
using support::options_for;
using support::run_until;
using support::wait_for;
using testing::script;
using testing::scripted_server;

namespace {

constexpr auto no_content = "HTTP/1.1 204 No Content\r\n\r\n";

/// One kind of call: how it is started, and which response makes it succeed.
struct kind_of_call {
    std::string method;
    std::function<void(client&, collector<std::string>&)>
        start;         ///< the result is the session's id, if it has one
    std::string stray; ///< somebody else's response
    std::string own;
    std::string result;
};

template <class T, class Value>
auto told(collector<std::string>& results, Value value) {
    return [done = results.next(), value](result<T> outcome) mutable {
        if (outcome.has_value())
            done(value(outcome));
        else
            done(outcome.error());
    };
}

std::vector<kind_of_call> kinds_of_call() {
    const auto id_of = [](const result<session>& made) { return made->id().value(); };
    const auto nothing = [](const result<void>&) { return std::string(); };
    const auto session_with = [](const std::string& tag) {
        return support::http_response(200, R"({"id":"same","tag":")" + tag + R"("})");
    };
    return {
        {"GET",
         [](client& client, auto& results) {
             client.try_get_session(session_id("same"))(
                 told<session>(results, [](const auto& read) { return read->tag().value_or("none"); }));
         },
         session_with("stray"), session_with("own"), "own"},
        {"POST",
         [id_of](client& client, auto& results) {
             client.try_create_session()(told<session>(results, id_of));
         },
         support::session_response("stray"), support::session_response("own"), "own"},
        {"PUT",
         [nothing](client& client, auto& results) {
             client.try_add_participant_to_session(session_id("s"),
                                                   participant_id("p"))(told<void>(results, nothing));
         },
         no_content, no_content, ""},
        {"DELETE",
         [nothing](client& client, auto& results) {
             client.try_delete_session(session_id("s"))(told<void>(results, nothing));
         },
         no_content, no_content, ""},
    };
}

/// A server whose first connections have each answered one call and then do what `arrives` says, when they
/// are released; the connection behind them gives `own` to a call.
void play(scripted_server& server, std::size_t connections, const script& arrives, const std::string& own) {
    for (std::size_t i = 0; i < connections; ++i)
        server.add(arrives);
    server.add(script{}.expect_requests().hold().send(own).expect_requests().send(
        support::session_response("next")));
}

/// What every connection does until it is idle: `hold` keeps the calls apart, so that each has one of its
/// own.
script used_once() {
    return script{}.expect_requests().hold().send(support::session_response("warm")).hold();
}

/// As many idle connections as the client may have.
void make_idle(asio::io_context& context, client& client, scripted_server& server, std::size_t connections) {
    collector<session> warm;
    for (std::size_t i = 0; i < connections; ++i)
        client.try_get_session(session_id("warm"))(warm.next());
    for (std::size_t i = 0; i < connections; ++i)
        run_until(context, [&] { return server.state(i) == testing::script_state::held; });
    for (std::size_t i = 0; i < connections; ++i)
        server.release(i);
    warm.wait(context);
    REQUIRE(warm.succeeded() == connections);
    run_until(context, [&] { return client.stats().connections_idle == connections; });
}

/// Blocks the context's thread until all of the first connections have played their scripts to the end, and
/// starts the call then, with nothing read in between.
void start_behind(asio::io_context& context, client& client, scripted_server& server, std::size_t connections,
                  const kind_of_call& kind, collector<std::string>& results) {
    asio::post(
        context, [&client, &server, &kind, &results, connections] { // this function has returned by then
            for (std::size_t i = 0; i < connections; ++i) {
                REQUIRE(server.wait_until_held(i, generous_limit));
                server.release(i);
            }
            for (std::size_t i = 0; i < connections; ++i) {
                REQUIRE(server.wait_until_ended(i, generous_limit));
                REQUIRE(server.error(i) == "");
            }
            kind.start(client, results);
        });
}

/// The call has its response from the connection behind the first ones, and not before it was given; it was
/// sent once, and the connection serves the next call.
void check_served_elsewhere(asio::io_context& context, client& client, scripted_server& server,
                            std::size_t connections, const kind_of_call& kind,
                            collector<std::string>& results) {
    run_until(context, [&] {
        return server.state(connections) == testing::script_state::held || results.left() != results.size();
    });
    REQUIRE_MESSAGE(results.left() == 1, "completed before the server had answered: ",
                    results[0].has_error() ? results[0].error().describe() : *results[0]);
    server.release(connections);
    results.wait(context);
    CHECK(results.each_once());
    REQUIRE_MESSAGE(results[0].has_value(), results[0].error().describe());
    CHECK(*results[0] == kind.result);
    for (std::size_t i = 0; i < connections; ++i)
        CHECK(count_of(server.received(i), " HTTP/1.1\r\n") == 1); // what warmed it up
    CHECK(count_of(server.received(connections), kind.method + " ") == 1);
    run_until(context, [&] { return client.stats().connections_closed == connections; });
    support::warm_up_with_session(context, client, "next");
    CHECK(server.connections() == connections + 1);
    CHECK(client.stats().requests_sent == connections + 2);
    CHECK(client.stats().connections_lost == 0);
    CHECK(client.stats().calls_failed == 0);
    CHECK(support::at_rest(client.stats()));
}

} // namespace

TEST_CASE("F07: a response that lies on an idle connection is nobody's") {
    for (const std::size_t connections : {1U, 3U}) {
        for (const auto& kind : kinds_of_call()) {
            CAPTURE(connections);
            CAPTURE(kind.method);
            scripted_server server;
            play(server, connections, used_once().send(kind.stray), kind.own);
            asio::io_context context;
            client client(context, options_for(server).max_connections(connections));
            make_idle(context, client, server, connections);
            collector<std::string> results;
            start_behind(context, client, server, connections, kind, results);
            check_served_elsewhere(context, client, server, connections, kind, results);
            CHECK(client.stats().unsolicited_bytes == connections * kind.stray.size());
        }
    }
}

TEST_CASE("F07: a response that lies on one idle connection costs the call another one, and nothing more") {
    for (const auto& kind : kinds_of_call()) {
        CAPTURE(kind.method);
        scripted_server server;
        play(server, 1, used_once().send(kind.stray), kind.own);
        asio::io_context context;
        client client(context, options_for(server)); // there is room for another
        make_idle(context, client, server, 1);
        collector<std::string> results;
        start_behind(context, client, server, 1, kind, results);
        check_served_elsewhere(context, client, server, 1, kind, results);
        CHECK(client.stats().unsolicited_bytes == kind.stray.size());
    }
}

TEST_CASE(
    "F07b: a connection that the server has closed by then costs the call another one, and nothing more") {
    const auto timed_out = support::http_response(408, "{}", "Connection: close\r\n");
    for (const auto& [each_name, arrives] : std::vector<std::pair<std::string, script>>{
             {"FIN", used_once().fin()},
             {"close_notify", used_once().close_notify()},
             {"close_notify and FIN", used_once().close_notify().fin()},
             {"408", used_once().send(timed_out)},
             {"408 and its close", used_once().send(timed_out).close_notify().fin()},
             {"a reset", used_once().rst()}}) {
        const auto& name = each_name;
        for (const std::size_t connections : {1U, 3U}) {
            for (const auto& kind : kinds_of_call()) {
                CAPTURE(name);
                CAPTURE(connections);
                CAPTURE(kind.method);
                scripted_server server;
                play(server, connections, arrives, kind.own);
                asio::io_context context;
                client client(context, options_for(server).max_connections(connections));
                make_idle(context, client, server, connections);
                collector<std::string> results;
                start_behind(context, client, server, connections, kind, results);
                check_served_elsewhere(context, client, server, connections, kind, results);
                CHECK(client.stats().unsolicited_bytes == 0);
                CHECK(client.stats().responses_4xx == 0);
            }
        }
    }
}

TEST_CASE("F07c: a FIN that came together with a response is seen before a POST goes behind it") {
    scripted_server server;
    server.add(script{}.expect_requests().send(support::session_response("first")).fin());
    server.add(script{}.expect_requests().send(support::session_response("own")));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    collector<session> results;
    client.try_get_session(session_id("first"))(results.next());
    run_until(context, [&] { return client.stats().requests_sent == 1; });
    REQUIRE(server.wait_until_ended(0, generous_limit));
    client.try_create_session()(results.next()); // waits for the only connection, of which nothing was read
    results.wait(context);
    CHECK(results[0].has_value());
    REQUIRE_MESSAGE(results[1].has_value(), results[1].error().describe());
    CHECK(results[1]->id() == session_id("own"));
    CHECK(count_of(server.received(0), " HTTP/1.1\r\n") == 1);
    CHECK(client.stats().connections_lost == 0);
}
