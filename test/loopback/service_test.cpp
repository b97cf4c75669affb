#include "loopback/service.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include "loopback/service_fixture.hpp"

using namespace bandwidth::webrtc::testing;
using namespace bandwidth::webrtc::testing::detail;
using loopback_test::caller;
namespace json = boost::json;

namespace {

std::string decode_base64url(std::string text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        REQUIRE(digit != std::string_view::npos);
        bits = (bits << 6U) | static_cast<unsigned>(digit);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
        }
    }
    return out;
}

bool is_uuid(const std::string& text) {
    return text.size() == 36 && std::count(text.begin(), text.end(), '-') == 4 &&
           text.find_first_not_of("0123456789abcdef-") == std::string::npos;
}

} // namespace

TEST_CASE("a session is created with 200, read, and deleted with 204") {
    caller api;
    const auto created = api.call("POST", "/sessions", R"({"tag":"standup","id":"ignored"})");
    CHECK(created.status == 200);
    const auto session = json::parse(created.body).as_object();
    CHECK(session.size() == 2);
    CHECK(session.at("tag") == "standup");
    const auto id = caller::text(session.at("id"));
    CHECK(is_uuid(id));
    CHECK(api.served().session_count() == 1);

    CHECK(api.get("/sessions/" + id) == json::value(session));

    const auto deleted = api.call("DELETE", "/sessions/" + id);
    CHECK(deleted.status == 204);
    CHECK(deleted.body.empty());
    CHECK(api.served().session_count() == 0);
    CHECK(caller::is_error(api.call("GET", "/sessions/" + id), 404));
    CHECK(caller::is_error(api.call("DELETE", "/sessions/" + id), 404));
}

TEST_CASE("a session needs no body, and then has no tag") {
    caller api;
    for (const auto* body : {"", " \r\n", "{}", "null"}) {
        CAPTURE(body);
        const auto created = api.call("POST", "/sessions", body);
        CHECK(created.status == 200);
        CHECK(json::parse(created.body).as_object().size() == 1);
    }
    CHECK(api.served().session_count() == 4);
}

TEST_CASE("a participant is created with a token and the documented defaults") {
    caller api;
    const auto created = json::parse(api.call("POST", "/participants").body).as_object();
    CHECK(created.size() == 2);
    const auto& participant = created.at("participant").as_object();
    CHECK(is_uuid(caller::text(participant.at("id"))));
    CHECK(participant.at("callbackUrl").is_null());
    CHECK(participant.at("publishPermissions") == json::array());
    CHECK(participant.at("sessions") == json::array());
    CHECK(participant.at("subscriptions") == json::object());
    CHECK(participant.at("deviceApiVersion") == "V3");
    CHECK_FALSE(participant.contains("tag"));
    CHECK(api.get("/participants/" + caller::text(participant.at("id"))) == json::value(participant));
}

TEST_CASE("a participant keeps what its request said") {
    caller api;
    const auto id = api.create_participant(
        R"({"callbackUrl":"https://example.com/hook","publishPermissions":["VIDEO","AUDIO"],"tag":"a\"b\\c\u0001",)"
        R"("deviceApiVersion":"V3","subscriptions":{"sessionId":"ignored"},"unknown":[1]})");
    const auto participant = api.get("/participants/" + id).as_object();
    CHECK(participant.at("callbackUrl") == "https://example.com/hook");
    CHECK(participant.at("publishPermissions") == json::value({"VIDEO", "AUDIO"}));
    CHECK(participant.at("tag") == "a\"b\\c\x01");
    CHECK(participant.at("deviceApiVersion") == "V3");
    CHECK(participant.at("subscriptions") == json::object());
}

TEST_CASE("a participant's token is a JWT with the claims of Bandwidth's") {
    caller api;
    const auto created = json::parse(api.call("POST", "/participants").body);
    const auto token = caller::text(created.at("token"));
    const auto first = token.find('.');
    const auto second = token.find('.', first + 1);
    REQUIRE(second != std::string::npos);
    CHECK(token.find('.', second + 1) == std::string::npos);
    CHECK(decode_base64url(token.substr(0, first)) == R"({"alg":"HS256","typ":"JWT"})");
    const auto claims = json::parse(decode_base64url(token.substr(first + 1, second - first - 1)));
    CHECK(claims.at("a") == "9900000");
    CHECK(claims.at("p") == created.at("participant").at("id"));
    CHECK(claims.at("v") == "V3");
    // Not std::time, whose clock is coarse and may lag behind.
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    const auto lifetime = claims.at("exp").as_int64() - now;
    CHECK(lifetime > 9 * 3600 - 60);
    CHECK(lifetime <= 9 * 3600);
    CHECK(decode_base64url(token.substr(second + 1)).size() == 32);

    CHECK_FALSE(api.get("/participants/" + caller::text(created.at("participant").at("id")))
                    .as_object()
                    .contains("token"));
}

TEST_CASE("participants join a session, are listed in that order, and leave it") {
    caller api;
    const auto session = api.create_session();
    const auto first = api.create_participant(R"({"tag":"first"})");
    const auto second = api.create_participant(R"({"tag":"second"})");
    const auto path = "/sessions/" + session + "/participants";
    CHECK(api.get(path) == json::array());

    CHECK(api.call("PUT", path + "/" + second).status == 204);
    CHECK(api.call("PUT", path + "/" + first).status == 204);
    auto members = api.get(path).as_array();
    REQUIRE(members.size() == 2);
    CHECK(members[0] == api.get("/participants/" + second));
    CHECK(members[1].at("tag") == "first");
    CHECK(members[1].at("sessions") == json::value({session}));

    CHECK(api.call("DELETE", path + "/" + second).status == 204);
    CHECK(api.get(path).as_array().size() == 1);
    CHECK(api.get("/participants/" + second).at("sessions") == json::array());
    CHECK(caller::is_error(api.call("DELETE", path + "/" + second), 404));

    CHECK(api.call("DELETE", "/participants/" + first).status == 204);
    CHECK(api.get(path) == json::array());
    CHECK(api.served().participant_count() == 1);
    CHECK(caller::is_error(api.call("GET", "/participants/" + first), 404));
    CHECK(caller::is_error(api.call("DELETE", "/participants/" + first), 404));
}

TEST_CASE("a participant is in one session at most") {
    caller api;
    const auto here = api.create_session();
    const auto there = api.create_session();
    const auto id = api.create_participant();
    CHECK(api.call("PUT", "/sessions/" + here + "/participants/" + id).status == 204);
    CHECK(api.call("PUT", "/sessions/" + here + "/participants/" + id).status ==
          204); // the same again: no harm
    CHECK(api.get("/sessions/" + here + "/participants").as_array().size() == 1);
    CHECK(caller::is_error(api.call("PUT", "/sessions/" + there + "/participants/" + id), 409));
    CHECK(api.call("DELETE", "/sessions/" + here + "/participants/" + id).status == 204);
    CHECK(api.call("PUT", "/sessions/" + there + "/participants/" + id).status == 204);
}

TEST_CASE("deleting a session sets its participants free") {
    caller api;
    const auto session = api.create_session();
    const auto other = api.create_session();
    const auto id = api.create_participant();
    const auto path = "/sessions/" + session + "/participants/" + id;
    CHECK(api.call("PUT", path, R"({"sessionId":")" + session + "\"}").status == 204);
    CHECK(api.call("DELETE", "/sessions/" + session).status == 204);
    const auto participant = api.get("/participants/" + id);
    CHECK(participant.at("sessions") == json::array());
    CHECK(participant.at("subscriptions") == json::object());
    CHECK(api.call("PUT", "/sessions/" + other + "/participants/" + id).status == 204);
}

TEST_CASE("a session takes 20 participants, and the 21st is refused") {
    caller api;
    const auto session = api.create_session();
    const auto path = "/sessions/" + session + "/participants/";
    std::string last;
    for (int i = 0; i < 20; ++i) {
        last = api.create_participant();
        CHECK(api.call("PUT", path + last).status == 204);
    }
    const auto late = api.create_participant();
    CHECK(caller::is_error(api.call("PUT", path + late), 409));
    CHECK(api.get("/participants/" + late).at("sessions") == json::array());
    CHECK(api.call("PUT", path + last).status == 204); // is in already
    CHECK(api.call("DELETE", path + last).status == 204);
    CHECK(api.call("PUT", path + late).status == 204);
}

TEST_CASE("subscriptions have three meanings, on adding and on updating") {
    caller api;
    const auto session = api.create_session();
    const auto id = api.create_participant();
    const auto member = "/sessions/" + session + "/participants/" + id;
    const auto path = member + "/subscriptions";
    const std::string whole = R"({"sessionId":")" + session + "\"}";
    const std::string list =
        R"({"participants":[{"participantId":"a"},{"participantId":"b","streamAliases":["x","y"]}]})";

    CHECK(api.call("PUT", member).status == 204);
    CHECK(api.get(path) == json::object()); // joined without media

    CHECK(api.call("PUT", path, whole).status == 204);
    CHECK(api.get(path) == json::parse(whole));
    CHECK(api.get("/participants/" + id).at("subscriptions") == json::parse(whole));

    CHECK(api.call("PUT", path, list).status == 204); // replaces
    CHECK(api.get(path) == json::parse(list));

    // The trap: an empty list does not mean no one.
    CHECK(api.call("PUT", path, R"({"sessionId":")" + session + R"(","participants":[]})").status == 204);
    CHECK(api.get(path) == json::parse(whole));

    CHECK(api.call("PUT", path,
                   R"({"sessionId":"s","participants":[{"participantId":"a","streamAliases":[]}]})")
              .status == 204);
    CHECK(api.get(path) == json::parse(R"({"sessionId":"s","participants":[{"participantId":"a"}]})"));

    for (const auto* nothing : {"", "{}", R"({"participants":[]})", R"({"participants":null})",
                                R"({"sessionId":""})", "null", " null\n"}) {
        CAPTURE(nothing);
        CHECK(api.call("PUT", path, list).status == 204);
        CHECK(api.call("PUT", path, nothing).status == 204);
        CHECK(api.get(path) == json::object());
    }

    CHECK(api.call("DELETE", member).status == 204);
    CHECK(api.call("PUT", member, list).status == 204); // with the joining
    CHECK(api.get(path) == json::parse(list));
    CHECK(api.call("PUT", member).status == 204);
    CHECK(api.get(path) == json::object());
    CHECK(api.call("PUT", path, list).status == 204);
    CHECK(api.call("DELETE", member).status == 204); // removing drops them
    CHECK(api.get(path) == json::object());
}

TEST_CASE("subscriptions need no membership, and are read through the session that set them") {
    caller api;
    const auto session = api.create_session();
    const auto other = api.create_session();
    const auto id = api.create_participant();
    const auto tail = "/participants/" + id + "/subscriptions";
    CHECK(api.call("PUT", "/sessions/" + session + tail, R"({"sessionId":"s"})").status == 204);
    CHECK(api.get("/sessions/" + session + tail).at("sessionId") == "s");
    CHECK(api.get("/sessions/" + other + tail) == json::object());
    CHECK(api.call("DELETE", "/sessions/" + session).status == 204);
    CHECK(api.get("/participants/" + id).at("subscriptions") == json::object());
}

TEST_CASE("empty lists can be answered with 204") {
    caller api(loopback_options{}.empty_lists_as_204(true));
    const auto session = api.create_session();
    const auto id = api.create_participant();
    const auto path = "/sessions/" + session + "/participants";
    CHECK(api.call("GET", path).status == 204);
    CHECK(api.call("GET", path).body.empty());
    CHECK(api.call("GET", path + "/" + id + "/subscriptions").status == 204);
    CHECK(api.call("PUT", path + "/" + id, R"({"sessionId":"s"})").status == 204);
    CHECK(api.call("GET", path).status == 200);
    CHECK(api.call("GET", path + "/" + id + "/subscriptions").status == 200);
}

TEST_CASE("unknown sessions and participants are 404 everywhere") {
    caller api;
    const auto session = api.create_session();
    const auto id = api.create_participant();
    const std::string none = "00000000-0000-4000-8000-000000000000";
    CHECK(caller::is_error(api.call("GET", "/sessions/" + none), 404));
    CHECK(caller::is_error(api.call("GET", "/participants/" + none), 404));
    CHECK(caller::is_error(api.call("GET", "/sessions/" + none + "/participants"), 404));
    for (const bool unknown_session : {true, false}) {
        CAPTURE(unknown_session);
        std::string path = "/sessions/";
        path += unknown_session ? none : session;
        path += "/participants/";
        path += unknown_session ? id : none;
        CHECK(caller::is_error(api.call("PUT", path), 404));
        CHECK(caller::is_error(api.call("DELETE", path), 404));
        CHECK(caller::is_error(api.call("GET", path + "/subscriptions"), 404));
        CHECK(caller::is_error(api.call("PUT", path + "/subscriptions"), 404));
    }
}

TEST_CASE("bodies that are no JSON, or of the wrong types, are 400 and change nothing") {
    caller api;
    const auto session = api.create_session();
    const auto id = api.create_participant();
    const auto member = "/sessions/" + session + "/participants/" + id;
    for (const auto* body : {"{", "[]", "7", "false", "\"text\"", "{\"tag\":1}", "{\"tag\":[]}",
                             "{\"tag\":null}", "{} {}", "null null", "\xff", "{\"tag\":\"\xff\"}"}) {
        CAPTURE(body);
        CHECK(caller::is_error(api.call("POST", "/sessions", body), 400));
        CHECK(caller::is_error(api.call("POST", "/participants", body), 400));
    }
    for (const auto* body :
         {R"({"callbackUrl":5})", R"({"publishPermissions":"AUDIO"})", R"({"publishPermissions":[1]})",
          R"({"publishPermissions":["AUDIO","SCREEN"]})", R"({"publishPermissions":["audio"]})",
          R"({"publishPermissions":["AUDIO","AUDIO"]})", R"({"deviceApiVersion":"V4"})",
          R"({"deviceApiVersion":3})"}) {
        CAPTURE(body);
        CHECK(caller::is_error(api.call("POST", "/participants", body), 400));
    }
    for (const auto* body :
         {"[]", R"({"sessionId":1})", R"({"participants":{}})", R"({"participants":["p"]})",
          R"({"participants":[{}]})", R"({"participants":[{"participantId":""}]})",
          R"({"participants":[{"participantId":"p","streamAliases":"x"}]})",
          R"({"participants":[{"participantId":"p","streamAliases":["x","x"]}]})"}) {
        CAPTURE(body);
        CHECK(caller::is_error(api.call("PUT", member, body), 400));
        CHECK(caller::is_error(api.call("PUT", member + "/subscriptions", body), 400));
    }
    CHECK(caller::is_error(api.call("GET", "/sessions/%zz"), 400));
    CHECK(api.served().session_count() == 1);
    CHECK(api.served().participant_count() == 1);
    CHECK(api.get("/sessions/" + session + "/participants") == json::array());
}

TEST_CASE("a tag has 50 characters at most, whatever their bytes") {
    caller api;
    std::string umlauts;
    for (int i = 0; i < 50; ++i)
        umlauts += "\xc3\xbc";
    for (const auto* path : {"/sessions", "/participants"}) {
        CAPTURE(path);
        CHECK(api.call("POST", path, R"({"tag":")" + std::string(50, 'x') + "\"}").status == 200);
        CHECK(api.call("POST", path, R"({"tag":")" + umlauts + "\"}").status == 200);
        CHECK(caller::is_error(api.call("POST", path, R"({"tag":")" + std::string(51, 'x') + "\"}"), 400));
        CHECK(caller::is_error(api.call("POST", path, R"({"tag":")" + umlauts + "x\"}"), 400));
    }
}

TEST_CASE("credentials are checked, then the account, but the path first") {
    caller api;
    const std::string sessions = "/v1/accounts/9900000/sessions";
    const std::string unauthorized = R"({"message":"Unauthorized"})";
    const std::string forbidden = R"({"message":"Missing Authentication Token"})";
    // "", the scheme alone, user:Secret, User:secret, user:secret with another scheme
    for (const auto* wrong : {"", "Basic", "Basic ", "Basic dXNlcjpTZWNyZXQ=", "Basic VXNlcjpzZWNyZXQ=",
                              "Bearer dXNlcjpzZWNyZXQ=", "Basic dXNlcjpzZWNyZXQ=x"}) {
        CAPTURE(wrong);
        const auto refused = api.send("POST", sessions, "", wrong);
        CHECK(refused.status == 401);
        CHECK(refused.body == unauthorized);
        CHECK(api.send("POST", "/v1/accounts/1/sessions", "", wrong).status == 401);
        CHECK(api.send("GET", "/v1/nowhere", "", wrong).status == 403);
    }
    CHECK(api.send("POST", sessions, "", "bAsIc dXNlcjpzZWNyZXQ=").status == 200); // RFC 9110 section 11.1
    // Bandwidth's page on errors: 401 is for a user without access to the account, "check user, password,
    // account number"; the body is the one of its OpenAPI description.
    const auto other_account =
        api.send("POST", "/v1/accounts/9900001/sessions", "", "Basic dXNlcjpzZWNyZXQ=");
    CHECK(other_account.status == 401);
    CHECK(other_account.body == unauthorized);
    CHECK(api.call("GET", "/nowhere").body == forbidden);
    CHECK(api.call("PATCH", "/sessions").body == forbidden);
    CHECK(api.served().session_count() == 1);
}

TEST_CASE("account and credentials come from the options") {
    caller api(loopback_options{}.account("a/b").credentials("me", "p:w"));
    CHECK(api.send("POST", "/v1/accounts/a%2Fb/sessions", "", "Basic bWU6cDp3").status == 200);
    CHECK(api.call("POST", "/sessions").status == 401);
}

TEST_CASE("many sessions are kept apart") {
    caller api;
    std::vector<std::string> ids;
    ids.reserve(2000);
    for (int i = 0; i < 2000; ++i)
        ids.push_back(api.create_session(R"({"tag":")" + std::to_string(i) + "\"}"));
    CHECK(api.served().session_count() == 2000);
    for (int i = 0; i < 2000; i += 37) {
        CHECK(api.get("/sessions/" + ids[static_cast<std::size_t>(i)]).at("tag") ==
              json::string(std::to_string(i)));
    }
    for (const auto& id : ids)
        CHECK(api.call("DELETE", "/sessions/" + id).status == 204);
    CHECK(api.served().session_count() == 0);
}
