#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>
#include <bandwidth/webrtc/metrics.hpp>
#include <bandwidth/webrtc/observer.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "client/refusal.hpp"
#include "support/test_client.hpp"

// Observers and traces over real connections. What each event says is in test/pool/observation_test.cpp.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::options_for;
using support::refusal;
using support::wait_for;
using testing::fault;
using testing::loopback_options;
using testing::loopback_server;

namespace {

/// Keeps copies of what it is told; texts are the events' own, which are gone later.
class keeping_observer final : public observer {
public:
    void call_ended(const observed_call_end& event) noexcept override {
        const std::lock_guard lock(mutex_);
        operations.emplace_back(event.call.operation);
        templates.emplace_back(event.call.url_template);
        paths.emplace_back(event.call.path);
        numbers.insert(event.call.number);
        ends.push_back(event);
    }
    void attempt_started(const observed_attempt& event) noexcept override {
        if (event.trace)
            traces.push_back(*event.trace);
    }
    void attempt_ended(const observed_attempt_end& event) noexcept override { attempts.push_back(event); }
    void connection_opened(const observed_connection_open& event) noexcept override {
        server =
            std::string(event.connection.server_address) + ':' + std::to_string(event.connection.server_port);
        opened.push_back(event);
    }
    void connect_failed(const observed_connection_end& event) noexcept override {
        failed.push_back(event.error);
    }

    std::vector<std::string> operations, templates, paths;
    std::set<std::uint64_t> numbers;
    std::vector<observed_call_end> ends;
    std::vector<observed_attempt_end> attempts;
    std::vector<observed_connection_open> opened;
    std::vector<error_code> failed;
    std::vector<trace_context> traces;
    std::string server;

private:
    std::mutex mutex_;
};

} // namespace

TEST_CASE("observer: over TLS, with the names that the API has") {
    loopback_server server;
    asio::io_context context;
    const auto told = std::make_shared<keeping_observer>();
    client client(context, options_for(server).add_observer(told));
    const auto made = wait_for(context, client.try_create_session());
    REQUIRE(made.has_value());
    CHECK(wait_for(context, client.try_get_session(made->id())).has_value());
    CHECK(wait_for(context, client.try_get_session(session_id("absent"))).has_error());
    CHECK(told->operations == std::vector<std::string>{"create_session", "get_session", "get_session"});
    CHECK(told->templates.at(0) == "/accounts/{accountId}/sessions");
    CHECK(told->templates.at(1) == "/accounts/{accountId}/sessions/{sessionId}");
    CHECK(told->paths.at(1).ends_with("/sessions/" + made->id().value()));
    CHECK(told->ends.at(1).status == 200);
    CHECK(told->ends.at(2).error == make_http_error(404));
    REQUIRE(told->opened.size() == 1);
    CHECK(told->opened[0].timings.tcp > 0ns);
    CHECK(told->opened[0].timings.tls > 0ns);
    CHECK(told->server == "localhost:" + std::to_string(server.port()));
    REQUIRE(told->attempts.size() == 3);
    CHECK(told->attempts[0].attempt.connecting.tls == told->opened[0].timings.tls);
    CHECK(told->attempts[0].timings.connect > 0ns);
    CHECK(told->attempts[1].attempt.reused);
    CHECK(told->attempts[1].timings.connect == 0ns);
}

TEST_CASE("observer: a message of one's own has no operation") {
    loopback_server server;
    asio::io_context context;
    const auto told = std::make_shared<keeping_observer>();
    manager_options options;
    options.ca_pem(server.ca_pem()).add_observer(told);
    connection_manager manager(context, "https://localhost:" + std::to_string(server.port()), options);
    connection_manager::request_type request;
    request.method(boost::beast::http::verb::get);
    request.target("/nowhere?secret=1");
    const auto response = wait_for(context, manager.try_send(request));
    CHECK(response.has_value());
    REQUIRE(told->operations.size() == 1);
    CHECK(told->operations[0].empty());
    CHECK(told->templates[0].empty());
    CHECK(told->paths[0] == "/nowhere");
    CHECK_FALSE(told->ends[0].error); // a response of any status is a success of the manager
}

TEST_CASE("observer: numbers are those of one call each, whichever shard and client it is of") {
    loopback_server server;
    asio::io_context context;
    const auto told = std::make_shared<keeping_observer>();
    const auto options = options_for(server).shards(4).add_observer(told);
    client one(context, options);
    client other(context, options);
    support::collector<session> results;
    for (int i = 0; i < 8; ++i)
        std::thread([&] {
            one.try_get_session(session_id("s"))(results.next());
            other.try_get_session(session_id("s"))(results.next());
        }).join();
    results.wait(context);
    CHECK(told->ends.size() == 16);
    CHECK(told->numbers.size() == 16);
}

TEST_CASE("observer: a server that cannot be reached") {
    std::uint16_t nobody = 0;
    {
        loopback_server gone;
        nobody = gone.port();
    }
    asio::io_context context;
    const auto told = std::make_shared<keeping_observer>();
    client client(context, client_options{}
                               .base_url("https://localhost:" + std::to_string(nobody))
                               .account("9")
                               .credentials("user", "password")
                               .retry(retry_policy::none())
                               .add_observer(told));
    CHECK(wait_for(context, client.try_get_session(session_id("s"))).has_error());
    REQUIRE_FALSE(told->failed.empty());
    CHECK(told->failed[0] == errc::connect_failed);
    REQUIRE(told->ends.size() == 1);
    CHECK(told->ends[0].attempts == 0);
    CHECK(told->ends[0].error == errc::connect_failed);
}

TEST_CASE("observer: metrics of retries") {
    loopback_server server;
    server.inject(fault().on("GET").times(1).respond(503));
    asio::io_context context;
    const auto measured = std::make_shared<metrics>();
    client client(context, server.client_options().add_observer(measured));
    CHECK(wait_for(context, client.try_get_session(session_id("absent"))).has_error());
    const auto requests = measured->requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].status == 404);
    CHECK(requests[1].error_type == "503");
    CHECK(measured->resends(resend_kind::after_pause) == 1);
    REQUIRE(measured->calls().size() == 1);
    CHECK(measured->calls()[0].operation == "get_session");
    CHECK(measured->calls()[0].error_type == "404");
}

TEST_CASE("observer: null is refused") {
    loopback_server server;
    CHECK(refusal(options_for(server).add_observer(nullptr)) == "add_observer: null");
}

TEST_CASE("trace: the server gets a span id for each attempt, and what goes with it") {
    loopback_server server(support::recording());
    server.inject(fault().on("GET").times(1).respond(503));
    asio::io_context context;
    const auto told = std::make_shared<keeping_observer>();
    client client(context, server.client_options().add_observer(told));
    const auto parent = trace_context::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                             "vendor=1", "tenant=7");
    REQUIRE(parent);
    const auto traced = call_options{}.trace(*parent);
    CHECK(wait_for(context, client.try_get_session(session_id("absent"), traced)).has_error());
    CHECK(wait_for(context, client.try_get_session(session_id("absent"))).has_error());
    const auto requests = server.received();
    REQUIRE(requests.size() == 3);
    REQUIRE(told->traces.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(requests[i].header("traceparent") == told->traces[i].traceparent());
        CHECK(requests[i].header("tracestate") == "vendor=1");
        CHECK(requests[i].header("baggage") == "tenant=7");
        CHECK(told->traces[i].trace_id() == parent->trace_id());
        CHECK(told->traces[i].span_id() != parent->span_id());
    }
    CHECK(told->traces[0].span_id() != told->traces[1].span_id());
    CHECK(requests[2].header("traceparent").empty());
}

TEST_CASE("trace: a header of the same name is refused, and a context without ids sends nothing") {
    loopback_server server(support::recording());
    asio::io_context context;
    client client(context, options_for(server));
    for (const auto* const name : {"traceparent", "TraceState", "baggage"}) {
        CAPTURE(name);
        const auto twice = call_options{}.header(name, "a=1").trace(trace_context::start());
        const auto outcome = wait_for(context, client.try_get_session(session_id("s"), twice));
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().code() == errc::invalid_argument);
    }
    CHECK(server.received().empty());
    const auto none = call_options{}.header("traceparent", "by hand").trace(trace_context());
    CHECK(wait_for(context, client.try_get_session(session_id("s"), none)).has_error());
    REQUIRE(server.received().size() == 1);
    CHECK(server.received()[0].header("traceparent") == "by hand");
}

TEST_CASE("observer: a call that is refused has the name of its operation, whatever its object did before") {
    loopback_server server;
    asio::io_context context;
    const auto told = std::make_shared<keeping_observer>();
    const auto measured = std::make_shared<metrics>();
    client client(context, options_for(server).add_observer(told).add_observer(measured));
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(wait_for(context, client.try_get_session(session_id(""))).has_error());
    REQUIRE(told->operations.size() == 2);
    CHECK(told->operations[1] == "get_session");
    CHECK(told->ends[1].error == errc::invalid_argument);
    CHECK(measured->calls().at(1).operation == "get_session");
}
