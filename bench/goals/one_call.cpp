// A user's file that awaits one call. It is not part of any program: goals.sh measures how long it takes to
// compile.
#include <bandwidth/webrtc.hpp>
#include <string>

namespace webrtc = bandwidth::webrtc;

boost::asio::awaitable<std::string> tag_of(webrtc::client& client, webrtc::session_id id) {
    auto got = co_await client.get_session(id);
    co_return got.tag().value_or("no tag");
}
