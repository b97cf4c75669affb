// Many millions of calls through one client, one in a hundred of which meets a fault, to see that nothing
// grows: memory, descriptors, gauges; and that no call has another's response. The server is a process of its
// own, so that what is measured is the client's alone.
#include <sys/wait.h>
#include <unistd.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/chaos_server.hpp"
#include "support/random_numbers.hpp"

namespace {

using namespace bandwidth::webrtc;
using namespace std::chrono_literals;
using support::chaos;
using support::chaos_server;
using support::random_numbers;
using clock_type = std::chrono::steady_clock;

constexpr std::size_t connections = 8;
constexpr std::uint64_t window = 256;
constexpr std::uint64_t samples = 100;
// What counts as growth between the end of the warm-up and the end of the run.
constexpr std::size_t most_growth = 2 * 1024 * 1024;

// One request in a hundred: most of these ask for another try or are slow, some end their connection. Closes
// that nobody announces come in the second half only: after some of them the client disables pipelining, and
// sends one request at a time for minutes.
chaos soak_plan(std::uint64_t seed, std::uint64_t requests, std::uint64_t nonce, int send) {
    random_numbers random(seed, nonce * 8 + static_cast<std::uint64_t>(send));
    chaos what;
    if (!random.one_in(100))
        return what;
    const auto kind = random.pick(20);
    if (kind < 7) {
        what.status = 503;
    } else if (kind < 13) {
        what.delay = std::chrono::microseconds(random.pick(5000));
    } else if (kind < 18 || nonce < requests / 2) {
        what.ending = chaos::end::announced;
    } else if (kind < 19) {
        what.ending = random.one_in(2) ? chaos::end::notify : chaos::end::fin;
    } else {
        what.ending = chaos::end::reset;
        what.bytes = random.one_in(3) ? chaos::whole : random.pick(150);
    }
    return what;
}

/// The server in a child process, which ends with this one.
class server_process {
public:
    server_process(std::uint64_t seed, std::uint64_t requests) {
        int to_parent[2];
        int to_child[2];
        if (::pipe(to_parent) != 0 || ::pipe(to_child) != 0)
            throw std::runtime_error("no pipe");
        child_ = ::fork();
        if (child_ < 0)
            throw std::runtime_error("no process");
        if (child_ == 0) {
            ::close(to_parent[0]);
            ::close(to_child[1]);
            serve(seed, requests, to_parent[1], to_child[0]);
            ::_exit(0);
        }
        ::close(to_parent[1]);
        ::close(to_child[0]);
        control_ = to_child[1];
        std::string said;
        char buffer[4096];
        for (::ssize_t size = 0; (size = ::read(to_parent[0], buffer, sizeof buffer)) > 0;)
            said.append(buffer, static_cast<std::size_t>(size));
        ::close(to_parent[0]);
        const auto line = said.find('\n');
        if (line == std::string::npos)
            throw std::runtime_error("the server did not start");
        port_ = static_cast<std::uint16_t>(std::stoul(said.substr(0, line)));
        ca_pem_ = said.substr(line + 1);
    }
    ~server_process() {
        ::close(control_);
        ::waitpid(child_, nullptr, 0);
    }
    server_process(const server_process&) = delete;
    server_process& operator=(const server_process&) = delete;

    client_options options() const { return chaos_server::client_options(port_, ca_pem_); }

private:
    static void serve(std::uint64_t seed, std::uint64_t requests, int response, int control) {
        support::chaos_options options;
        options.plan = [seed, requests](std::string_view, std::uint64_t nonce, int send) {
            return soak_plan(seed, requests, nonce, send);
        };
        options.keep_books = false;
        const chaos_server server(std::move(options));
        const auto said = std::to_string(server.port()) + "\n" + server.ca_pem();
        if (::write(response, said.data(), said.size()) != static_cast<::ssize_t>(said.size()))
            return;
        ::close(response);
        char byte = 0;
        while (::read(control, &byte, 1) > 0) {
        }
    }

    ::pid_t child_ = -1;
    int control_ = -1;
    std::uint16_t port_ = 0;
    std::string ca_pem_;
};

std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
        ++count;
    return count;
}

struct sample {
    std::size_t resident = 0;
    std::size_t descriptors = 0;
};

class soak {
public:
    soak(std::uint64_t requests, const client_options& options)
        : requests_(requests)
        , client_(std::in_place, context_, options)
        , completed_(static_cast<std::size_t>(requests) + 1, false) {
        taken_.reserve(samples + 1);
    }

    void run() {
        began_ = clock_type::now();
        for (std::uint64_t i = 0; i < window; ++i)
            start();
        while (ended_ < requests_ && wrong_ == 0) {
            context_.restart();
            if (context_.run_one_for(60s) == 0)
                complain("nothing happens any more");
        }
        client_->try_drain(30s)([this](const result<void>& outcome) {
            if (outcome.has_error())
                complain("drain: " + outcome.error().describe());
        });
        context_.restart();
        context_.run_for(60s);
        if (!context_.stopped())
            complain("something keeps the context running");
    }

    /// Whether all is well.
    bool check(std::size_t descriptors_before) {
        const auto stats = client_->stats();
        client_.reset();
        context_.restart();
        context_.run_for(60s);
        expect(ended_ == requests_, "a call that did not complete");
        expect(stats.calls_started == requests_, "calls_started");
        expect(stats.calls_succeeded + stats.calls_failed == requests_, "calls_succeeded + calls_failed");
        expect(stats.calls_failed == failed_, "calls_failed");
        expect(stats.connections_idle + stats.connections_active + stats.connections_draining +
                       stats.connections_connecting ==
                   0,
               "a connection gauge is not 0");
        expect(stats.queue_depth + stats.in_flight + stats.abandoned == 0, "a call gauge is not 0");
        expect(failed_ < requests_ / 200 + 10, "too many calls failed");
        expect(stats.resends > 0 && stats.retries > 0 && stats.connections_lost > 0, "there was no fault");
        // The context has some of its own: epoll, its timer and its alarm.
        expect(open_descriptors() <= descriptors_before + 3, "a descriptor is left open");
        expect(stats.deepest_pipeline == 8, "nothing was pipelined");
        if (taken_.size() >= samples) {
            // After a fifth of the run everything has been allocated that ever will be.
            const auto growth =
                highest(90, 100).resident - std::min(highest(20, 30).resident, highest(90, 100).resident);
            std::printf(
                "resident memory: %.1f MB after a fifth of the run, %.1f MB at its end: %.3f bytes a "
                "request\n",
                in_mb(highest(20, 30).resident), in_mb(highest(90, 100).resident),
                static_cast<double>(growth) / (0.7 * static_cast<double>(requests_)));
            expect(growth <= most_growth, "memory grows");
            std::printf(
                "descriptors: at most %zu in the first half, %zu in the second, %zu before and %zu after\n",
                highest(0, 50).descriptors, highest(50, 100).descriptors, descriptors_before,
                open_descriptors());
            // A connection may be dialled while the one that it replaces closes.
            expect(highest(0, 100).descriptors <= descriptors_before + 2 * connections + 8,
                   "descriptors grow");
        }
        const auto seconds = std::chrono::duration<double>(finished_ - began_).count();
        std::printf(
            "%llu requests in %.1f s, %.0f a second: %llu failed, %llu resends, %llu retries, %llu dials, "
            "%llu connections lost, %llu pipelining_disabled\n",
            count(requests_), seconds, static_cast<double>(requests_) / seconds, count(failed_),
            count(stats.resends), count(stats.retries), count(stats.dials), count(stats.connections_lost),
            count(stats.pipelining_disabled));
        return wrong_ == 0;
    }
    void expect(bool holds, const std::string& what) {
        if (!holds)
            complain(what);
    }

private:
    static unsigned long long count(std::uint64_t value) { return value; }
    static double in_mb(std::size_t bytes) { return static_cast<double>(bytes) / 1e6; }

    void complain(const std::string& what) {
        if (++wrong_ <= 20)
            std::cerr << "WRONG: " << what << '\n';
    }

    sample highest(std::size_t from, std::size_t to) const {
        sample most;
        for (std::size_t i = from; i < to; ++i) {
            most.resident = std::max(most.resident, taken_[i].resident);
            most.descriptors = std::max(most.descriptors, taken_[i].descriptors);
        }
        return most;
    }

    void start() {
        if (started_ == requests_)
            return;
        const auto nonce = ++started_;
        const auto name = "n" + std::to_string(nonce);
        const auto kind = nonce % 50;
        if (kind == 0)
            client_->try_create_session(session_request{}.tag(name))(handler<session>(nonce));
        else if (kind < 5)
            client_->try_delete_session(session_id(name))(handler<void>(nonce));
        else if (kind < 10)
            client_->try_add_participant_to_session(session_id("s"), participant_id(name),
                                                    subscriptions{})(handler<void>(nonce));
        else
            client_->try_get_session(session_id(name))(handler<session>(nonce));
    }

    template <class T>
    struct completion {
        soak* self;
        std::uint64_t nonce;
        void operator()(const result<T>& outcome) const { self->completed(nonce, outcome); }
    };
    template <class T>
    completion<T> handler(std::uint64_t nonce) {
        return completion<T>{this, nonce};
    }

    template <class T>
    void completed(std::uint64_t nonce, const result<T>& outcome) {
        if (completed_[static_cast<std::size_t>(nonce)]) {
            complain("n" + std::to_string(nonce) + " completed twice");
            return;
        }
        completed_[static_cast<std::size_t>(nonce)] = true;
        if (outcome.has_value()) {
            if constexpr (!std::is_void_v<T>) {
                if (outcome->id().value() != "n" + std::to_string(nonce))
                    complain("n" + std::to_string(nonce) + " has the response to " + outcome->id().value());
            }
        } else {
            ++failed_;
            look_at(nonce, outcome.error());
        }
        ++ended_;
        if (ended_ * samples / requests_ != (ended_ - 1) * samples / requests_)
            take_sample();
        start();
    }

    void look_at(std::uint64_t nonce, const failure& why) {
        const auto name = "n" + std::to_string(nonce);
        if (why.http_status() == 503) {
            if (why.body().find("\"it is " + name + "\"") == std::string::npos)
                complain(name + " has another's response: " + why.body());
        } else if (why.code() != errc::connection_lost && why.code() != errc::incomplete_response) {
            complain(name + ": " + why.describe());
        }
    }

    void take_sample() {
        finished_ = clock_type::now();
        sample now;
        now.resident = resident_bytes();
        now.descriptors = open_descriptors();
        taken_.push_back(now);
        if (taken_.size() % 5 != 0)
            return;
        const auto seconds = std::chrono::duration<double>(finished_ - began_).count();
        std::printf("%3zu %%  %8.1f s  %7.0f requests/s  %6.1f MB  %zu descriptors  %llu failed\n",
                    taken_.size(), seconds, static_cast<double>(ended_) / seconds, in_mb(now.resident),
                    now.descriptors, count(failed_));
        std::fflush(stdout);
    }

    std::uint64_t requests_;
    boost::asio::io_context context_;
    std::optional<client> client_;
    std::vector<bool> completed_; // by number
    std::vector<sample> taken_;
    std::uint64_t started_ = 0;
    std::uint64_t ended_ = 0;
    std::uint64_t failed_ = 0;
    int wrong_ = 0;
    clock_type::time_point began_;
    clock_type::time_point finished_;
};

int usage_error(const char* what) {
    std::cerr << "soak: " << what << "\nusage: soak [--requests N] [--seed N]\n";
    return 2;
}

} // namespace

int main(int argc, char** argv) {
    std::uint64_t requests = 10'000'000;
    std::uint64_t seed = 1;
    for (int i = 1; i < argc; i += 2) {
        const std::string_view name = argv[i];
        const auto value = i + 1 < argc ? std::strtoull(argv[i + 1], nullptr, 10) : 0;
        if (value == 0)
            return usage_error("an option needs a number above 0");
        if (name == "--requests")
            requests = value;
        else if (name == "--seed")
            seed = value;
        else
            return usage_error("unknown option");
    }
    try {
        std::printf("%llu requests, seed %llu\n", static_cast<unsigned long long>(requests),
                    static_cast<unsigned long long>(seed));
        std::fflush(stdout); // the child has a copy of what is not written yet
        const server_process server(seed, requests);
        const auto before = open_descriptors();
        soak run(requests, server.options()
                               .max_connections(connections)
                               .max_connection_age(20s)
                               .retry(retry_policy{}.backoff(2ms, 20ms).throttled_backoff(5ms)));
        run.run();
        const bool well = run.check(before);
        std::cout << (well ? "all is well\n" : "FAILED\n");
        return well ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "soak: " << error.what() << '\n';
        return 1;
    }
}
