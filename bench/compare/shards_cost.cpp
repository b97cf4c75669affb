// What one get_session costs a program of several threads: many coroutines, each of which awaits one call
// after the other and checks the typed result. One client serves an io_context that all threads run, or,
// with --apart, each thread has an io_context and a client of its own. Connections, callers and requests are
// the same in both.
//
// Exit status: 0 every response right, 1 a call failed or a response was wrong, 2 wrong usage.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <bandwidth/webrtc.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "compare/cost_meter.hpp"
#include "compare/session_calls.hpp"

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;

namespace {

struct settings {
    std::string base_url;
    std::string ca_file;
    std::string account = "9900000";
    std::string session;
    std::size_t connections = 16;
    std::size_t depth = 8;
    std::size_t callers = 0;
    std::size_t requests = 100'000;
    std::size_t warm_up = 0;
    std::size_t threads = 1;
    std::size_t shards = 1;
    bool apart = false;
};

/// What one caller did. Each has its own, in cache lines of its own: callers may run on several threads.
struct alignas(128) tally : webrtc::bench::call_tally {};

asio::awaitable<void> try_calls(webrtc::client& client, const webrtc::session_id& id, tally& tally) {
    while (tally.take()) {
        auto got = co_await client.try_get_session(id);
        if (got)
            tally.note(*got, id);
        else
            tally.note_wrong(got.error().describe());
    }
}

webrtc::client_options options_of(const settings& use, std::size_t clients) {
    webrtc::client_options options;
    options.base_url(use.base_url).account(use.account).credentials("user", "password");
    options.max_connections(use.connections / clients).pipeline_depth(use.depth).shards(use.shards);
    options.queue_limit(use.callers * use.shards); // all callers may meet in one shard
    if (!use.ca_file.empty())
        options.ca_file(use.ca_file);
    return options;
}

/// A context with its client.
struct home {
    home(const settings& use, std::size_t clients)
        : io(static_cast<int>(use.threads / clients)), client(io.get_executor(), options_of(use, clients)) {}

    asio::io_context io;
    webrtc::client client;
    std::atomic<std::size_t> running = 0;
};
using homes = std::vector<std::unique_ptr<home>>;

/// Makes `requests` calls, divided among all callers, and returns when the last has its response.
tally run_callers(const homes& all, const settings& use, std::size_t requests) {
    std::vector<tally> each(use.callers);
    const webrtc::session_id id(use.session);
    for (std::size_t k = 0; k < use.callers; ++k) {
        auto& at = *all[k % all.size()];
        ++at.running;
        each[k].left = requests / use.callers + (k < requests % use.callers ? 1 : 0);
        asio::co_spawn(at.io, try_calls(at.client, id, each[k]),
                       webrtc::bench::until_ended(at.io, at.running));
    }
    for (const auto& one : all)
        one->io.restart();
    // All of them new, so that they come to the shards in turn; and a single one is this one, since a program
    // that never had a second thread counts references without atomics.
    std::vector<std::thread> threads;
    for (std::size_t k = 0; use.threads > 1 && k < use.threads; ++k)
        threads.emplace_back([&io = all[k % all.size()]->io] { io.run(); });
    if (threads.empty())
        all.front()->io.run();
    for (auto& thread : threads)
        thread.join();
    tally sum;
    for (const auto& one : each) {
        sum.right += one.right;
        sum.wrong += one.wrong;
        if (sum.first_error.empty())
            sum.first_error = one.first_error;
    }
    return sum;
}

/// What the clients have done so far, together.
struct counts {
    explicit counts(const homes& all) {
        for (const auto& one : all) {
            const auto stats = one->client.stats();
            writes += stats.writes;
            requests_sent += stats.requests_sent;
            connections += stats.connections_idle + stats.connections_active;
            deepest = std::max(deepest, stats.deepest_pipeline);
        }
    }
    std::uint64_t writes = 0;
    std::uint64_t requests_sent = 0;
    std::uint64_t connections = 0;
    std::uint64_t deepest = 0;
};

int run(const settings& use) {
    const webrtc::bench::cost_meter cost(webrtc::bench::cost_meter::extent::process);
    homes all;
    const auto clients = use.apart ? use.threads : 1;
    for (std::size_t k = 0; k < clients; ++k)
        all.push_back(std::make_unique<home>(use, clients));

    if (use.warm_up > 0) {
        const auto warm = run_callers(all, use, use.warm_up);
        if (warm.wrong > 0) {
            std::fprintf(stderr, "shards_cost: %s\n", warm.first_error.c_str());
            return 1;
        }
    }
    const counts before(all);
    const auto spent_before = cost.read();
    const auto started = std::chrono::steady_clock::now();
    const auto result = run_callers(all, use, use.requests);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    const auto spent = cost.read();
    const counts after(all);
    if (result.wrong > 0) {
        std::fprintf(stderr, "shards_cost: %zu of %zu wrong, the first: %s\n", result.wrong, use.requests,
                     result.first_error.c_str());
        return 1;
    }
    const auto calls = static_cast<double>(result.right);
    std::printf(
        "shards_cost: %zu requests in %.3f s, %.0f requests/s, %.1f requests each write, %zu connections, "
        "at most %zu in flight on one\n",
        result.right, took.count(), calls / took.count(),
        static_cast<double>(after.requests_sent - before.requests_sent) /
            static_cast<double>(after.writes - before.writes),
        static_cast<std::size_t>(after.connections), static_cast<std::size_t>(after.deepest));
    std::printf("cpu_us %.4f\n", (spent.cpu_us - spent_before.cpu_us) / calls);
    if (spent.instructions && spent_before.instructions)
        std::printf("instructions %.1f\n", (*spent.instructions - *spent_before.instructions) / calls);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    settings use;
    CLI::App app("Cost of one get_session in a program of several threads.");
    app.add_option("--base-url", use.base_url, "URL before /accounts")->required();
    app.add_option("--session", use.session, "Id of the session to ask for")->required();
    app.add_option("--account", use.account, "Account id")->capture_default_str();
    app.add_option("--ca-file", use.ca_file, "Trust these authorities (PEM) instead of the system's");
    app.add_option("--connections", use.connections, "Connections")->capture_default_str();
    app.add_option("--depth", use.depth, "Requests in flight on each")->capture_default_str();
    app.add_option("--callers", use.callers, "Coroutines that call; 0: connections times depth")
        ->capture_default_str();
    app.add_option("--requests", use.requests, "Requests to measure")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--warm-up", use.warm_up, "Requests before that")->capture_default_str();
    app.add_option("--threads", use.threads, "Threads that run the io_context")
        ->capture_default_str()
        ->check(CLI::Range(1, 256));
    auto* const shards =
        app.add_option("--shards", use.shards, "Shards of the client; the connections are divided among them")
            ->capture_default_str();
    app.add_flag("--apart", use.apart,
                 "An io_context and a client for each thread; the connections are divided among them")
        ->excludes(shards);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (use.apart && use.connections % use.threads != 0) {
        std::fprintf(stderr, "--connections: not so many for each of %zu threads\n", use.threads);
        return 2;
    }
    if (use.callers == 0)
        use.callers = use.connections * use.depth;
    try {
        return run(use);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "shards_cost: %s\n", error.what());
        return 1;
    }
}
