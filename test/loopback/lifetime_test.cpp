#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include <bandwidth/webrtc/device_token.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>

#include "loopback/http_fixture.hpp"
#include "loopback/service_fixture.hpp"
#include "support/raw_tls_client.hpp"

// What time does to the emulation: sessions and unconnected participants end, and the rate limit begins anew.

using namespace bandwidth::webrtc::testing;
using namespace std::chrono_literals;
using bandwidth::webrtc::participant_id;
using loopback_test::caller;
using loopback_test::request;
using support::raw_tls_client;
namespace json = boost::json;
namespace http = boost::beast::http;

TEST_CASE("a session ends nine hours after it was created, and its subscriptions with it") {
    caller api;
    const auto session = api.create_session();
    const auto alice = api.create_participant();
    api.served().set_connected(alice, true);
    const auto member = "/sessions/" + session + "/participants/" + alice;
    CHECK(api.call("PUT", member, R"({"sessionId":"s"})").status == 204);

    api.served().advance(8h + 59min);
    const auto younger = api.create_session();
    CHECK(api.call("GET", "/sessions/" + session).status == 200); // which makes it live no longer
    CHECK(api.call("PUT", member, R"({"sessionId":"s"})").status == 204);

    api.served().advance(1min);
    CHECK(caller::is_error(api.call("GET", "/sessions/" + session), 404));
    CHECK(caller::is_error(api.call("DELETE", "/sessions/" + session), 404));
    CHECK(caller::is_error(api.call("PUT", member), 404));
    CHECK(api.get("/sessions/" + younger).at("id") == json::string(younger));
    CHECK(api.served().session_count() == 1);
    const auto left = api.get("/participants/" + alice);
    CHECK(left.at("sessions") == json::array());
    CHECK(left.at("subscriptions") == json::object());
    CHECK(api.call("PUT", "/sessions/" + younger + "/participants/" + alice).status == 204);

    api.served().advance(8h + 59min);
    CHECK(api.call("GET", "/sessions/" + younger).status == 404);
}

TEST_CASE("a participant that never connects ends after nine hours, and leaves its session") {
    caller api;
    const auto early = api.create_participant();
    api.served().advance(4h);
    const auto session = api.create_session();
    const auto members = "/sessions/" + session + "/participants";
    const auto late = api.create_participant();
    CHECK(api.call("PUT", members + "/" + early).status == 204);
    CHECK(api.call("PUT", members + "/" + late).status == 204);

    api.served().advance(5h);
    CHECK(caller::is_error(api.call("GET", "/participants/" + early), 404));
    CHECK(caller::is_error(api.call("DELETE", "/participants/" + early), 404));
    const auto left = api.get(members).as_array();
    REQUIRE(left.size() == 1);
    CHECK(left[0].at("id") == json::string(late));
    CHECK(api.served().participant_count() == 1);

    api.served().advance(4h);
    CHECK(api.call("GET", "/participants/" + late).status == 404);
    CHECK(api.served().participant_count() == 0);
    CHECK(api.served().session_count() == 0);
}

TEST_CASE("a participant that is connected stays, and has nine hours from when its device goes") {
    caller api;
    const auto id = api.create_participant();
    api.served().advance(8h);
    api.served().set_connected(id, true);
    api.served().set_connected(id, true);
    api.served().advance(100h);
    CHECK(api.call("GET", "/participants/" + id).status == 200);

    api.served().set_connected(id, false);
    api.served().advance(8h);
    api.served().set_connected(id, false); // is gone already
    CHECK(api.call("GET", "/participants/" + id).status == 200);
    api.served().advance(1h);
    CHECK(api.call("GET", "/participants/" + id).status == 404);
    api.served().set_connected(id, true); // does not bring it back
    CHECK(api.call("GET", "/participants/" + id).status == 404);

    const auto deleted = api.create_participant();
    api.served().set_connected(deleted, true);
    CHECK(api.call("DELETE", "/participants/" + deleted).status == 204);
    api.served().advance(9h);
    CHECK(api.served().participant_count() == 0);
}

TEST_CASE("deleting takes records out of the middle of the order in which they end") {
    caller api;
    std::vector<std::string> ids;
    for (int i = 0; i < 9; ++i) {
        ids.push_back(api.create_session());
        api.served().advance(1h);
    }
    // The first is nine hours old now.
    CHECK(api.call("GET", "/sessions/" + ids[0]).status == 404);
    CHECK(api.call("DELETE", "/sessions/" + ids[3]).status == 204);
    CHECK(api.call("DELETE", "/sessions/" + ids[8]).status == 204);
    for (const std::size_t count : {5U, 4U, 4U, 3U, 2U, 1U, 0U}) {
        api.served().advance(1h);
        api.served().end_what_is_over();
        CHECK(api.served().session_count() == count);
    }
}

TEST_CASE("a token expires nine hours after it was made, by the emulation's clock") {
    const auto expiry = [](caller& api) {
        const auto token = caller::text(json::parse(api.call("POST", "/participants").body).at("token"));
        const auto claims = bandwidth::webrtc::decode_device_token(token);
        REQUIRE(claims.has_value());
        return claims->expires_at().value();
    };
    caller api;
    const auto first = expiry(api);
    api.served().advance(1000h);
    const auto later = expiry(api) - first;
    CHECK(later >= 1000h);
    CHECK(later < 1001h);
}

TEST_CASE("a server's clock moves ahead, from any thread") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    const auto created = json::parse(client.exchange(request("POST", "/participants")).body());
    const participant_id alice(caller::text(created.at("participant").at("id")));
    client.exchange(request("POST", "/participants"));
    client.exchange(request("POST", "/sessions"));
    server.set_connected(alice);
    server.set_connected(participant_id("nobody"));
    server.advance(8h);
    CHECK(server.session_count() == 1);
    CHECK(server.participant_count() == 2);
    server.advance(1h);
    CHECK(server.session_count() == 0);
    CHECK(server.participant_count() == 1);
    CHECK(client.exchange(request("GET", "/participants/" + alice.value())).result_int() == 200);
    server.set_connected(alice, false);
    server.advance(9h);
    CHECK(server.participant_count() == 0);
    CHECK_THROWS_AS(server.advance(-1ns), std::invalid_argument);
    // Nor so far ahead that times overflow, at once or little by little.
    CHECK_THROWS_AS(server.advance(std::chrono::nanoseconds::max()), std::invalid_argument);
    constexpr auto year = std::chrono::hours(24 * 365);
    server.advance(60 * year);
    CHECK_THROWS_AS(server.advance(60 * year), std::invalid_argument);
    CHECK_THROWS_AS(server.advance(std::chrono::nanoseconds::max()), std::invalid_argument);
    server.advance(39 * year);
    server.stop();
    server.advance(1h); // nothing to do, and no harm
}

TEST_CASE("a server on the caller's executor ends what is over there") {
    boost::asio::io_context context;
    loopback_server server(context.get_executor());
    server.advance(9h);
    server.set_connected(participant_id("nobody"));
    server.stop();
    context.run();
    CHECK(server.session_count() == 0);
}

TEST_CASE("requests beyond the rate limit get 429 until the period is over") {
    loopback_server server(loopback_options{}.rate_limit(2, 1h));
    raw_tls_client client(server.port(), server.ca_pem());
    const auto post = request("POST", "/sessions");
    const std::string stranger = "POST /v1/accounts/9900000/sessions HTTP/1.1\r\nHost: h\r\n\r\n";
    CHECK(client.exchange(post).result_int() == 200);
    CHECK(client.exchange(stranger).result_int() == 401); // does not count
    CHECK(client.exchange(post).result_int() == 200);
    const auto refused = client.exchange(post);
    CHECK(refused.result_int() == 429);
    CHECK(refused.body() == R"({"message":"Too Many Requests"})");
    const auto wait = std::stoi(std::string(refused[http::field::retry_after]));
    CHECK(wait > 3000);
    CHECK(wait <= 3600);
    CHECK(server.session_count() == 2);

    server.advance(std::chrono::seconds(wait)); // as Retry-After has it, the next one passes
    CHECK(client.exchange(post).result_int() == 200);
    CHECK(client.exchange(request("GET", "/sessions/x"))[http::field::retry_after].empty());
    CHECK(client.exchange(post).result_int() == 429);
    CHECK_THROWS_AS(loopback_options{}.rate_limit(1, 0s), std::invalid_argument);
}
