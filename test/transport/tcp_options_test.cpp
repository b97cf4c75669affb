#include "transport/tcp_options.hpp"

#include <doctest/doctest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

namespace asio = boost::asio;
namespace detail = bandwidth::webrtc::detail;
using tcp = asio::ip::tcp;

constexpr unsigned writable = 0x4; // EPOLLOUT

/// What the reactor waits for on a descriptor; 0: it has not registered it. As Linux tells of its own epoll
/// instances.
unsigned registered_events(int descriptor) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
        std::ifstream info(entry.path());
        std::string word;
        while (info >> word) {
            int number = -1;
            std::string label;
            unsigned events = 0;
            if (word == "tfd:" && info >> number >> label >> std::hex >> events >> std::dec &&
                number == descriptor)
                return events;
        }
    }
    return 0;
}

} // namespace

TEST_CASE("a socket that has connected is registered with the reactor for reading alone, and reads") {
    asio::io_context context;
    tcp::acceptor listener(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    detail::tcp_socket socket(detail::serialized_executor::strand(context.get_executor()));
    bandwidth::webrtc::error_code ec;
    detail::open_socket(socket, tcp::v4(), ec);
    REQUIRE_FALSE(ec);
    bool connected = false;
    socket.async_connect(listener.local_endpoint(),
                         [&](const bandwidth::webrtc::error_code& failed) { connected = !failed; });
    auto peer = listener.accept();
    context.run();
    context.restart();
    REQUIRE(connected);
    CHECK((registered_events(socket.native_handle()) & writable) != 0); // what Asio leaves behind

    detail::forget_writability(socket, ec);
    REQUIRE_FALSE(ec);
    CHECK(registered_events(socket.native_handle()) != 0);
    CHECK((registered_events(socket.native_handle()) & writable) == 0);

    asio::write(peer, asio::buffer("x", 1));
    bool readable = false;
    socket.async_wait(tcp::socket::wait_read,
                      [&](const bandwidth::webrtc::error_code& failed) { readable = !failed; });
    context.run();
    CHECK(readable);
}
