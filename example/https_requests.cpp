// Requests in Boost.Beast's types to any HTTPS server: asks for one resource with HEAD, then for it many times at once,
// pipelined over a few connections.
//
//     https_requests https://localhost:8443 /index.html [CA_FILE]
#include <bandwidth/webrtc/connection_manager.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace webrtc = bandwidth::webrtc;

namespace {

constexpr std::size_t requests = 100;

asio::awaitable<void> ask(webrtc::connection_manager manager, std::string target) {
    const webrtc::connection_manager::request_type head(http::verb::head, target, 11);
    const auto described = co_await manager.send(head);
    std::cout << "HEAD: " << described.result_int() << ", " << described[http::field::content_length]
              << " bytes of " << described[http::field::content_type] << '\n';

    webrtc::connection_manager::request_type get(http::verb::get, target, 11);
    get.set(http::field::accept_encoding, "identity");
    std::vector<decltype(manager.try_send(get))> all;
    for (std::size_t i = 0; i < requests; ++i)
        all.push_back(manager.try_send(get));
    auto group = asio::experimental::make_parallel_group(std::move(all));
    const auto [order, results] =
        co_await group.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    std::size_t answered = 0;
    for (const auto& one : results)
        if (one)
            ++answered;
        else
            std::cerr << "failed: " << one.error() << '\n';
    const auto stats = manager.stats();
    std::cout << "GET: " << answered << " of " << requests << " answered over " << stats.dials
              << " connection(s), up to " << stats.deepest_pipeline << " in flight on one\n";
}

void rethrow(std::exception_ptr error) {
    if (error)
        std::rethrow_exception(error);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3 || argc > 4) {
        std::cerr << "usage: " << argv[0] << " ORIGIN TARGET [CA_FILE]\n";
        return 2;
    }
    try {
        webrtc::manager_options options;
        if (argc == 4)
            options.ca_file(argv[3]);
        asio::io_context context;
        webrtc::connection_manager manager(context, argv[1], options);
        asio::co_spawn(context, ask(std::move(manager), argv[2]), rethrow);
        context.run();
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "failed: " << error.what() << '\n';
    }
    return 1;
}
