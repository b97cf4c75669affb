#include "transport/system_resolver.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/system/system_error.hpp>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/network.hpp"

// The resolver that looks a name up on a thread of its own.

using namespace bandwidth::webrtc::detail;
using bandwidth::webrtc::error_code;
namespace asio = boost::asio;

namespace {

struct response {
    error_code code;
    address_list addresses;
    std::thread::id thread;
};

/// Looks a name up, and waits for the response.
response look_up(const name_resolver& resolver, const std::string& host, const std::string& port) {
    std::promise<response> told;
    resolver(host, port, [&told](const error_code& code, const address_list& addresses) {
        told.set_value(response{code, addresses, std::this_thread::get_id()});
    });
    return told.get_future().get();
}

} // namespace

TEST_CASE("W01: the system's resolver knows localhost, and responds on a thread of its own") {
    const auto found = look_up(system_resolver(), "localhost", "443");
    CHECK_FALSE(found.code);
    CHECK(found.thread != std::this_thread::get_id());
    REQUIRE_FALSE(found.addresses.empty());
    for (const auto& each : found.addresses) {
        CHECK(each.address().is_loopback());
        CHECK(each.port() == 443);
    }
}

TEST_CASE("W01: a name that cannot be is refused with an error") {
    const auto found = look_up(system_resolver(), "no such name.", "443");
    CHECK(found.code);
    CHECK(found.addresses.empty());
}

TEST_CASE("a look-up's thread takes none of the program's signals") {
    const auto found =
        look_up(system_resolver([](const std::string&, const std::string&, error_code& ec) {
                    sigset_t blocked;
                    sigemptyset(&blocked);
                    pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
                    if (sigismember(&blocked, SIGTERM) != 1 || sigismember(&blocked, SIGUSR1) != 1)
                        ec = asio::error::fault;
                    return address_list();
                }),
                "host", "443");
    CHECK_FALSE(found.code);
    sigset_t blocked;
    sigemptyset(&blocked);
    pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    CHECK(sigismember(&blocked, SIGTERM) == 0);
}

TEST_CASE("W01: a user's function in the place of getaddrinfo gives addresses, and gets no port") {
    const auto by = [](const std::string& host) {
        CHECK(host == "example.org");
        return std::vector{asio::ip::make_address("10.0.0.1"), asio::ip::make_address("::1")};
    };
    const auto found = look_up(system_resolver(by_function(by)), "example.org", "8443");
    CHECK_FALSE(found.code);
    CHECK(found.thread != std::this_thread::get_id());
    CHECK(found.addresses == address_list{support::address("10.0.0.1", 8443), support::address("::1", 8443)});
}

TEST_CASE("W02: whatever a user's function throws is a failure of the look-up") {
    const auto thrown = [](auto error) {
        const auto by = [error](const std::string&) -> std::vector<asio::ip::address> { throw error; };
        return look_up(system_resolver(by_function(by)), "example.org", "443").code;
    };
    CHECK(thrown(boost::system::system_error(asio::error::host_not_found)) == asio::error::host_not_found);
    CHECK(thrown(boost::system::system_error(asio::error::no_recovery)) == asio::error::no_recovery);
    CHECK(thrown(boost::system::system_error(error_code())) == asio::error::host_not_found_try_again);
    CHECK(thrown(std::runtime_error("no")) == asio::error::host_not_found_try_again);
    CHECK(thrown(42) == asio::error::host_not_found_try_again);
}
