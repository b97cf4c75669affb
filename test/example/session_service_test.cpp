// The examples as their users start them, and in front of a service that fails.
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <future>
#include <string>
#include <vector>

#include "example/session_service.hpp"

namespace {

namespace json = boost::json;
using namespace test_example;
using testing::fault;
using namespace std::chrono_literals;

TEST_CASE("minimal runs") {
    child_process minimal({MINIMAL});
    CHECK(minimal.wait() == 0);
    CHECK(minimal.text().find("in the session: alice\n") != std::string::npos);
}

TEST_CASE("session_service makes a room, shows it, deletes it, and stops cleanly") {
    called_service rooms;

    const auto created = rooms.call(http::verb::post, "/rooms", two_people);
    REQUIRE(created.result_int() == 201);
    const json::object room = json::parse(created.body()).as_object();
    const std::string id(room.at("id").as_string());
    CHECK(created[http::field::location] == "/rooms/" + id);
    REQUIRE(room.at("participants").as_array().size() == 2);
    for (const auto& each : room.at("participants").as_array())
        CHECK_FALSE(each.as_object().at("token").as_string().empty());

    const auto shown = rooms.call(http::verb::get, "/rooms/" + id);
    REQUIRE(shown.result_int() == 200);
    const json::object seen = json::parse(shown.body()).as_object();
    CHECK(seen.at("name").as_string() == "standup");
    CHECK(seen.at("participants").as_array().size() == 2);
    CHECK(shown.body().find("token") == std::string::npos);

    CHECK(rooms.call(http::verb::delete_, "/rooms/" + id).result_int() == 204);
    CHECK(rooms.call(http::verb::get, "/rooms/" + id).result_int() == 404);
    CHECK(rooms.call(http::verb::delete_, "/rooms/" + id).result_int() == 404);

    rooms.signal(SIGTERM);
    CHECK(rooms.wait() == 0);
    CHECK(rooms.text().find("stopped: ") != std::string::npos);
    CHECK(rooms.hung_up());
}

TEST_CASE("session_service refuses what it does not understand") {
    called_service rooms;
    CHECK(rooms.call(http::verb::get, "/").result_int() == 404);
    CHECK(rooms.call(http::verb::get, "/roomsy/1").result_int() == 404);
    CHECK(rooms.call(http::verb::get, "/rooms").result_int() == 405);
    CHECK(rooms.call(http::verb::put, "/rooms/1").result_int() == 405);
    CHECK(rooms.call(http::verb::get, "/rooms/").result_int() == 400);
    CHECK(rooms.call(http::verb::get, "/rooms/a/b").result_int() == 400);
    for (const char* body :
         {"", "[", "[]", "{}", R"({"name": 1, "participants": []})", R"({"name": "a", "participants": [1]})"})
        CHECK(rooms.call(http::verb::post, "/rooms", body).result_int() == 400);
    const auto long_name = R"({"participants": [], "name": ")" + std::string(51, 'x') + "\"}";
    CHECK(rooms.call(http::verb::post, "/rooms", long_name).result_int() == 400);
    CHECK(rooms.call(http::verb::post, "/rooms", std::string(100'000, ' ')).result_int() == 413);
    CHECK(rooms.hung_up());
    rooms.signal(SIGINT);
    CHECK(rooms.wait() == 0);
}

TEST_CASE("session_service tells how the service behind it failed") {
    service behind;
    called_service rooms(behind.environment(), {"--timeout", "2000"});

    behind.server().inject(fault{}.on("GET").always().respond(500)); // whatever the number of attempts
    CHECK(rooms.call(http::verb::get, "/rooms/1").result_int() == 502);
    behind.server().clear_faults();

    behind.server().inject(fault{}.on("GET").times(2).respond(401));
    CHECK(rooms.call(http::verb::get, "/rooms/1").result_int() == 502);

    behind.server().inject(fault{}.on("GET").times(2).delay(1h));
    CHECK(rooms.call(http::verb::get, "/rooms/1").result_int() == 504);

    behind.server().clear_faults();
    CHECK(rooms.call(http::verb::post, "/rooms", two_people).result_int() == 201);

    // At last, since all requests wait for what the service asks for.
    behind.server().inject(fault{}.on("GET").times(2).throttle(7s)); // a room is two requests
    const auto throttled = rooms.call(http::verb::get, "/rooms/1");
    CHECK(throttled.result_int() == 503);
    CHECK(throttled[http::field::retry_after] == "7");
    const auto held_back = rooms.call(http::verb::post, "/rooms", two_people);
    CHECK(held_back.result_int() == 503);
    CHECK_FALSE(held_back[http::field::retry_after].empty());
    rooms.signal(SIGTERM);
    CHECK(rooms.wait() == 0);
}

TEST_CASE("session_service leaves nothing behind when a room cannot be finished") {
    service behind;
    called_service rooms(behind.environment());
    behind.server().inject(fault{}.on("PUT").always().respond(500));
    CHECK(rooms.call(http::verb::post, "/rooms", two_people).result_int() == 502);
    behind.server().clear_faults();
    behind.server().inject(fault{}.on("POST", "/participants").respond(500));
    CHECK(rooms.call(http::verb::post, "/rooms", two_people).result_int() == 502);
    CHECK(behind.server().session_count() == 0);
    CHECK(behind.server().participant_count() == 0);
}

TEST_CASE("session_service responds to what is in flight before it stops") {
    std::promise<void> arrived;
    bool told = false;
    const auto note = [&](std::string_view method, std::string_view, int) {
        if (method == "GET" && !told) {
            told = true;
            arrived.set_value();
        }
    };
    service behind(testing::loopback_options{}.on_response(note));
    called_service rooms(behind.environment());
    const auto created = rooms.call(http::verb::post, "/rooms", R"({"name": "a", "participants": []})");
    REQUIRE(created.result_int() == 201);

    behind.server().inject(fault{}.on("GET").times(2).delay(1s));
    rooms.send(http::verb::get, std::string(created[http::field::location]));
    arrived.get_future().wait();
    rooms.signal(SIGTERM);
    rooms.line("stopping");
    const auto response = rooms.receive();
    CHECK(response.result_int() == 200);
    CHECK_FALSE(response.keep_alive());
    CHECK(rooms.wait() == 0);
    CHECK(rooms.hung_up());
}

TEST_CASE("session_service names a wrong option") {
    for (const auto& words : {std::vector<std::string>{SESSION_SERVICE, "--port"},
                              {SESSION_SERVICE, "--port", "x"},
                              {SESSION_SERVICE, "--timeout", "0"},
                              {SESSION_SERVICE, "--other", "1"}}) {
        child_process wrong(words);
        CHECK(wrong.wait() == 2);
    }
    for (const auto& words : {std::vector<std::string>{SESSION_SERVICE, "--log-level", "loud"},
                              {SESSION_SERVICE, "--client-key", "key.pem"},
                              {SESSION_SERVICE, "--credentials", ""}}) {
        child_process wrong(words);
        CHECK(wrong.wait() == 2);
    }
    child_process absent({SESSION_SERVICE, "--credentials", "/nonexistent"}, {"BW_ACCOUNT_ID=1"});
    CHECK(absent.wait() == 1);
    child_process incomplete({SESSION_SERVICE}, {"BW_ACCOUNT_ID=1"});
    CHECK(incomplete.wait() == 1);
}

} // namespace
