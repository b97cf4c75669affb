#include "loopback/route.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace bandwidth::webrtc::testing::detail;

namespace {

route routed(std::string_view method, std::string_view target) {
    route found;
    find_route(method, target, found);
    return found;
}

} // namespace

TEST_CASE("each of the eleven operations has its route") {
    struct expectation {
        const char* method;
        const char* path;
        operation wanted;
        const char* session;
        const char* participant;
    };
    const expectation all[] = {
        {"POST", "/sessions", operation::create_session, "", ""},
        {"GET", "/sessions/s", operation::get_session, "s", ""},
        {"DELETE", "/sessions/s", operation::delete_session, "s", ""},
        {"GET", "/sessions/s/participants", operation::list_session_participants, "s", ""},
        {"POST", "/participants", operation::create_participant, "", ""},
        {"GET", "/participants/p", operation::get_participant, "", "p"},
        {"DELETE", "/participants/p", operation::delete_participant, "", "p"},
        {"PUT", "/sessions/s/participants/p", operation::add_participant_to_session, "s", "p"},
        {"DELETE", "/sessions/s/participants/p", operation::remove_participant_from_session, "s", "p"},
        {"GET", "/sessions/s/participants/p/subscriptions", operation::get_participant_subscriptions, "s",
         "p"},
        {"PUT", "/sessions/s/participants/p/subscriptions", operation::update_participant_subscriptions, "s",
         "p"},
    };
    for (const auto& expected : all) {
        CAPTURE(expected.path);
        const auto found = routed(expected.method, std::string("/v1/accounts/a") + expected.path);
        CHECK(found.wanted == expected.wanted);
        CHECK(found.account == "a");
        CHECK(found.session == expected.session);
        CHECK(found.participant == expected.participant);
    }
}

TEST_CASE("what is no route is unknown") {
    const std::string prefix = "/v1/accounts/a";
    for (const auto* path :
         {"", "/", "/rooms", "/rooms/s", "/sessions/", "/sessions/s/", "/sessions//participants",
          "/sessions/s/members", "/sessions/s/participants/p/media",
          "/sessions/s/participants/p/subscriptions/x", "/participants/p/sessions"}) {
        CAPTURE(path);
        CHECK(routed("GET", prefix + path).wanted == operation::unknown);
    }
    for (const auto* target : {"", "/", "*", "/v1/accounts", "/v1/accounts/", "/v2/accounts/a/sessions/s",
                               "/accounts/a/sessions/s", "https://localhost", "localhost:443"}) {
        CAPTURE(target);
        CHECK(routed("GET", target).wanted == operation::unknown);
    }
}

TEST_CASE("BRTC's five operations and the token endpoint have their routes") {
    struct expectation {
        const char* method;
        const char* target;
        operation wanted;
        const char* endpoint;
    };
    for (const auto& expected :
         {expectation{"POST", "/v2/accounts/a/endpoints", operation::create_endpoint, ""},
          expectation{"GET", "/v2/accounts/a/endpoints?limit=1", operation::list_endpoints, ""},
          expectation{"GET", "/v2/accounts/a/endpoints/e-1", operation::get_endpoint, "e-1"},
          expectation{"DELETE", "/v2/accounts/a/endpoints/e%2F1", operation::delete_endpoint, "e/1"},
          expectation{"PUT", "/v2/accounts/a/endpoints/e/bxml", operation::update_endpoint_bxml, "e"},
          expectation{"PUT", "/v2/accounts/a/endpoints/e", operation::wrong_method, "e"}}) {
        CAPTURE(expected.target);
        const auto found = routed(expected.method, expected.target);
        CHECK(found.addressed == api::brtc);
        CHECK(found.wanted == expected.wanted);
        CHECK(found.account == "a");
        CHECK(found.endpoint == expected.endpoint);
    }
    CHECK(routed("GET", "/v2/accounts/a/sessions/s").addressed == api::brtc);
    const auto token = routed("POST", "https://localhost:1/api/v1/oauth2/token?x");
    CHECK(token.addressed == api::token_endpoint);
    CHECK(token.wanted == operation::request_token);
    CHECK(routed("GET", "/api/v1/oauth2/token").wanted == operation::wrong_method);
    CHECK(routed("POST", "/api/v1/oauth2").addressed == api::webrtc);
}

TEST_CASE("a known path does not take every method") {
    const std::string prefix = "/v1/accounts/a";
    CHECK(routed("GET", prefix + "/sessions").wanted == operation::unknown);
    CHECK(routed("PUT", prefix + "/sessions/s").wanted == operation::unknown);
    CHECK(routed("HEAD", prefix + "/sessions/s").wanted == operation::unknown);
    CHECK(routed("get", prefix + "/sessions/s").wanted == operation::unknown); // methods are case-sensitive
    CHECK(routed("POST", prefix + "/sessions/s/participants").wanted == operation::unknown);
    CHECK(routed("GET", prefix + "/sessions/s/participants/p").wanted == operation::unknown);
    CHECK(routed("DELETE", prefix + "/sessions/s/participants/p/subscriptions").wanted == operation::unknown);
}

TEST_CASE("a query is ignored, and an absolute target counts by its path") {
    CHECK(routed("GET", "/v1/accounts/a/sessions/s?x=/y").session == "s");
    const auto found = routed("GET", "https://localhost:8443/v1/accounts/a/sessions/s");
    CHECK(found.wanted == operation::get_session);
    CHECK(found.session == "s");
}

TEST_CASE("segments are percent-decoded, each on its own") {
    const auto found = routed("PUT", "/v1/accounts/%39900000/sessions/a%2Fb/participants/%c3%a9%00x");
    CHECK(found.wanted == operation::add_participant_to_session);
    CHECK(found.account == "9900000");
    CHECK(found.session == "a/b");
    CHECK(found.participant == std::string("\xc3\xa9\0x", 4));
}

TEST_CASE("a malformed percent escape is told apart from an unknown path") {
    for (const auto* id : {"%", "%4", "a%zz", "a%1", "%%41"}) {
        CAPTURE(id);
        CHECK(routed("GET", std::string("/v1/accounts/a/sessions/") + id).wanted == operation::malformed);
    }
    CHECK(routed("GET", "/v1/accounts/%/nothing").wanted == operation::unknown);
}

TEST_CASE("an id that is not UTF-8 is as malformed as a percent escape can be") {
    for (const std::string id : {"%FF", "a%C3", "%c0%80", "%ED%A0%80", "\xff"}) {
        CAPTURE(id);
        for (const auto* before : {"/v1/accounts/a/sessions/", "/v1/accounts/a/participants/",
                                   "/v1/accounts/a/sessions/s/participants/", "/v2/accounts/a/endpoints/"}) {
            const auto* const method =
                std::string_view(before).ends_with("s/s/participants/") ? "PUT" : "GET";
            CHECK(routed(method, before + id).wanted == operation::malformed);
        }
        CHECK(routed("GET", "/v2/accounts/" + id + "/endpoints").wanted == operation::malformed);
    }
    // BRTC tells the path that is unknown. Escapes stay as they are in it.
    CHECK(routed("GET", "/v2/accounts/a/\xff").wanted == operation::malformed);
    CHECK(routed("GET", "/v2/accounts/a/%FF").wanted == operation::unknown);
}

TEST_CASE("a route that is used again keeps nothing of the one before") {
    route found;
    find_route("PUT", "/v1/accounts/a/sessions/s/participants/p", found);
    find_route("GET", "/v1/accounts/b/participants/q", found);
    CHECK(found.wanted == operation::get_participant);
    CHECK(found.account == "b");
    CHECK(found.session.empty());
    CHECK(found.participant == "q");
}
