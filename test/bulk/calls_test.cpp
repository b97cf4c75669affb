#include "bulk/job/calls.hpp"

#include <doctest/doctest.h>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace bandwidth::webrtc::bulk;

namespace {

std::vector<call_kind> of_webrtc(std::string_view mix) { return parse_operations(api_family::webrtc, mix); }
std::vector<call_kind> of_brtc(std::string_view mix) { return parse_operations(api_family::brtc, mix); }

} // namespace

TEST_CASE("calls: each has a name of its own") {
    std::set<std::string_view> names;
    for (std::size_t number = 0; number < call_kind_count; ++number)
        names.insert(to_string(static_cast<call_kind>(number)));
    CHECK(names.size() == call_kind_count);
    CHECK(to_string(call_kind::create_session) == "create_session");
    CHECK(to_string(call_kind::delete_session) == "delete_session");
}

TEST_CASE("calls: which make something that has to be deleted") {
    for (const auto kind :
         {call_kind::create_session, call_kind::create_participant, call_kind::create_endpoint})
        CHECK(is_creation(kind));
    for (const auto kind : {call_kind::add_participant_to_session, call_kind::get_session,
                            call_kind::delete_session, call_kind::list_endpoints})
        CHECK_FALSE(is_creation(kind));
}

TEST_CASE("mix: the default of webrtc makes every call of it once") {
    const auto calls = of_webrtc(default_operations(api_family::webrtc));
    CHECK(calls.size() == 11);
    CHECK(std::set<call_kind>(calls.begin(), calls.end()).size() == 11);
}

TEST_CASE("mix: words stand for calls, in order and as often as they are there") {
    using enum call_kind;
    CHECK(of_webrtc("create") == std::vector{create_session, create_participant});
    CHECK(of_webrtc("create,get,get,delete") == std::vector{create_session, create_participant, get_session,
                                                            get_participant, get_session, get_participant,
                                                            delete_participant, delete_session});
    CHECK(of_webrtc("create,join,remove,join,subscribe").size() == 7);
}

TEST_CASE("mix: endpoints that were deleted are listed once more") {
    using enum call_kind;
    CHECK(of_brtc(default_operations(api_family::brtc)) ==
          std::vector{create_endpoint, get_endpoint, list_endpoints, delete_endpoint, list_endpoints});
    CHECK(of_brtc("create,update,get") == std::vector{create_endpoint, update_endpoint_bxml, get_endpoint});
}

TEST_CASE("mix: what makes no sense is refused") {
    for (const char* mix :
         {"", "get", "create,", "create,,get", "create, get", "create,create", "create,jump", "CREATE",
          "create,subscribe", "create,remove", "create,join,remove,subscribe", "create,delete,get",
          "create,delete,delete", "delete"}) {
        CAPTURE(mix);
        CHECK_THROWS_AS(of_webrtc(mix), std::invalid_argument);
    }
}

TEST_CASE("mix: what makes no sense for endpoints is refused") {
    for (const char* mix : {"", "get", "create,create", "create,join", "create,subscribe", "create,remove",
                            "create,delete,get"}) {
        CAPTURE(mix);
        CHECK_THROWS_AS(of_brtc(mix), std::invalid_argument);
    }
    CHECK_THROWS_AS(of_webrtc("create,update"), std::invalid_argument);
}

TEST_CASE("mix: the message tells what is wrong") {
    CHECK_THROWS_WITH(of_webrtc("create,jump"),
                      "'jump' is no operation: create, join, get, list, subscribe, remove and delete are");
    CHECK_THROWS_WITH(of_webrtc("create,subscribe"), "'subscribe' needs 'join' before it");
    CHECK_THROWS_WITH(of_webrtc("get"), "'create' comes first, and once");
    CHECK_THROWS_WITH(of_webrtc("create,delete,get"), "nothing comes after 'delete'");
    CHECK_THROWS_WITH(of_brtc("create,join"),
                      "'join' is no operation of brtc: create, get, update, list and delete are");
}
