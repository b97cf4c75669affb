// The statistics that count events by their reasons.
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "pool/fake_pool.hpp"

using namespace test;
using detail::counters;

namespace {

template <std::size_t Count>
using reasons = std::array<std::uint64_t counters::*, Count>;

/// `one` has counted to 1, the others to 0.
template <std::size_t Count>
void check_only(const fake_pool& pool, const reasons<Count>& all, std::uint64_t counters::*one) {
    for (const auto each : all)
        CHECK(pool.stats().*each == (each == one ? 1 : 0));
}

const reasons<8> closed{&counters::connections_closed_announced, &counters::connections_closed_ended,
                        &counters::connections_closed_broken,    &counters::connections_closed_protocol,
                        &counters::connections_closed_timeout,   &counters::connections_closed_idle,
                        &counters::connections_closed_drained,   &counters::connections_closed_abandoned};
const reasons<4> retried{&counters::retries_throttled, &counters::retries_status, &counters::retries_timeout,
                         &counters::retries_lost};
const reasons<4> resent{&counters::resends_announced, &counters::resends_lost, &counters::resends_given_up,
                        &counters::resends_requested};
const reasons<4> not_dialled{&counters::dials_failed_resolving, &counters::dials_failed_connecting,
                             &counters::dials_failed_tls, &counters::dials_failed_proxy};

void receive(fake_pool& pool, std::string_view bytes) {
    pool.cycle([&] { pool.link(0).receive(bytes); });
}

} // namespace

TEST_CASE("connections that were closed are counted by reason") {
    struct row {
        std::uint64_t counters::*reason;
        std::function<void(fake_pool&)> event;
    };
    const std::vector<row> rows = {
        {&counters::connections_closed_announced,
         [](fake_pool& pool) {
             pool.submit();
             pool.respond(0, "Connection: close\r\n");
         }},
        {&counters::connections_closed_ended,
         [](fake_pool& pool) { pool.cycle([&] { pool.link(0).fin(); }); }},
        {&counters::connections_closed_broken,
         [](fake_pool& pool) { pool.cycle([&] { pool.link(0).reset(); }); }},
        {&counters::connections_closed_protocol,
         [](fake_pool& pool) {
             pool.submit();
             receive(pool, "no HTTP\r\n\r\n");
         }},
        {&counters::connections_closed_protocol, [](fake_pool& pool) { receive(pool, "surplus"); }},
        {&counters::connections_closed_protocol,
         [](fake_pool& pool) {
             auto& call = pool.make();
             call.knows_own = true;
             pool.submit(call);
             receive(pool, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/9");
         }},
        {&counters::connections_closed_timeout,
         [](fake_pool& pool) {
             pool.submit();
             pool.pass(20s);
         }},
        {&counters::connections_closed_idle, [](fake_pool& pool) { pool.pass(60s); }},
        {&counters::connections_closed_idle,
         [](fake_pool& pool) {
             pool.pass(5s);
             pool.submit(unsafe); // must not use it, and there is no room for another
         }},
        {&counters::connections_closed_drained,
         [](fake_pool& pool) { pool.ask([&] { pool.scheduler().drain_connections(); }); }},
        {&counters::connections_closed_abandoned,
         [](fake_pool& pool) {
             pool.cancel(pool.submit());
             receive(pool, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
             receive(pool, "the first of a million bytes");
         }},
        {nullptr, [](fake_pool& pool) { pool.close(); }},
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(i);
        fake_pool pool(with_connections(1));
        pool.confirm(0);
        rows[i].event(pool);
        CHECK(pool.link(0).phase() == phase::closed);
        CHECK(pool.stats().connections_closed == 1);
        check_only(pool, closed, rows[i].reason);
    }
}

TEST_CASE("retries are counted by reason") {
    const auto retry_after = [](std::uint64_t counters::*reason,
                                const std::function<void(fake_pool&)>& event) {
        auto settings = with_attempts(2);
        fake_pool pool(settings);
        pool.submit();
        pool.connect(0);
        event(pool);
        CHECK(pool.stats().retries == 1);
        check_only(pool, retried, reason);
    };
    retry_after(
        &counters::retries_throttled, [](fake_pool& pool) { pool.refuse(0, 503); });
    retry_after(
        &counters::retries_status, [](fake_pool& pool) { pool.refuse(0, 500); });
    retry_after(
        &counters::retries_timeout, [](fake_pool& pool) { pool.pass(15s); });
    retry_after(&counters::retries_lost, [](fake_pool& pool) { pool.cycle([&] { pool.link(0).reset(); }); });
}

TEST_CASE("a timeout of one attempt is counted with the retries for time") {
    fake_pool pool(with_attempts(2));
    auto& get = pool.make();
    get.extras().attempt_timeout = 1s;
    pool.submit(get);
    pool.connect(0);
    pool.pass(1s);
    CHECK(pool.stats().retries == 1);
    check_only(pool, retried, &counters::retries_timeout);
    CHECK(pool.stats().calls_timed_out == 0);
}

TEST_CASE("resends are counted by reason") {
    const auto resend_after = [](std::uint64_t counters::*reason,
                                 const std::function<void(fake_pool&)>& event) {
        fake_pool pool(with_connections(1));
        pool.confirm(0);
        pool.submit();
        pool.submit();
        event(pool);
        CHECK(pool.stats().resends == 1);
        check_only(pool, resent, reason);
    };
    resend_after(
        &counters::resends_announced, [](fake_pool& pool) { pool.respond(0, "Connection: close\r\n"); });
    resend_after(&counters::resends_lost, [](fake_pool& pool) {
        pool.respond(0);
        pool.cycle([&] { pool.link(0).reset(); });
    });
    resend_after(&counters::resends_given_up, [](fake_pool& pool) {
        pool.cancel(*pool.calls[1]);
        receive(pool, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        receive(pool, "the first of a million bytes");
    });
    resend_after(&counters::resends_requested, [](fake_pool& pool) {
        pool.respond(0);
        pool.refuse(0, 421);
    });
}

TEST_CASE("dials that failed are counted by how far they came") {
    const std::pair<errc, std::uint64_t counters::*> table[] = {
        {errc::host_not_found, &counters::dials_failed_resolving},
        {errc::resolve_failed, &counters::dials_failed_resolving},
        {errc::connect_failed, &counters::dials_failed_connecting},
        {errc::handshake_failed, &counters::dials_failed_tls},
        {errc::tls_untrusted, &counters::dials_failed_tls},
        {errc::proxy_refused, &counters::dials_failed_proxy},
        {errc::proxy_failed, &counters::dials_failed_proxy},
    };
    for (const auto& [each_code, reason] : table) {
        const auto& code = each_code;
        CAPTURE(code);
        fake_pool pool(with_connections(1));
        pool.submit();
        pool.cycle([&, failed = code] { pool.link(0).refused(failed); });
        CHECK(pool.stats().dials_failed == 1);
        check_only(pool, not_dialled, reason);
    }
    const std::pair<connect_phase, std::uint64_t counters::*> timeouts[] = {
        {connect_phase::resolving, &counters::dials_failed_resolving},
        {connect_phase::connecting, &counters::dials_failed_connecting},
        {connect_phase::tunnelling, &counters::dials_failed_proxy},
        {connect_phase::handshaking, &counters::dials_failed_tls},
    };
    for (const auto& [reached, reason] : timeouts) {
        fake_pool pool(with_connections(1));
        pool.submit();
        pool.link(0).reach(reached);
        pool.pass(5s);
        check_only(pool, not_dialled, reason);
        CHECK(pool.stats().calls_timed_out == 1);
    }
}

TEST_CASE("cancellations are counted by where they met the call") {
    fake_pool pool(with_attempts(2));
    pool.cancel(pool.submit());
    CHECK(pool.stats().calls_cancelled_queued == 1);
    auto& in_flight = pool.submit();
    pool.connect(0);
    pool.cancel(in_flight);
    CHECK(pool.stats().calls_cancelled_in_flight == 1);
    auto& pausing = pool.submit();
    pool.respond(0); // the abandoned request's
    pool.refuse(0, 500);
    pool.cancel(pausing);
    CHECK(pool.stats().calls_cancelled == 3);
    CHECK(pool.stats().calls_cancelled_queued == 1);
    CHECK(pool.stats().calls_cancelled_in_flight == 1);
}

TEST_CASE("responses are counted by status, an abandoned one and one that is asked for again too") {
    fake_pool pool(with_attempts(2));
    pool.confirm(0);
    pool.cancel(pool.submit());
    pool.respond(0);
    pool.submit();
    pool.refuse(0, 500);
    pool.pass(1s);
    pool.refuse(0, 404);
    CHECK(pool.stats().responses_2xx == 2);
    CHECK(pool.stats().responses_4xx == 1);
    CHECK(pool.stats().responses_5xx == 1);
}

TEST_CASE("the wait behind others is counted from the time at which there are others") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.link(0).jammed = true;
    auto& gone = pool.submit();
    pool.pass(100ms);
    pool.submit();
    pool.cancel(gone);
    pool.link(0).jammed = false;
    pool.cycle([&] { pool.link(0).flush(); });
    pool.respond(0);
    CHECK(pool.stats().head_of_line_wait_ns <= 100'000'000);
}

TEST_CASE("a drain that is cancelled is not counted, since it is no call") {
    fake_pool pool(with_connections(1));
    pool.submit();
    auto& drain = pool.drain();
    pool.cancel(drain);
    CHECK(drain.why.code() == errc::cancelled);
    CHECK(pool.stats().calls_cancelled == 0);
    CHECK(pool.stats().calls_failed == 0);
}
