#include "bulk_sessions/calls.hpp"

#include <doctest/doctest.h>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace bandwidth::webrtc::bench;

TEST_CASE("calls: each has a name of its own") {
    std::set<std::string_view> names;
    for (std::size_t number = 0; number < call_kind_count; ++number)
        names.insert(to_string(static_cast<call_kind>(number)));
    CHECK(names.size() == call_kind_count);
    CHECK(to_string(call_kind::create_session) == "create_session");
    CHECK(to_string(call_kind::delete_session) == "delete_session");
}

TEST_CASE("calls: which are made for each participant") {
    CHECK_FALSE(is_per_participant(call_kind::create_session));
    CHECK_FALSE(is_per_participant(call_kind::list_session_participants));
    CHECK(is_per_participant(call_kind::add_participant_to_session));
    CHECK(is_per_participant(call_kind::delete_participant));
}

TEST_CASE("mix: the default makes every call once") {
    const auto calls = parse_operations(default_operations);
    CHECK(calls.size() == call_kind_count);
    CHECK(std::set<call_kind>(calls.begin(), calls.end()).size() == call_kind_count);
}

TEST_CASE("mix: words stand for calls, in order and as often as they are there") {
    using enum call_kind;
    CHECK(parse_operations("create") == std::vector{create_session, create_participant});
    CHECK(parse_operations("create,get,get,delete") ==
          std::vector{create_session, create_participant, get_session, get_participant, get_session,
                      get_participant, delete_participant, delete_session});
    CHECK(parse_operations("create,join,remove,join,subscribe").size() == 7);
}

TEST_CASE("mix: what makes no sense is refused") {
    for (const char* mix :
         {"", "get", "create,", "create,,get", "create, get", "create,create", "create,jump", "CREATE",
          "create,subscribe", "create,remove", "create,join,remove,subscribe", "create,delete,get",
          "create,delete,delete", "delete"}) {
        CAPTURE(mix);
        CHECK_THROWS_AS(parse_operations(mix), std::invalid_argument);
    }
}

TEST_CASE("mix: the message tells what is wrong") {
    CHECK_THROWS_WITH(parse_operations("create,jump"),
                      "'jump' is no operation: create, join, get, list, subscribe, remove and delete are");
    CHECK_THROWS_WITH(parse_operations("create,subscribe"), "'subscribe' needs 'join' before it");
    CHECK_THROWS_WITH(parse_operations("get"), "'create' comes first, and once");
    CHECK_THROWS_WITH(parse_operations("create,delete,get"), "nothing comes after 'delete'");
}
