#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>

#include "support/network.hpp"
#include "support/test_client.hpp"

// W20: the process has no descriptors left. In a program of its own, for the limit is the whole process'.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::options_for;
using support::run_until;
using support::wait_for;
using testing::loopback_server;

namespace {

/// While it lives no descriptor can be opened.
class no_descriptors {
public:
    no_descriptors() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        // The limit is one above the highest number, so whatever is free below would still be given out.
        const int lowest_free = ::dup(0);
        REQUIRE(lowest_free >= 0);
        ::close(lowest_free);
        auto low = before_;
        low.rlim_cur = static_cast<rlim_t>(lowest_free);
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
        const int refused = ::dup(0);
        REQUIRE(refused == -1);
        REQUIRE(errno == EMFILE);
    }
    ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    no_descriptors(const no_descriptors&) = delete;
    no_descriptors& operator=(const no_descriptors&) = delete;

private:
    rlimit before_{};
};

} // namespace

TEST_CASE("W20: no descriptor for the first connection: a clear error, and the pool recovers") {
    loopback_server server;
    const auto resolver = std::make_shared<support::fake_resolver>();
    resolver->addresses = {support::address("127.0.0.1", server.port()),
                           support::address("127.0.0.2", server.port())};
    asio::io_context context;
    client client(context, support::with_resolver(options_for(server).timeout(10s), resolver));
    const asio::steady_timer with_reactor(context);
    for (int round = 0; round < 3; ++round) {
        {
            const no_descriptors none;
            collector<session> results;
            for (int i = 0; i < 20; ++i)
                client.try_create_session()(results.next());
            results.wait(context);
            CHECK(results.each_once());
            for (std::size_t i = 0; i < results.size(); ++i) {
                const auto& seen = results[i].error();
                CHECK(seen.code() == errc::connect_failed);
                CHECK(seen.code() == condition::retryable);
                CHECK(seen.delivery() == delivery::not_sent);
                CHECK(seen.attempts() == 0);
                CHECK_MESSAGE(seen.message().find("Too many open files") != std::string::npos,
                              seen.message());
            }
            run_until(context, [&] { return client.stats().connections_connecting == 0; });
            CHECK(support::at_rest(client.stats()));
        }
        const auto made = wait_for(context, client.try_create_session());
        CHECK_MESSAGE(made.has_value(), made.error().describe());
        server.close_idle_connections();
        run_until(context, [&] { return client.stats().connections_idle == 0; });
    }
    CHECK(resolver->look_ups == 1); // it was not the addresses' fault
    CHECK(client.stats().dials <= 3 * (20 + 1));
    CHECK(server.session_count() == 3);
}

TEST_CASE("W20: no descriptor for another connection: the open one serves all calls") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).max_connections(4).timeout(60s));
    REQUIRE(wait_for(context, client.try_create_session()).has_value());
    {
        const no_descriptors none;
        collector<session> results;
        for (int i = 0; i < 50; ++i) {
            client.try_create_session()(results.next());
            client.try_get_session(session_id("none"))(results.next());
        }
        results.wait(context);
        CHECK(results.each_once());
        CHECK(results.succeeded() == 50);
        CHECK(client.stats().connections_closed == 0);
        CHECK(client.stats().dials_failed >= 1); // it was tried
        CHECK(client.stats().dials_failed <= 20);
    }
    CHECK(server.session_count() == 51);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE(
    "W20: no descriptor for the system's resolver: an error that may be retried or names the host, and "
    "the pool recovers") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).timeout(10s).connect_timeout(5s));
    const asio::steady_timer with_reactor(context);
    {
        const no_descriptors none;
        const auto failed = wait_for(context, client.try_create_session());
        REQUIRE(failed.has_error());
        CHECK(failed.error().delivery() == delivery::not_sent);
        const auto code = failed.error().code();
        CHECK_MESSAGE((code == errc::resolve_failed || code == errc::host_not_found ||
                       code == errc::connect_failed || code == errc::resolve_timeout),
                      failed.error().describe());
    }
    // "No such host" is what the C library may make of a file that it cannot open; it is believed for 5 s.
    run_until(context, [&] {
        const auto made = wait_for(context, client.try_create_session());
        return made.has_value();
    });
    CHECK(support::at_rest(client.stats()));
}
