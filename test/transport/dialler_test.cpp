#include "transport/dialler.hpp"

#include <doctest/doctest.h>
#include <netinet/tcp.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "support/network.hpp"
#include "support/run_coroutine.hpp"
#include "transport/tcp_options.hpp"

// Dialling over real sockets: which address is connected to, how soon, and what is left behind.

using namespace std::chrono_literals;
using bandwidth::webrtc::error_code;
using bandwidth::webrtc::detail::address_list;
using bandwidth::webrtc::detail::dialler;
using bandwidth::webrtc::detail::serialized_executor;
using support::address;
using support::blackhole;
using support::run_until;
using tcp = boost::asio::ip::tcp;
namespace asio = boost::asio;
using clock_type = std::chrono::steady_clock;

namespace {

/// One dial and what came of it.
struct dial {
    dial(asio::io_context& context, const address_list& addresses)
        : began(clock_type::now())
        , running(dialler::start(serialized_executor::strand(context.get_executor()), addresses,
                                 [this](dialler::result&& result) {
                                     ++ended;
                                     took = clock_type::now() - began;
                                     outcome = std::move(result);
                                 })) {}
    dial(const dial&) = delete;
    dial& operator=(const dial&) = delete;

    clock_type::time_point began;
    clock_type::duration took{};
    int ended = 0;
    dialler::result outcome;
    std::shared_ptr<dialler> running;
};

/// Runs the dial to its end; nothing may be left to do then.
void finish(asio::io_context& context, dial& one) {
    run_until(context, [&] { return one.ended == 1; });
    context.run_for(5s);
    CHECK(context.stopped());
    context.restart();
    CHECK(one.ended == 1);
}

} // namespace

TEST_CASE("W03: a blackholed address costs the delay of 250 ms once, and its socket is closed") {
    asio::io_context context;
    const tcp::acceptor server(context, address("127.0.0.1", 0));
    const bool six = support::has_ipv6();
    const blackhole hole(six ? "::1" : "127.0.0.2");
    const auto before = support::open_descriptors();
    {
        dial one(context, {hole.where(), server.local_endpoint()});
        finish(context, one);
        REQUIRE(one.outcome.socket);
        CHECK(one.outcome.address == server.local_endpoint());
        CHECK(one.outcome.socket->remote_endpoint() == server.local_endpoint());
        CHECK(one.took >= 240ms);
        CHECK(support::open_descriptors() == before + 1); // the winner's
    }
    CHECK(support::open_descriptors() == before);
}

TEST_CASE("W04: an address that refuses costs nothing") {
    asio::io_context context;
    const tcp::acceptor server(context, address("127.0.0.1", 0));
    const blackhole hole("127.0.0.1");
    const auto nobody = address("127.0.0.1", support::unused_port());
    dial one(context, {nobody, server.local_endpoint(), hole.where()});
    finish(context, one);
    REQUIRE(one.outcome.socket);
    CHECK(one.outcome.address == server.local_endpoint());
    CHECK(one.outcome.passed_over == address_list(1, nobody));
}

TEST_CASE("W04: all addresses refuse: the end names each with its error") {
    asio::io_context context;
    const tcp::socket with_reactor(context); // whose descriptors are not the dial's
    address_list addresses;
    for (int i = 1; i <= 4; ++i)
        addresses.push_back(address("127.0.0." + std::to_string(i), support::unused_port()));
    const auto before = support::open_descriptors();
    dial one(context, addresses);
    finish(context, one);
    CHECK_FALSE(one.outcome.socket);
    for (const auto& each : addresses) {
        const auto named =
            each.address().to_string() + ":" + std::to_string(each.port()) + " Connection refused";
        CHECK_MESSAGE(one.outcome.errors.find(named) != std::string::npos, one.outcome.errors);
    }
    CHECK(support::open_descriptors() == before);
}

TEST_CASE("W04: no address") {
    asio::io_context context;
    dial one(context, {});
    CHECK(one.ended == 0); // never from inside of the call
    finish(context, one);
    CHECK_FALSE(one.outcome.socket);
}

TEST_CASE("W05: a dial into a blackhole has no end of its own, and leaves nothing when it is cancelled") {
    asio::io_context context;
    const tcp::socket with_reactor(context); // whose descriptors are not the dial's
    const blackhole hole("127.0.0.1");
    const auto before = support::open_descriptors();
    const auto watched = std::make_shared<int>(0);
    const auto made =
        dialler::start(serialized_executor::strand(context.get_executor()), address_list(1, hole.where()),
                       [watched](dialler::result&&) { ++*watched; });
    context.run_for(50ms);
    CHECK_FALSE(context.stopped());
    CHECK(support::open_descriptors() == before + 1);
    made->cancel();
    CHECK(watched.use_count() == 1); // the handler is gone already
    CHECK(support::open_descriptors() == before);
    context.restart();
    context.run_for(10s);
    CHECK(context.stopped());
    CHECK(*watched == 0);
    CHECK(made.use_count() == 1);
}

TEST_CASE("O08: cancelled when it has just been connected, and twice") {
    asio::io_context context;
    const tcp::acceptor server(context, address("127.0.0.1", 0));
    const auto before = support::open_descriptors();
    bool told = false;
    const auto made =
        dialler::start(serialized_executor::strand(context.get_executor()),
                       address_list(1, server.local_endpoint()), [&told](dialler::result&&) { told = true; });
    // On loopback it is connected by now, and the completion is queued or will be with the next poll.
    made->cancel();
    made->cancel();
    context.run_for(10s);
    CHECK(context.stopped());
    CHECK_FALSE(told);
    CHECK(support::open_descriptors() == before);
}

TEST_CASE("O08: the context goes while a dial is under way") {
    const blackhole hole("127.0.0.1");
    const tcp::endpoint where = hole.where();
    const auto before = support::open_descriptors();
    const auto watched = std::make_shared<int>(0);
    {
        asio::io_context context;
        dialler::start(serialized_executor::strand(context.get_executor()), address_list(1, where),
                       [watched](dialler::result&&) { ++*watched; });
        context.run_for(10ms);
    }
    CHECK(*watched == 0);
    CHECK(watched.use_count() == 1);
    CHECK(support::open_descriptors() == before);
}

TEST_CASE("W14: a connected socket probes a silent peer, and gives it up") {
    asio::io_context context;
    const tcp::acceptor server(context, address("127.0.0.1", 0));
    bandwidth::webrtc::detail::tcp_socket socket(serialized_executor::strand(context.get_executor()));
    socket.connect(server.local_endpoint());
    error_code ec;
    bandwidth::webrtc::detail::set_tcp_options(socket, ec);
    REQUIRE_FALSE(ec);
    const auto option = [&socket](int level, int name) {
        int value = -1;
        socklen_t size = sizeof value;
        REQUIRE(::getsockopt(socket.native_handle(), level, name, &value, &size) == 0);
        return value;
    };
    CHECK(option(IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK(option(SOL_SOCKET, SO_KEEPALIVE) != 0);
#ifdef TCP_KEEPIDLE
    CHECK(option(IPPROTO_TCP, TCP_KEEPIDLE) == 15);
    CHECK(option(IPPROTO_TCP, TCP_KEEPINTVL) == 5);
    CHECK(option(IPPROTO_TCP, TCP_KEEPCNT) == 3);
#endif
#ifdef TCP_USER_TIMEOUT
    CHECK(option(IPPROTO_TCP, TCP_USER_TIMEOUT) == 30'000);
#endif
}

TEST_CASE("the system tells what a round trip takes on a connected socket") {
    asio::io_context context;
    const tcp::acceptor server(context, address("127.0.0.1", 0));
    bandwidth::webrtc::detail::tcp_socket socket(serialized_executor::strand(context.get_executor()));
    CHECK(bandwidth::webrtc::detail::round_trip_of(socket) == 0ns);
    socket.connect(server.local_endpoint());
    const auto told = bandwidth::webrtc::detail::round_trip_of(socket);
#ifdef TCP_INFO
    CHECK(told > 0ns);
#endif
    CHECK(told < 1s);
}

TEST_CASE("W14: options cannot be set on a socket that is none") {
    asio::io_context context;
    bandwidth::webrtc::detail::tcp_socket socket(serialized_executor::strand(context.get_executor()));
    error_code ec;
    bandwidth::webrtc::detail::set_tcp_options(socket, ec);
    CHECK(ec);
}
