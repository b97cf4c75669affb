#include "bulk/report/exit_status.hpp"

#include <doctest/doctest.h>
#include <csignal>

namespace webrtc = bandwidth::webrtc;
using namespace webrtc::bulk;

TEST_CASE("exit status: what each outcome gives") {
    verdict outcome;
    CHECK(exit_code(outcome) == 0);
    SUBCASE("failed") {
        outcome.failed = 1;
        CHECK(exit_code(outcome) == 1);
    }
    SUBCASE("mismatched") {
        outcome.mismatched = 1;
        CHECK(exit_code(outcome) == 1);
    }
    SUBCASE("left behind") {
        outcome.left_behind = 1;
        CHECK(exit_code(outcome) == 1);
    }
    SUBCASE("refused, which makes calls fail") {
        outcome.failed = 3;
        outcome.refused = true;
        CHECK(exit_code(outcome) == 3);
    }
    SUBCASE("no connection, which makes calls fail") {
        outcome.failed = 3;
        outcome.no_connection = true;
        CHECK(exit_code(outcome) == 4);
    }
    SUBCASE("a signal, whatever else went wrong") {
        outcome.failed = 3;
        outcome.left_behind = 1;
        outcome.signal = SIGINT;
        CHECK(exit_code(outcome) == 130);
        outcome.signal = SIGTERM;
        CHECK(exit_code(outcome) == 143);
    }
}

TEST_CASE("exit status: which failures mean that there is no connection") {
    for (const auto code :
         {webrtc::errc::host_not_found, webrtc::errc::connect_failed, webrtc::errc::connect_timeout,
          webrtc::errc::tls_untrusted, webrtc::errc::tls_host_mismatch, webrtc::errc::tls_protocol,
          webrtc::errc::tls_rejected})
        CHECK(is_connection_failure(code, false));
    for (const auto code : {webrtc::errc::connection_lost, webrtc::errc::response_timeout,
                            webrtc::errc::protocol_error, webrtc::errc::queue_full, webrtc::errc::cancelled})
        CHECK_FALSE(is_connection_failure(code, false));
    CHECK_FALSE(is_connection_failure(webrtc::make_http_error(503), false));
    CHECK_FALSE(is_connection_failure(webrtc::error_code(), false));
}

TEST_CASE(
    "exit status: time spent in the queue, or for an access token, tells of no connection only before there "
    "was one") {
    for (const auto code : {webrtc::errc::queue_timeout, webrtc::errc::token_timeout}) {
        CHECK(is_connection_failure(code, false));
        CHECK_FALSE(is_connection_failure(code, true));
    }
    // Some endpoint has answered.
    CHECK_FALSE(is_connection_failure(webrtc::errc::token_refused, false));
    CHECK_FALSE(is_connection_failure(webrtc::errc::token_failed, false));
}
