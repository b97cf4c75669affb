// Creates a session and a participant, joins them, prints what came of it, and cleans up.
#include <bandwidth/webrtc.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <iostream>
#include <utility>

#include "service.hpp"

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;

namespace {

// It takes the client over, which is closed when the coroutine ends: then io_context::run() has nothing left
// to do.
asio::awaitable<void> use(webrtc::client client) {
    const webrtc::session session = co_await client.create_session(webrtc::session_request{}.tag("minimal"));
    std::cout << "session " << session.id() << '\n';

    const webrtc::created_participant alice = co_await client.create_participant(
        webrtc::participant_request{}.tag("alice").publish(webrtc::media::audio | webrtc::media::video));
    const webrtc::participant_id alice_id = alice.participant().id();
    std::cout << "participant " << alice_id << ", token of " << alice.token().reveal().size()
              << " characters for its device\n";

    co_await client.add_participant_to_session(session.id(), alice_id,
                                               webrtc::subscriptions::all_in(session.id()));
    const auto present = co_await client.list_session_participants(session.id());
    for (const webrtc::participant& each : present)
        std::cout << "in the session: " << each.tag().value_or("(no tag)") << '\n';

    co_await client.delete_participant(alice_id, webrtc::call_options{}.ignore_not_found());
    co_await client.delete_session(session.id(), webrtc::call_options{}.ignore_not_found());
    std::cout << "deleted both\n";
}

void rethrow(std::exception_ptr error) {
    if (error)
        std::rethrow_exception(error);
}

} // namespace

int main() {
    try {
        const example::service service;
        asio::io_context context;
        webrtc::client client(context, service.options());
        asio::co_spawn(context, use(std::move(client)), rethrow);
        context.run();
        return 0;
    } catch (const webrtc::api_error& error) {
        std::cerr << "failed: " << error.failure() << '\n';
    } catch (const std::exception& error) {
        std::cerr << "failed: " << error.what() << '\n';
    }
    return 1;
}
