#include <doctest/doctest.h>

#include <bandwidth/webrtc/brtc/client.hpp>
#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "support/test_client.hpp"
#include "support/text.hpp"

// What a debug page can show. The lines of each state are in test/pool/description_test.cpp.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::names;
using support::options_for;
using support::wait_for;
using testing::loopback_server;

namespace {

template <class Client>
std::string description_of(asio::io_context& context, const Client& client) {
    std::optional<std::string> told;
    asio::co_spawn(
        context, client.describe(),
        [&](std::exception_ptr error, std::string text) {
            CHECK_FALSE(error);
            told = std::move(text);
        });
    support::run_until(context, [&] { return told.has_value(); });
    return *told;
}

} // namespace

TEST_CASE("describe: of a client, of one with shards, and of a manager and those who share it") {
    loopback_server server;
    asio::io_context context;
    client one(context, options_for(server));
    const auto before = description_of(context, one);
    CHECK(names(before, "localhost:" + std::to_string(server.port()) + "\n0 connections of 8"));
    CHECK(wait_for(context, one.try_create_session()).has_value());
    const auto text = description_of(context, one);
    CHECK(names(text, "1 connections of 8, 0 requests in flight"));
    CHECK(names(text, ": idle, 0 in flight, 1 responses, open for "));
    one.close();
    CHECK(names(description_of(context, one), ", closed\n"));

    client shards(context, options_for(server).shards(2));
    const auto of_both = description_of(context, shards);
    CHECK(names(of_both, "shard 1 of 2: localhost"));
    CHECK(names(of_both, "shard 2 of 2: localhost"));

    manager_options options;
    options.ca_pem(server.ca_pem());
    connection_manager manager(context, "https://localhost:" + std::to_string(server.port()), options);
    const auto account = account_options{}.account("9").credentials("user", "password");
    client sharing(manager, account);
    brtc::client endpoints(manager, account);
    CHECK(description_of(context, manager) == description_of(context, sharing));
    CHECK(description_of(context, manager) == description_of(context, endpoints));
}
