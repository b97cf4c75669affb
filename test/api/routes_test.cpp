#include <doctest/doctest.h>

#include <span>
#include <string>

#include "api/webrtc/routes.hpp"
#include "core/percent_encoding.hpp"

using namespace bandwidth::webrtc::detail;

namespace {

// Both ids, or the one that the path has.
std::size_t append_to(std::string& out, std::string_view base, operation which, std::string_view session,
                      std::string_view participant) {
    const auto path = route_of(which).path();
    const path_id ids[] = {{"session id", session}, {"participant id", participant}};
    const bool has_session = path.find("{sessionId}") != std::string_view::npos;
    return append_target(out, base, path, std::span(ids).subspan(has_session ? 0 : 1));
}

std::string target(operation which, std::string_view session, std::string_view participant) {
    std::string out;
    append_to(out, account_path("/v1", "9900000"), which, session, participant);
    return out;
}

std::string segment(std::string_view text) {
    std::string out;
    append_path_segment(out, text);
    return out;
}

struct expected {
    operation which;
    std::string_view method;
    std::string_view path;
    request_class kind;
};

// facts of OpenAPI 2.0.0, written out once more
constexpr expected expectations[] = {
    {operation::create_session, "POST", "/sessions", request_class::unsafe},
    {operation::get_session, "GET", "/sessions/S", request_class::safe},
    {operation::delete_session, "DELETE", "/sessions/S", request_class::idempotent},
    {operation::list_session_participants, "GET", "/sessions/S/participants", request_class::safe},
    {operation::create_participant, "POST", "/participants", request_class::unsafe},
    {operation::get_participant, "GET", "/participants/P", request_class::safe},
    {operation::delete_participant, "DELETE", "/participants/P", request_class::idempotent},
    {operation::add_participant_to_session, "PUT", "/sessions/S/participants/P", request_class::idempotent},
    {operation::remove_participant_from_session, "DELETE", "/sessions/S/participants/P",
     request_class::idempotent},
    {operation::get_participant_subscriptions, "GET", "/sessions/S/participants/P/subscriptions",
     request_class::safe},
    {operation::update_participant_subscriptions, "PUT", "/sessions/S/participants/P/subscriptions",
     request_class::idempotent},
};
static_assert(std::size(expectations) == routes.size());

} // namespace

TEST_CASE("each of the eleven operations has its route") {
    for (const expected& want : expectations) {
        CAPTURE(std::string(want.path));
        const route& found = route_of(want.which);
        CHECK(found.method == want.method);
        CHECK(found.kind == want.kind);
        CHECK(found.is_delete() == (want.method == "DELETE"));
        CHECK(found.reads_one() ==
              (want.which == operation::get_session || want.which == operation::get_participant));
        CHECK(found.has_body() == (want.method == "POST" || want.method == "PUT"));
        CHECK(target(want.which, "S", "P") == "/v1/accounts/9900000" + std::string(want.path));
    }
}

TEST_CASE("ids are percent-encoded in a path, byte by byte") {
    CHECK(segment("75c21163-e110-41bc-bd76-1bb428ec85d5") == "75c21163-e110-41bc-bd76-1bb428ec85d5");
    CHECK(segment("AZaz09-._~") == "AZaz09-._~");
    CHECK(segment("a b") == "a%20b");
    CHECK(segment("?#%+&=:@!$'()*,;[]") == "%3F%23%25%2B%26%3D%3A%40%21%24%27%28%29%2A%2C%3B%5B%5D");
    CHECK(segment("\xC3\xA9\xFF") == "%C3%A9%FF");
    CHECK(segment("/\\\r\n") == "%2F%5C%0D%0A");
    CHECK(segment(std::string_view("\0", 1)) == "%00");
    CHECK(segment(" a ") == "%20a%20");
    CHECK(segment("").empty());
    CHECK(target(operation::get_session, "a b?", "") == "/v1/accounts/9900000/sessions/a%20b%3F");
}

TEST_CASE("every byte is either kept or encoded") {
    for (unsigned byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const bool alphanumeric = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        const bool plain = alphanumeric || c == '-' || c == '.' || c == '_' || c == '~';
        CAPTURE(byte);
        CHECK(is_unreserved({&c, 1}) == plain);
        CHECK(segment({&c, 1}).size() == (plain ? 1U : 3U));
        // Many are looked at together.
        for (const std::size_t size : {15, 16, 17, 31, 32, 33, 36}) {
            for (std::size_t at = 0; at < size; ++at) {
                auto id = std::string("75c21163-e110-41bc-bd76-1bb428ec~_.Z").substr(0, size);
                id[at] = c;
                CHECK(is_unreserved(id) == plain);
            }
        }
    }
}

TEST_CASE("the size of the id that a target ends with") {
    const auto size = [](operation which) {
        std::string out;
        return append_to(out, "/accounts/1", which, "a b", "participant");
    };
    CHECK(size(operation::get_session) == 5);
    CHECK(size(operation::get_participant) == 11);
    CHECK(size(operation::remove_participant_from_session) == 11);
    CHECK(size(operation::create_session) == 0);
    CHECK(size(operation::list_session_participants) == 0);
    CHECK(size(operation::get_participant_subscriptions) == 0);
}

TEST_CASE("a target is appended in place") {
    std::string out = "GET ";
    out.reserve(256);
    const char* const place = out.data();
    append_to(out, "/accounts/1", operation::get_session, "s", "");
    CHECK(out == "GET /accounts/1/sessions/s");
    CHECK(out.data() == place);
}
