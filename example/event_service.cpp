// A service that takes the events which Bandwidth posts to callback URLs, and prints a line for each.
//
//   event_service [PORT]
//
// It listens on 127.0.0.1 without TLS, behind whatever takes the requests from outside. The services sign
// nothing: whoever reaches it can post what looks like an event, so a real one keeps its URL secret, and
// looks up what matters. SIGINT and SIGTERM stop it.
#include <bandwidth/webrtc/events.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace webrtc = bandwidth::webrtc;
using boost::system::error_code;

namespace {

using http_request = http::request<http::string_body>;
using http_response = http::response<http::string_body>;

constexpr std::uint64_t longest_event = 64 * 1024;
constexpr std::chrono::seconds patience{30}; // with a peer that is silent

// What others have posted goes to a terminal: no control characters. U+0080 to U+009F are such as well, CSI among
// them, and C2 80 to C2 9F in UTF-8.
std::string printable(std::string_view text) {
    std::string shown;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool pair =
            byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
        shown += byte < 0x20 || byte == 0x7F || pair ? '?' : text[i];
        if (pair)
            ++i;
    }
    return shown;
}

void print(const webrtc::event& event) {
    std::string line = event.name();
    if (event.kind() == webrtc::event_kind::unknown)
        line += " (unknown)";
    for (const auto& id : {event.participant_id().value(), event.endpoint_id().value()})
        if (!id.empty())
            line += ' ' + id;
    if (!event.device().id().empty())
        line += " device " + event.device().id().value();
    if (event.tag())
        line += " tag " + *event.tag();
    std::cout << printable(line) << '\n' << std::flush;
}

http_response respond(const http_request& request) {
    http_response response(http::status::no_content, 11);
    if (request.method() != http::verb::post) {
        response.result(http::status::method_not_allowed);
        response.set(http::field::allow, "POST");
    } else if (const auto event = webrtc::parse_event(request.body())) {
        print(*event); // a service with more to do puts it on a queue: Bandwidth waits for the response
    } else {
        response.result(http::status::bad_request);
        response.body() = event.error().message() + '\n';
    }
    return response;
}

asio::awaitable<void> talk(asio::ip::tcp::socket socket) {
    beast::tcp_stream stream(std::move(socket));
    beast::flat_buffer buffer;
    error_code failed;
    for (bool keep_alive = true; keep_alive && !failed;) {
        http::request_parser<http::string_body> parser;
        parser.body_limit(longest_event);
        stream.expires_after(patience);
        co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, failed));
        if (failed && failed != http::error::body_limit)
            break; // the peer has gone, was silent for too long, or does not speak HTTP
        http_response response(http::status::payload_too_large, 11);
        const bool read = !failed;
        if (read)
            response = respond(parser.get());
        response.keep_alive(read && parser.get().keep_alive());
        if (response.result() != http::status::no_content) // RFC 9110, section 8.6
            response.prepare_payload();
        keep_alive = response.keep_alive();
        co_await http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, failed));
    }
}

asio::awaitable<void> serve(asio::ip::tcp::acceptor& acceptor) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer pause(executor);
    while (acceptor.is_open()) {
        error_code failed;
        auto socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, failed));
        if (!failed) {
            asio::co_spawn(executor, talk(std::move(socket)), asio::detached);
        } else if (acceptor.is_open()) { // out of descriptors, for one
            pause.expires_after(std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
        }
    }
}

bool parse(std::string_view text, std::uint16_t& port) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
    return failed == std::errc() && end == text.data() + text.size();
}

} // namespace

int main(int argc, char** argv) {
    std::uint16_t port = 8081;
    if (argc > 2 || (argc == 2 && !parse(argv[1], port))) {
        std::cerr << "usage: event_service [PORT]\n";
        return 2;
    }
    try {
        asio::io_context context(1);
        asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
        asio::signal_set signals(context, SIGINT, SIGTERM);
        signals.async_wait([&context](error_code, int) { context.stop(); });
        asio::co_spawn(context, serve(acceptor), asio::detached);
        std::cout << "listening on http://127.0.0.1:" << acceptor.local_endpoint().port() << '\n'
                  << std::flush;
        context.run();
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "event_service: " << error.what() << '\n';
    }
    return 1;
}
