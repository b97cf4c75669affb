#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>

#include "client/warm_up.hpp"
#include "support/test_client.hpp"

// O23: after fork, parent and child have the same sockets. A child that leaves the parent's client and its context alone does no harm to
// them, and may have a client of its own.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::options_for;
using support::run_until;
using support::wait_for;
using testing::fault;
using testing::loopback_server;

namespace {

/// Runs `body` in a child, which ends without destroying what it has of the parent's.
template <class Body>
pid_t in_child(Body body) {
    const auto child = ::fork();
    REQUIRE(child != -1);
    if (child != 0)
        return child;
    ::alarm(60); // rather than to hang
    bool good = false;
    try {
        good = body();
    } catch (const std::exception&) { // told by the status
    }
    ::_exit(good ? 0 : 1);
}

bool ended_well(pid_t child) {
    int status = 0;
    return ::waitpid(child, &status, 0) == child && status == 0;
}

/// What a child does with a client of its own.
bool use_own_client(const client_options& options) {
    asio::io_context context;
    client own(context, options);
    for (int i = 0; i < 5; ++i) {
        const auto made = wait_for(context, own.try_create_session());
        if (!made || !wait_for(context, own.try_get_session(made->id())))
            return false;
    }
    return own.stats().dials >= 1 && wait_for(context, own.try_drain()).has_value();
}

} // namespace

TEST_CASE("O23: a child makes calls with a client of its own, and those of the parent are not disturbed") {
    loopback_server server;
    const auto options =
        options_for(server).min_connections(3).max_connections(3).pipeline_depth(4).max_resends(0);
    asio::io_context context;
    client client(context, options);
    support::warm_up(context, client);
    run_until(context, [&] { return client.stats().connections_idle == 3; });

    server.inject(fault{}.on("GET", "/slow").always().delay(300ms));
    collector<session> slow;
    for (int i = 0; i < 6; ++i)
        client.try_get_session(session_id("slow"))(slow.next());
    run_until(context, [&] { return client.stats().in_flight == 6; });
    bool told = false;
    SUBCASE("without a word to the context") {}
    SUBCASE("with notify_fork in the parent") {
        told = true;
        context.notify_fork(asio::execution_context::fork_prepare);
    }
    const auto child = in_child([&] { return use_own_client(options); });
    if (told)
        context.notify_fork(asio::execution_context::fork_parent);

    slow.wait(context);
    for (std::size_t i = 0; i < slow.size(); ++i)
        CHECK(slow[i].error().http_status() == 404);
    CHECK(ended_well(child));
    // The connections are still good, those that were idle among them.
    for (int i = 0; i < 6; ++i)
        CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(client.stats().dials == 3);
    CHECK(client.stats().connections_idle == 3);
    CHECK(server.session_count() == 5 + 6);
}

TEST_CASE("O23: a child destroys the parent's client, but not its context, while calls are in flight") {
    loopback_server server;
    asio::io_context context;
    std::optional<client> owner(std::in_place, context, options_for(server).max_resends(0));
    support::warm_up(context, *owner);
    server.inject(fault{}.on("GET", "/slow").delay(100ms));
    collector<session> slow;
    owner->try_get_session(session_id("slow"))(slow.next());
    run_until(context, [&] { return owner->stats().in_flight == 1; });
    CHECK(ended_well(in_child([&] {
        owner.reset();
        return true;
    })));
    slow.wait(context);
    CHECK(slow[0].error().http_status() == 404);
    support::warm_up(context, *owner);
    CHECK(owner->stats().dials == 1);
}
