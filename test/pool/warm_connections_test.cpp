// `min_connections` keeps connections that every call may use, and keeps them.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

constexpr std::size_t warm = 4;

auto with_warm_ones(std::size_t most) {
    auto settings = with_connections(most);
    settings.min_connections = warm;
    return settings;
}

/// The first connections, which no call has asked for. `used`: one call has had its response on each.
void make_warm(fake_pool& pool, bool used) {
    pool.cycle([] {});
    REQUIRE(pool.links.size() == warm);
    if (used)
        pool.confirm_all(warm);
    else
        for (std::size_t i = 0; i < warm; ++i)
            pool.connect(i);
    REQUIRE(pool.stats().connections_idle == warm);
}

void check_all_warm(fake_pool& pool) {
    CHECK(pool.links.size() == warm);
    for (std::size_t i = 0; i < warm; ++i)
        CHECK(pool.link(i).phase() == phase::open);
}

} // namespace

TEST_CASE("B2: a POST goes to a warm connection, however long that has been idle") {
    for (const std::size_t most : {warm, 2 * warm}) {
        for (const bool used : {false, true}) {
            for (const auto idle : {1s, 5s, 45s}) {
                CAPTURE(most);
                CAPTURE(used);
                CAPTURE(idle.count());
                fake_pool pool(with_warm_ones(most));
                make_warm(pool, used);
                pool.pass(idle);
                auto& post = pool.submit(unsafe);
                CHECK(pool.sends_of(post) == 1);
                check_all_warm(pool);
                for (std::size_t i = 0; i < warm; ++i)
                    if (pool.link(i).outstanding() != 0)
                        pool.respond(i);
                CHECK(post.got(post.request.target));
                check_all_warm(pool);
            }
        }
    }
}

TEST_CASE("B2: as many POSTs as there are warm connections need no other") {
    fake_pool pool(with_warm_ones(2 * warm));
    make_warm(pool, false);
    pool.pass(5s);
    for (std::size_t i = 0; i < warm; ++i)
        CHECK(pool.sends_of(pool.submit(unsafe)) == 1);
    check_all_warm(pool);
    auto& fifth = pool.submit(unsafe);
    CHECK(pool.sends_of(fifth) == 0);
    CHECK(pool.links.size() == warm + 1); // for that one another is made
}

TEST_CASE("B2: warm connections stay past the idle timeout") {
    for (const bool used : {false, true}) {
        CAPTURE(used);
        auto settings = with_warm_ones(2 * warm);
        settings.idle_timeout = 50s;
        fake_pool pool(settings);
        make_warm(pool, used);
        pool.pass(5min); // younger than `max_age`
        check_all_warm(pool);
        CHECK(pool.stats().dials == warm);
        CHECK(pool.sends_of(pool.submit(unsafe)) == 1);
        check_all_warm(pool);
    }
}

TEST_CASE("B2: of more than the warm ones, those idle for too long are closed") {
    auto settings = with_warm_ones(2 * warm);
    settings.idle_timeout = 50s;
    fake_pool pool(settings);
    make_warm(pool, true);
    pool.ask([&] {
        for (std::size_t i = 0; i < warm + 2; ++i) {
            auto& call = pool.make();
            call.request.dedicated_connection = true;
            pool.scheduler().submit(call);
        }
    });
    REQUIRE(pool.links.size() == warm + 2);
    for (std::size_t i = 0; i < warm + 2; ++i) {
        if (i >= warm)
            pool.connect(i);
        pool.respond_to_all(i);
    }
    REQUIRE(pool.stats().connections_idle == warm + 2);
    pool.pass(60s);
    CHECK(pool.stats().connections_idle == warm);
    CHECK(pool.stats().dials == warm + 2);
    pool.pass(60s);
    CHECK(pool.stats().connections_idle == warm);
    CHECK(pool.stats().dials == warm + 2);
}

TEST_CASE("B2: a connection beyond the warm ones is still too stale for a POST") {
    auto settings = with_connections(2); // none is kept
    fake_pool pool(settings);
    pool.confirm(0);
    pool.pass(5s);
    auto& post = pool.submit(unsafe);
    CHECK(pool.sends_of(post) == 0);
    CHECK(pool.links.size() == 2);
}
