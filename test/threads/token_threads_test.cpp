#include "threads/many_threads.hpp"

#include <bandwidth/webrtc/client_credentials.hpp>
#include <cstdint>

#include "support/random_numbers.hpp"

// Access tokens that expire, are renewed and revoked while many threads make calls.

using namespace test;
using support::options_for;
using support::wait_for;
using testing::loopback_options;
using testing::loopback_server;

namespace {

std::shared_ptr<const credential_source> fetched_from(const loopback_server& server) {
    auto options = token_options{}.token_url(server.token_url());
    options.connection().ca_pem(server.ca_pem());
    return client_credentials(server.client_id(), server.client_secret(), options);
}

} // namespace

TEST_CASE("tokens that live for a second are renewed under load, and no call fails") {
    // A thousand expiries: BANDWIDTH_WEBRTC_TEST_ROUNDS=1000.
    const auto renewals = support::number_from_environment("BANDWIDTH_WEBRTC_TEST_ROUNDS", 3);
    loopback_server server(loopback_options{}.token_lifetime(1s));
    running_context context(4);
    const auto credentials = fetched_from(server);
    client first(*context, options_for(server).credentials(credentials).shards(2));
    client second(*context, options_for(server).credentials(credentials));
    std::atomic<std::uint64_t> calls = 0;
    std::atomic<int> failed = 0;
    on_threads(4, [&](int number) {
        auto& used = number % 2 == 0 ? first : second;
        while (server.stats().tokens_issued <= renewals) {
            std::vector<std::future<result<session>>> outcomes;
            for (int i = 0; i < 16; ++i)
                outcomes.push_back(used.try_get_session(session_id("none"))(asio::use_future));
            for (auto& each : outcomes) {
                const auto outcome = each.get();
                ++calls;
                if (outcome.has_value() || outcome.error().http_status() != 404) { // the token was taken
                    ++failed;
                    MESSAGE(outcome.error().describe());
                }
            }
        }
    });
    CHECK(failed == 0);
    MESSAGE(calls.load() << " calls, " << server.stats().tokens_issued << " tokens");
    CHECK(wait_for(first.try_drain()).has_value());
    CHECK(wait_for(second.try_drain()).has_value());
}

TEST_CASE("tokens that are revoked under load: each call ends well, and few are fetched") {
    loopback_server server;
    running_context context(4);
    const auto credentials = fetched_from(server);
    client used(*context, options_for(server).credentials(credentials).shards(2));
    std::atomic<int> failed = 0;
    std::atomic<bool> over = false;
    // Once: a token that was fetched for a 401 is not fetched anew within 30 s.
    std::thread revoker([&] {
        while (!over && server.stats().requests() < 200)
            std::this_thread::yield();
        server.revoke_tokens();
    });
    on_threads(4, [&](int) {
        for (int i = 0; i < 200; ++i) {
            const auto outcome = wait_for(used.try_get_session(session_id("none")));
            failed += outcome.error().http_status() == 404 ? 0 : 1;
        }
    });
    over = true;
    revoker.join();
    CHECK(failed == 0);
    CHECK(server.stats().tokens_issued == 2);
}

TEST_CASE("O10: clients are destroyed while a token is fetched for them, and others go on") {
    loopback_server server(loopback_options{}.token_lifetime(1s));
    running_context context(4);
    const auto credentials = fetched_from(server);
    for (int i = 0; i < 30; ++i) {
        client stays(*context, options_for(server).credentials(credentials));
        std::future<result<session>> kept;
        {
            client goes(*context, options_for(server).credentials(credentials));
            goes.try_get_session(session_id("none"))([](const result<session>&) {});
            kept = stays.try_get_session(session_id("none"))(asio::use_future);
        }
        const auto outcome = kept.get();
        CHECK(outcome.error().http_status() == 404);
    }
}

TEST_CASE("O24: contexts are destroyed while their clients' common token comes from another one") {
    loopback_server server;
    for (int round = 0; round < 40; ++round) {
        const auto credentials = fetched_from(server);
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; ++i)
            threads.emplace_back([&, i] {
                auto context = std::make_unique<asio::io_context>();
                client used(*context, options_for(server).credentials(credentials));
                used.try_get_session(session_id("none"))([](const result<session>&) {});
                context->run_for(std::chrono::milliseconds((round + i * 3) % 8));
                context.reset();
            });
        asio::io_context stays;
        client last(stays, options_for(server).credentials(credentials));
        const auto outcome = wait_for(stays, last.try_get_session(session_id("none")));
        CHECK(outcome.error().http_status() == 404);
        for (auto& each : threads)
            each.join();
    }
}
