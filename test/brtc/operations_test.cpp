#include <doctest/doctest.h>

#include <boost/asio/use_future.hpp>
#include <future>

#include "brtc/trial.hpp"
#include "support/text.hpp"

// The five operations in all three forms: what they send, and what they make of the documented responses.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::wait_for;
using test::brtc::endpoint_direction;
using test::brtc::endpoint_request;

namespace {

const endpoint_id an_id("e-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85");
const std::string path = "/v2/accounts/5500123/endpoints";

// The examples of the OpenAPI description.
const std::string created_example =
    R"({"links":[{"href":"https://api.bandwidth.com/v2/accounts/5500123/endpoints/)" + an_id.value() +
    R"(","rel":"endpoint","method":"GET"}],"data":{"endpointId":")" + an_id.value() +
    R"(","token":"xxxxx.yyyyy.zzzzz","type":"WEBRTC","status":"CONNECTED",)"
    R"("creationTimestamp":"2021-01-01T00:00:00Z","expirationTimestamp":"2021-01-02T00:00:00Z",)"
    R"("devices":[],"tag":"my-tag"},"errors":[]})";
const std::string read_example =
    R"({"links":[{"href":"https://api.bandwidth.com/v2/accounts/5500123/endpoints/)" + an_id.value() +
    R"(","rel":"self","method":"GET"}],"data":{"endpointId":")" + an_id.value() +
    R"(","type":"WEBRTC","status":"CONNECTED","creationTimestamp":"2021-01-01T00:00:00Z",)"
    R"("expirationTimestamp":"2021-01-02T00:00:00Z","devices":[],"tag":"my-tag"},"errors":[]})";
const std::string no_content = "HTTP/1.1 204 No Content\r\n\r\n";

std::vector<std::string> all_responses() {
    return {support::http_response(201, created_example),
            support::http_response(200, read_example),
            test::page({"a", "b"}, "next"),
            no_content,
            no_content,
            no_content};
}

const std::vector<std::string> all_lines = {
    "POST " + path,
    "GET " + path + "/" + an_id.value(),
    "GET " + path + "?type=WEBRTC&status=CONNECTED&afterCursor=TWF5%3D%3D&limit=2",
    "PUT " + path + "/" + an_id.value() + "/bxml",
    "PUT " + path + "/" + an_id.value() + "/bxml",
    "DELETE " + path + "/" + an_id.value(),
};

endpoint_request wanted() {
    return endpoint_request(endpoint_direction::bidirectional)
        .event_callback_url("https://myEventCallbackUrl.com/callbacks/bandwidth")
        .event_fallback_url("https://fallback.myEventCallbackUrl.com/callbacks/bandwidth")
        .tag(R"({"myTag": "myTagValue"})");
}

brtc::endpoint_filter some() {
    return brtc::endpoint_filter{}
        .type(brtc::endpoint_type::webrtc)
        .status(brtc::connection_status::connected)
        .after_cursor("TWF5==")
        .limit(2);
}

void check_example(const brtc::endpoint& seen) {
    using namespace std::chrono;
    CHECK(seen.id() == an_id);
    CHECK(seen.type() == brtc::endpoint_type::webrtc);
    CHECK(seen.status() == brtc::connection_status::connected);
    CHECK(seen.created_at() == sys_days(2021y / 1 / 1));
    CHECK(seen.expires_at() == sys_days(2021y / 1 / 2));
    CHECK(seen.tag() == "my-tag");
    CHECK(seen.devices().empty());
    CHECK(seen.extra().empty());
}

asio::awaitable<void> throwing_form(brtc::client& client) {
    const auto made = co_await client.create_endpoint(wanted());
    check_example(made.endpoint());
    CHECK(made.token().reveal() == "xxxxx.yyyyy.zzzzz");
    const auto read = co_await client.get_endpoint(an_id);
    CHECK(read == made.endpoint());
    const auto listed = co_await client.list_endpoints(some());
    REQUIRE(listed.endpoints().size() == 2);
    CHECK(listed.endpoints()[1].id() == endpoint_id("b"));
    CHECK(listed.next_cursor() == "next");
    co_await client.update_endpoint_bxml(an_id, "<Response><StartRecording /></Response>");
    auto document = bxml::response();
    document.add(bxml::verb("Hangup"));
    co_await client.update_endpoint_bxml(an_id, document);
    co_await client.delete_endpoint(an_id);
    co_await client.drain();
}

asio::awaitable<void> result_form(brtc::client& client) {
    const auto made = co_await client.try_create_endpoint(wanted());
    REQUIRE(made.has_value());
    check_example(made->endpoint());
    const auto read = co_await client.try_get_endpoint(an_id);
    REQUIRE(read.has_value());
    check_example(*read);
    const auto listed = co_await client.try_list_endpoints(some());
    REQUIRE(listed.has_value());
    CHECK(listed->page_size() == 2);
    const auto updated =
        co_await client.try_update_endpoint_bxml(an_id, "<Response><StartRecording /></Response>");
    CHECK(updated.has_value());
    auto document = bxml::response();
    document.add(bxml::verb("Hangup"));
    const auto again = co_await client.try_update_endpoint_bxml(an_id, document);
    CHECK(again.has_value());
    const auto deleted = co_await client.try_delete_endpoint(an_id);
    CHECK(deleted.has_value());
    const auto drained = co_await client.try_drain();
    CHECK(drained.has_value());
}

template <class T>
T get(asio::io_context& context, std::future<T> future) {
    support::run_until(
        context, [&future] { return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
    return future.get();
}

void token_form(asio::io_context& context, brtc::client& client) {
    const auto token = asio::use_future;
    check_example(get(context, client.async_create_endpoint(wanted(), {}, token)).endpoint());
    check_example(get(context, client.async_get_endpoint(an_id, {}, token)));
    CHECK(get(context, client.async_list_endpoints(some(), {}, token)).endpoints().size() == 2);
    get(context,
        client.async_update_endpoint_bxml(an_id, "<Response><StartRecording /></Response>", {}, token));
    auto document = bxml::response();
    document.add(bxml::verb("Hangup"));
    get(context, client.async_update_endpoint_bxml(an_id, document, {}, token));
    get(context, client.async_delete_endpoint(an_id, {}, token));
    get(context, client.async_drain(std::chrono::seconds(1), token));
}

} // namespace

TEST_CASE("the five operations of BRTC in the form that throws") {
    test::scripted_server server;
    server.add(test::responding(all_responses()));
    asio::io_context context;
    brtc::client client(context, test::options_for(server));
    support::run_coroutine(context, throwing_form(client));
    CHECK(test::lines_of(server) == all_lines);
}

TEST_CASE("the five operations of BRTC in the form that gives a result") {
    test::scripted_server server;
    server.add(test::responding(all_responses()));
    asio::io_context context;
    brtc::client client(context, test::options_for(server));
    support::run_coroutine(context, result_form(client));
    CHECK(test::lines_of(server) == all_lines);
}

TEST_CASE("the five operations of BRTC in the form that takes a token") {
    test::scripted_server server;
    server.add(test::responding(all_responses()));
    asio::io_context context;
    brtc::client client(context, test::options_for(server));
    token_form(context, client);
    CHECK(test::lines_of(server) == all_lines);
}

TEST_CASE("a request of BRTC carries what the API asks for") {
    test::scripted_server server;
    server.add(test::responding(all_responses()));
    asio::io_context context;
    brtc::client client(context, test::options_for(server));
    support::run_coroutine(context, result_form(client));
    const auto sent = test::requests_of(server);
    REQUIRE(sent.size() == 6);
    for (const auto& each : sent) {
        CHECK(support::names(each, "\r\nHost: localhost:" + std::to_string(server.port()) + "\r\n"));
        CHECK(support::names(each, "\r\nAccept: application/json\r\n"));
        CHECK(support::names(each, "\r\nAuthorization: Basic dXNlcjpzZWNyZXQ=\r\n"));
        CHECK(support::names(each, "\r\nUser-Agent: bandwidth-webrtc-cpp/"));
    }
    CHECK(support::names(sent[0], "\r\nContent-Type: application/json; charset=utf-8\r\n"));
    CHECK(sent[0].ends_with(
        "\r\n\r\n"
        R"({"type":"WEBRTC","direction":"BIDIRECTIONAL",)"
        R"("eventCallbackUrl":"https://myEventCallbackUrl.com/callbacks/bandwidth",)"
        R"("eventFallbackUrl":"https://fallback.myEventCallbackUrl.com/callbacks/bandwidth",)"
        R"("tag":"{\"myTag\": \"myTagValue\"}"})"));
    CHECK(support::names(sent[3], "\r\nContent-Type: application/xml\r\n"));
    CHECK(support::names(sent[3], "\r\nContent-Length: 39\r\n"));
    CHECK(sent[3].ends_with("\r\n\r\n<Response><StartRecording /></Response>"));
    CHECK(sent[4].ends_with("<Response><Hangup/></Response>"));
    for (const std::size_t without_body : {1U, 2U, 5U})
        CHECK_FALSE(support::names(sent[without_body], "Content-"));
}

TEST_CASE("what the service of BRTC would refuse is refused by name, and nothing is sent") {
    asio::io_context context;
    brtc::client client(
        context, brtc::client_options{}.base_url("https://localhost:1").account("1").credentials("u", "p"));
    const auto refused = [&context](auto operation) {
        const auto outcome = wait_for(context, std::move(operation));
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().code() == errc::invalid_argument);
        CHECK(outcome.error().delivery() == delivery::not_sent);
        return outcome.error().message();
    };
    const auto create = [&](const endpoint_request& request) {
        return refused(client.try_create_endpoint(request));
    };
    const auto inbound = endpoint_request(endpoint_direction::inbound);
    CHECK(create(endpoint_request(endpoint_direction::unknown)) == "direction is unknown");
    CHECK(create(endpoint_request(inbound).type(brtc::endpoint_type::unknown)) == "type is unknown");
    CHECK(create(endpoint_request(inbound).tag(std::string(1025, 'x'))) ==
          "tag is longer than 1024 characters");
    CHECK(create(endpoint_request(inbound).tag("\xFF")) == "tag is not valid UTF-8");
    CHECK(create(endpoint_request(inbound).event_callback_url("")) == "event_callback_url is empty");
    CHECK(create(endpoint_request(inbound).event_fallback_url("\xFF")) ==
          "event_fallback_url is not valid UTF-8");
    const auto list = [&](const brtc::endpoint_filter& filter) {
        return refused(client.try_list_endpoints(filter));
    };
    for (const int limit : {0, -1, 1001})
        CHECK(list(brtc::endpoint_filter{}.limit(limit)) == "limit is not 1 to 1000");
    CHECK(list(brtc::endpoint_filter{}.after_cursor("")) == "after_cursor is empty");
    CHECK(list(brtc::endpoint_filter{}.status(brtc::connection_status::unknown)) == "status is unknown");
    CHECK(list(brtc::endpoint_filter{}.type({})) == "type is unknown");
    CHECK(refused(client.try_get_endpoint(endpoint_id())) == "endpoint id is empty");
    CHECK(refused(client.try_delete_endpoint(endpoint_id("../1"))) ==
          "endpoint id contains a slash or a backslash");
    CHECK(refused(client.try_update_endpoint_bxml(endpoint_id("e"), "")) == "bxml is empty");
    CHECK(refused(client.try_update_endpoint_bxml(endpoint_id("e"), "\xFF")) == "bxml is not valid UTF-8");
    CHECK(refused(client.try_update_endpoint_bxml(endpoint_id("e"), "Hangup")) ==
          "bxml does not begin with \"<\"");
}

TEST_CASE("I3: BXML is sent once, unless its caller says that it may be repeated") {
    using namespace std::chrono_literals;
    const std::string document = "<Response><Hangup/></Response>";
    const auto read = test::endpoint_response("e");
    // What a PUT that may be repeated is sent again after: two ends of its connection, and a response that
    // asks for it.
    for (const auto& first :
         {test::script{}.expect_requests().send(read).expect_bytes(document).rst(),
          test::script{}.expect_requests().send(read).expect_bytes(document).close_notify().fin(),
          test::script{}.expect_requests().send(read).expect_bytes(document).send(
              support::http_response(500, ""))}) {
        for (const bool may_be_repeated : {false, true}) {
            CAPTURE(may_be_repeated);
            test::scripted_server server;
            auto script = first;
            server.add(script.expect_requests().send(no_content));
            server.add(test::responding({no_content}));
            asio::io_context context;
            brtc::client client(
                context, test::options_for(server).retry(retry_policy().attempts(3).backoff(1ms, 1ms)));
            REQUIRE(wait_for(context, client.try_get_endpoint(endpoint_id("e"))).has_value());
            const auto outcome = wait_for(
                context, client.try_update_endpoint_bxml(endpoint_id("e"), document,
                                                         call_options{}.idempotent(may_be_repeated)));
            CHECK(outcome.has_value() == may_be_repeated);
            CHECK(client.stats().requests_sent == (may_be_repeated ? 3 : 2));
            if (may_be_repeated)
                continue;
            CHECK(outcome.error().attempts() == 1);
            CHECK(outcome.error().delivery() ==
                  (outcome.error().http_status() == 500 ? delivery::answered : delivery::maybe_processed));
        }
    }
}

TEST_CASE("a response about another endpoint than the one that was asked for is a protocol error") {
    for (const bool verified : {true, false}) {
        test::scripted_server server;
        server.add(test::responding({test::endpoint_response("other")}));
        asio::io_context context;
        brtc::client client(context, test::options_for(server).verify_ids(verified));
        const auto outcome = wait_for(context, client.try_get_endpoint(endpoint_id("asked")));
        CHECK(outcome.has_value() == !verified);
        if (verified)
            CHECK(outcome.error().code() == errc::protocol_error);
    }
}

TEST_CASE("an endpoint that is gone may count as deleted") {
    test::scripted_server server;
    const auto gone = support::http_response(404, test::error_envelope(R"({"type":"resource_not_found"})"));
    server.add(test::responding({gone, gone}));
    asio::io_context context;
    brtc::client client(context, test::options_for(server));
    const auto ignoring = call_options{}.ignore_not_found();
    CHECK(wait_for(context, client.try_delete_endpoint(endpoint_id("e"), ignoring)).has_value());
    CHECK(wait_for(context, client.try_delete_endpoint(endpoint_id("e"))).error().http_status() == 404);
}

TEST_CASE("the options of a client of BRTC") {
    CHECK(brtc::client_options{}.base_url() == "https://api.bandwidth.com/v2");
    asio::io_context context;
    CHECK_THROWS_AS(brtc::client(context, brtc::client_options{}.account("1")), api_error);
    CHECK_THROWS_AS(brtc::client(context, brtc::client_options{}.account("1").credentials("u", "p").base_url(
                                              "http://example.com/v2")),
                    api_error);
    brtc::client first(context, brtc::client_options{}.account("1").credentials("u", "p"));
    brtc::client second = std::move(first);
    CHECK(second.get_executor() == context.get_executor());
    CHECK(first.stats().calls_failed == 0); // NOLINT: one that was moved from may be asked
    second.close();
    CHECK(wait_for(context, second.try_list_endpoints()).error().code() == errc::client_closed);
}
