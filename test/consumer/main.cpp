// What a user's program does: one session is created, read and deleted over TLS, and then it is gone. What the library throws is caught, and
// its categories are the program's.
#include <bandwidth/webrtc.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <typeinfo>

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
    bool caught = false;
    try {
        co_await client.get_session(created.id());
    } catch (const webrtc::api_error& error) {
        caught = typeid(error) == typeid(webrtc::api_error) &&
                 &error.code().category() == &webrtc::http_category() &&
                 error.code() == webrtc::condition::not_found;
    }
    if (!caught)
        throw std::runtime_error("the error is of another type, or of another category");
    std::cout << "deleted\n";
}

void run(bool single_threaded) {
    webrtc::testing::loopback_server server;
    asio::io_context context;
    webrtc::client client(context, server.client_options().single_threaded(single_threaded));
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
}

} // namespace

int main() {
    try {
        run(false);
        run(true);
        std::cout << "bandwidth-webrtc " << webrtc::version_string << " works\n";
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "failed: " << error.what() << '\n';
        return 1;
    }
}
