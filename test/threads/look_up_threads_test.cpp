#include <doctest/doctest.h>

#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>

#include "support/network.hpp"
#include "support/test_client.hpp"
#include "transport/system_resolver.hpp"

// Look-ups have threads of their own, which may find a client, its context, or neither of them any more.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;

namespace {

std::atomic<int> asked{0};
std::atomic<int> may_respond{0};

support::detail::address_list respond_when_told(const std::string&, const std::string&,
                                                support::error_code&) {
    const int mine = ++asked;
    while (may_respond < mine)
        std::this_thread::yield();
    return {support::address("127.0.0.1", 1)};
}

} // namespace

TEST_CASE("O20: look-ups end while their clients close, and while their contexts are destroyed") {
    asked = may_respond = 0;
    for (int round = 0; round < 60; ++round) {
        auto context = std::make_unique<asio::io_context>();
        auto owner = std::make_unique<client>(
            *context, support::with_resolver(client_options{}
                                                 .base_url("https://api.example")
                                                 .account("9900000")
                                                 .credentials("user", "secret"),
                                             support::detail::system_resolver(&respond_when_told)));
        support::collector<session> results;
        owner->try_get_session(session_id("s"))(results.next());
        support::run_until(*context, [&] { return asked == round + 1; });
        // The response is under way from here on.
        if (round % 3 == 0) {
            ++may_respond;
            owner.reset();
            results.wait(*context);
            CHECK(results[0].error().code() == errc::client_closed);
        } else if (round % 3 == 1) {
            ++may_respond;
            context->poll();
            owner.reset();
        } else {
            owner.reset();
            ++may_respond;
        }
        context.reset();
    }
}
