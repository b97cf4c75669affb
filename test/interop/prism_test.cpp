#include "interop/prism_process.hpp"

#include <doctest/doctest.h>

#include <bandwidth/webrtc/brtc/client.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>
#include <bandwidth/webrtc/credentials.hpp>
#include <chrono>
#include <initializer_list>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/test_client.hpp"

// Both clients against Prism, behind nginx, which ends TLS: every request has to be valid by the API's OpenAPI
// description, and what the description has for responses has to be understood.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

const std::string npm_folder = INTEROP_NPM_FOLDER;

/// True when all is installed; otherwise prints that nothing was tested.
bool have_prism() {
    if (std::ifstream(npm_folder + "/installed.json") && ::access(INTEROP_NODE, X_OK) == 0 &&
        !interop::find_program("nginx").empty())
        return true;
    std::cerr << "\n*** SKIPPED: Prism (of npm), Node.js when CMake looked for it, or nginx is not "
                 "installed, so no request was held to the OpenAPI\n"
                 "*** descriptions. Prism is installed by: test/interop/npm/install.sh "
              << npm_folder << "\n\n";
    MESSAGE("SKIPPED: Prism or nginx is not installed");
    return false;
}

/// Prism with one description, and nginx in front of it.
class mock {
public:
    explicit mock(const std::string& description)
        : prism_(INTEROP_NODE, npm_folder, description)
        , nginx_(interop::find_program("nginx"), 1'000'000, prism_.location()) {}

    template <class Options>
    Options options() const {
        return Options()
            .base_url(nginx_.origin() + "/prism")
            .account("9900000")
            .credentials("user", "secret")
            .ca_pem(nginx_.ca_pem())
            .retry(retry_policy::none());
    }

    /// The status for a request of Beast's, and whether Prism found it invalid.
    std::pair<int, bool> try_raw(http::verb method, const std::string& path, const std::string& body) const {
        asio::io_context context;
        connection_manager manager(context, nginx_.origin(), manager_options{}.ca_pem(nginx_.ca_pem()));
        connection_manager::request_type request(method, "/prism/accounts/9900000" + path, 11);
        request.set("Content-Type", "application/json");
        request.set("Authorization", "Basic dXNlcjpzZWNyZXQ=");
        request.body() = body;
        const auto response = support::wait_for(context, manager.try_send(request)).value();
        return {response.result_int(), response.count("sl-violations") != 0};
    }

private:
    interop::prism_process prism_;
    interop::nginx_process nginx_;
};

/// What a call gets for which this response was ordered from Prism. A client of its own for each: after a 429 all calls of
/// a client would wait.
template <class Client, class Options, class Start>
auto order_response(Options options, int status, const std::string& kind, Start start) {
    asio::io_context context;
    Client client(context, options.header("Prefer", "code=" + std::to_string(status) + kind));
    const auto info = std::make_shared<response_info>();
    auto outcome = support::wait_for(context, start(client, call_options{}.info(info)));
    CHECK(info->header("sl-violations") == ""); // the request was valid
    CHECK(info->status() == status);
    return outcome;
}

/// The result with the description's example, after a look at what becomes of a response that Prism makes up by the
/// description's types alone. BRTC's may then list errors beside a status of success, which is a failure that
/// has them where there are no data.
template <class Client, class Options, class Start>
auto get_response(const Options& options, int status, Start start) {
    CAPTURE(status);
    const auto made_up =
        order_response<Client>(Options(options).verify_ids(false), status, ", dynamic=true", start);
    if (made_up.has_value()) {
        CHECK(status < 300);
    } else {
        CAPTURE(made_up.error().describe());
        CHECK(made_up.error().http_status() == status);
        CHECK((status >= 300 || !made_up.error().service_errors().empty()));
    }
    return order_response<Client>(options, status, "", start);
}

template <class Client, class Options, class Start>
failure get_failure(const Options& options, int status, Start start) {
    const auto outcome = get_response<Client>(options, status, start);
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().http_status() == status);
    CHECK(outcome.error().delivery() == delivery::answered);
    return outcome.error();
}

// ---- the WebRTC API ----

const session_id a_session("the-session");
const participant_id a_participant("the-participant");

/// The result with the first of these statuses, after a look at what all others are taken for.
template <class Start>
auto try_webrtc(const mock& server, int success, std::initializer_list<int> errors, Start start) {
    const std::map<int, std::string> texts = {
        {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Missing Authentication Token"},
        {404, "Not Found"},   {409, "Conflict"},     {500, "Internal error"}};
    const auto options = server.options<client_options>();
    for (const int status : errors) {
        CAPTURE(status);
        const auto error = get_failure<client>(options, status, start);
        CHECK(error.message() == texts.at(status));
        if (status != 401 && status != 403)
            CHECK(error.request_id() == "r-" + std::to_string(status));
    }
    return get_response<client>(options, success, start);
}

void check_subscriptions(const subscriptions& got) {
    CHECK(got.session_id() == a_session);
    REQUIRE(got.participants().size() == 2);
    CHECK(got.participants()[0].participant_id().value() == "alice");
    CHECK(got.participants()[1].stream_aliases() == std::vector<std::string>{"camera", "screen"});
}

void check_participant(const participant& got) {
    CHECK(got.id() == a_participant);
    CHECK(got.callback_url() == "https://example.com/events");
    CHECK(got.publish_permissions() == (media::audio | media::video));
    CHECK(got.sessions() == std::vector{a_session});
    REQUIRE(got.subscriptions());
    check_subscriptions(*got.subscriptions());
    CHECK(got.tag() == "a tag");
    CHECK(got.device_api_version() == device_api_version::v3);
}

// ---- BRTC ----

const endpoint_id an_endpoint("e-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85");

template <class Start>
auto try_brtc(const mock& server, int success, Start start) {
    const std::map<int, std::string> types = {{400, "invalid_parameter"},  {401, "unauthorized"},
                                              {403, "forbidden"},          {404, "resource_not_found"},
                                              {405, "method_not_allowed"}, {415, "unsupported_media_type"},
                                              {429, "too_many_endpoints"}, {500, "service_unavailable"}};
    const auto options = server.options<brtc::client_options>();
    for (const auto& [status, type] : types) {
        CAPTURE(status);
        const auto error = get_failure<brtc::client>(options, status, start);
        REQUIRE(error.service_errors().size() == 1);
        const auto& told = error.service_errors().front();
        CHECK(told.type() == type);
        CHECK(error.message() == told.description());
        CHECK(told.code() == (status == 429 ? "" : std::to_string(status)));
        CHECK(told.header() == (status == 401 || status == 403 ? "Authorization"
                                : status == 415                ? "Content-Type"
                                                               : ""));
        CHECK(told.reference() == (status == 404 ? an_endpoint.value() : ""));
        CHECK(brtc::is_too_many_endpoints(error) == (status == 429));
        CHECK(error.retry_after() ==
              (status == 429 ? std::optional(std::chrono::seconds(900)) : std::nullopt));
    }
    return get_response<brtc::client>(options, success, start);
}

void check_endpoint(const brtc::endpoint& got) {
    using namespace std::chrono;
    CHECK(got.id() == an_endpoint);
    CHECK(got.type() == brtc::endpoint_type::webrtc);
    CHECK(got.status() == brtc::connection_status::connected);
    CHECK(got.created_at() == sys_days(2021y / January / 1));
    CHECK(got.expires_at() == sys_days(2021y / January / 2));
    CHECK(got.tag() == "my-tag");
}

} // namespace

TEST_CASE("Prism: every operation of the WebRTC API is valid, every documented response understood") {
    if (!have_prism())
        return;
    const mock server(INTEROP_SOURCE_FOLDER "/webrtc.openapi.yml");
    // Prism does look at what it gets.
    CHECK(server.try_raw(http::verb::post, "/sessions", R"({"tag":"t"})") == std::pair(200, false));
    CHECK(server.try_raw(http::verb::post, "/sessions", R"({"tag":5})") == std::pair(400, true));
    CHECK(server.try_raw(http::verb::put, "/sessions/s/participants/p", R"({"sessionId":5})") ==
          std::pair(400, true));

    const auto created =
        try_webrtc(server, 200, {400, 401, 403, 500}, [](client& used, const call_options& options) {
            return used.try_create_session(session_request{}.tag("a tag"), options);
        });
    CHECK(created.value().id() == a_session);
    CHECK(created.value().tag() == "a tag");
    CHECK(try_webrtc(
              server, 200, {},
              [](client& used, const call_options& options) { return used.try_create_session({}, options); })
              .has_value());
    const auto read = try_webrtc(
        server, 200, {400, 401, 403, 404, 500},
        [](client& used, const call_options& options) { return used.try_get_session(a_session, options); });
    CHECK(read.value().id() == a_session);
    CHECK(try_webrtc(
              server, 204, {400, 401, 403, 404, 500},
              [](client& used, const call_options& options) {
                  return used.try_delete_session(a_session, options);
              })
              .has_value());

    const auto list = [](client& used, const call_options& options) {
        return used.try_list_session_participants(a_session, options);
    };
    const auto listed = try_webrtc(server, 200, {400, 401, 403, 404, 500}, list);
    REQUIRE(listed.value().size() == 1);
    check_participant(listed.value().front());
    CHECK(try_webrtc(server, 204, {}, list).value().empty());

    const auto joined =
        try_webrtc(server, 200, {400, 401, 403, 500}, [](client& used, const call_options& options) {
            return used.try_create_participant(participant_request{}
                                                   .tag("a tag")
                                                   .publish(media::audio | media::video)
                                                   .callback_url("https://example.com/events")
                                                   .device_api_version(device_api_version::v3),
                                               options);
        });
    check_participant(joined.value().participant());
    CHECK(joined.value().token().reveal() == "xxxxx.yyyyy.zzzzz");
    CHECK(try_webrtc(
              server, 200, {},
              [](client& used, const call_options& options) {
                  return used.try_create_participant({}, options);
              })
              .has_value());
    const auto someone =
        try_webrtc(server, 200, {400, 401, 403, 404, 500}, [](client& used, const call_options& options) {
            return used.try_get_participant(a_participant, options);
        });
    check_participant(someone.value());
    CHECK(try_webrtc(
              server, 204, {400, 401, 403, 404, 500},
              [](client& used, const call_options& options) {
                  return used.try_delete_participant(a_participant, options);
              })
              .has_value());
    CHECK(try_webrtc(
              server, 204, {400, 401, 403, 404, 500},
              [](client& used, const call_options& options) {
                  return used.try_remove_participant_from_session(a_session, a_participant, options);
              })
              .has_value());

    const auto subscribed = [](client& used, const call_options& options) {
        return used.try_get_participant_subscriptions(a_session, a_participant, options);
    };
    check_subscriptions(try_webrtc(server, 200, {400, 401, 403, 404, 500}, subscribed).value());
    CHECK(try_webrtc(server, 204, {}, subscribed).value() == subscriptions::none());
    for (const auto& wanted : {subscriptions::none(), subscriptions::all_in(a_session),
                               subscriptions::only(a_session)
                                   .add(participant_id("alice"))
                                   .add(participant_subscription(participant_id("bob"))
                                            .stream_alias("camera")
                                            .stream_alias("screen"))}) {
        CHECK(try_webrtc(
                  server, 204, {400, 401, 403, 404, 409, 500},
                  [&](client& used, const call_options& options) {
                      return used.try_add_participant_to_session(a_session, a_participant, wanted, options);
                  })
                  .has_value());
        CHECK(try_webrtc(server, 204, {400, 401, 403, 404, 500},
                         [&](client& used, const call_options& options) {
                             return used.try_update_participant_subscriptions(a_session, a_participant,
                                                                              wanted, options);
                         })
                  .has_value());
    }
}

TEST_CASE(
    "Prism: every operation of BRTC is valid by Bandwidth's own description, every documented response "
    "understood") {
    if (!have_prism())
        return;
    // With all other APIs of Bandwidth's, the description comes with the SDK for Node.js.
    const mock server(npm_folder + "/node_modules/bandwidth-sdk/bandwidth.yml");
    CHECK(server.try_raw(http::verb::post, "/endpoints", R"({"type":"WEBRTC"})") == std::pair(400, true));
    CHECK(server.try_raw(http::verb::get, "/endpoints?limit=0", "") == std::pair(400, true));

    using brtc::endpoint_direction;
    const auto created = try_brtc(server, 201, [](brtc::client& used, const call_options& options) {
        return used.try_create_endpoint(brtc::endpoint_request(endpoint_direction::bidirectional)
                                            .event_callback_url("https://example.com/events")
                                            .event_fallback_url("https://example.com/fallback")
                                            .tag(R"({"my": "tag"})"),
                                        options);
    });
    check_endpoint(created.value().endpoint());
    CHECK(created.value().token().reveal() == "xxxxx.yyyyy.zzzzz");
    for (const auto direction : {endpoint_direction::inbound, endpoint_direction::outbound})
        CHECK(get_response<brtc::client>(
                  server.options<brtc::client_options>().credentials(bearer_token("a-token")), 201,
                  [direction](brtc::client& used, const call_options& options) {
                      return used.try_create_endpoint(brtc::endpoint_request(direction), options);
                  })
                  .has_value());

    const auto read = try_brtc(server, 200, [](brtc::client& used, const call_options& options) {
        return used.try_get_endpoint(an_endpoint, options);
    });
    check_endpoint(read.value());
    const auto page = try_brtc(server, 200, [](brtc::client& used, const call_options& options) {
        return used.try_list_endpoints(brtc::endpoint_filter{}
                                           .type(brtc::endpoint_type::webrtc)
                                           .status(brtc::connection_status::connected)
                                           .after_cursor("TWF5IHRoZSBmb3JjZSBiZSB3aXRoIHlvdQ==")
                                           .limit(1000),
                                       options);
    });
    REQUIRE(page.value().endpoints().size() == 2);
    check_endpoint(page.value().endpoints().front());
    CHECK(page.value().next_cursor() == "TWF5IHRoZSBmb3JjZSBiZSB3aXRoIHlvdQ==");
    CHECK(page.value().total_elements() == 10);
    CHECK(try_brtc(
              server, 204,
              [](brtc::client& used, const call_options& options) {
                  return used.try_update_endpoint_bxml(an_endpoint, "<Response><StartRecording /></Response>",
                                                       options);
              })
              .has_value());
    CHECK(try_brtc(server, 204, [](brtc::client& used, const call_options& options) {
              return used.try_delete_endpoint(an_endpoint, options);
          }).has_value());
}
