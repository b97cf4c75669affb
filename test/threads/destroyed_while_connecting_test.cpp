#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "threads/many_threads.hpp"

// What a client has begun may end on another thread, when the client is gone.

using namespace bandwidth::webrtc;
using namespace test;

namespace {

// The first ones answer to nobody (RFC 5737), so that several attempts are under way together.
std::vector<boost::asio::ip::address> addresses(const std::string&) {
    return {boost::asio::ip::make_address("192.0.2.1"), boost::asio::ip::make_address("192.0.2.2"),
            boost::asio::ip::make_address("127.0.0.1")};
}

} // namespace

TEST_CASE("O10: clients are destroyed while they connect, on a context that four threads run") {
    running_context context(4);
    const auto options = client_options{}
                             .base_url("https://api.example:1")
                             .account("1")
                             .credentials("user", "secret")
                             .resolver(&addresses)
                             .max_connections(3);
    completions all;
    on_threads(4, [&](int number) {
        for (int round = 0; round < 50; ++round) {
            auto owner = std::make_unique<client>(*context, options);
            for (int i = 0; i < 3; ++i) {
                all.expect();
                owner->try_get_session(session_id("s"))([&all](const result<session>&) { all.happened(); });
            }
            if ((round + number) % 2 == 0)
                std::this_thread::sleep_for(1ms); // some have connected to nothing by then
            if ((round + number) % 3 == 0)
                owner->close();
        }
    });
    CHECK(all.wait());
}
