// What one get_session costs in a user's program: many coroutines on one io_context of one thread, each of
// which awaits one call after the other and checks the typed result.
//
// Exit status: 0 every answer right, 1 a call failed or an answer was wrong, 2 wrong usage.
#include <CLI/CLI.hpp>
#include <bandwidth/webrtc.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>

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
    bool throwing = false;
};

/// One thread runs all callers, so they share this without a lock.
struct tally {
    std::size_t left = 0;
    std::size_t right = 0;
    std::size_t wrong = 0;
    std::string first_error;

    void note(const webrtc::session& got, const webrtc::session_id& asked) {
        if (got.id() == asked)
            ++right;
        else
            note_wrong("the answer is of another session: " + got.id().value());
    }
    void note_wrong(const std::string& what) {
        if (wrong++ == 0)
            first_error = what;
    }
    bool take() {
        if (left == 0 || wrong > 0)
            return false;
        --left;
        return true;
    }
};

std::string describe(const webrtc::failure& failure) {
    return failure.code().message() + (failure.message().empty() ? "" : ": " + failure.message());
}

asio::awaitable<void> try_calls(webrtc::client& client, const webrtc::session_id& id, tally& tally) {
    while (tally.take()) {
        auto got = co_await client.try_get_session(id);
        if (got)
            tally.note(*got, id);
        else
            tally.note_wrong(describe(got.error()));
    }
}

asio::awaitable<void> throwing_calls(webrtc::client& client, const webrtc::session_id& id, tally& tally) {
    try {
        while (tally.take()) {
            auto got = co_await client.get_session(id);
            tally.note(got, id);
        }
    } catch (const webrtc::api_error& error) {
        tally.note_wrong(describe(error.failure()));
    }
}

/// Makes `requests` calls with all callers and returns when the last has its answer.
tally run_callers(asio::io_context& io, webrtc::client& client, const settings& use, std::size_t requests) {
    tally result;
    result.left = requests;
    const webrtc::session_id id(use.session);
    std::size_t running = use.callers;
    const auto calls = use.throwing ? &throwing_calls : &try_calls;
    for (std::size_t k = 0; k < use.callers; ++k) {
        const auto ended = [&](std::exception_ptr error) {
            if (error)
                std::rethrow_exception(error);
            // Idle connections keep the context busy for ever.
            if (--running == 0)
                io.stop();
        };
        asio::co_spawn(io, calls(client, id, result), ended);
    }
    io.restart();
    io.run();
    return result;
}

int run(const settings& use) {
    asio::io_context io(1);
    webrtc::client_options options;
    options.base_url(use.base_url).account(use.account).credentials("user", "password");
    options.max_connections(use.connections).pipeline_depth(use.depth).queue_limit(use.callers);
    if (!use.ca_file.empty())
        options.ca_file(use.ca_file);
    webrtc::client client(io.get_executor(), options);

    if (use.warm_up > 0) {
        const auto warm = run_callers(io, client, use, use.warm_up);
        if (warm.wrong > 0) {
            std::fprintf(stderr, "get_session: %s\n", warm.first_error.c_str());
            return 1;
        }
    }
    const auto before = client.stats();
    const auto started = std::chrono::steady_clock::now();
    const auto result = run_callers(io, client, use, use.requests);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    const auto after = client.stats();
    if (result.wrong > 0) {
        std::fprintf(stderr, "get_session: %zu of %zu wrong, the first: %s\n", result.wrong, use.requests,
                     result.first_error.c_str());
        return 1;
    }
    const auto writes = static_cast<double>(after.writes - before.writes);
    std::printf(
        "get_session: %zu requests in %.3f s, %.0f requests/s, %.1f requests each write, %llu connections, "
        "at most %llu in flight on one\n",
        result.right, took.count(), static_cast<double>(result.right) / took.count(),
        static_cast<double>(after.requests_sent - before.requests_sent) / writes,
        static_cast<unsigned long long>(after.connections_idle + after.connections_active),
        static_cast<unsigned long long>(after.deepest_pipeline));
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    settings use;
    CLI::App app("Cost of one get_session: calls it over and over, and checks every answer.");
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
    app.add_flag("--throwing", use.throwing, "Await get_session, which throws, instead of try_get_session");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
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
