// What one get_session costs in a user's program: many coroutines on one io_context of one thread, each of
// which awaits one call after the other and checks the typed result.
//
// The first line of output is for people; the others are a name and a figure each. All are of the calls
// behind the warm-up: the same callers make those of before, so neither start nor handshakes are in the
// figures.
//
// Exit status: 0 every response right, 1 a call failed or a response was wrong, 2 wrong usage.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <bandwidth/webrtc.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "compare/cost_meter.hpp"
#include "compare/session_calls.hpp"
#include "goals/run_until.hpp"

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;
using clock_type = std::chrono::steady_clock;

namespace {

struct settings {
    std::string base_url;
    std::string ca_file;
    std::string account = "9900000";
    std::string username = "user";
    std::string password = "secret";
    std::string session;
    std::size_t connections = 16;
    std::size_t depth = 8;
    std::size_t callers = 0;
    std::size_t requests = 100'000;
    std::size_t warm_up = 0;
    bool throwing = false;
    bool create = false;
    bool latency = false;
    bool ahead = false;
    bool single_threaded = false;
    bool messages = false;
};

/// A moment, and what the client had done by then.
struct moment {
    clock_type::time_point time{};
    webrtc::bench::cost_meter::figures cost{};
    webrtc::client_stats stats{};
};

/// What the callers share, and what they find.
struct tally : webrtc::bench::call_tally {
    // Behind a warm-up, a call more for each caller: while the last ones that count are answered, as many are
    // made as while the first ones were.
    tally(webrtc::client& used, const settings& use)
        : call_tally{use.warm_up + use.requests + (use.warm_up > 0 ? use.callers : 0)}
        , client(used)
        , warm_up(use.warm_up)
        , requests(use.requests)
        , keep_latencies(use.latency) {
        if (keep_latencies)
            latencies.reserve(use.requests);
        if (warm_up == 0)
            began = now();
    }

    webrtc::client& client;
    std::size_t warm_up;
    std::size_t requests;
    bool keep_latencies;
    webrtc::bench::cost_meter cost{webrtc::bench::cost_meter::extent::this_thread};
    moment began;
    moment finished;
    std::vector<std::chrono::nanoseconds> latencies;

    moment now() const { return moment{clock_type::now(), cost.read(), client.stats()}; }
    clock_type::time_point started() const {
        return keep_latencies ? clock_type::now() : clock_type::time_point();
    }
    void ended(clock_type::time_point start) {
        if (right == warm_up + requests)
            finished = now();
        if (right == warm_up)
            began = now();
        else if (keep_latencies && right > warm_up && right <= warm_up + requests)
            latencies.push_back(clock_type::now() - start);
    }
};

asio::awaitable<void> try_calls(webrtc::session_id id, tally& tally) {
    while (tally.take()) {
        const auto started = tally.started();
        auto got = co_await tally.client.try_get_session(id);
        if (got)
            tally.note(*got, id);
        else
            tally.note_wrong(got.error().describe());
        tally.ended(started);
    }
}

asio::awaitable<void> throwing_calls(webrtc::session_id id, tally& tally) {
    try {
        while (tally.take()) {
            const auto started = tally.started();
            auto got = co_await tally.client.get_session(id);
            tally.note(got, id);
            tally.ended(started);
        }
    } catch (const webrtc::api_error& error) {
        tally.note_wrong(error.failure().describe());
    }
}

/// A call that cannot be pipelined: a POST has its connection to itself.
asio::awaitable<void> creating_calls(webrtc::session_id, tally& tally) {
    const auto request = webrtc::session_request().tag("session1");
    while (tally.take()) {
        const auto started = tally.started();
        auto got = co_await tally.client.try_create_session(request);
        if (got && !got->id().value().empty())
            ++tally.right;
        else
            tally.note_wrong(got ? "a session without an id" : got.error().describe());
        tally.ended(started);
    }
}

/// What get_session sends, as a message of Beast for the manager that the client shares. Of the response the status
/// is looked at, and whether the id stands in the body.
asio::awaitable<void> message_calls(webrtc::connection_manager& manager,
                                    webrtc::connection_manager::request_type request, std::string id,
                                    tally& tally) {
    while (tally.take()) {
        const auto started = tally.started();
        auto got = co_await manager.try_send(request);
        if (got && got->result_int() == 200 && got->body().find(id) != std::string::npos)
            ++tally.right;
        else
            tally.note_wrong(got ? "the response is another one: " + got->body() : got.error().describe());
        tally.ended(started);
    }
}

webrtc::connection_manager::request_type message_of(const settings& use, const std::string& base_path) {
    namespace http = boost::beast::http;
    webrtc::connection_manager::request_type made(
        http::verb::get, base_path + "/accounts/" + use.account + "/sessions/" + use.session, 11);
    made.set(http::field::user_agent, "get_session_cost");
    made.set(http::field::accept, "application/json");
    made.set(http::field::accept_encoding, "identity");
    made.set(http::field::authorization, "Basic dXNlcjpzZWNyZXQ=");
    return made;
}

asio::awaitable<void> create_one(webrtc::client& client, webrtc::session_id& created) {
    auto got = co_await client.create_session(webrtc::session_request());
    created = got.id();
}

double middle_us(const std::vector<std::chrono::nanoseconds>& sorted, std::size_t percent) {
    return static_cast<double>(sorted[(sorted.size() - 1) * percent / 100].count()) / 1e3;
}

void print(const settings& use, tally& found) {
    const auto& began = found.began;
    const auto& ended = found.finished;
    const auto calls = static_cast<double>(found.requests);
    const std::chrono::duration<double> took = ended.time - began.time;
    const auto sent = static_cast<double>(ended.stats.requests_sent - began.stats.requests_sent);
    const auto writes = static_cast<double>(ended.stats.writes - began.stats.writes);
    const auto full = static_cast<double>(ended.stats.handshakes_full - began.stats.handshakes_full);
    const auto resumed = static_cast<double>(ended.stats.handshakes_resumed - began.stats.handshakes_resumed);
    std::printf(
        "%s: %zu requests in %.3f s, %.0f requests/s, %.1f requests each write, %zu connections, at most "
        "%zu in flight on one\n",
        use.create ? "create_session" : "get_session", found.requests, took.count(), calls / took.count(),
        sent / writes,
        static_cast<std::size_t>(ended.stats.connections_idle + ended.stats.connections_active),
        static_cast<std::size_t>(ended.stats.deepest_pipeline));
    std::printf("requests_per_s %.1f\ncpu_us %.4f\n", calls / took.count(),
                (ended.cost.cpu_us - began.cost.cpu_us) / calls);
    if (ended.cost.instructions && began.cost.instructions)
        std::printf("instructions %.1f\n", (*ended.cost.instructions - *began.cost.instructions) / calls);
    if (!found.latencies.empty()) {
        std::sort(found.latencies.begin(), found.latencies.end());
        std::printf("p50_us %.2f\np99_us %.2f\n", middle_us(found.latencies, 50),
                    middle_us(found.latencies, 99));
    }
    std::printf("handshakes %.0f\n", full + resumed);
    if (full + resumed > 0)
        std::printf("resumed_share %.4f\n", resumed / (full + resumed));
}

template <class Options>
Options options_of(const settings& use) {
    Options options;
    options.max_connections(use.connections).pipeline_depth(use.depth).queue_limit(use.callers);
    // Among many callers each waits long for its turn, and among many connections each for its handshake.
    options.timeout(std::chrono::minutes(10)).connect_timeout(std::chrono::minutes(10));
    options.single_threaded(use.single_threaded);
    if (use.ahead)
        options.min_connections(use.connections);
    if (!use.ca_file.empty())
        options.ca_file(use.ca_file);
    return options;
}

int run(const settings& use) {
    asio::io_context io(1);
    const auto path_at = use.base_url.find('/', use.base_url.find("://") + 3);
    const auto base_path = path_at == std::string::npos ? std::string() : use.base_url.substr(path_at);
    std::optional<webrtc::connection_manager> manager;
    if (use.messages)
        manager.emplace(io, use.base_url.substr(0, path_at), options_of<webrtc::manager_options>(use));
    webrtc::client client = manager ? webrtc::client(*manager, webrtc::account_options()
                                                                   .account(use.account)
                                                                   .credentials(use.username, use.password)
                                                                   .base_path(base_path))
                                    : webrtc::client(io, options_of<webrtc::client_options>(use)
                                                             .base_url(use.base_url)
                                                             .account(use.account)
                                                             .credentials(use.username, use.password));

    webrtc::session_id id(use.session);
    if (use.session.empty() && !use.create) {
        std::atomic<std::size_t> running = 1;
        asio::co_spawn(io, create_one(client, id), webrtc::bench::until_ended(io, running));
        io.run();
        io.restart();
    }
    if (use.ahead) {
        webrtc::bench::run_until(io, [&] { return client.stats().connections_idle == use.connections; });
        io.restart();
    }
    tally tally(client, use);
    const auto calls = use.create ? &creating_calls : use.throwing ? &throwing_calls : &try_calls;
    std::atomic<std::size_t> running = use.callers;
    for (std::size_t k = 0; k < use.callers; ++k)
        asio::co_spawn(io,
                       manager ? message_calls(*manager, message_of(use, base_path), use.session, tally)
                               : calls(id, tally),
                       webrtc::bench::until_ended(io, running));
    io.run();
    if (tally.wrong > 0) {
        std::fprintf(stderr, "get_session: %zu wrong, the first: %s\n", tally.wrong,
                     tally.first_error.c_str());
        return 1;
    }
    print(use, tally);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    settings use;
    CLI::App app("Cost of one get_session: calls it over and over, and checks every response.");
    app.add_option("--base-url", use.base_url, "URL before /accounts")->required();
    app.add_option("--session", use.session, "Id of the session to ask for; none: one is created");
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
    app.add_flag("--throwing", use.throwing, "Await get_session, which throws, instead of try_get_session");
    app.add_flag("--create", use.create, "Await try_create_session: a POST, which is not pipelined");
    app.add_flag("--messages", use.messages,
                 "Send messages of Beast by a connection_manager instead; needs --session");
    app.add_flag("--ahead", use.ahead, "Open all connections before the first call, and keep so many open");
    app.add_flag("--single-threaded", use.single_threaded, "Without a strand: one thread runs the context");
    app.add_flag("--latency", use.latency, "Tell p50 and p99 of the calls' latency too");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (use.messages && use.session.empty()) {
        std::fprintf(stderr, "get_session: --messages needs --session\n");
        return 2;
    }
    if (use.callers == 0)
        use.callers = use.connections * use.depth;
    try {
        return run(use);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "get_session: %s\n", error.what());
        return 1;
    }
}
