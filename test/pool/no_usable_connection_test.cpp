// One connection after the other takes a request and ends before its first response. What of those that
// wait.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"
#include "support/text.hpp"

using namespace test;
using bandwidth::webrtc::condition;

namespace {

/// Lets every connection give `bytes` as its first response until nothing waits any more.
void respond_to_each_with(fake_pool& pool, const std::string& bytes) {
    for (std::size_t i = 0; i < 100 && pool.order.size() < pool.calls.size(); ++i) {
        if (i == pool.links.size())
            pool.pass(5s); // the pause between dials
        if (i == pool.links.size())
            break;
        pool.connect(i);
        pool.cycle([&] { pool.link(i).receive(bytes); });
    }
}

} // namespace

TEST_CASE("W24: calls that were never sent do not fail with what another call was told") {
    struct row {
        std::string bytes;
        errc cause;
    };
    for (const auto& [each_bytes, cause] : std::vector<row>{
             {"HTTP/9.9 banana\r\n\r\n", errc::protocol_error},
             {"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", errc::response_too_large}}) {
        const auto& bytes = each_bytes;
        CAPTURE(bytes);
        fake_pool pool(with_connections(1));
        pool.ask([&] {
            for (int i = 0; i < 20; ++i) {
                auto& call = pool.make(i % 2 == 0 ? request_class::safe : unsafe);
                call.timeout = 10min;
                pool.scheduler().submit(call);
            }
        });
        respond_to_each_with(pool, bytes);
        std::size_t never_sent = 0;
        for (const auto& each : pool.calls) {
            CHECK(each->completions == 1);
            if (pool.sends_of(*each) != 0) {
                CHECK(each->failed_with(cause, delivery::maybe_processed));
                continue;
            }
            ++never_sent;
            CHECK(each->failed_with(errc::no_usable_connection, delivery::not_sent));
            CHECK(each->why.code() == condition::retryable);
            CHECK(each->why.attempts() == 0);
            const auto reason = make_error_code(cause).message();
            CHECK_MESSAGE(support::names(each->why.message(), reason), each->why.message());
        }
        CHECK(never_sent > 0);
        CHECK(pool.links.size() <= 10); // it gives up
        CHECK(pool.gauges_are_zero());
        // The count begins anew with the next call.
        const auto made = pool.links.size();
        auto& next = pool.submit();
        for (int i = 0; i < 20 && pool.links.size() == made; ++i)
            pool.pass(1s);
        REQUIRE(pool.links.size() == made + 1);
        pool.connect(made);
        pool.respond(made);
        CHECK(next.got(next.request.target));
    }
}
