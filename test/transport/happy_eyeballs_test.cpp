#include "transport/happy_eyeballs.hpp"

#include <doctest/doctest.h>

#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>
#include <chrono>
#include <cstddef>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "transport/addresses.hpp"

// RFC 8305, with a time that the test sets.

using namespace std::chrono_literals;
using namespace bandwidth::webrtc::detail;
using bandwidth::webrtc::error_code;
using test::list;
using step = happy_eyeballs::step;
namespace asio = boost::asio;

namespace {

const error_code refused = asio::error::connection_refused;

/// A plan and its clock.
struct plan {
    explicit plan(const std::vector<std::string>& texts) : eyeballs(list(texts)) {}

    /// The indices that are to be tried now; what is left to do is in `last`.
    std::vector<std::size_t> attempts() {
        std::vector<std::size_t> started;
        for (last = eyeballs.next(now); last.what == step::attempt; last = eyeballs.next(now))
            started.push_back(last.index);
        return started;
    }
    void fail(std::size_t index, const error_code& code = refused) { eyeballs.failed(index, code, now); }

    happy_eyeballs eyeballs;
    time_point now{1h};
    happy_eyeballs::action last;
};

using indices = std::vector<std::size_t>;

} // namespace

TEST_CASE("W03: the families take turns, beginning with that of the first address") {
    CHECK(interleave(list({"::1", "::2", "::3", "10.0.0.1", "10.0.0.2"})) ==
          list({"::1", "10.0.0.1", "::2", "10.0.0.2", "::3"}));
    CHECK(interleave(list({"10.0.0.1", "10.0.0.2", "::1"})) == list({"10.0.0.1", "::1", "10.0.0.2"}));
    CHECK(interleave(list({"10.0.0.1", "10.0.0.2"})) == list({"10.0.0.1", "10.0.0.2"}));
    CHECK(interleave(list({"10.0.0.1", "10.0.0.1", "::1", "::1"})) == list({"10.0.0.1", "::1"}));
    CHECK(interleave({}).empty());
}

TEST_CASE("W03: an address that does not respond is waited for 250 ms, then the next is tried beside it") {
    plan p({"::1", "10.0.0.1", "10.0.0.2"});
    CHECK(p.attempts() == indices{0});
    CHECK(p.last.until == p.now + 250ms);
    p.now += 249ms;
    CHECK(p.attempts().empty());
    p.now += 1ms;
    CHECK(p.attempts() == indices{1});
    CHECK(p.last.until == p.now + 250ms);
    p.now += 250ms;
    CHECK(p.attempts() == indices{2});
    CHECK(p.last.what == step::wait);
    CHECK(p.last.until == time_point::max()); // nothing left to start
    p.now += 1h;
    CHECK(p.attempts().empty());
    CHECK(p.last.what == step::wait);
}

TEST_CASE("W04: an attempt that fails starts the next at once, and the delay begins anew") {
    plan p({"::1", "10.0.0.1", "10.0.0.2"});
    CHECK(p.attempts() == indices{0});
    p.now += 10ms;
    p.fail(0);
    CHECK(p.attempts() == indices{1});
    CHECK(p.last.until == p.now + 250ms);
    p.fail(1);
    CHECK(p.attempts() == indices{2});
    CHECK(p.last.what == step::wait);
    p.fail(2);
    CHECK(p.attempts().empty());
    CHECK(p.last.what == step::give_up);
}

TEST_CASE("W03: of two attempts side by side either failure starts the third") {
    for (const std::size_t first : {0U, 1U}) {
        plan p({"::1", "10.0.0.1", "10.0.0.2", "10.0.0.3"});
        p.attempts();
        p.now += 250ms;
        CHECK(p.attempts() == indices{1});
        p.now += 50ms;
        p.fail(first);
        CHECK(p.attempts() == indices{2});
        p.fail(1 - first);
        CHECK(p.attempts() == indices{3});
    }
}

TEST_CASE("W03: addresses that failed, or were tried before the one that connected, are passed over") {
    plan p({"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"});
    p.attempts();
    p.now += 250ms;
    p.attempts();
    p.now += 250ms;
    p.attempts();
    p.fail(2);
    p.attempts();
    CHECK(p.eyeballs.passed_over(1) == list({"10.0.0.1", "10.0.0.3"}));
    CHECK(p.eyeballs.passed_over(3) == list({"10.0.0.1", "10.0.0.2", "10.0.0.3"}));
    plan first({"10.0.0.1", "10.0.0.2"});
    first.attempts();
    CHECK(first.eyeballs.passed_over(0).empty());
}

TEST_CASE("W04: no address at all") {
    plan p({});
    CHECK(p.attempts().empty());
    CHECK(p.last.what == step::give_up);
    CHECK(p.eyeballs.describe().empty());
}

TEST_CASE("W04: each address is named with its error") {
    plan p({"::1", "10.0.0.1"});
    p.attempts();
    p.fail(0, asio::error::network_unreachable);
    p.attempts();
    p.fail(1);
    CHECK(p.eyeballs.describe() == "[::1]:443 Network is unreachable, 10.0.0.1:443 Connection refused");
    CHECK_FALSE(p.eyeballs.out_of_resources());
}

TEST_CASE("W05: an address that was tried and is silent is told of, one that was not tried is not") {
    plan p({"::1", "10.0.0.1", "10.0.0.2"});
    p.attempts();
    p.fail(0);
    p.attempts();
    CHECK(p.eyeballs.describe() == "[::1]:443 Connection refused, 10.0.0.1:443 no response");
    CHECK(p.eyeballs.describe(1) == "2 more");
}

TEST_CASE("W04: the text of a thousand failures is bounded and tells how many there were") {
    std::vector<std::string> texts;
    for (int i = 0; i < 1000; ++i)
        texts.push_back("10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    plan p(texts);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        CHECK(p.attempts() == indices{i});
        p.fail(i);
    }
    p.attempts();
    CHECK(p.last.what == step::give_up);
    const auto text = p.eyeballs.describe();
    CHECK(text.size() <= 200);
    CHECK(text.starts_with("10.1.0.0:443 Connection refused, 10.1.0.1:443 Connection refused"));
    CHECK(text.ends_with(" more"));
    CHECK(p.eyeballs.describe(1) == "1000 more");
}

TEST_CASE("W20: an attempt that failed by this machine is told from one that failed by its address") {
    for (const auto code :
         {boost::system::errc::too_many_files_open, boost::system::errc::too_many_files_open_in_system,
          boost::system::errc::no_buffer_space, boost::system::errc::not_enough_memory,
          boost::system::errc::address_not_available}) {
        CAPTURE(code);
        plan p({"::1", "10.0.0.1"});
        p.attempts();
        p.fail(0, make_error_code(code));
        CHECK(p.eyeballs.out_of_resources());
    }
    for (const auto code : {boost::system::errc::connection_refused, boost::system::errc::timed_out,
                            boost::system::errc::network_unreachable}) {
        CAPTURE(code);
        plan p({"::1", "10.0.0.1"});
        p.attempts();
        p.fail(0, make_error_code(code));
        CHECK_FALSE(p.eyeballs.out_of_resources());
    }
}

TEST_CASE("W20: no port is left, or a family has no address here: the second does not hide what moved") {
    const auto out_of_resources = [](boost::system::errc::errc_t six, boost::system::errc::errc_t four) {
        plan p({"::1", "10.0.0.1"});
        p.attempts();
        p.fail(0, make_error_code(six));
        p.attempts();
        p.fail(1, make_error_code(four));
        return p.eyeballs.out_of_resources();
    };
    namespace sys = boost::system::errc;
    CHECK(out_of_resources(sys::address_not_available, sys::address_not_available));
    CHECK(out_of_resources(sys::network_unreachable, sys::address_not_available));
    CHECK(out_of_resources(sys::address_not_available, sys::too_many_files_open));
    CHECK_FALSE(out_of_resources(sys::address_not_available, sys::connection_refused));
    CHECK_FALSE(out_of_resources(sys::network_unreachable, sys::network_unreachable));
}

TEST_CASE(
    "W03: any order of failures: each address once, in order, never two within the delay unless one "
    "failed, and the end is told") {
    std::minstd_rand random(20240607);
    for (int round = 0; round < 300; ++round) {
        const auto count = 1 + random() % 12;
        std::vector<std::string> texts;
        for (unsigned i = 0; i < count; ++i)
            texts.push_back(random() % 2 == 0 ? "::" + std::to_string(i + 1) : "10.0.0." + std::to_string(i));
        plan p(texts);
        std::set<std::size_t> pending;
        std::size_t next = 0;
        std::size_t failed = 0;
        time_point may_start = time_point::min();
        while (failed < count) {
            const auto started = p.attempts();
            REQUIRE(started.size() <= 1);
            if (!started.empty()) {
                REQUIRE(started[0] == next++);
                REQUIRE(p.now >= may_start);
                may_start = p.now + 250ms;
                pending.insert(started[0]);
            }
            REQUIRE(p.last.what == step::wait);
            REQUIRE_FALSE(pending.empty()); // it never waits for nothing
            if (random() % 2 == 0) {
                auto chosen = pending.begin();
                std::advance(chosen, random() % pending.size());
                p.fail(*chosen);
                pending.erase(chosen);
                ++failed;
                may_start = p.now;
            } else {
                p.now = p.last.until == time_point::max() ? p.now + 1s : p.last.until;
            }
        }
        CHECK(p.attempts().empty());
        CHECK(p.last.what == step::give_up);
        CHECK(next == count);
    }
}
