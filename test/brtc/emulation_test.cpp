#include <doctest/doctest.h>

#include <bandwidth/webrtc/client_credentials.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>

#include "brtc/trial.hpp"
#include "support/text.hpp"

// The client with the emulated service and its access tokens, which holds requests to BRTC's description.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::wait_for;
using testing::loopback_options;
using testing::loopback_server;

namespace {

brtc::client_options options_with_tokens(const loopback_server& server) {
    auto tokens = token_options{}.token_url(server.token_url());
    tokens.connection().ca_pem(server.ca_pem());
    return brtc::client_options{}
        .base_url(server.brtc_url())
        .account(server.account())
        .credentials(client_credentials(server.client_id(), server.client_secret(), tokens))
        .ca_pem(server.ca_pem())
        .retry(retry_policy::none());
}

brtc::created_endpoint create_endpoint(asio::io_context& context, brtc::client& client,
                                       const std::string& tag = "t") {
    const auto wanted = brtc::endpoint_request(brtc::endpoint_direction::bidirectional).tag(tag);
    auto made = wait_for(context, client.try_create_endpoint(wanted));
    REQUIRE_MESSAGE(made.has_value(), made.error().message());
    return *made;
}

std::vector<endpoint_id> ids_on(const brtc::endpoint_page& page) {
    std::vector<endpoint_id> ids;
    for (const auto& one : page.endpoints())
        ids.push_back(one.id());
    return ids;
}

asio::awaitable<void> read_range(brtc::client& client, std::vector<std::vector<endpoint_id>>& pages) {
    auto range = client.list_all_endpoints(brtc::endpoint_filter{}.limit(2));
    auto page = co_await range.next();
    while (page) {
        pages.push_back(ids_on(*page));
        page = co_await range.next();
    }
}

} // namespace

TEST_CASE("the client creates, reads, connects, instructs and deletes an endpoint of the emulated service") {
    loopback_server server;
    asio::io_context context;
    brtc::client client(context, options_with_tokens(server));
    const auto made = create_endpoint(context, client, R"({"a": "ü"})");
    const auto id = made.endpoint().id();
    CHECK_FALSE(made.token().reveal().empty());
    CHECK(made.endpoint().tag() == R"({"a": "ü"})");
    CHECK(made.endpoint().status() == brtc::connection_status::disconnected);
    CHECK(*made.endpoint().expires_at() - *made.endpoint().created_at() == 24h);
    CHECK(wait_for(context, client.try_get_endpoint(id)).value() == made.endpoint());

    const auto phone = server.connect_device(id, "David's iPhone");
    const auto connected = wait_for(context, client.try_get_endpoint(id)).value();
    CHECK(connected.status() == brtc::connection_status::connected);
    REQUIRE(connected.devices().size() == 1);
    CHECK(connected.devices()[0].id() == phone);
    CHECK(connected.devices()[0].name() == "David's iPhone");
    CHECK(connected.devices()[0].status() == brtc::connection_status::connected);
    CHECK(connected.extra().empty());

    auto document = bxml::response();
    document.add(bxml::verb("SpeakSentence").attribute("voice", "julie").text("a < b & c"));
    CHECK(wait_for(context, client.try_update_endpoint_bxml(id, document)).has_value());
    CHECK(server.endpoint_bxml(id) == document.str());

    CHECK(wait_for(context, client.try_delete_endpoint(id)).has_value());
    CHECK(server.endpoint_count() == 0);
    const auto gone = wait_for(context, client.try_delete_endpoint(id));
    CHECK(gone.error().http_status() == 404);
    REQUIRE(gone.error().service_errors().size() == 1);
    CHECK(gone.error().service_errors()[0].type() == "resource_not_found");
    CHECK(server.stats().tokens_issued == 1);
}

TEST_CASE("the client lists the emulated service's endpoints by cursor, and as a range over all pages") {
    loopback_server server;
    asio::io_context context;
    brtc::client client(context, options_with_tokens(server));
    std::vector<endpoint_id> made;
    for (int i = 0; i < 5; ++i)
        made.push_back(create_endpoint(context, client).endpoint().id());
    const std::vector<std::vector<endpoint_id>> expected = {
        {made[0], made[1]}, {made[2], made[3]}, {made[4]}};

    std::vector<std::vector<endpoint_id>> pages;
    auto filter = brtc::endpoint_filter{}.limit(2);
    for (bool more = true; more;) {
        const auto page = wait_for(context, client.try_list_endpoints(filter)).value();
        CHECK(page.page_number() == pages.size());
        CHECK(page.total_elements() == 5U);
        CHECK(page.total_pages() == 3U);
        pages.push_back(ids_on(page));
        more = page.next_cursor().has_value();
        filter.after_cursor(page.next_cursor().value_or("none"));
    }
    CHECK(pages == expected);
    pages.clear();
    support::run_coroutine(context, read_range(client, pages));
    CHECK(pages == expected);

    server.connect_device(made[3]);
    const auto connected = brtc::endpoint_filter{}.status(brtc::connection_status::connected);
    CHECK(ids_on(wait_for(context, client.try_list_endpoints(connected)).value()) == std::vector{made[3]});
}

TEST_CASE(
    "the emulated service's limit of endpoints and its revoked tokens are to the client what they are") {
    loopback_server server(loopback_options{}.max_endpoints(1));
    asio::io_context context;
    brtc::client client(context, options_with_tokens(server));
    const auto id = create_endpoint(context, client).endpoint().id();
    const auto refused = wait_for(
        context, client.try_create_endpoint(brtc::endpoint_request(brtc::endpoint_direction::inbound)));
    CHECK(refused.error().http_status() == 429);
    CHECK(brtc::is_too_many_endpoints(refused.error()));
    server.revoke_tokens();
    CHECK(wait_for(context, client.try_get_endpoint(id)).has_value());
    CHECK(server.stats().tokens_issued == 2);
}

TEST_CASE("an endpoint of the emulated service is gone after 24 hours of its clock, and so is the token") {
    loopback_server server;
    asio::io_context context;
    brtc::client client(context, options_with_tokens(server));
    const auto id = create_endpoint(context, client).endpoint().id();
    server.advance(24h - 1min);
    CHECK(wait_for(context, client.try_get_endpoint(id)).has_value());
    CHECK(server.stats().tokens_issued == 2); // the first one was valid for an hour
    server.advance(1min);
    CHECK(wait_for(context, client.try_get_endpoint(id)).error().http_status() == 404);
    CHECK(server.endpoint_count() == 0);
}
