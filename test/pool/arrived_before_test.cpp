// What has arrived on an idle connection was there before the request that may go to it next, so it is read
// before that request is written: a response that nobody asked for is never taken for its response, and an
// end that has arrived costs no call anything.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

using arrival = std::function<void(fake_connection&)>;

/// What a server may have sent while nothing was outstanding.
std::vector<std::pair<std::string, arrival>> arrivals() {
    return {
        {"a response", [](auto& link) { link.receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalien"); }},
        {"the first byte of one", [](auto& link) { link.receive("H"); }},
        {"a request timeout",
         [](auto& link) {
             link.receive("HTTP/1.1 408 Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
         }},
        {"FIN", [](auto& link) { link.fin(); }},
        {"a reset", [](auto& link) { link.reset(); }},
    };
}

} // namespace

TEST_CASE("F07, F07b: what came before a request is never its response, nor its loss") {
    for (const auto& [each_name, arrived] : arrivals()) {
        const auto& name = each_name;
        for (const auto kind : {request_class::safe, request_class::idempotent, unsafe}) {
            for (const std::size_t connections : {1U, 3U}) {
                CAPTURE(name);
                CAPTURE(static_cast<int>(kind));
                CAPTURE(connections);
                fake_pool pool(with_connections(connections));
                pool.confirm_all(connections);
                pool.pass(30ms); // the thread is busy
                for (auto& link : pool.links)
                    link->in_socket = arrived;
                auto& call = pool.submit(kind);
                CHECK_FALSE(call.done());
                // None of the connections is of use, so a new one is made.
                REQUIRE(pool.links.size() == connections + 1);
                for (std::size_t i = 0; i < connections; ++i)
                    CHECK(pool.link(i).phase() == phase::closed);
                pool.connect(connections);
                pool.respond(connections);
                CHECK(call.got(call.request.target));
                CHECK(pool.sends_of(call) == 1);
            }
        }
    }
}

TEST_CASE("F07: of several idle connections only the one that something came on is given up") {
    fake_pool pool(with_connections(2));
    pool.confirm_all(2);
    pool.pass(30ms);
    pool.link(1).in_socket = arrivals().front().second; // it was used last, so it is next in line
    auto& post = pool.submit(unsafe);
    CHECK(pool.link(1).phase() == phase::closed);
    pool.respond(0);
    CHECK(post.got(post.request.target));
    CHECK(pool.links.size() == 2);
    CHECK(pool.stats().unsolicited_bytes != 0);
}

TEST_CASE("F07: a connection that was read a moment ago is not read again") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.submit(); // in the same moment as the response before
    CHECK(pool.link(0).reads == 0);
    pool.respond(0);
    pool.pass(1ms);
    pool.submit();
    CHECK(pool.link(0).reads == 1);
    pool.submit(); // behind the other request: bytes that come are the response to that one
    CHECK(pool.link(0).reads == 1);
}

TEST_CASE("F07c: what came last may have had a FIN behind it, which a POST must not meet") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.link(0).in_socket = [](fake_connection& link) { link.truncated(); };
    auto& call = pool.submit(unsafe); // in the same moment as the response before
    CHECK(pool.link(0).phase() == phase::closed);
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    CHECK(pool.link(1).reads == 0); // nothing came on it
    pool.respond(1);
    CHECK(call.got(call.request.target));
    CHECK(pool.sends_of(call) == 1);
    auto& next = pool.submit(unsafe);
    CHECK(pool.link(1).reads == 1);
    pool.respond(1);
    CHECK(next.got(next.request.target));
}

TEST_CASE("F07: behind an idle connection that makes room for another one, the next is read too") {
    fake_pool pool(with_connections(2));
    pool.confirm_all(2);
    pool.pass(5s); // too long for a POST to use an idle connection
    pool.link(0).in_socket = arrivals().front().second;
    pool.ask([&] {
        pool.scheduler().submit(pool.make(unsafe)); // closes the connection that was used last
        pool.scheduler().submit(pool.make());
    });
    CHECK(pool.link(1).phase() == phase::closed);
    CHECK(pool.link(0).phase() == phase::closed);
    CHECK(pool.link(0).targets().size() == 1);
}
