#include <dlfcn.h>
#include <netdb.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <bandwidth/webrtc/testing/scripted_server.hpp>

#include "loopback/event_poster.hpp"
#include "loopback/http_fixture.hpp"

// What bounds the posting of events: a name server that is silent, and URLs that take events more slowly than these
// happen.

using namespace bandwidth::webrtc::testing;
using namespace std::chrono_literals;
using detail::event_poster;
using detail::posted_event;
using loopback_test::eventually;

namespace {

std::atomic<bool> names_are_silent = false;

/// From here to its end no look-up of a name ends.
struct silent_names {
    silent_names() { names_are_silent = true; }
    ~silent_names() { names_are_silent = false; }
};

struct bounds_trial {
    explicit bounds_trial(const loopback_options& options)
        : poster(std::make_shared<event_poster>(boost::asio::make_strand(context), options)) {}

    boost::asio::io_context context;
    std::shared_ptr<event_poster> poster;
};

} // namespace

// Stands in for the system's, for all look-ups of this program.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
    while (names_are_silent)
        std::this_thread::sleep_for(1ms);
    using function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto system = reinterpret_cast<function>(dlsym(RTLD_NEXT, "getaddrinfo"));
    return system(host, service, hints, found);
}

TEST_CASE("a name server that is silent holds up an event for its timeout, and no longer") {
    scripted_server taking(scripted_options{}.plain_tcp(true));
    taking.otherwise(script{}.expect_requests().send("HTTP/1.1 204 No Content\r\n\r\n"));
    const auto port = std::to_string(taking.port());
    bounds_trial trial(loopback_options{}.event_timeout(50ms));
    {
        const silent_names from_here;
        trial.poster->post({"http://localhost:" + port + "/", "http://localhost:" + port + "/", "{}"});
        REQUIRE(eventually([&] {
            trial.context.poll();
            return trial.poster->failed_posts() == 2; // the fallback URL as well
        }));
    }
    trial.poster->post({"http://localhost:" + port + "/", "", "{}"});
    CHECK(eventually([&] {
        trial.context.poll();
        return trial.poster->delivered() == 1;
    }));
}

TEST_CASE("events that are not taken wait in a queue that has an end, and those beyond are dropped") {
    bounds_trial trial(loopback_options{}.event_timeout(std::chrono::nanoseconds::max()));
    const silent_names until_the_context_goes;
    const posted_event event{"http://localhost:1/", "", "{}"};
    trial.poster->post(event);
    trial.context.poll(); // it is being posted
    for (std::size_t i = 0; i < event_poster::most_waiting + 3; ++i)
        trial.poster->post(event);
    trial.context.poll();
    CHECK(trial.poster->dropped() == 3);
    CHECK(trial.poster->failed_posts() == 0);
    trial.poster->close();
    trial.context.poll();
    CHECK(trial.poster->failed_posts() == 1); // what waits is forgotten
}
