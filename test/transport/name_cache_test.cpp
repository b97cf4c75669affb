#include "transport/name_cache.hpp"

#include <doctest/doctest.h>

#include <boost/asio/error.hpp>
#include <chrono>
#include <vector>

#include "transport/addresses.hpp"

// What is known of a name and when it is looked up, with a time that the test sets.

using namespace std::chrono_literals;
using namespace bandwidth::webrtc::detail;
using bandwidth::webrtc::error_code;
using test::list;
namespace asio = boost::asio;

namespace {

const error_code none;
const error_code absent = asio::error::host_not_found;
const error_code server_failure = asio::error::host_not_found_try_again;
const time_point beginning{1h};

/// A cache that has just got this response.
name_cache after(const error_code& code, const address_list& addresses = {}) {
    name_cache cache;
    cache.look_up_began();
    cache.look_up_ended(code, addresses, beginning);
    return cache;
}

} // namespace

TEST_CASE("W01: one look-up at a time, whatever number of dials wait for it") {
    name_cache cache;
    CHECK(cache.known(beginning) == nullptr);
    CHECK(cache.wants_look_up(beginning));
    cache.look_up_began();
    CHECK_FALSE(cache.wants_look_up(beginning));
    CHECK_FALSE(cache.wants_look_up(beginning + 1h)); // it cannot be cancelled, so it is still the one
    const auto told = cache.look_up_ended(none, list({"10.0.0.1"}), beginning + 1h);
    CHECK(told.addresses == list({"10.0.0.1"}));
    CHECK_FALSE(told.cached);
    REQUIRE(cache.known(beginning + 1h) != nullptr);
    CHECK(cache.known(beginning + 1h)->cached);
    CHECK(cache.known(beginning + 1h)->version == told.version);
    CHECK_FALSE(cache.wants_look_up(beginning + 1h));
}

TEST_CASE("W19: addresses are used for 30 s, and from 15 s on looked up beside it") {
    auto cache = after(none, list({"10.0.0.1"}));
    CHECK(cache.known(beginning + 15s - 1ns) != nullptr);
    CHECK_FALSE(cache.wants_look_up(beginning + 15s - 1ns));
    CHECK(cache.known(beginning + 15s) != nullptr);
    CHECK(cache.wants_look_up(beginning + 15s));
    CHECK(cache.known(beginning + 30s - 1ns) != nullptr);
    CHECK(cache.known(beginning + 30s) == nullptr);
    CHECK(cache.wants_look_up(beginning + 30s));
    cache.look_up_began();
    cache.look_up_ended(none, list({"10.0.0.2"}), beginning + 20s);
    REQUIRE(cache.known(beginning + 40s) != nullptr);
    CHECK(cache.known(beginning + 40s)->addresses == list({"10.0.0.2"}));
}

TEST_CASE("W01: no such host is believed for 5 s") {
    for (const error_code& code : {absent, error_code(asio::error::no_data)}) {
        auto cache = after(code);
        REQUIRE(cache.known(beginning + 5s - 1ns) != nullptr);
        CHECK(cache.known(beginning)->code == code);
        CHECK_FALSE(cache.wants_look_up(beginning + 5s - 1ns));
        CHECK(cache.known(beginning + 5s) == nullptr);
        CHECK(cache.wants_look_up(beginning + 5s));
    }
    auto cache = after(none); // a response without an address
    CHECK(cache.known(beginning)->code == asio::error::no_data);
}

TEST_CASE("W02: other failures are not kept, and take nothing away from what is known") {
    auto cache = after(server_failure);
    CHECK(cache.known(beginning) == nullptr);
    CHECK(cache.wants_look_up(beginning));
    cache = after(none, list({"10.0.0.1"}));
    cache.look_up_began();
    const auto told = cache.look_up_ended(server_failure, {}, beginning + 16s);
    CHECK(told.code == server_failure);
    REQUIRE(cache.known(beginning + 16s) != nullptr);
    CHECK(cache.known(beginning + 16s)->addresses == list({"10.0.0.1"}));
    CHECK(cache.wants_look_up(beginning + 16s));
    CHECK(cache.known(beginning + 30s) == nullptr); // no longer than it would have been otherwise
}

TEST_CASE("W01: a host that is gone is no longer known, one that appears is") {
    auto cache = after(none, list({"10.0.0.1"}));
    cache.look_up_began();
    cache.look_up_ended(absent, {}, beginning + 16s);
    REQUIRE(cache.known(beginning + 16s) != nullptr);
    CHECK(cache.known(beginning + 16s)->code == absent);
    cache.look_up_began();
    cache.look_up_ended(none, list({"10.0.0.1"}), beginning + 22s);
    CHECK_FALSE(cache.known(beginning + 22s)->code);
}

TEST_CASE("W19: addresses that all failed are looked up anew, but only those that are known now") {
    auto cache = after(none, list({"10.0.0.1"}));
    const auto old = cache.known(beginning)->version;
    cache.all_failed(old);
    CHECK(cache.known(beginning) == nullptr);
    CHECK(cache.wants_look_up(beginning));
    cache.look_up_began();
    const auto told = cache.look_up_ended(none, list({"10.0.0.2"}), beginning + 1s);
    CHECK(told.version != old);
    cache.all_failed(old); // another dial, late
    REQUIRE(cache.known(beginning + 1s) != nullptr);
    CHECK(cache.known(beginning + 1s)->addresses == list({"10.0.0.2"}));
}

TEST_CASE("W02: addresses in doubt are better than none where the name server fails") {
    auto cache = after(none, list({"10.0.0.1"}));
    const auto version = cache.known(beginning)->version;
    cache.look_up_began(); // a refresh, which was under way when they failed
    cache.all_failed(version);
    auto told = cache.look_up_ended(server_failure, {}, beginning + 1s);
    CHECK_FALSE(told.code);
    CHECK(told.addresses == list({"10.0.0.1"}));
    CHECK(told.version == version);
    CHECK_FALSE(told.cached);                      // so that who is told does not ask again
    CHECK(cache.known(beginning + 1s) == nullptr); // the name server is asked first again
    CHECK(cache.wants_look_up(beginning + 1s));
    cache.look_up_began();
    told = cache.look_up_ended(server_failure, {}, beginning + 30s); // too old by now
    CHECK(told.code == server_failure);
    CHECK(told.addresses.empty());
    cache.look_up_began();
    cache.look_up_ended(none, list({"10.0.0.1"}), beginning + 31s);
    CHECK(cache.known(beginning + 31s) != nullptr); // no longer in doubt
    cache.all_failed(cache.known(beginning + 31s)->version);
    cache.look_up_began();
    told = cache.look_up_ended(absent, {}, beginning + 32s); // that is no failure
    CHECK(told.code == absent);
}

TEST_CASE("W03: an address that worked goes first, one that misbehaved last") {
    const auto three = list({"::1", "10.0.0.1", "10.0.0.2"});
    auto cache = after(none, three);
    cache.worked(three[1]);
    CHECK(cache.known(beginning)->addresses == list({"10.0.0.1", "::1", "10.0.0.2"}));
    cache.worked(three[1]);
    CHECK(cache.known(beginning)->addresses == list({"10.0.0.1", "::1", "10.0.0.2"}));
    cache.misbehaved(three[1]);
    CHECK(cache.known(beginning)->addresses == list({"::1", "10.0.0.2", "10.0.0.1"}));
    cache.worked(list({"10.9.9.9"})[0]);
    cache.misbehaved(list({"10.9.9.9"})[0]);
    CHECK(cache.known(beginning)->addresses == list({"::1", "10.0.0.2", "10.0.0.1"}));
    name_cache empty;
    empty.worked(three[0]);
    empty.misbehaved(three[0]);
    CHECK(empty.known(beginning) == nullptr);
}
