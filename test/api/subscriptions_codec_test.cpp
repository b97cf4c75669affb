#include <bandwidth/webrtc/subscriptions.hpp>

#include "api/decoding.hpp"

using namespace bandwidth::webrtc;

namespace {
constexpr std::string_view documented_subscriptions =
    R"({"sessionId":"d8886aad-b956-4e1b-b2f4-d7c9f8162772","participants":[)"
    R"({"participantId":"568749d5-04d5-483d-adf5-deac7dd3d521"},)"
    R"({"participantId":"0275e47f-dd21-4cf0-a1e1-dfdc719e73a7","streamAliases":["alias_1","alias_2"]}]})";
}

TEST_CASE("the documented subscriptions are read, and written the same") {
    const auto read = decoded<subscriptions>(documented_subscriptions);
    CHECK(read.scope() == subscription_scope::only_listed);
    CHECK(read == subscriptions::only(session_id("d8886aad-b956-4e1b-b2f4-d7c9f8162772"))
                      .add(participant_id("568749d5-04d5-483d-adf5-deac7dd3d521"))
                      .add(participant_subscription(participant_id("0275e47f-dd21-4cf0-a1e1-dfdc719e73a7"))
                               .stream_alias("alias_1")
                               .stream_alias("alias_2")));
    CHECK(encoded(read) == documented_subscriptions);
}

TEST_CASE("the three meanings are told apart when read") {
    for (const char* json : {"", "{}", "null", R"({"sessionId":null,"participants":null})",
                             R"({"participants":[]})", R"({"sessionId":"","participants":[]})"}) {
        CAPTURE(json);
        CHECK(decoded<subscriptions>(json) == subscriptions::none());
    }
    // A session id with an empty list means everybody: OpenAPI 2.0.0.
    for (const char* json : {R"({"sessionId":"s"})", R"({"sessionId":"s","participants":[]})",
                             R"({"participants":null,"sessionId":"s"})"}) {
        CAPTURE(json);
        CHECK(decoded<subscriptions>(json) == subscriptions::all_in(session_id("s")));
    }
    const auto listed = decoded<subscriptions>(R"({"participants":[{"participantId":"a"}]})");
    CHECK(listed.scope() == subscription_scope::only_listed);
    CHECK(listed.session_id() == std::nullopt);
    CHECK(encoded(listed) == R"({"participants":[{"participantId":"a"}]})");
}

TEST_CASE("the three meanings are told apart when sent") {
    CHECK(encoded(subscriptions::none()) == "{}");
    CHECK(encoded(subscriptions::all_in(session_id("s"))) == R"({"sessionId":"s"})");
    CHECK(encoded(subscriptions::only(session_id("s")).add(participant_id("a"))) ==
          R"({"sessionId":"s","participants":[{"participantId":"a"}]})");
}

TEST_CASE("only() with nobody added is not sent as everybody") {
    CHECK(encoded(subscriptions::only(session_id("s"))) == "{}");
}

TEST_CASE("unknown fields of subscriptions are kept, and not sent") {
    const auto read = decoded<subscriptions>(
        R"({"mode":1,"participants":[{"participantId":"a","streamAliases":[],"volume":[0.5]}]})");
    CHECK(read.extra() == R"({"mode":1})");
    CHECK(read.participants().at(0).extra() == R"({"volume":[0.5]})");
    CHECK(encoded(read) == R"({"participants":[{"participantId":"a"}]})");
}

TEST_CASE("nulls in lists are passed over") {
    const auto read =
        decoded<subscriptions>(R"({"participants":[null,{"participantId":"a","streamAliases":[null,"x"]}]})");
    REQUIRE(read.participants().size() == 1);
    CHECK(read.participants()[0].stream_aliases() == std::vector<std::string>{"x"});
    CHECK(decoded<subscriptions>(R"({"participants":[{"participantId":"a","streamAliases":null}]})")
              .participants()[0]
              .stream_aliases()
              .empty());
}

TEST_CASE("a response that is no subscriptions is an error that names what is wrong") {
    CHECK(decode_problem<subscriptions>("[]") == "subscriptions: not an object");
    CHECK(decode_problem<subscriptions>("7") == "subscriptions: not an object");
    CHECK(decode_problem<subscriptions>(R"({"sessionId":7})") == "subscriptions: sessionId is not a string");
    CHECK(decode_problem<subscriptions>(R"({"participants":{}})") ==
          "subscriptions: participants is not an array");
    CHECK(decode_problem<subscriptions>(R"({"participants":["a"]})") ==
          "subscriptions: participants holds something else than objects");
    CHECK(decode_problem<subscriptions>(R"({"participants":[{}]})") ==
          "subscriptions: participants holds an entry without participantId");
    CHECK(decode_problem<subscriptions>(R"({"participants":[{"participantId":1}]})") ==
          "subscriptions: participantId is not a string");
    CHECK(decode_problem<subscriptions>(R"({"participants":[{"participantId":"a","streamAliases":"x"}]})") ==
          "subscriptions: streamAliases is not an array");
    CHECK(decode_problem<subscriptions>(R"({"participants":[{"participantId":"a","streamAliases":[1]}]})") ==
          "subscriptions: streamAliases holds something else than strings");
    CHECK(decode_problem<subscriptions>(" ").find("incomplete JSON") != std::string::npos);
}

TEST_CASE("subscriptions cut short anywhere are an error") {
    check_every_truncation<subscriptions>(documented_subscriptions);
}

TEST_CASE("subscriptions with bad ids or aliases are refused before they are sent, by name") {
    const session_id session("s");
    CHECK(encode_problem(subscriptions::all_in(session_id(""))) == "subscriptions: session id is empty");
    CHECK(encode_problem(subscriptions::all_in(session_id("a/b"))) ==
          "subscriptions: session id contains a slash or a backslash");
    CHECK(encode_problem(subscriptions::all_in(session_id("\xFF"))) ==
          "subscriptions: session id is not valid UTF-8");
    CHECK(encode_problem(subscriptions::only(session).add(participant_id())) ==
          "subscriptions: participant id is empty");
    CHECK(encode_problem(subscriptions::only(session).add(participant_subscription())) ==
          "subscriptions: participant id is empty");
    CHECK(encode_problem(subscriptions::only(session).add(
              participant_subscription(participant_id("a")).stream_alias("\xFF"))) ==
          "subscriptions: stream alias is not valid UTF-8");
    CHECK(encode_problem(subscriptions::only(session).add(
              participant_subscription(participant_id("a")).stream_alias(""))) ==
          "subscriptions: stream alias is empty");
}
