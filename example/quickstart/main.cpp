// quickstart [NAME...]: opens a room for these people. With BW_ACCOUNT_ID and credentials in the environment it
// does so at Bandwidth's service, else at one that is emulated in this process.
#include "rooms.hpp"

#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <utility>

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;

namespace {

asio::awaitable<void> run(webrtc::client client, std::vector<std::string> names) {
    const auto room = co_await open_room(client, names);
    for (const auto& person : room.value()) // value() throws webrtc::api_error where there is none
        std::cout << person.participant().tag().value_or("") << " connects with a token of "
                  << person.token().reveal().size() << " characters\n";
    co_await client.drain();
}

void rethrow(std::exception_ptr failed) {
    if (failed)
        std::rethrow_exception(failed);
}

} // namespace

int main(int count, char** arguments) {
    try {
        std::vector<std::string> names(arguments + 1, arguments + count);
        if (names.empty()) {
            names.push_back("alice");
            names.push_back("bob");
        }
        std::optional<webrtc::testing::loopback_server> emulated;
        webrtc::client_options options;
        if (std::getenv("BW_ACCOUNT_ID") != nullptr)
            options = webrtc::client_options::from_environment();
        else
            options = emulated.emplace().client_options();

        asio::io_context context;
        webrtc::client client(context, options);
        asio::co_spawn(context, run(std::move(client), names), rethrow);
        context.run();
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "failed: " << error.what() << '\n';
        return 1;
    }
}
