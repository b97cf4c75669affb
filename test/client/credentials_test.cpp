#include <doctest/doctest.h>

#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <memory>
#include <mutex>
#include <string>

#include "support/test_client.hpp"

// Credentials that change while the client is in use, as a token that is refreshed does.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::wait_for;
using testing::loopback_server;

namespace {

class changing_source final : public credential_source {
public:
    explicit changing_source(std::string value) : value_(std::move(value)) {}

    void change(std::string value, bool broken = false) {
        const std::lock_guard lock(mutex_);
        value_ = std::move(value);
        broken_ = broken;
        ++generation_;
    }
    void mend() {
        const std::lock_guard lock(mutex_);
        broken_ = false;
    }
    std::string authorization() const override {
        const std::lock_guard lock(mutex_);
        if (broken_)
            throw 7; // no std::exception either
        return value_;
    }
    unsigned long long generation() const noexcept override { return generation_; }

private:
    mutable std::mutex mutex_;
    std::string value_;
    bool broken_ = false;
    std::atomic<unsigned long long> generation_{0};
};

const std::string right = "Basic dXNlcjpzZWNyZXQ="; // user:secret
const std::string wrong = "Basic d3Jvbmc6d3Jvbmc="; // wrong:wrong

} // namespace

TEST_CASE("changed credentials are sent from the next call on, on the connection that is there") {
    loopback_server server;
    const auto source = std::make_shared<changing_source>(right);
    asio::io_context context;
    client client(context, server.client_options().credentials(source));
    CHECK(wait_for(context, client.try_create_session()).has_value());
    source->change(wrong);
    CHECK(wait_for(context, client.try_create_session()).error().http_status() == 401);
    source->change(right);
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(client.stats().dials == 1);
}

TEST_CASE("J10: a new value that would put a second line on the wire is not taken, nor is one that throws") {
    loopback_server server(testing::loopback_options{}.record_requests(true));
    const auto source = std::make_shared<changing_source>(right);
    asio::io_context context;
    client client(context, server.client_options().credentials(source));
    CHECK(wait_for(context, client.try_create_session()).has_value());
    source->change("Basic x\r\nX-Injected: 1");
    CHECK(wait_for(context, client.try_create_session()).has_value());
    source->change(wrong, true);
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(server.stats().requests_post == 3);
    for (const auto& request : server.received())
        for (const auto& [name, value] : request.headers())
            CHECK(name != "X-Injected");
}

TEST_CASE("a source that fails once is asked again") {
    loopback_server server;
    const auto source = std::make_shared<changing_source>(wrong);
    asio::io_context context;
    client client(context, server.client_options().credentials(source));
    source->change(right, true);
    CHECK(wait_for(context, client.try_create_session()).error().http_status() == 401);
    source->mend();
    support::run_until(context, [&] { return wait_for(context, client.try_create_session()).has_value(); });
}

TEST_CASE("what went out with a request is redacted, also when the credentials have changed since") {
    testing::scripted_server server;
    server.add(testing::script{}.expect_requests().hold().send(
        support::http_response(401, R"({"message":"bad dXNlcjpzZWNyZXQ= of user:secret"})")));
    const auto source = std::make_shared<changing_source>(right);
    asio::io_context context;
    client client(context, support::options_for(server).credentials(source));
    support::collector<session> results;
    client.try_get_session(session_id("s"))(results.next());
    support::run_until(context, [&] { return server.state(0) == testing::script_state::held; });
    source->change(wrong);
    client.try_get_session(session_id(""))(results.next()); // has the pool ask for the new value
    support::run_until(context, [&] { return results.left() == 1; });
    server.release(0);
    results.wait(context);
    CHECK(results[0].error().http_status() == 401);
    for (const auto& text : {results[0].error().body(), results[0].error().message()}) {
        CHECK_MESSAGE(text.find("dXNlcjpzZWNyZXQ") == std::string::npos, text);
        CHECK_MESSAGE(text.find("secret") == std::string::npos, text);
    }
}

TEST_CASE("J12: no part of a long secret stays where a text is cut, and none in a response_info") {
    const std::string password(51, 'p');
    testing::scripted_server server;
    asio::io_context context;
    const auto options = support::options_for(server).credentials("user", password).max_connections(1);
    const auto value = options.credentials()->authorization().substr(6); // behind "Basic "
    REQUIRE(value.size() > 64);
    for (const auto& response :
         {support::http_response(401, R"({"code":")" + value + R"("})"),
          support::http_response(401, R"({"message":")" + std::string(230, 'x') + " " + value + R"("})"),
          support::http_response(401, std::string(230, 'x') + " " + value),
          support::http_response(401, R"({"requestId":")" + std::string(80, 'x') + value + R"("})"),
          support::http_response(401, "{}", "X-Request-Id: " + std::string(80, 'x') + value + "\r\n"),
          support::http_response(401, "{}", "X-Echo: " + value + "\r\n"),
          support::http_response(401, "{}", "Content-Encoding: " + value + "\r\n")})
        server.add(testing::script{}.expect_requests().send(response).fin());
    client client(context, options);
    for (int i = 0; i < 7; ++i) {
        CAPTURE(i);
        const auto info = std::make_shared<response_info>();
        const auto read =
            wait_for(context, client.try_get_session(session_id("s"), call_options{}.info(info)));
        REQUIRE(read.error().http_status() == 401);
        std::string all = read.error().describe() + read.error().body() + read.error().service_code() +
                          api_error(read.error()).what() + info->request_id();
        for (const auto& [name, field] : info->headers())
            all += field;
        CHECK_MESSAGE(all.find(value.substr(0, 16)) == std::string::npos, all);
        CHECK_MESSAGE(all.find(password.substr(0, 16)) == std::string::npos, all);
    }
}

TEST_CASE("J10: a first value that cannot be sent is refused when the client is made") {
    loopback_server server;
    asio::io_context context;
    try {
        client made(context, server.client_options().credentials(
                                 std::make_shared<changing_source>("Basic x\r\nX-Injected: 1")));
        FAIL("it was taken");
    } catch (const api_error& error) {
        CHECK(error.code() == errc::invalid_options);
        CHECK(error.failure().message().find("credentials") != std::string::npos);
    }
}
