// The text about a pool for a person who looks at it.
#include <doctest/doctest.h>

#include <string>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

std::string description(fake_pool& pool) {
    std::string text;
    pool.cycle([&] { text = pool.scheduler().describe(); });
    return text;
}

bool tells(const std::string& text, std::string_view part) {
    CAPTURE(text);
    const bool found = text.find(part) != std::string::npos;
    CHECK(found);
    return found;
}

} // namespace

TEST_CASE("description: a connection that is being made, and calls that wait") {
    fake_pool pool(with_connections(1, 4));
    pool.submit();
    pool.submit(unsafe);
    pool.link(0).reach(connect_phase::handshaking);
    pool.pass(40ms);
    const auto text = description(pool);
    tells(text, "1 connections of 1, 0 requests in flight, at most 4 on each connection\n");
    tells(text, "1 calls wait for any connection, 1 for one to themselves, 0 for a new one, 0 are paused\n");
    tells(text, "connection 1: connecting for 0.040 s, TLS handshake\n");
}

TEST_CASE("description: what is in flight, given up and paused") {
    auto settings = with_attempts(2);
    settings.depth = 8;
    fake_pool pool(settings);
    pool.confirm(0);
    pool.submit();
    auto& gone = pool.submit();
    pool.pass(20ms);
    pool.cancel(gone);
    tells(description(pool),
          "busy, 2 in flight (1 of them given up), 1 responses, open for 0.020 s, the next "
          "response is due for 0.020 s\n");
    pool.refuse(0, 503);
    tells(description(pool), "1 are paused\n");
}

TEST_CASE("description: why nothing goes on") {
    fake_pool pool(with_connections(1));
    pool.submit();
    pool.cycle([&] { pool.link(0).refused(errc::connect_failed); });
    tells(description(pool), "no way\n");

    fake_pool paced(with_attempts(3));
    paced.confirm(0);
    paced.submit();
    paced.refuse(0, 429, "Retry-After: 7\r\n");
    tells(description(paced), "the service asked for no requests for 7 s (429)\n");
    paced.close();
    tells(description(paced), ", closed\n");
}
