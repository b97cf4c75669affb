#include "bulk/job/checks.hpp"
#include "api/webrtc/codec.hpp"

#include <doctest/doctest.h>

namespace webrtc = bandwidth::webrtc;
using namespace webrtc::bulk;
using webrtc::participant_id;
using webrtc::session_id;
using webrtc::subscriptions;

namespace {

template <class Model>
Model decoded(std::string_view json) {
    Model model;
    REQUIRE_FALSE(webrtc::detail::codec::decode(json, model));
    return model;
}

// Session number 0 with three participants: p0 and p1 have joined, p2 has not.
inventory three_of_whom_two_joined() {
    inventory created(share{0, 1}, 3, 0xabc);
    created.session(0) = session_id("s0");
    const char* const ids[] = {"p0", "p1", "p2"};
    for (std::size_t number = 0; number < 3; ++number) {
        created.participant(0, number).id = participant_id(ids[number]);
        created.participant(0, number).joined = number < 2;
    }
    return created;
}

std::string check_listed(std::string_view json) {
    return check_list(decoded<std::vector<webrtc::participant>>(json), three_of_whom_two_joined(), 0);
}

constexpr const char* p0 = R"({"id":"p0","tag":"bulk-0000000000000abc-0-0"})";
constexpr const char* p1 = R"({"id":"p1","tag":"bulk-0000000000000abc-0-1"})";
constexpr const char* p2 = R"({"id":"p2","tag":"bulk-0000000000000abc-0-2"})";

std::string array(std::initializer_list<std::string> entries) {
    std::string text = "[";
    for (const auto& entry : entries)
        text += (text.size() > 1 ? "," : "") + entry;
    return text + ']';
}

} // namespace

TEST_CASE("inventory: tags differ, hold the nonce, and keep to the service's 50 characters") {
    const inventory created(share{0, 1}, 2, 0xabc);
    CHECK(created.session_tag(7) == "bulk-0000000000000abc-7");
    CHECK(created.participant_tag(7, 1) == "bulk-0000000000000abc-7-1");
    CHECK(inventory(share{0, 1}, 20, ~0ull).participant_tag(9'999'999, 19).size() <= 50);
}

TEST_CASE("inventory: counts what exists") {
    auto created = three_of_whom_two_joined();
    CHECK(created.count_sessions() == 1);
    CHECK(created.count_participants() == 3);
    created.session(0) = session_id();
    created.participant(0, 1) = {};
    CHECK(created.count_sessions() == 0);
    CHECK(created.count_participants() == 2);
}

TEST_CASE("check: a session") {
    const auto response = decoded<webrtc::session>(R"({"id":"s1","tag":"mine"})");
    CHECK(check_session(response, session_id("s1"), "mine") == "");
    CHECK(check_session(response, session_id(), "mine") == "");
    CHECK(check_session(response, session_id("s2"), "mine") == "session 's1' where 's2' was due");
    CHECK(check_session(response, session_id("s1"), "other") == "tag 'mine' where 'other' was due");
    const auto untagged = decoded<webrtc::session>(R"({"id":"s1"})");
    CHECK(check_session(untagged, session_id("s1"), "mine") == "no tag where 'mine' was due");
}

TEST_CASE("check: a participant") {
    const auto response = decoded<webrtc::participant>(R"({"id":"p1","tag":"mine"})");
    CHECK(check_participant(response, participant_id("p1"), "mine") == "");
    CHECK(check_participant(response, participant_id("p2"), "mine") == "participant 'p1' where 'p2' was due");
    CHECK(check_participant(response, participant_id("p1"), "other") == "tag 'mine' where 'other' was due");
}

TEST_CASE("check: the list of a session") {
    CHECK(check_listed(array({p0, p1})) == "");
    CHECK(check_listed(array({p1, p0})) == "");
    // Its join failed, and yet the service may have done it.
    CHECK(check_listed(array({p0, p1, p2})) == "");
    CHECK(check_listed(array({p0})) == "1 participants of the session are not listed");
    CHECK(check_listed("[]") == "2 participants of the session are not listed");
    CHECK(check_listed(array({p0, p1, R"({"id":"p9"})"})) ==
          "1 are listed that are not of the session, or twice");
    CHECK(check_listed(array({p0, p1, p1})) == "1 are listed that are not of the session, or twice");
    CHECK(check_listed(array({p0, R"({"id":"p1","tag":"x"})"})) ==
          "tag 'x' where 'bulk-0000000000000abc-0-1' was due");
}

TEST_CASE("check: subscriptions") {
    const session_id session("s0");
    const auto two = subscriptions::only(session).add(participant_id("p0")).add(participant_id("p1"));
    const auto turned = subscriptions::only(session).add(participant_id("p1")).add(participant_id("p0"));
    const auto one = subscriptions::only(session).add(participant_id("p0"));
    CHECK(check_subscriptions(turned, two) == "");
    CHECK(check_subscriptions(one, two) == "subscriptions to other participants than were set");
    CHECK(check_subscriptions(subscriptions::all_in(session), two) ==
          "subscriptions of another scope than was set");
    CHECK(check_subscriptions(subscriptions::all_in(session), subscriptions::all_in(session)) == "");
    CHECK(check_subscriptions(subscriptions::all_in(session_id("s1")), subscriptions::all_in(session)) ==
          "subscriptions of session 's1' where 's0' was due");
}
