#include "transport/name_lookup.hpp"

#include <doctest/doctest.h>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "support/network.hpp"
#include "support/run_coroutine.hpp"

// Look-ups with a strand and a clock: who is told what, when, and what is kept alive.

using namespace std::chrono_literals;
using namespace bandwidth::webrtc::detail;
using support::address;
using support::fake_resolver;
namespace asio = boost::asio;

namespace {

/// A pool's look-ups, and what those who asked were told.
struct fixture {
    explicit fixture(name_settings settings = {}) {
        settings.resolver = support::asking(resolver);
        names = std::make_shared<name_lookup>(serialized_executor::strand(context.get_executor()),
                                              "example.org", "443", settings);
        resolver->addresses.push_back(address("127.0.0.1", 443));
    }
    std::uint64_t ask() {
        return names->ask([this](const name_answer& response) { told.push_back(response); });
    }
    void run() {
        context.restart();
        context.run_for(10s);
        CHECK(context.stopped());
    }

    asio::io_context context;
    std::shared_ptr<fake_resolver> resolver = std::make_shared<fake_resolver>();
    std::shared_ptr<name_lookup> names;
    std::vector<name_answer> told;
};

} // namespace

TEST_CASE("W01: many dials, one look-up, and nobody is told from inside of its question") {
    fixture f;
    f.resolver->hold = true;
    for (int i = 0; i < 100; ++i)
        f.ask();
    CHECK(f.resolver->look_ups == 1);
    CHECK(f.resolver->asked == "example.org:443");
    f.run();
    CHECK(f.told.empty());
    f.resolver->respond();
    CHECK(f.told.empty());
    f.run();
    REQUIRE(f.told.size() == 100);
    CHECK(f.told[99].addresses == f.resolver->addresses);
    CHECK_FALSE(f.told[99].cached);
    f.ask();
    CHECK(f.told.size() == 100);
    f.run();
    REQUIRE(f.told.size() == 101);
    CHECK(f.told[100].cached);
    CHECK(f.resolver->look_ups == 1);
}

TEST_CASE("W01: no such host: asked once, whoever calls in the next seconds") {
    fixture f;
    f.resolver->code = asio::error::host_not_found;
    for (int i = 0; i < 50; ++i) {
        f.ask();
        f.run();
    }
    CHECK(f.resolver->look_ups == 1);
    REQUIRE(f.told.size() == 50);
    for (const auto& response : f.told)
        CHECK(response.code == asio::error::host_not_found);
}

TEST_CASE("W02: a failure of the name server is told and asked again with the next dial") {
    fixture f;
    f.resolver->code = asio::error::host_not_found_try_again;
    f.ask();
    f.run();
    f.resolver->code = {};
    f.ask();
    f.run();
    REQUIRE(f.told.size() == 2);
    CHECK(f.told[0].code == asio::error::host_not_found_try_again);
    CHECK_FALSE(f.told[1].code);
    CHECK(f.resolver->look_ups == 2);
}

TEST_CASE("W02: who has left is told nothing, and the late result is kept for others") {
    fixture f;
    f.resolver->hold = true;
    const auto first = f.ask();
    f.ask();
    f.names->forget(first);
    f.names->forget(first);
    f.names->forget(0);
    f.resolver->respond();
    f.run();
    CHECK(f.told.size() == 1);
    f.ask();
    f.run();
    CHECK(f.told.size() == 2);
    CHECK(f.resolver->look_ups == 1);
}

TEST_CASE("W02: all have left before the result comes") {
    fixture f;
    f.resolver->hold = true;
    f.names->forget(f.ask());
    f.resolver->respond();
    f.run();
    CHECK(f.told.empty());
    f.ask();
    f.run();
    REQUIRE(f.told.size() == 1);
    CHECK(f.told[0].cached);
}

TEST_CASE("W02: a name server that fails takes nothing from a dial for which there are addresses") {
    fixture f(name_settings{nullptr, 0ns, 5s}); // each dial asks the name server
    f.ask();
    f.run();
    f.resolver->code = asio::error::host_not_found_try_again;
    f.ask();
    f.run();
    CHECK(f.resolver->look_ups == 2);
    REQUIRE(f.told.size() == 2);
    CHECK_FALSE(f.told[1].code);
    CHECK(f.told[1].addresses == f.resolver->addresses);
}

TEST_CASE("O08: a look-up in flight keeps nothing alive, and a result that comes later falls on the ground") {
    fixture f;
    f.resolver->hold = true;
    f.ask();
    const std::weak_ptr<name_lookup> gone = f.names;
    f.names.reset();
    CHECK(gone.expired());
    f.resolver->respond();
    f.run();
    CHECK(f.told.empty());
}

TEST_CASE("W02: a result that comes from another thread") {
    fixture f;
    f.resolver->hold = true;
    f.ask();
    std::thread([&f] { f.resolver->respond(); }).join();
    f.run();
    CHECK(f.told.size() == 1);
}

TEST_CASE("O10: a result that comes when the context is gone, and the look-ups are not") {
    fixture f;
    f.resolver->hold = true;
    auto context = std::make_unique<asio::io_context>();
    name_settings settings;
    settings.resolver = support::asking(f.resolver);
    const auto names = std::make_shared<name_lookup>(serialized_executor::strand(context->get_executor()),
                                                     "example.org", "443", settings);
    bool told = false;
    names->ask([&told](const name_answer&) { told = true; });
    names->abandon(); // as the pool does when the context is destroyed
    f.resolver->respond();
    CHECK(context->poll() == 0);
    CHECK_FALSE(told);
}

TEST_CASE("W20: a resolver that cannot start is a failed look-up") {
    asio::io_context context;
    name_settings settings;
    settings.resolver = [](const std::string&, const std::string&, const name_handler&) {
        throw boost::system::system_error(
            make_error_code(boost::system::errc::resource_unavailable_try_again));
    };
    const auto names = std::make_shared<name_lookup>(serialized_executor::strand(context.get_executor()),
                                                     "example.org", "443", settings);
    std::vector<name_answer> told;
    names->ask([&told](const name_answer& response) { told.push_back(response); });
    CHECK(told.empty());
    context.run_for(10s);
    REQUIRE(told.size() == 1);
    CHECK(told[0].code == boost::system::errc::resource_unavailable_try_again);
}
