// O02: crowds of calls against a server that says 429, in told time: all of them succeed within their deadlines, and
// the server sees few requests more than there are calls.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

constexpr std::size_t crowd = 2000;

/// Takes some requests in each second, or none at first, and responds to the others with 429.
class limiting_server {
public:
    std::size_t requests_per_second = std::numeric_limits<std::size_t>::max();
    std::chrono::nanoseconds refuses_for{0}; ///< everything, from the first request on
    bool says_when = true;                   ///< with Retry-After: 1

    std::string respond(const std::string& target, detail::time_point now) {
        ++requests;
        if (began_ == detail::time_point())
            began_ = period_ = now;
        if (now - period_ >= 1s) {
            period_ = now;
            taken_ = 0;
        }
        const std::string length = "Content-Length: ";
        if (now - began_ < refuses_for || taken_ >= requests_per_second)
            return std::string("HTTP/1.1 429 No\r\n") + (says_when ? "Retry-After: 1\r\n" : "") + length +
                   "0\r\n\r\n";
        ++taken_;
        return "HTTP/1.1 200 OK\r\n" + length + std::to_string(target.size()) + "\r\n\r\n" + target;
    }

    std::size_t requests = 0; ///< that it has seen

private:
    detail::time_point began_{};
    detail::time_point period_{}; // when the current second began
    std::size_t taken_ = 0;       // in it
};

struct crowd_result {
    std::size_t succeeded = 0;
    std::size_t requests = 0;
    std::chrono::nanoseconds took{0};
};

/// Connections and responses take a round trip each.
crowd_result serve_crowd(const detail::scheduler_settings& settings, limiting_server server,
                         request_class kind, std::chrono::nanoseconds timeout, std::size_t warm = 0) {
    constexpr auto round_trip = 5ms;
    fake_pool pool(settings);
    if (warm != 0)
        pool.confirm_all(warm);
    const auto before = pool.calls.size();
    const auto began = pool.now();
    pool.ask([&] {
        for (std::size_t i = 0; i < crowd; ++i) {
            auto& made = pool.make(kind);
            made.timeout = timeout;
            pool.scheduler().submit(made);
        }
    });
    while (pool.order.size() != pool.calls.size() && pool.now() - began < timeout) {
        // What is on its way now has arrived a round trip later.
        std::vector<std::size_t> connecting, responding;
        for (std::size_t i = 0; i < pool.links.size(); ++i) {
            if (pool.link(i).phase() == phase::connecting)
                connecting.push_back(i);
            if (pool.link(i).phase() == phase::open && pool.link(i).outstanding() != 0)
                responding.push_back(i);
        }
        pool.pass(round_trip);
        for (const auto i : connecting)
            pool.connect(i);
        for (const auto i : responding) {
            std::string bytes;
            for (std::size_t ahead = 0; !pool.link(i).next_target(ahead).empty(); ++ahead)
                bytes += server.respond(pool.link(i).next_target(ahead), pool.now());
            pool.cycle([&] { pool.link(i).receive(bytes); });
        }
    }
    crowd_result result;
    for (std::size_t i = before; i < pool.calls.size(); ++i)
        result.succeeded += pool.calls[i]->status == 200 ? 1U : 0U;
    result.requests = server.requests;
    result.took = pool.now() - began;
    CHECK(pool.gauges_are_zero());
    return result;
}

detail::scheduler_settings sized(std::size_t connections, std::size_t depth) {
    auto settings = with_attempts(3, connections);
    settings.depth = depth;
    settings.queue_limit = crowd;
    return settings;
}

struct shape {
    std::size_t connections, depth;
    request_class kind;
};
constexpr shape shapes[] = {
    {8, 8, request_class::safe}, {64, 32, request_class::safe}, {8, 8, unsafe}, {64, 32, unsafe}};

constexpr std::size_t a_fifth_more(std::size_t count) { return count + count / 5; }

} // namespace

TEST_CASE("O02: 2,000 calls against three seconds of 429 all succeed, with at most a fifth more requests") {
    for (const auto& [each_connections, depth, each_kind] : shapes) {
        const auto& connections = each_connections;
        const auto& kind = each_kind;
        CAPTURE(connections);
        CAPTURE(kind == unsafe);
        limiting_server server;
        server.refuses_for = 3s;
        const auto seen = serve_crowd(sized(connections, depth), server, kind, 30s);
        CHECK(seen.succeeded == crowd);
        CHECK(seen.requests <= a_fifth_more(crowd));
        MESSAGE(seen.requests << " requests in " << seen.took / 1ms << " ms");
    }
}

TEST_CASE(
    "O02: 2,000 calls against a server that takes 100 in a second all succeed, with at most a fifth more") {
    for (const bool says_when : {true, false}) {
        for (const auto& [each_connections, depth, each_kind] : shapes) {
            const auto& connections = each_connections;
            const auto& kind = each_kind;
            CAPTURE(connections);
            CAPTURE(kind == unsafe);
            CAPTURE(says_when);
            limiting_server server;
            server.requests_per_second = 100;
            server.says_when = says_when;
            const auto seen = serve_crowd(sized(connections, depth), server, kind, 60s);
            CHECK(seen.succeeded == crowd);
            // What is in flight when the server first says no, it has seen already.
            const auto flight = kind == unsafe ? connections : std::min(crowd, connections * depth);
            CHECK(seen.requests <= std::max(a_fifth_more(crowd), crowd + flight + crowd / 5));
            MESSAGE(seen.requests << " requests in " << seen.took / 1ms << " ms");
        }
    }
}

TEST_CASE("O02: where each connection is pipelined on already, the first flight comes on top") {
    limiting_server server;
    server.refuses_for = 3s;
    const auto seen = serve_crowd(sized(64, 32), server, request_class::safe, 30s, 64);
    CHECK(seen.succeeded == crowd);
    CHECK(seen.requests <= 2 * crowd + 10); // all of them were in flight at once
}
