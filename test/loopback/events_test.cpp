#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include <bandwidth/webrtc/events.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <bandwidth/webrtc/testing/scripted_server.hpp>

#include "loopback/brtc_fixture.hpp"
#include "loopback/http_fixture.hpp"
#include "support/raw_tls_client.hpp"

using namespace bandwidth::webrtc::testing;
using namespace std::chrono_literals;
using bandwidth::webrtc::endpoint_id;
using bandwidth::webrtc::event;
using bandwidth::webrtc::event_kind;
using bandwidth::webrtc::participant_id;
using loopback_test::caller;
using loopback_test::eventually;
using loopback_test::request;
using support::raw_tls_client;
namespace json = boost::json;

namespace {

/// A service that takes events, and responds to each with this status.
class event_target {
public:
    explicit event_target(const std::string& status = "204 No Content",
                          const scripted_options& options = scripted_options{}.plain_tcp(true))
        : server_(options) {
        server_.otherwise(script{}.handshake().expect_requests().expect_bytes("}").send(
            "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n"));
    }

    std::string url(const std::string& host = "localhost", const std::string& scheme = "http") const {
        return scheme + "://" + host + ":" + std::to_string(server_.port()) + "/events?a=b%20c";
    }

    /// The requests that came, once there are so many.
    std::vector<std::string> wait_for(std::size_t count) const {
        REQUIRE(eventually([&] { return server_.connections() >= count; }));
        std::vector<std::string> came;
        for (std::size_t i = 0; i < count; ++i) {
            REQUIRE(server_.wait_until_received(i, "}", 10s));
            came.push_back(server_.received(i));
        }
        return came;
    }

    const scripted_server& server() const { return server_; }

private:
    scripted_server server_;
};

json::object body_of(const std::string& posted) {
    return json::parse(posted.substr(posted.find("\r\n\r\n") + 4)).as_object();
}

event event_of(const std::string& posted) {
    const auto read = bandwidth::webrtc::parse_event(posted.substr(posted.find("\r\n\r\n") + 4));
    REQUIRE(read.has_value());
    return *read;
}

/// What a client does of its own accord.
class event_client {
public:
    explicit event_client(loopback_server& server) : client_(server.port(), server.ca_pem()) {}

    participant_id create_participant(const json::object& body) {
        const auto made = client_.exchange(request("POST", "/participants", json::serialize(body)));
        REQUIRE(made.result_int() == 200);
        return participant_id(caller::text(json::parse(made.body()).at("participant").at("id")));
    }

    endpoint_id create_endpoint(const std::string& url, const std::string& fallback = {}) {
        json::object body{{"type", "WEBRTC"}, {"direction", "INBOUND"}, {"tag", "t"}};
        if (!url.empty())
            body["eventCallbackUrl"] = url;
        if (!fallback.empty())
            body["eventFallbackUrl"] = fallback;
        const auto text = json::serialize(body);
        const auto made = send("POST", "", text);
        REQUIRE(made.result_int() == 201);
        return endpoint_id(caller::text(json::parse(made.body()).at("data").at("endpointId")));
    }

    support::http::response<support::http::string_body> send(const std::string& method,
                                                             const std::string& path,
                                                             const std::string& body = {}) {
        return client_.exchange(method + " /v2/accounts/9900000/endpoints" + path +
                                " HTTP/1.1\r\nHost: h\r\n" + std::string(loopback_test::authorization) +
                                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }

    raw_tls_client& raw() { return client_; }

private:
    raw_tls_client client_;
};

/// A port on which nobody listens.
std::string refused_url() {
    std::uint16_t port = 0;
    {
        const scripted_server gone;
        port = gone.port();
    }
    return "http://127.0.0.1:" + std::to_string(port) + "/";
}

} // namespace

TEST_CASE("a participant's device that connects, goes and is thrown out is posted to its callback URL") {
    const event_target target;
    loopback_server server;
    event_client client(server);
    const auto alice = client.create_participant({{"callbackUrl", target.url()}, {"tag", "hello"}});
    const auto silent = client.create_participant({});
    server.set_connected(silent);
    server.set_connected(alice, false); // it was not connected
    server.set_connected(alice);
    server.set_connected(alice);
    server.set_connected(alice, false);
    server.set_connected(alice);
    CHECK(client.raw().exchange(request("DELETE", "/participants/" + alice.value())).result_int() == 204);

    const auto came = target.wait_for(4);
    CHECK(came[0].starts_with("POST /events?a=b%20c HTTP/1.1\r\nHost: localhost:" +
                              std::to_string(target.server().port()) + "\r\n"));
    CHECK(came[0].find("\r\nContent-Type: application/json\r\n") != std::string::npos);
    const auto first = body_of(came[0]);
    CHECK(first.size() == 5);
    CHECK(first.at("timestamp").is_string()); // as in Bandwidth's example
    const event_kind kinds[] = {event_kind::participant_connected, event_kind::participant_disconnected,
                                event_kind::participant_connected, event_kind::participant_left};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto read = event_of(came[i]);
        CHECK(read.kind() == kinds[i]);
        CHECK(read.participant_id() == alice);
        CHECK(read.tag() == "hello");
        REQUIRE(read.time().has_value());
        CHECK(std::chrono::abs(*read.time() - std::chrono::system_clock::now()) < 20s);
    }
    CHECK(event_of(came[0]).device().id() == event_of(came[1]).device().id());
    CHECK(event_of(came[1]).device().id() != event_of(came[2]).device().id());
    CHECK(event_of(came[2]).device().id() == event_of(came[3]).device().id());
    CHECK(eventually([&] { return server.stats().events_delivered == 4; }));
    CHECK(server.stats().event_posts_failed == 0);
}

TEST_CASE("devices of an endpoint are posted as the OpenAPI description has it") {
    const event_target target("200 OK");
    loopback_server server;
    event_client client(server);
    const auto id = client.create_endpoint(target.url("127.0.0.1"));
    const auto phone = server.connect_device(id, "David's iPhone");
    const auto browser = server.connect_device(id);
    server.disconnect_device(id, phone);
    server.disconnect_device(id, phone);
    server.connect_device(client.create_endpoint({}));

    auto came = target.wait_for(3);
    const auto connected = body_of(came[0]);
    CHECK(connected.size() == 9);
    CHECK(connected.at("device").as_object().at("deviceName") == "David's iPhone");
    auto read = event_of(came[0]);
    CHECK(read.kind() == event_kind::endpoint_connected);
    CHECK(read.name() == "DEVICE_CONNECTED");
    CHECK(read.endpoint_id() == id);
    CHECK(read.device().id() == phone);
    CHECK(read.status() == "CONNECTED");
    CHECK(read.tag() == "t");
    CHECK(read.extra().empty());
    CHECK(event_of(came[1]).device().id() == browser);
    read = event_of(came[2]);
    CHECK(read.kind() == event_kind::endpoint_disconnected);
    CHECK(read.device().id() == phone);
    CHECK(read.device().status() == "DISCONNECTED");
    CHECK(read.status() == "CONNECTED"); // there still is the browser

    // A deletion ends what is connected.
    CHECK(client.send("DELETE", "/" + id.value()).result_int() == 204);
    came = target.wait_for(4);
    read = event_of(came[3]);
    CHECK(read.kind() == event_kind::endpoint_disconnected);
    CHECK(read.device().id() == browser);
    CHECK(read.status() == "DISCONNECTED");

    // And so does time.
    const auto mortal = client.create_endpoint(target.url("127.0.0.1"));
    server.connect_device(mortal);
    server.advance(24h);
    came = target.wait_for(6);
    read = event_of(came[5]);
    CHECK(read.endpoint_id() == mortal);
    CHECK(read.kind() == event_kind::endpoint_disconnected);
    CHECK(*read.time() >= *read.expires_at());
}

TEST_CASE("devices of an endpoint are posted as the page on webhooks has it") {
    const event_target target;
    loopback_server server(loopback_options{}.endpoint_events(endpoint_event_format::webhooks_page));
    event_client client(server);
    const auto id = client.create_endpoint(target.url());
    const auto device = server.connect_device(id, "phone");
    server.disconnect_device(id, device);
    const auto came = target.wait_for(2);
    const auto connected = body_of(came[0]);
    CHECK(connected.size() == 6);
    CHECK(connected.at("event") == "endpointConnected");
    CHECK(connected.at("accountId") == "9900000");
    CHECK(connected.at("timestamp").is_int64());
    CHECK(connected.at("tags") == "t");
    const auto read = event_of(came[1]);
    CHECK(read.kind() == event_kind::endpoint_disconnected);
    CHECK(read.name() == "endpointDisconnected");
    CHECK(read.endpoint_id() == id);
    CHECK(read.device().id() == device);
}

TEST_CASE("an event that its URL does not take goes to the fallback URL") {
    const event_target refusing("500 Internal Server Error");
    const event_target redirecting("302 Found");
    const event_target taking;
    scripted_server silent(scripted_options{}.plain_tcp(true));
    silent.otherwise(script{}.expect_requests().stall());
    scripted_server nonsense(scripted_options{}.plain_tcp(true));
    nonsense.otherwise(script{}.expect_requests().send("nonsense\r\n\r\n").fin());
    loopback_server server(loopback_options{}.event_timeout(100ms));
    event_client client(server);
    std::size_t delivered = 0;
    const auto of = [](const scripted_server& plain) {
        return "http://127.0.0.1:" + std::to_string(plain.port());
    };
    for (const auto& url : {refusing.url(), redirecting.url(), refused_url(), of(silent), of(nonsense),
                            std::string("http://example.com/"), std::string("https://localhost:1")}) {
        CAPTURE(url);
        server.connect_device(client.create_endpoint(url, taking.url()));
        ++delivered;
        CHECK(event_of(taking.wait_for(delivered).back()).kind() == event_kind::endpoint_connected);
        CHECK(eventually([&] { return server.stats().events_delivered == delivered; }));
        CHECK(server.stats().event_posts_failed == delivered);
    }
    // When that does not take it either, it is lost, and the next one is posted all the same.
    server.connect_device(client.create_endpoint(refusing.url(), refused_url()));
    server.connect_device(client.create_endpoint(refusing.url()));
    server.connect_device(client.create_endpoint(taking.url()));
    taking.wait_for(delivered + 1);
    CHECK(eventually([&] { return server.stats().events_delivered == delivered + 1; }));
    CHECK(server.stats().event_posts_failed == delivered + 3);
    CHECK_THROWS_AS(loopback_options{}.event_timeout(0ns), std::invalid_argument);
}

TEST_CASE("events go to https URLs of servers whose certificate is trusted") {
    const certificate_authority authority;
    const auto shown = authority.issue(certificate_options{}.dns_name("localhost"));
    const event_target target("204 No Content", scripted_options{}.server_certificate(shown));
    loopback_server server(loopback_options{}.event_ca_pem(authority.pem()));
    event_client client(server);
    server.connect_device(client.create_endpoint(target.url("localhost", "https")));
    CHECK(event_of(target.wait_for(1).front()).kind() == event_kind::endpoint_connected);
    CHECK(target.server().handshake(0).server_name == "localhost");
    CHECK(eventually([&] { return server.stats().events_delivered == 1; }));
    server.connect_device(client.create_endpoint(target.url("127.0.0.1", "https"))); // not in the certificate
    CHECK(eventually([&] { return server.stats().event_posts_failed == 1; }));

    loopback_server trusting_nobody;
    event_client stranger(trusting_nobody);
    trusting_nobody.connect_device(stranger.create_endpoint(target.url("localhost", "https")));
    CHECK(eventually([&] { return trusting_nobody.stats().event_posts_failed == 1; }));
    CHECK_THROWS_AS(loopback_server(loopback_options{}.event_ca_pem("nonsense")), std::runtime_error);
}

TEST_CASE("events leave this machine only when that is allowed") {
    const event_target target;
    loopback_server server;
    event_client client(server);
    std::uint64_t failed = 0;
    // 0.0.0.0 is this machine to the system, but no loopback address.
    for (const auto& url :
         {target.url("0.0.0.0"), std::string("http://192.0.2.1/"), std::string("http://[2001:db8::1]/"),
          std::string("http://localhost.example.com/"), std::string("http://127.0.0.1.example.com/")}) {
        CAPTURE(url);
        server.connect_device(client.create_endpoint(url));
        ++failed;
        CHECK(eventually([&] { return server.stats().event_posts_failed == failed; }));
    }
    CHECK(target.server().connections() == 0);

    loopback_server allowing(loopback_options{}.events_to_any_host(true));
    event_client traveller(allowing);
    allowing.connect_device(traveller.create_endpoint(target.url("0.0.0.0")));
    CHECK(eventually([&] { return allowing.stats().events_delivered == 1; }));
}

TEST_CASE("requests never wait for events, and a server stops while one is posted") {
    scripted_server silent(scripted_options{}.plain_tcp(true));
    silent.otherwise(script{}.expect_requests().stall());
    const auto url = "http://localhost:" + std::to_string(silent.port());
    {
        loopback_server server(loopback_options{}.event_timeout(1h));
        event_client client(server);
        const auto id = client.create_endpoint(url);
        for (int i = 0; i < 100; ++i)
            server.connect_device(id);
        CHECK(client.send("GET", "/" + id.value()).result_int() == 200);
        REQUIRE(eventually([&] { return silent.connections() == 1; }));
        CHECK(server.stats().events_delivered == 0);
    }
    boost::asio::io_context context;
    loopback_server server(context.get_executor(), loopback_options{}.event_timeout(1h));
    std::thread user([&] {
        event_client client(server);
        server.connect_device(client.create_endpoint(url));
        CHECK(eventually([&] { return silent.connections() == 2; }));
        server.connect_device(client.create_endpoint(url));
        server.stop();
    });
    context.run(); // returns, since the post is given up
    user.join();
    CHECK(silent.connections() == 2);
}

TEST_CASE("a context can be destroyed while an event is posted") {
    scripted_server silent(scripted_options{}.plain_tcp(true));
    silent.otherwise(script{}.handshake_stall());
    auto context = std::make_unique<boost::asio::io_context>();
    auto server = std::make_unique<loopback_server>(context->get_executor());
    std::thread user([&] {
        event_client client(*server);
        server->connect_device(client.create_endpoint("https://localhost:" + std::to_string(silent.port()),
                                                      "http://localhost:1"));
        CHECK(eventually([&] { return silent.connections() == 1; }));
        context->stop();
    });
    context->run();
    user.join();
    server.reset();
    context.reset();
}
