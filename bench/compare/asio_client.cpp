// What one would write by hand: asio::ssl::stream, Beast's parser, Boost.JSON and a coroutine per call, with
// pipelining. No deadline, no cancellation, no retry, no pool: the first error ends the program. This library
// must cost less than this program.
//
//   asio_client HOST PORT ACCOUNT SESSION CONNECTIONS DEPTH REQUESTS
#include <boost/asio.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <cstdio>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace json = boost::json;
using asio::ip::tcp;

namespace {

struct session {
    std::string id;
    std::string tag;
};

class connection {
public:
    connection(asio::io_context& io, asio::ssl::context& tls) : stream_(io, tls) {}

    asio::awaitable<void> open(tcp::endpoint endpoint) {
        co_await stream_.lowest_layer().async_connect(endpoint, asio::use_awaitable);
        stream_.lowest_layer().set_option(tcp::no_delay(true));
        co_await stream_.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
    }

    asio::awaitable<session> get(const std::string& request) {
        auto received = co_await send(request);
        auto document = json::parse(received.body());
        const auto& fields = document.as_object();
        co_return session{std::string(fields.at("id").as_string()),
                          std::string(fields.at("tag").as_string())};
    }

    asio::awaitable<void> read() {
        std::vector<char> buffer(64 * 1024);
        std::size_t held = 0;
        std::optional<http::response_parser<http::string_body>> parser(std::in_place);
        parser->eager(true);
        for (;;) {
            auto more = asio::buffer(buffer) + held;
            const auto got = co_await stream_.async_read_some(more, asio::use_awaitable);
            held += got;
            std::size_t used = 0;
            while (used < held) {
                boost::system::error_code error;
                used += parser->put(asio::buffer(buffer.data() + used, held - used), error);
                if (error == http::error::need_more)
                    break;
                if (error)
                    throw boost::system::system_error(error);
                if (!parser->is_done())
                    continue;
                auto caller = std::move(callers_.front());
                callers_.pop_front();
                auto message = parser->release();
                parser.emplace();
                parser->eager(true);
                std::move(caller)(std::move(message));
            }
            std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(used),
                      buffer.begin() + static_cast<std::ptrdiff_t>(held), buffer.begin());
            held -= used;
        }
    }

private:
    using response = http::response<http::string_body>;

    asio::awaitable<response> send(const std::string& request) {
        return asio::async_initiate<const asio::use_awaitable_t<>, void(response)>(
            [this, &request](auto handler) {
                callers_.push_back(std::move(handler));
                gathering_ += request;
                flush();
            },
            asio::use_awaitable);
    }

    /// Sends the requests that came while the previous write was under way.
    void flush() {
        if (!sending_.empty() || gathering_.empty())
            return;
        sending_.swap(gathering_);
        asio::async_write(stream_, asio::buffer(sending_),
                          [this](boost::system::error_code error, std::size_t) {
                              if (error)
                                  throw boost::system::system_error(error);
                              sending_.clear();
                              flush();
                          });
    }

    asio::ssl::stream<tcp::socket> stream_;
    std::string gathering_;
    std::string sending_;
    std::deque<asio::any_completion_handler<void(response)>> callers_;
};

/// Ends the program when any coroutine fails.
void rethrow(std::exception_ptr error) {
    if (error)
        std::rethrow_exception(error);
}

struct load {
    std::string request;
    std::string id;
    std::size_t callers;
    std::size_t left;
};

asio::awaitable<void> call(asio::io_context& io, connection& connection, load& load) {
    while (load.left > 0) {
        --load.left;
        auto got = co_await connection.get(load.request);
        if (got.id != load.id)
            throw std::runtime_error("the response is of another session");
    }
    if (--load.callers == 0)
        io.stop();
}

asio::awaitable<void> open_all(asio::io_context& io, std::deque<connection>& connections,
                               tcp::endpoint endpoint, std::size_t depth, load& load) {
    for (auto& connection : connections)
        co_await connection.open(endpoint);
    for (auto& connection : connections) {
        asio::co_spawn(io, connection.read(), rethrow);
        for (std::size_t k = 0; k < depth; ++k)
            asio::co_spawn(io, call(io, connection, load), rethrow);
    }
}

} // namespace

int main(int argc, char** argv) {
    const bool help = argc == 2 && std::string(argv[1]) == "--help";
    if (argc != 8) {
        std::fprintf(help ? stdout : stderr,
                     "usage: asio_client HOST PORT ACCOUNT SESSION CONNECTIONS DEPTH REQUESTS\n");
        return help ? 0 : 2;
    }
    try {
        const std::string host = argv[1], port = argv[2], account = argv[3], id = argv[4];
        const auto count = std::stoul(argv[5]), depth = std::stoul(argv[6]), requests = std::stoul(argv[7]);
        const auto request =
            "GET /v1/accounts/" + account + "/sessions/" + id + " HTTP/1.1\r\nHost: " + host + ":" + port +
            "\r\nAccept: application/json\r\nAuthorization: Basic dXNlcjpwYXNzd29yZA==\r\n\r\n";
        load load{request, id, count * depth, requests};

        asio::io_context io(1);
        asio::ssl::context tls(asio::ssl::context::tls_client);
        std::deque<connection> connections;
        for (std::size_t k = 0; k < count; ++k)
            connections.emplace_back(io, tls);
        const auto endpoint = *tcp::resolver(io).resolve(host, port).begin();
        const auto started = std::chrono::steady_clock::now();
        asio::co_spawn(io, open_all(io, connections, endpoint, depth, load), rethrow);
        io.run();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
        std::printf("asio_client: %lu requests in %.3f s, %.0f requests/s\n", requests, took.count(),
                    static_cast<double>(requests) / took.count());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "asio_client: %s\n", error.what());
        return 1;
    }
    return 0;
}
