#include <doctest/doctest.h>

#include <bandwidth/webrtc/participant.hpp>
#include <bandwidth/webrtc/session.hpp>
#include <sstream>
#include <type_traits>

using namespace bandwidth::webrtc;

// What Asio and the coroutines of g++ 12 need of a model: see the rules for contributors.
template <class Model>
constexpr bool is_fit_for_coroutines =
    !std::is_aggregate_v<Model> && std::is_default_constructible_v<Model> &&
    std::is_copy_constructible_v<Model> && std::is_nothrow_move_constructible_v<Model> &&
    std::is_nothrow_move_assignable_v<Model>;
static_assert(is_fit_for_coroutines<session>);
static_assert(is_fit_for_coroutines<session_request>);
static_assert(is_fit_for_coroutines<participant>);
static_assert(is_fit_for_coroutines<participant_request>);
static_assert(is_fit_for_coroutines<created_participant>);
static_assert(is_fit_for_coroutines<participant_token>);
static_assert(is_fit_for_coroutines<subscriptions>);
static_assert(is_fit_for_coroutines<participant_subscription>);
static_assert(is_fit_for_coroutines<device_api_version>);
static_assert(is_fit_for_coroutines<device_token_claims>);

// Sessions are held by the hundred thousand.
static_assert(sizeof(session) <= 3 * sizeof(std::string) + sizeof(void*));
static_assert(sizeof(participant_subscription) <= 3 * sizeof(std::string));

// A token must not turn into text by itself.
static_assert(!std::is_convertible_v<participant_token, std::string>);
static_assert(!std::is_convertible_v<participant_token, std::string_view>);
static_assert(!std::is_convertible_v<std::string, participant_token>);

TEST_CASE("media is a set") {
    constexpr media both = media::audio | media::video;
    static_assert(contains(both, media::audio));
    static_assert(contains(both, both));
    static_assert(!contains(media::audio, both));
    static_assert(contains(media::none, media::none));
    static_assert(contains(media::audio, media::none));
    CHECK((both & media::video) == media::video);
    CHECK((both ^ media::video) == media::audio);
    CHECK(~media::audio == media::video);
    CHECK(~media::none == both);
    CHECK(~both == media::none);

    media set = media::none;
    set |= media::audio;
    CHECK(set == media::audio);
    set ^= both;
    CHECK(set == media::video);
    set &= media::audio;
    CHECK(set == media::none);
}

TEST_CASE("a device API version is read in either case, and an unknown one keeps its text") {
    CHECK(device_api_version("v3") == device_api_version::v3);
    CHECK(device_api_version("V3").value() == device_api_version::v3);
    CHECK(device_api_version("v3").text() == "V3");
    CHECK(device_api_version("v2") == device_api_version::v2);
    CHECK(device_api_version("v2") != device_api_version::v3);
    CHECK(device_api_version(device_api_version::v2).text() == "V2");

    for (const char* text : {"V4", "v4", "", "V", "V33", "xV3", "V3 "}) {
        CAPTURE(text);
        CHECK(device_api_version(text).value() == device_api_version::unknown);
        CHECK(device_api_version(text).text() == text);
    }
    CHECK(device_api_version("V4") != device_api_version("v4"));
    CHECK(device_api_version() == device_api_version::unknown);
    CHECK(device_api_version("V4") != device_api_version::unknown);
}

TEST_CASE("subscriptions have three meanings") {
    const session_id session("s");
    CHECK(subscriptions().scope() == subscription_scope::none);
    CHECK(subscriptions() == subscriptions::none());

    const auto all = subscriptions::all_in(session);
    CHECK(all.scope() == subscription_scope::all_in_session);
    CHECK(all.session_id() == session);
    CHECK(all.participants().empty());

    const auto only =
        subscriptions::only(session)
            .add(participant_id("a"))
            .add(participant_subscription(participant_id("b")).stream_alias("camera").stream_alias("screen"));
    CHECK(only.scope() == subscription_scope::only_listed);
    CHECK(only.session_id() == session);
    REQUIRE(only.participants().size() == 2);
    CHECK(only.participants()[0].participant_id() == participant_id("a"));
    CHECK(only.participants()[0].stream_aliases().empty());
    CHECK(only.participants()[1].stream_aliases() == std::vector<std::string>{"camera", "screen"});
}

TEST_CASE("only() with nobody added means nobody, not everybody") {
    const auto nobody = subscriptions::only(session_id("s"));
    CHECK(nobody.scope() == subscription_scope::none);
    CHECK(nobody != subscriptions::all_in(session_id("s")));
}

TEST_CASE("a list overrides the whole session, as the service reads it") {
    const auto narrowed = subscriptions::all_in(session_id("s")).add(participant_id("a"));
    CHECK(narrowed.scope() == subscription_scope::only_listed);
    CHECK(narrowed == subscriptions::only(session_id("s")).add(participant_id("a")));
}

TEST_CASE("a repeated stream alias is kept once") {
    const auto one = participant_subscription(participant_id("a")).stream_alias("x").stream_alias("x");
    CHECK(one.stream_aliases() == std::vector<std::string>{"x"});
}

TEST_CASE("a participant token is not printed by accident") {
    const participant_token token(std::string("eyJ.secret.token"));
    std::ostringstream text;
    text << token;
    CHECK(text.str() == "[redacted]");
    CHECK(token.reveal() == "eyJ.secret.token");
    CHECK_FALSE(token.empty());
    CHECK(participant_token().empty());
    // doctest prints through operator<< as well
    CHECK(std::string(doctest::toString(token).c_str()) == "[redacted]");
}

TEST_CASE("a mock makes models as a call would give them") {
    const auto room = session{}.id(session_id("s")).tag("room").extra(R"({"a":1})");
    CHECK(room.id() == session_id("s"));
    CHECK(room.tag() == "room");
    CHECK(room.extra() == R"({"a":1})");
    const auto alice = participant{}
                           .id(participant_id("p"))
                           .callback_url("https://example.com")
                           .publish_permissions(media::audio)
                           .sessions(std::vector<session_id>(1, session_id("s")))
                           .subscriptions(subscriptions::none())
                           .tag("alice")
                           .device_api_version(device_api_version::v3)
                           .extra("{}");
    CHECK(alice.id() == participant_id("p"));
    CHECK(alice.callback_url() == "https://example.com");
    CHECK(alice.publish_permissions() == media::audio);
    REQUIRE(alice.sessions().size() == 1);
    CHECK(alice.sessions().front() == room.id());
    CHECK(alice.subscriptions() == subscriptions::none());
    CHECK(alice.tag() == "alice");
    CHECK(alice.device_api_version() == device_api_version::v3);
    CHECK(alice.extra() == "{}");
    const auto created = created_participant{}.participant(alice).token(participant_token("t")).extra("{}");
    CHECK(created.participant() == alice);
    CHECK(created.token().reveal() == "t");
    CHECK(created.extra() == "{}");
}
