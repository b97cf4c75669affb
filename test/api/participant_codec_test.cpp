#include <bandwidth/webrtc/participant.hpp>

#include <boost/json.hpp>

#include "api/decoding.hpp"

using namespace bandwidth::webrtc;

namespace {

// OpenAPI: participant, with its examples.
constexpr std::string_view documented_participant = R"({
    "id": "320e2af6-13ec-498d-8b51-daba52c37853",
    "callbackUrl": "https://example.com/callback",
    "publishPermissions": ["VIDEO", "AUDIO"],
    "sessions": ["75c21163-e110-41bc-bd76-1bb428ec85d5"],
    "subscriptions": {
        "sessionId": "d8886aad-b956-4e1b-b2f4-d7c9f8162772",
        "participants": [
            {"participantId": "568749d5-04d5-483d-adf5-deac7dd3d521"},
            {"participantId": "0275e47f-dd21-4cf0-a1e1-dfdc719e73a7", "streamAliases": ["alias_1", "alias_2"]}
        ]
    },
    "tag": "participant1",
    "deviceApiVersion": "V3"
})";

// As the service responds right after creation: Bandwidth's C# tests.
constexpr std::string_view fresh =
    R"({"participant":{"id":"p1","callbackUrl":null,"publishPermissions":["AUDIO","VIDEO"],"sessions":[],)"
    R"("subscriptions":{"sessionId":null,"participants":null},"tag":"","deviceApiVersion":"V3"},)"
    R"("token":"eyJhbGciOiJIUzI1NiJ9.e30.c2ln"})";

} // namespace

TEST_CASE("the documented participant is read") {
    const auto read = decoded<participant>(documented_participant);
    CHECK(read.id() == participant_id("320e2af6-13ec-498d-8b51-daba52c37853"));
    CHECK(read.callback_url() == "https://example.com/callback");
    CHECK(read.publish_permissions() == (media::audio | media::video));
    CHECK(read.sessions() == std::vector<session_id>{session_id("75c21163-e110-41bc-bd76-1bb428ec85d5")});
    CHECK(read.tag() == "participant1");
    CHECK(read.device_api_version() == device_api_version(device_api_version::v3));
    CHECK(read.extra().empty());
    REQUIRE(read.subscriptions());
    CHECK(read.subscriptions()->scope() == subscription_scope::only_listed);
    CHECK(read.subscriptions()->session_id() == session_id("d8886aad-b956-4e1b-b2f4-d7c9f8162772"));
    CHECK(read.subscriptions()->participants().at(1).stream_aliases().at(1) == "alias_2");
}

TEST_CASE("a participant with nothing but an id is read") {
    const auto read = decoded<participant>(R"({"id":"p"})");
    CHECK(read.callback_url() == std::nullopt);
    CHECK(read.publish_permissions() == media::none);
    CHECK(read.sessions().empty());
    CHECK(read.subscriptions() == std::nullopt);
    CHECK(read.tag() == std::nullopt);
    CHECK(read.device_api_version() == std::nullopt);
    CHECK(read ==
          decoded<participant>(R"({"id":"p","callbackUrl":null,"publishPermissions":null,"sessions":null,)"
                               R"("subscriptions":null,"tag":null,"deviceApiVersion":null})"));
    CHECK(read == decoded<participant>(R"({"id":"p","publishPermissions":[],"sessions":[]})"));
}

TEST_CASE("publish permissions are a set, and an unknown one is kept") {
    CHECK(decoded<participant>(R"({"id":"p","publishPermissions":["VIDEO"]})").publish_permissions() ==
          media::video);
    CHECK(
        decoded<participant>(R"({"id":"p","publishPermissions":["AUDIO","AUDIO"]})").publish_permissions() ==
        media::audio);
    const auto read =
        decoded<participant>(R"({"id":"p","x":1,"publishPermissions":["AUDIO","SCREEN"],"y":2})");
    CHECK(read.publish_permissions() == media::audio);
    CHECK(read.extra() == R"({"x":1,"publishPermissions":["AUDIO","SCREEN"],"y":2})");
}

TEST_CASE("a device API version in lower case or unknown is no error") {
    CHECK(decoded<participant>(R"({"id":"p","deviceApiVersion":"v2"})").device_api_version() ==
          device_api_version(device_api_version::v2));
    CHECK(decoded<participant>(R"({"id":"p","deviceApiVersion":"V9"})").device_api_version()->text() == "V9");
}

TEST_CASE("J05: of a participant's repeated fields the last one wins") {
    const auto read = decoded<participant>(
        R"({"id":"a","sessions":["x"],"sessions":["y"],"publishPermissions":["AUDIO"],)"
        R"("publishPermissions":["VIDEO"],"subscriptions":{"sessionId":"s"},"subscriptions":{},"id":"b"})");
    CHECK(read.id() == participant_id("b"));
    CHECK(read.sessions() == std::vector<session_id>{session_id("y")});
    CHECK(read.publish_permissions() == media::video);
    CHECK(read.subscriptions() == subscriptions::none());
}

TEST_CASE("the response to creating a participant is read, token and all") {
    const auto read = decoded<created_participant>(fresh);
    CHECK(read.participant().id() == participant_id("p1"));
    CHECK(read.participant().callback_url() == std::nullopt);
    CHECK(read.participant().sessions().empty());
    CHECK(read.participant().subscriptions() == subscriptions::none());
    CHECK(read.participant().tag() == "");
    CHECK(read.token().reveal() == "eyJhbGciOiJIUzI1NiJ9.e30.c2ln");
    CHECK(read.extra().empty());

    const auto more = decoded<created_participant>(R"({"links":[],"participant":{"id":"p","a":{}}})");
    CHECK(more.extra() == R"({"links":[]})");
    CHECK(more.participant().extra() == R"({"a":{}})");
    CHECK(more.token().empty());
}

TEST_CASE("J03: a list of participants is a bare array, or nothing at all") {
    CHECK(decoded<std::vector<participant>>("").empty()); // 204
    CHECK(decoded<std::vector<participant>>("[]").empty());
    CHECK(decoded<std::vector<participant>>("null").empty());
    const auto read = decoded<std::vector<participant>>(R"([{"id":"a"},{"id":"b","tag":"t"}])");
    REQUIRE(read.size() == 2);
    CHECK(read[0].id() == participant_id("a"));
    CHECK(read[1].tag() == "t");
}

TEST_CASE("a response that is no participant is an error that names what is wrong") {
    CHECK(decode_problem<participant>("{}") == "participant: no id");
    CHECK(decode_problem<participant>(R"({"id":false})") == "participant: id is not a string");
    CHECK(decode_problem<participant>(R"({"id":"p","callbackUrl":1})") ==
          "participant: callbackUrl is not a string");
    CHECK(decode_problem<participant>(R"({"id":"p","publishPermissions":"AUDIO"})") ==
          "participant: publishPermissions is not an array");
    CHECK(decode_problem<participant>(R"({"id":"p","publishPermissions":[1]})") ==
          "participant: publishPermissions holds something else than strings");
    CHECK(decode_problem<participant>(R"({"id":"p","sessions":{}})") ==
          "participant: sessions is not an array");
    CHECK(decode_problem<participant>(R"({"id":"p","sessions":[{"id":"s"}]})") ==
          "participant: sessions holds something else than strings");
    CHECK(decode_problem<participant>(R"({"id":"p","subscriptions":[]})") ==
          "participant: subscriptions is not an object");
    CHECK(decode_problem<participant>(R"({"id":"p","subscriptions":{"sessionId":1}})") ==
          "participant: sessionId is not a string");
    CHECK(decode_problem<participant>(R"({"id":"p","tag":{}})") == "participant: tag is not a string");
    CHECK(decode_problem<participant>(R"({"id":"p","deviceApiVersion":3})") ==
          "participant: deviceApiVersion is not a string");

    CHECK(decode_problem<created_participant>("{}") == "created participant: no participant");
    CHECK(decode_problem<created_participant>("") ==
          "created participant: not JSON at byte 0: incomplete JSON");
    CHECK(decode_problem<created_participant>(R"({"token":"t"})") == "created participant: no participant");
    CHECK(decode_problem<created_participant>(R"({"participant":null})") ==
          "created participant: no participant");
    CHECK(decode_problem<created_participant>(R"({"participant":{}})") == "created participant: no id");
    CHECK(decode_problem<created_participant>(R"({"participant":"p"})") ==
          "created participant: participant is not an object");
    CHECK(decode_problem<created_participant>(R"({"participant":{"id":"p"},"token":5})") ==
          "created participant: token is not a string");

    CHECK(decode_problem<std::vector<participant>>("{}") == "participants: not an array");
    CHECK(decode_problem<std::vector<participant>>(R"([{"id":"a"},{}])") == "participants: no id");
    CHECK(decode_problem<std::vector<participant>>("[1]") == "participants: not an object");
    CHECK(decode_problem<std::vector<participant>>("[null]") == "participants: not an object");
    CHECK(decode_problem<std::vector<participant>>(R"([{"id":"a"}])"
                                                   "x") == "participants: not JSON at byte 12: extra data");
}

TEST_CASE("a participant cut short anywhere is an error") {
    check_every_truncation<participant>(documented_participant);
    check_every_truncation<created_participant>(fresh);
    check_every_truncation<std::vector<participant>>(R"([{"id":"a","sessions":["s"]},{"id":"b"}])");
}

TEST_CASE("a participant request sends what was set and nothing else") {
    CHECK(encoded(participant_request()) == "{}");
    CHECK(encoded(participant_request().publish(media::none)) == R"({"publishPermissions":[]})");
    CHECK(encoded(participant_request().publish(media::audio)) == R"({"publishPermissions":["AUDIO"]})");
    CHECK(encoded(participant_request().publish(media::video)) == R"({"publishPermissions":["VIDEO"]})");
    CHECK(encoded(participant_request()
                      .tag("participant1")
                      .publish(media::audio | media::video)
                      .callback_url("https://example.com/callback?a=\"b\"")
                      .device_api_version(device_api_version::v3)) ==
          R"({"callbackUrl":"https://example.com/callback?a=\"b\"","publishPermissions":["AUDIO","VIDEO"],)"
          R"("tag":"participant1","deviceApiVersion":"V3"})");
    CHECK(encoded(participant_request().device_api_version(device_api_version("v2"))) ==
          R"({"deviceApiVersion":"V2"})");
    CHECK(encoded(participant_request().device_api_version(device_api_version("V4"))) ==
          R"({"deviceApiVersion":"V4"})");
    CHECK(encoded(participant_request().device_api_version(device_api_version::unknown)) == "{}");
}

TEST_CASE("a participant request that the service would refuse is refused here, by name") {
    CHECK(encode_problem(participant_request().tag(std::string(51, 'x'))) ==
          "tag is longer than 50 characters");
    CHECK(encode_problem(participant_request().tag("\x80")) == "tag is not valid UTF-8");
    CHECK(encode_problem(participant_request().callback_url("")) == "callback_url is empty");
    CHECK(encode_problem(participant_request().callback_url("http://\xFF")) ==
          "callback_url is not valid UTF-8");
    CHECK(encode_problem(participant_request().device_api_version(device_api_version("\xFF"))) ==
          "device_api_version is not valid UTF-8");
}

TEST_CASE("the accessors of a request tell what was set") {
    const auto request = participant_request()
                             .tag("t")
                             .publish(media::video)
                             .callback_url("u")
                             .device_api_version(device_api_version::v2);
    CHECK(request.tag() == "t");
    CHECK(request.publish() == media::video);
    CHECK(request.callback_url() == "u");
    CHECK(request.device_api_version() == device_api_version(device_api_version::v2));
    CHECK(session_request().tag() == std::nullopt);
}
