#include <doctest/doctest.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>
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

/// What the next dial is told.
address_list next(name_cache& cache) { return cache.next_dial(true).addresses; }

/// The first addresses of the next dials.
address_list first_of_next(name_cache& cache, std::size_t dials) {
    address_list firsts;
    for (std::size_t i = 0; i < dials; ++i)
        firsts.push_back(next(cache).front());
    return firsts;
}

} // namespace

TEST_CASE("W19: addresses are used for 30 s, and replaced by those of the next look-up") {
    name_cache cache;
    CHECK_FALSE(cache.known(beginning));
    CHECK(cache.look_up_ended(none, list({"10.0.0.1"}), beginning));
    CHECK(next(cache) == list({"10.0.0.1"}));
    CHECK(cache.next_dial(true).cached);
    CHECK_FALSE(cache.next_dial(false).cached);
    CHECK(cache.known(beginning + 30s - 1ns));
    CHECK_FALSE(cache.known(beginning + 30s));
    CHECK(cache.look_up_ended(none, list({"10.0.0.2"}), beginning + 40s));
    CHECK(cache.known(beginning + 40s));
    CHECK(next(cache) == list({"10.0.0.2"}));
}

TEST_CASE("W01: no such host is believed for 5 s") {
    for (const error_code& code : {absent, error_code(asio::error::no_data)}) {
        auto cache = after(code);
        CHECK(cache.known(beginning + 5s - 1ns));
        CHECK(cache.next_dial(true).code == code);
        CHECK_FALSE(cache.known(beginning + 5s));
    }
    auto cache = after(none); // a response without an address
    CHECK(cache.next_dial(true).code == asio::error::no_data);
}

TEST_CASE("W02: other failures are told and not kept") {
    name_cache cache;
    CHECK_FALSE(cache.look_up_ended(server_failure, {}, beginning));
    CHECK_FALSE(cache.known(beginning));
}

TEST_CASE("W01: a host that is gone is no longer known, one that appears is") {
    auto cache = after(none, list({"10.0.0.1"}));
    cache.look_up_ended(absent, {}, beginning + 30s);
    CHECK(cache.known(beginning + 30s));
    CHECK(cache.next_dial(true).code == absent);
    CHECK(next(cache).empty());
    CHECK_FALSE(cache.look_up_ended(server_failure, {}, beginning + 35s));
    CHECK(cache.look_up_ended(none, list({"10.0.0.1"}), beginning + 36s));
    CHECK_FALSE(cache.next_dial(true).code);
}

TEST_CASE("W19: addresses that all failed are looked up anew, but only those that are known now") {
    auto cache = after(none, list({"10.0.0.1"}));
    const auto old = cache.next_dial(true).version;
    cache.all_failed(old);
    CHECK_FALSE(cache.known(beginning));
    cache.look_up_ended(none, list({"10.0.0.2"}), beginning + 1s);
    CHECK(cache.next_dial(false).version != old);
    cache.all_failed(old); // another dial, late
    CHECK(cache.known(beginning + 1s));
    CHECK(next(cache) == list({"10.0.0.2"}));
}

TEST_CASE("W02: addresses that are old or have failed are better than none where the name server fails") {
    auto cache = after(none, list({"10.0.0.1"}));
    cache.all_failed(cache.next_dial(true).version);
    for (const auto age : {1s, 3600s}) {
        CHECK(cache.look_up_ended(server_failure, {}, beginning + age));
        CHECK_FALSE(cache.next_dial(false).code);
        CHECK(next(cache) == list({"10.0.0.1"}));
        CHECK_FALSE(cache.known(beginning + age)); // the name server is asked first again
    }
    CHECK(cache.look_up_ended(absent, {}, beginning + 2h)); // that is no failure
    CHECK(cache.next_dial(false).code == absent);
}

TEST_CASE("W03: the dials take turns, and have all addresses that stand in for the first one") {
    auto cache = after(none, list({"10.0.0.1", "10.0.0.2", "10.0.0.3"}));
    for (int round = 0; round < 2; ++round) {
        CHECK(next(cache) == list({"10.0.0.1", "10.0.0.2", "10.0.0.3"}));
        CHECK(next(cache) == list({"10.0.0.2", "10.0.0.3", "10.0.0.1"}));
        CHECK(next(cache) == list({"10.0.0.3", "10.0.0.1", "10.0.0.2"}));
        CHECK(next(cache) == list({"10.0.0.1", "10.0.0.3", "10.0.0.2"}));
        CHECK(next(cache) == list({"10.0.0.2", "10.0.0.1", "10.0.0.3"}));
        CHECK(next(cache) == list({"10.0.0.3", "10.0.0.2", "10.0.0.1"}));
    }
}

TEST_CASE("W03: whatever the number of addresses, each is first as often, and second behind each") {
    for (std::size_t count = 1; count <= 8; ++count) {
        CAPTURE(count);
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < count; ++i)
            texts.push_back("10.0.0." + std::to_string(i));
        const auto addresses = list(texts);
        auto cache = after(none, addresses);
        std::map<address_list, std::size_t> seen;
        const auto rounds = count * std::max<std::size_t>(count - 1, 1);
        for (std::size_t i = 0; i < 5 * rounds; ++i) {
            auto order = next(cache);
            CHECK(std::is_permutation(order.begin(), order.end(), addresses.begin(), addresses.end()));
            order.resize(std::min<std::size_t>(count, 2));
            ++seen[order];
        }
        CHECK(seen.size() == rounds);
        for (const auto& [order, times] : seen)
            CHECK(times == 5);
    }
}

TEST_CASE("W03: a pool that begins with another number begins with another address") {
    for (std::size_t shard = 0; shard < 4; ++shard) {
        name_settings settings;
        settings.first_dial = shard;
        name_cache cache(settings);
        cache.look_up_ended(none, list({"10.0.0.0", "10.0.0.1"}), beginning);
        CHECK(next(cache).front() == list({"10.0.0." + std::to_string(shard % 2)}).front());
    }
}

TEST_CASE("W03: the families alternate, beginning with the one that the name server began with") {
    auto cache = after(none, list({"::1", "::2", "10.0.0.1", "10.0.0.2"}));
    CHECK(next(cache) == list({"::1", "10.0.0.1", "::2", "10.0.0.2"}));
    CHECK(next(cache) == list({"::2", "10.0.0.2", "::1", "10.0.0.1"}));
    cache.look_up_ended(none, list({"10.0.0.1", "::1"}), beginning);
    CHECK(next(cache) == list({"10.0.0.1", "::1"})); // which may change its mind
    auto mixed = after(none, list({"10.0.0.1", "::1", "10.0.0.2", "10.0.0.1"}));
    CHECK(next(mixed) == list({"10.0.0.1", "::1", "10.0.0.2"})); // each once
}

TEST_CASE("W03: an address that failed goes last, and gets another chance when it worked") {
    const auto three = list({"10.0.0.1", "10.0.0.2", "10.0.0.3"});
    auto cache = after(none, three);
    cache.failed(three[1]);
    CHECK(next(cache) == list({"10.0.0.1", "10.0.0.3", "10.0.0.2"}));
    CHECK(next(cache) == list({"10.0.0.3", "10.0.0.1", "10.0.0.2"}));
    CHECK(next(cache) == list({"10.0.0.1", "10.0.0.3", "10.0.0.2"}));
    cache.worked(three[1]);
    CHECK(first_of_next(cache, 3) == three);
    const auto unknown = list({"10.9.9.9"})[0];
    cache.worked(unknown);
    cache.failed(unknown);
    CHECK(first_of_next(cache, 3) == three);
}

TEST_CASE("W03: when no address without a failure is left, only the last failure counts") {
    const auto three = list({"10.0.0.1", "10.0.0.2", "10.0.0.3"});
    auto cache = after(none, three);
    for (const auto& each : three)
        cache.failed(each);
    CHECK(next(cache) == list({"10.0.0.1", "10.0.0.2", "10.0.0.3"}));
    CHECK(next(cache) == list({"10.0.0.2", "10.0.0.1", "10.0.0.3"}));
    auto single = after(none, list({"10.0.0.1"}));
    single.failed(three[0]);
    CHECK(next(single) == list({"10.0.0.1"}));
    name_cache empty;
    empty.failed(three[0]);
    empty.worked(three[0]);
    CHECK(next(empty).empty());
}

TEST_CASE("W03: another look-up forgives, and keeps the places of addresses in whatever order they come") {
    auto cache = after(none, list({"10.0.0.1", "10.0.0.2"}));
    cache.failed(list({"10.0.0.2"})[0]);
    CHECK(first_of_next(cache, 2) == list({"10.0.0.1", "10.0.0.1"}));
    cache.look_up_ended(none, list({"10.0.0.2", "10.0.0.1"}), beginning + 30s);
    CHECK(first_of_next(cache, 2) == list({"10.0.0.1", "10.0.0.2"}));
    // A name server that turns the order with each response is not turned back by the turns of the dials.
    address_list firsts;
    for (int i = 0; i < 4; ++i) {
        cache.look_up_ended(none,
                            i % 2 == 0 ? list({"10.0.0.2", "10.0.0.1"}) : list({"10.0.0.1", "10.0.0.2"}),
                            beginning + 60s);
        firsts.push_back(next(cache).front());
    }
    CHECK(firsts == list({"10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2"}));
    cache.look_up_ended(none, list({"10.0.0.3", "10.0.0.2"}), beginning + 90s);
    CHECK(first_of_next(cache, 2) == list({"10.0.0.2", "10.0.0.3"}));
}

TEST_CASE("W03: a family that does not work stays behind, also with new addresses, until the other fails") {
    auto cache = after(none, list({"::1", "::2", "10.0.0.1"}));
    cache.failed(list({"::1"})[0]);
    CHECK(next(cache) == list({"::2", "10.0.0.1", "::1"})); // the family is still preferred
    cache.failed(list({"::2"})[0]);
    CHECK(next(cache) == list({"10.0.0.1", "::1", "::2"}));
    cache.look_up_ended(none, list({"::3", "::1", "10.0.0.1", "10.0.0.2"}), beginning + 30s);
    CHECK(next(cache) == list({"10.0.0.1", "10.0.0.2", "::1", "::3"}));
    cache.failed(list({"10.0.0.1"})[0]);
    cache.worked(list({"::3"})[0]);
    CHECK(next(cache).front() == list({"::3"})[0]);
    cache.look_up_ended(none, list({"::1", "10.0.0.1", "10.0.0.2"}), beginning + 60s);
    CHECK(next(cache).front() == list({"::1"})[0]); // one of the family has worked
}

TEST_CASE("W03: where a family that had failed is all that is left, it is as good as new") {
    auto cache = after(none, list({"::1", "10.0.0.1"}));
    cache.failed(list({"::1"})[0]);
    cache.look_up_ended(none, list({"::1", "::2"}), beginning + 30s);
    const auto firsts = first_of_next(cache, 2);
    CHECK(firsts.front() != firsts.back()); // each has its turn
}
