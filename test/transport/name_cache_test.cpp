#include <doctest/doctest.h>

#include <boost/asio/error.hpp>
#include <chrono>
#include <vector>

#include "transport/addresses.hpp"
#include "transport/name_lookup.hpp"

// What is known of a name and for how long, with a time that the test sets.

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
    cache.look_up_ended(code, addresses, beginning);
    return cache;
}

} // namespace

TEST_CASE("W19: addresses are used for 30 s, and replaced by those of the next look-up") {
    name_cache cache;
    CHECK(cache.known(beginning) == nullptr);
    const auto told = cache.look_up_ended(none, list({"10.0.0.1"}), beginning);
    CHECK(told.addresses == list({"10.0.0.1"}));
    CHECK_FALSE(told.cached);
    REQUIRE(cache.known(beginning + 30s - 1ns) != nullptr);
    CHECK(cache.known(beginning)->addresses == list({"10.0.0.1"}));
    CHECK(cache.known(beginning)->cached);
    CHECK(cache.known(beginning + 30s) == nullptr);
    cache.look_up_ended(none, list({"10.0.0.2"}), beginning + 40s);
    REQUIRE(cache.known(beginning + 40s) != nullptr);
    CHECK(cache.known(beginning + 40s)->addresses == list({"10.0.0.2"}));
}

TEST_CASE("W01: no such host is believed for 5 s") {
    for (const error_code& code : {absent, error_code(asio::error::no_data)}) {
        auto cache = after(code);
        REQUIRE(cache.known(beginning + 5s - 1ns) != nullptr);
        CHECK(cache.known(beginning)->code == code);
        CHECK(cache.known(beginning + 5s) == nullptr);
    }
    auto cache = after(none); // a response without an address
    CHECK(cache.known(beginning)->code == asio::error::no_data);
}

TEST_CASE("W02: other failures are told and not kept") {
    name_cache cache;
    const auto told = cache.look_up_ended(server_failure, {}, beginning);
    CHECK(told.code == server_failure);
    CHECK(cache.known(beginning) == nullptr);
}

TEST_CASE("W01: a host that is gone is no longer known, one that appears is") {
    auto cache = after(none, list({"10.0.0.1"}));
    cache.look_up_ended(absent, {}, beginning + 30s);
    REQUIRE(cache.known(beginning + 30s) != nullptr);
    CHECK(cache.known(beginning + 30s)->code == absent);
    CHECK(cache.look_up_ended(server_failure, {}, beginning + 35s).code == server_failure);
    cache.look_up_ended(none, list({"10.0.0.1"}), beginning + 36s);
    CHECK_FALSE(cache.known(beginning + 36s)->code);
}

TEST_CASE("W19: addresses that all failed are looked up anew, but only those that are known now") {
    auto cache = after(none, list({"10.0.0.1"}));
    const auto old = cache.known(beginning)->version;
    cache.all_failed(old);
    CHECK(cache.known(beginning) == nullptr);
    CHECK(cache.look_up_ended(none, list({"10.0.0.2"}), beginning + 1s).version != old);
    cache.all_failed(old); // another dial, late
    REQUIRE(cache.known(beginning + 1s) != nullptr);
    CHECK(cache.known(beginning + 1s)->addresses == list({"10.0.0.2"}));
}

TEST_CASE("W02: addresses that are old or have failed are better than none where the name server fails") {
    auto cache = after(none, list({"10.0.0.1"}));
    cache.all_failed(cache.known(beginning)->version);
    for (const auto age : {1s, 3600s}) {
        const auto told = cache.look_up_ended(server_failure, {}, beginning + age);
        CHECK_FALSE(told.code);
        CHECK(told.addresses == list({"10.0.0.1"}));
        CHECK_FALSE(told.cached);                       // so that who is told does not ask again
        CHECK(cache.known(beginning + age) == nullptr); // the name server is asked first again
    }
    const auto told = cache.look_up_ended(absent, {}, beginning + 2h); // that is no failure
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
