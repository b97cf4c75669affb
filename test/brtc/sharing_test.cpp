#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>

#include "brtc/trial.hpp"

// A client of each family over the connections of one manager.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::wait_for;

namespace {

account_options shared_account() {
    return account_options{}.account("5500123").credentials("user", "secret");
}

connection_manager one_connection(asio::io_context& context, const test::scripted_server& server) {
    return connection_manager(
        context, "https://localhost:" + std::to_string(server.port()),
        manager_options{}.ca_pem(server.ca_pem()).max_connections(1).retry(retry_policy::none()));
}

} // namespace

TEST_CASE("both families share the connections of a manager, each below its own path") {
    test::scripted_server server;
    server.add(test::responding(
        {test::endpoint_response("e", 201), support::session_response("s"), test::endpoint_response("e")}));
    asio::io_context context;
    const auto manager = one_connection(context, server);
    client older(manager, shared_account());
    brtc::client newer(manager, shared_account());
    const auto created = wait_for(
        context, newer.try_create_endpoint(brtc::endpoint_request(brtc::endpoint_direction::inbound)));
    REQUIRE(created.has_value());
    CHECK(created->token().reveal() == "xxxxx.yyyyy.zzzzz");
    CHECK(wait_for(context, older.try_get_session(session_id("s"))).has_value());
    CHECK(wait_for(context, newer.try_get_endpoint(endpoint_id("e"))).has_value());
    CHECK(server.connections() == 1);
    CHECK(test::lines_of(server) == std::vector<std::string>{"POST /v2/accounts/5500123/endpoints",
                                                             "GET /v1/accounts/5500123/sessions/s",
                                                             "GET /v2/accounts/5500123/endpoints/e"});
    CHECK(newer.stats().calls_succeeded == 3); // of all that share the manager
}

TEST_CASE("the end of a client of one family leaves that of the other alone") {
    test::scripted_server server;
    server.add(test::responding({support::session_response("s")}));
    asio::io_context context;
    const auto manager = one_connection(context, server);
    client older(manager, shared_account());
    brtc::client newer(manager, shared_account().base_path("/mock"));
    newer.close();
    CHECK(wait_for(context, newer.try_list_endpoints()).error().code() == errc::client_closed);
    CHECK(wait_for(context, older.try_get_session(session_id("s"))).has_value());
    CHECK(wait_for(context, newer.try_drain()).has_value());
}

TEST_CASE("account options without a base path are as the client's service has it") {
    CHECK(account_options{}.base_path() == std::nullopt);
    CHECK(account_options{}.base_path("").base_path() == "");
    test::scripted_server server;
    server.add(test::responding({test::page({}), support::session_response("s")}));
    asio::io_context context;
    const auto manager = one_connection(context, server);
    const auto options = shared_account().base_path("/mock");
    client older(manager, options);
    brtc::client newer(manager, options);
    CHECK(wait_for(context, newer.try_list_endpoints()).has_value());
    CHECK(wait_for(context, older.try_get_session(session_id("s"))).has_value());
    CHECK(test::lines_of(server) == std::vector<std::string>{"GET /mock/accounts/5500123/endpoints",
                                                             "GET /mock/accounts/5500123/sessions/s"});
}
