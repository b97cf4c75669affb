#include "readme/snippet.hpp"

#include <cstdlib>
#include <exception>

namespace readme {

namespace {

using snippet_function = asio::awaitable<void> (*)(scene&);

asio::awaitable<void> play(testing::loopback_server& server, asio::io_context& context,
                           const webrtc::client_options& options, webrtc::client& client,
                           snippet_function snippet) {
    const webrtc::session session = co_await client.create_session();
    const webrtc::created_participant alice =
        co_await client.create_participant(webrtc::participant_request{}.tag("alice"));
    const webrtc::created_participant bob =
        co_await client.create_participant(webrtc::participant_request{}.tag("bob"));
    scene ready{
        server, context, options, client, session.id(), alice.participant().id(), bob.participant().id()};
    co_await snippet(ready);
}

} // namespace

void run(snippet_function snippet) {
    testing::loopback_server server;
    setenv("BW_ACCOUNT_ID", server.account().c_str(), 1);
    setenv("BW_USERNAME", server.username().c_str(), 1);
    setenv("BW_PASSWORD", server.password().c_str(), 1);
    setenv("BANDWIDTH_WEBRTC_CALL_CONTROL_URL", server.base_url().c_str(), 1);
    const auto options = server.client_options();
    asio::io_context context;
    webrtc::client client(context, options);
    std::exception_ptr failed;
    bool ended = false;
    const auto on_end = [&](std::exception_ptr error) {
        failed = error;
        ended = true;
        client.close();
    };
    asio::co_spawn(context, play(server, context, options, client, snippet), on_end);
    context.run();
    REQUIRE(ended);
    if (failed)
        std::rethrow_exception(failed);
}

} // namespace readme
