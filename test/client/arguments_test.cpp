#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "manager/header_lines.hpp"
#include "support/test_client.hpp"

// Arguments that cannot be: the call fails with a message that names the field, and nothing is sent.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::options_for;
using support::wait_for;
using testing::loopback_server;

namespace {

/// A client whose server must not hear of anything.
class untouched_server {
public:
    ~untouched_server() {
        CHECK(server_.stats().connections_accepted == 0);
        CHECK(client_.stats().dials == 0);
        CHECK(client_.stats().requests_sent == 0);
        CHECK(support::at_rest(client_.stats()));
    }
    client& operator*() { return client_; }

    template <class T>
    void check_refused(operation<T> operation, const std::string& field) {
        const auto outcome = wait_for(context_, std::move(operation));
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().code() == errc::invalid_argument);
        CHECK(outcome.error().delivery() == delivery::not_sent);
        CHECK(outcome.error().attempts() == 0);
        CHECK(outcome.error().http_status() == 0);
        CHECK_MESSAGE(outcome.error().message().find(field) != std::string::npos,
                      outcome.error().message() << " does not name " << field);
        CHECK(outcome.error().message().size() < 200);
    }

private:
    loopback_server server_;
    asio::io_context context_;
    client client_{context_, options_for(server_)};
};

const std::vector<std::string> bad_ids = {
    "",
    ".",
    "..",
    "...",
    "a/b",
    "/",
    "../../other",
    "a\\b",
    "a\rb",
    "a\nb",
    "a\r\nX-Injected: 1",
    std::string("a\0b", 3),
    std::string(1, '\0'),
    "\x7f",
    "\t",
    std::string(65536, 'a'),
    std::string(257, 'a'),
};

} // namespace

TEST_CASE("J10: ids that cannot be, in each operation") {
    untouched_server server;
    const session_id s("s");
    const participant_id p("p");
    for (const auto& text : bad_ids) {
        CAPTURE(text.substr(0, 40));
        const session_id bad_session(text);
        const participant_id bad_participant(text);
        auto& client = *server;
        server.check_refused(client.try_get_session(bad_session), "session id");
        server.check_refused(client.try_delete_session(bad_session), "session id");
        server.check_refused(client.try_list_session_participants(bad_session), "session id");
        server.check_refused(client.try_get_participant(bad_participant), "participant id");
        server.check_refused(client.try_delete_participant(bad_participant), "participant id");
        server.check_refused(client.try_add_participant_to_session(bad_session, p), "session id");
        server.check_refused(client.try_add_participant_to_session(s, bad_participant), "participant id");
        server.check_refused(client.try_remove_participant_from_session(bad_session, p), "session id");
        server.check_refused(client.try_remove_participant_from_session(s, bad_participant),
                             "participant id");
        server.check_refused(client.try_get_participant_subscriptions(bad_session, p), "session id");
        server.check_refused(client.try_get_participant_subscriptions(s, bad_participant), "participant id");
        server.check_refused(client.try_update_participant_subscriptions(bad_session, p), "session id");
        server.check_refused(client.try_update_participant_subscriptions(s, bad_participant),
                             "participant id");
    }
}

TEST_CASE("J10: an unusual id that is allowed reaches the service as one segment") {
    loopback_server server(testing::loopback_options{}.record_requests(true));
    asio::io_context context;
    client client(context, options_for(server));
    for (const auto& [id, segment] :
         std::vector<std::pair<std::string, std::string>>{{"a?b#c", "a%3Fb%23c"},
                                                          {"..a", "..a"},
                                                          {"%2e%2e", "%252e%252e"},
                                                          {"\xc3\xa9", "%C3%A9"},
                                                          {std::string(256, 'a'), std::string(256, 'a')}}) {
        CHECK(wait_for(context, client.try_get_session(session_id(id))).error().http_status() == 404);
        CHECK(server.received().back().target() == "/v1/accounts/9900000/sessions/" + segment);
    }
}

TEST_CASE("J10: tags over the service's limit and other bodies that cannot be") {
    untouched_server server;
    auto& client = *server;
    server.check_refused(client.try_create_session(session_request{}.tag(std::string(51, 'a'))), "tag");
    server.check_refused(client.try_create_session(session_request{}.tag("\xff")), "tag");
    server.check_refused(client.try_create_participant(participant_request{}.tag(std::string(51, 'a'))),
                         "tag");
    server.check_refused(client.try_create_participant(participant_request{}.callback_url("\xff\xfe")),
                         "callback");
    server.check_refused(client.try_add_participant_to_session(
                             session_id("s"), participant_id("p"),
                             subscriptions::only(session_id("s")).add(participant_subscription())),
                         "participant id");
    server.check_refused(client.try_update_participant_subscriptions(session_id("s"), participant_id("p"),
                                                                     subscriptions::all_in(session_id(""))),
                         "session id");
}

TEST_CASE("a tag at the limit is taken, in characters and not in bytes") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    std::string umlauts;
    for (int i = 0; i < 50; ++i)
        umlauts += "\xc3\xa4";
    for (const auto& tag : {std::string(50, 'a'), umlauts, std::string("\"\\\r\n\t\x01")}) {
        const auto made = wait_for(context, client.try_create_session(session_request{}.tag(tag)));
        REQUIRE_MESSAGE(made.has_value(), made.error().describe());
        CHECK(made->tag() == tag);
    }
}

TEST_CASE("J10: headers that cannot be injected") {
    untouched_server server;
    const session_id s("s");
    const std::vector<std::pair<std::string, std::string>> refused = {
        {"X-Test", "a\r\nX-Injected: 1"},
        {"X-Test", "a\nb"},
        {"X-Test", "a\rb"},
        {"X-Test", std::string("a\0b", 3)},
        {"X-Test", "\x7f"},
        {"", "a"},
        {"X Test", "a"},
        {"X-Test:", "a"},
        {"X-Test\r\nX-Injected", "a"},
        {"X-T\xc3\xa9st", "a"},
        {std::string("X\0Y", 3), "a"},
        {"Host", "evil.example"},
        {"host", "evil.example"},
        {"Content-Length", "0"},
        {"Transfer-Encoding", "chunked"},
        {"Connection", "close"},
        {"Authorization", "Basic hunter2"},
        {"Proxy-Authorization", "Basic hunter2"},
        {"Upgrade", "h2c"},
        {"Expect", "100-continue"},
        {"TE", "trailers"},
        {"Trailer", "X"},
        {"Keep-Alive", "timeout=1"},
        {"Content-Type", "text/plain"},
        {"Cookie", "a=b"},
    };
    for (const auto& [each_name, value] : refused) {
        const auto& name = each_name;
        CAPTURE(name);
        server.check_refused((*server).try_get_session(s, call_options{}.header(name, value)), "header");
        server.check_refused((*server).try_create_session({}, call_options{}.header(name, value)), "header");
    }
    // One bad header among good ones is enough, and its value is not repeated: it may be a secret.
    const auto mixed = call_options{}.header("X-A", "1").header("X-B", "hunter2\n").header("X-C", "3");
    server.check_refused((*server).try_get_session(s, mixed), "X-B");
    CHECK(bandwidth::webrtc::detail::call_options_access::refused_header(mixed).find("hunter2") ==
          std::string::npos);
}

TEST_CASE("J10: headers that are allowed are sent as they are") {
    loopback_server server(testing::loopback_options{}.record_requests(true));
    asio::io_context context;
    client client(context, options_for(server));
    const auto options = call_options{}.header("X-Trace", "a b\tc; d=\"e\"").header("x-empty", "");
    CHECK(wait_for(context, client.try_create_session({}, options)).has_value());
    CHECK(server.received().at(0).header("X-Trace") == "a b\tc; d=\"e\"");
    // The next call does not carry them.
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(server.received().at(1).header("X-Trace").empty());
}

TEST_CASE("a refused argument does no harm to the calls around it") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    support::collector<session> results;
    client.try_create_session()(results.next());
    client.try_get_session(session_id("a/b"))(results.next());
    client.try_create_session(session_request{}.tag(std::string(51, 'x')))(results.next());
    client.try_create_session()(results.next());
    results.wait(context);
    CHECK(results.succeeded() == 2);
    CHECK(server.session_count() == 2);
}

TEST_CASE("an attempt timeout of no time is refused, and nothing is sent") {
    untouched_server server;
    for (const auto value : {std::chrono::nanoseconds(0), std::chrono::nanoseconds(-1)}) {
        server.check_refused((*server).try_create_session({}, call_options{}.attempt_timeout(value)),
                             "attempt_timeout");
        server.check_refused(
            (*server).try_get_session(session_id("s"), call_options{}.attempt_timeout(value)),
            "attempt_timeout");
    }
}
