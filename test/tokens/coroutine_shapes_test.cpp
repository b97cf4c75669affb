#include <doctest/doctest.h>

#include <bandwidth/webrtc/participant.hpp>
#include <bandwidth/webrtc/session.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <string>

// The forms in which users write requests inside a co_await expression. g++ 12 destroys aggregates with
// strings in such expressions twice; glibc sees that a long text is freed twice, and ends the program, and
// AddressSanitizer of g++ sees it as well. These types must be free of that.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;

namespace {

asio::awaitable<std::string> tag_of(session_request request) { co_return request.tag().value_or(""); }

asio::awaitable<std::string> tag_of_reference(const participant_request& request) {
    co_return request.tag().value_or("");
}

asio::awaitable<subscriptions> same(subscriptions value) { co_return value; }

asio::awaitable<std::string> text_of(session_id id, const participant_id& other) {
    co_return id.value() + other.value();
}

asio::awaitable<created_participant> create(device_api_version) { co_return created_participant(); }

const std::string long_text = "a text that does not fit into a string's own buffer";

asio::awaitable<int> use_all() {
    int seen = 0;
    const std::string first = co_await tag_of(session_request{}.tag(long_text));
    seen += first == long_text ? 1 : 0;
    const std::string second = co_await tag_of_reference(participant_request{}
                                                             .tag(long_text)
                                                             .publish(media::audio | media::video)
                                                             .device_api_version(device_api_version::v3));
    seen += second == long_text ? 1 : 0;
    const subscriptions third =
        co_await same(subscriptions::only(session_id(long_text))
                          .add(participant_id(long_text))
                          .add(participant_subscription{participant_id(long_text)}.stream_alias(long_text)));
    seen += third.participants().size() == 2 ? 1 : 0;
    const std::string fourth = co_await text_of(session_id("a"), participant_id(long_text));
    seen += fourth == "a" + long_text ? 1 : 0;
    const created_participant fifth = co_await create(device_api_version(long_text));
    seen += fifth.token().empty() ? 1 : 0;
    co_return seen;
}

} // namespace

TEST_CASE("requests and models can be written inside a co_await expression") {
    asio::io_context context;
    int seen = 0;
    std::exception_ptr failure;
    const auto done = [&](std::exception_ptr error, int value) {
        failure = error;
        seen = value;
    };
    asio::co_spawn(context, use_all(), done);
    context.run();
    CHECK(failure == nullptr);
    CHECK(seen == 5);
}
