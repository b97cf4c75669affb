#include <doctest/doctest.h>

#include <bandwidth/webrtc/ids.hpp>
#include <boost/container_hash/hash.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>

#include "api/common/validate.hpp"

using bandwidth::webrtc::device_id;
using bandwidth::webrtc::endpoint_id;
using bandwidth::webrtc::participant_id;
using bandwidth::webrtc::session_id;
using bandwidth::webrtc::voice_call_id;
using bandwidth::webrtc::detail::validate_id;

static_assert(!std::is_convertible_v<std::string, session_id>);
static_assert(!std::is_convertible_v<std::string_view, session_id>);
static_assert(!std::is_convertible_v<const char*, session_id>);
static_assert(!std::is_convertible_v<session_id, std::string>);
static_assert(!std::is_constructible_v<session_id, participant_id>);
static_assert(!std::is_constructible_v<participant_id, session_id>);
static_assert(!std::is_constructible_v<endpoint_id, device_id>);
static_assert(!std::is_constructible_v<endpoint_id, voice_call_id>);
static_assert(!std::is_assignable_v<session_id&, participant_id>);
static_assert(!std::is_aggregate_v<session_id>);
static_assert(std::is_nothrow_default_constructible_v<session_id>);
static_assert(std::is_nothrow_move_constructible_v<session_id>);
static_assert(std::is_nothrow_move_assignable_v<session_id>);
static_assert(sizeof(session_id) == sizeof(std::string));

template <class A, class B>
concept comparable = requires(const A& a, const B& b) {
    a == b;
};
static_assert(comparable<session_id, session_id>);
static_assert(!comparable<session_id, participant_id>);

TEST_CASE("an id keeps its text as it was given") {
    CHECK(session_id("a b/c").value() == "a b/c");
    CHECK(session_id(std::string("x")).value() == "x");
    CHECK(session_id(std::string_view("xy").substr(1)).value() == "y");
    CHECK(session_id().empty());
    CHECK(session_id(static_cast<const char*>(nullptr)).empty());
    CHECK_FALSE(session_id("x").empty());
}

TEST_CASE("ids compare, order and hash by their text") {
    const session_id a("a");
    const session_id b("b");
    CHECK(a == session_id("a"));
    CHECK(a != b);
    CHECK(a != session_id("A"));
    CHECK(a < b);
    CHECK((b <=> a) > 0);
    CHECK(session_id("a\x80") > session_id("a\x7F"));

    std::unordered_set<session_id> sessions{a, b, session_id("a")};
    CHECK(sessions.size() == 2);
    std::unordered_set<participant_id> participants{participant_id("a")};
    CHECK(participants.contains(participant_id("a")));
}

TEST_CASE("ids are keys of Boost's containers too") {
    CHECK(boost::hash<session_id>()(session_id("a")) == boost::hash<session_id>()(session_id("a")));
    CHECK(boost::hash<participant_id>()(participant_id("a")) !=
          boost::hash<participant_id>()(participant_id("b")));
    CHECK(boost::hash<endpoint_id>()(endpoint_id("a")) != boost::hash<endpoint_id>()(endpoint_id("b")));
    CHECK(boost::hash<device_id>()(device_id("a")) == std::hash<device_id>()(device_id("a")));
    CHECK(boost::hash<voice_call_id>()(voice_call_id("a")) == std::hash<voice_call_id>()(voice_call_id("a")));
}

TEST_CASE("an id is written as its text") {
    std::ostringstream text;
    text << session_id("s1") << ' ' << participant_id("p1") << ' ' << endpoint_id("e-1") << ' '
         << device_id("d-1") << ' ' << voice_call_id("c-1");
    CHECK(text.str() == "s1 p1 e-1 d-1 c-1");
}

TEST_CASE("ids that the service gives, and unusual ones, are accepted") {
    for (const char* id : {"75c21163-e110-41bc-bd76-1bb428ec85d5", "9900000", "a b", ".a", "a.", "...x", "+",
                           "%2e", "\xC3\xA9", "\xFF", "?", "#", "~"}) {
        CAPTURE(id);
        CHECK(validate_id("session id", id) == std::nullopt);
    }
    CHECK(validate_id("session id", std::string(256, 'x')) == std::nullopt);
    CHECK(validate_id("session id", std::string(256, ' ')) == std::nullopt);
}

TEST_CASE("ids that could name something else are refused, and the field is named") {
    CHECK(validate_id("session id", "") == "session id is empty");
    CHECK(validate_id("participant id", "") == "participant id is empty");
    for (const char* dots : {".", "..", "...", "...."})
        CHECK(validate_id("session id", dots) == "session id consists of dots only");
    for (const char* slash : {"/", "a/b", "../x", "a\\b", "\\"})
        CHECK(validate_id("session id", slash) == "session id contains a slash or a backslash");
    for (int c = 0; c < 0x20; ++c) {
        CHECK(validate_id("session id", std::string("a") + static_cast<char>(c)) ==
              "session id contains a control character");
    }
    CHECK(validate_id("session id", "a\x7F") == "session id contains a control character");
    CHECK(validate_id("session id", "a\r\nX-Evil: 1") == "session id contains a control character");
    CHECK(validate_id("session id", std::string_view("a\0b", 3)) ==
          "session id contains a control character");
    CHECK(validate_id("session id", std::string(257, 'x')) == "session id is longer than 256 bytes");
    CHECK(validate_id("session id", std::string(64 * 1024, 'x')) == "session id is longer than 256 bytes");
}
