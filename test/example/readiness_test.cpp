#include "session_service/readiness.hpp"

#include <doctest/doctest.h>
#include <chrono>

namespace {

using namespace example;
using namespace std::chrono_literals;
using state = readiness_state;

struct watched_service {
    readiness ready;
    webrtc::client_stats stats;
    readiness::time_point now{};

    state what() { return ready.state(stats, now); }
    void ended(int status, webrtc::error_code error = {}) {
        webrtc::observed_call_end event;
        event.status = status;
        event.error = error;
        ready.call_ended(event, now);
    }
    void ended_often(int status, webrtc::error_code error = {}) {
        for (int i = 0; i < readiness::failures; ++i)
            ended(status, error);
    }
};

} // namespace

TEST_CASE("readiness: there has to be a connection first") {
    watched_service service;
    CHECK(service.what() == state::no_connection);
    service.stats.connections_connecting = 1;
    CHECK(service.what() == state::no_connection);
    service.stats.connections_idle = 1;
    CHECK(service.what() == state::ready);
}

TEST_CASE("readiness: a connection that is being replaced is no lost one, until the next one fails") {
    watched_service service;
    service.stats.dials_failed = 3; // long ago
    service.stats.connections_active = 1;
    CHECK(service.what() == state::ready);
    service.stats.connections_active = 0;
    service.stats.connections_connecting = 1;
    CHECK(service.what() == state::ready);
    service.stats.dials_failed = 4;
    CHECK(service.what() == state::no_connection);
    service.stats.connections_draining = 1;
    CHECK(service.what() == state::ready);
}

TEST_CASE("readiness: not for a while when calls fail, then again") {
    watched_service service;
    service.stats.connections_idle = 1;
    service.ended_often(500);
    CHECK(service.what() == state::calls_fail);
    service.now += readiness::pause;
    CHECK(service.what() == state::ready); // to find out
    service.ended(0, webrtc::errc::response_timeout);
    CHECK(service.what() == state::calls_fail);
    service.ended(200);
    CHECK(service.what() == state::ready);
    service.ended(503);
    CHECK(service.what() == state::ready);
}

TEST_CASE("readiness: which calls count") {
    for (const int status : {401, 403, 500, 503}) {
        watched_service service;
        service.stats.connections_idle = 1;
        service.ended_often(status, webrtc::make_http_error(status));
        CHECK(service.what() == state::calls_fail);
    }
    for (const int status : {200, 204, 400, 404, 409, 429}) {
        watched_service service;
        service.stats.connections_idle = 1;
        service.ended_often(status);
        CHECK(service.what() == state::ready);
    }
    for (const auto error :
         {webrtc::errc::cancelled, webrtc::errc::client_closed, webrtc::errc::invalid_argument}) {
        watched_service service;
        service.stats.connections_idle = 1;
        service.ended_often(0, error);
        CHECK(service.what() == state::ready);
        service.ended_often(500);
        service.ended(0, error); // says nothing
        CHECK(service.what() == state::calls_fail);
    }
}

TEST_CASE("readiness: draining comes before all else") {
    watched_service service;
    service.ready.drain();
    CHECK(service.what() == state::draining);
    service.stats.connections_idle = 1;
    service.ended_often(500);
    CHECK(service.what() == state::draining);
    CHECK(to_string(state::draining) == std::string("draining"));
}
