// What a user's program does: one session is created, read and deleted over TLS, and then it is gone.
#include <bandwidth/webrtc.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <iostream>
#include <stdexcept>

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;

namespace {

asio::awaitable<void> use(webrtc::client& client) {
    webrtc::session created = co_await client.create_session(webrtc::session_request{}.tag("consumer"));
    webrtc::session read = co_await client.get_session(created.id());
    std::cout << "session " << read.id().value() << " with tag " << read.tag().value_or("(none)") << '\n';
    if (read != created)
        throw std::runtime_error("the session that was read is not the one created");

    co_await client.delete_session(created.id());
    webrtc::result<webrtc::session> gone = co_await client.try_get_session(created.id());
    if (gone)
        throw std::runtime_error("the session is still there");
    if (gone.error().http_status() != 404)
        throw webrtc::api_error(gone.error());
    std::cout << "deleted\n";
}

} // namespace

int main() {
    try {
        webrtc::testing::loopback_server server;
        asio::io_context context;
        webrtc::client client{context.get_executor(), server.client_options()};
        std::exception_ptr failed;
        asio::co_spawn(context, use(client), [&](std::exception_ptr error) {
            failed = error;
            client.close();
        });
        context.run();
        if (failed)
            std::rethrow_exception(failed);
        if (server.session_count() != 0)
            throw std::runtime_error("the service still has a session");
        std::cout << "bandwidth-webrtc " << webrtc::version_string << " works\n";
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "failed: " << error.what() << '\n';
        return 1;
    }
}
