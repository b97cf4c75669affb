// How the server of session_service stops, where a process could not be held at the right moment.
#include "session_service/http_server.hpp"

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <string>
#include <thread>

#include "example/session_service.hpp"

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using example::http_request;
using example::http_response;
using test_example::caller;

asio::awaitable<http_response> echo(const http_request& request) {
    http_response response(http::status::ok, 11);
    response.body() = request.body();
    co_return response;
}

// On a thread of its own.
class served {
public:
    explicit served(const example::http_limits& limits = {}) : server_(context_, 0, echo, log_, limits) {
        asio::co_spawn(context_, server_.serve(), asio::detached);
        thread_ = std::thread([this] { context_.run(); });
    }
    served(const served&) = delete;
    served& operator=(const served&) = delete;
    ~served() {
        asio::post(context_,
                   [this] { server_.stop(); }); // it may have come to its end, so nobody waits for this
        thread_.join();
    }

    unsigned short port() const { return port_; }
    void stop() {
        asio::post(context_, asio::use_future([this] { server_.stop(); })).get();
    }

private:
    example::json_log log_{bandwidth::webrtc::log_level::error};
    asio::io_context context_{1};
    example::http_server server_;
    unsigned short port_ = server_.port(); // the server is the thread's
    std::thread thread_;
};

} // namespace

TEST_CASE("http_server serves those that have connected before it stops, though it had no room for them") {
    example::http_limits limits;
    limits.connections = 1;
    served server(limits);
    caller first(server.port());
    CHECK(first.call(http::verb::post, "/", "one").body() == "one");
    caller second(server.port()); // it is not accepted: the first one stays
    second.send(http::verb::post, "/", "two");
    server.stop();
    CHECK(first.hung_up());
    const auto response = second.receive();
    CHECK(response.body() == "two");
    CHECK_FALSE(response.keep_alive());
    CHECK(second.hung_up());
}

TEST_CASE("http_server takes the rest of a request that has begun before it stops") {
    served server;
    asio::io_context context;
    asio::ip::tcp::socket socket(context);
    socket.connect(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), server.port()));
    const auto send = [&](const std::string& text) { asio::write(socket, asio::buffer(text)); };
    // The first one, and its response, show that what was sent with it has been read.
    send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nonePOST / HTTP/1.1\r\nHost: a\r\n");
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> response;
    http::read(socket, buffer, response);
    CHECK(response.body() == "one");
    CHECK(response.keep_alive());
    server.stop();
    send("Content-Length: 3\r\n\r\ntwo");
    http::response<http::string_body> last;
    http::read(socket, buffer, last);
    CHECK(last.body() == "two");
    CHECK_FALSE(last.keep_alive());
}
