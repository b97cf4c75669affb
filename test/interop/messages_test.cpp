#include <doctest/doctest.h>

#include <bandwidth/webrtc/connection_manager.hpp>
#include <cstddef>
#include <iostream>
#include <string>

#include "interop/haproxy_process.hpp"
#include "support/test_client.hpp"

// Requests in Beast's types to servers that we did not write.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t messages = 10'000;

/// Where the program is; says that nothing was tested where it is nowhere.
std::string find(const std::string& name) {
    auto found = interop::find_program(name);
    if (found.empty()) {
        std::cerr << "\n*** SKIPPED: " << name << " is not installed, so nothing was tried against it.\n\n";
        MESSAGE("SKIPPED: " << name << " is not installed");
    }
    return found;
}

/// Keeps calls under way until `messages` have been answered, and checks each response against its request.
class message_load {
public:
    message_load(asio::io_context& context, connection_manager& used) : context_(context), manager_(used) {}

    void run(std::size_t at_once) {
        for (std::size_t i = 0; i < at_once; ++i)
            start_next();
        support::run_until(context_, [this] { return answered_ == messages; });
    }

    std::size_t matched() const { return matched_; }
    const std::string& first_problem() const { return first_problem_; }

private:
    void start_next() {
        if (started_ == messages)
            return;
        const auto number = started_++;
        // A HEAD has its connection to itself, and so has a POST.
        const auto method = number % 50 == 7    ? http::verb::head
                            : number % 50 == 33 ? http::verb::post
                            : number % 3 == 0   ? http::verb::delete_
                                                : http::verb::get;
        // Targets of different lengths, so that the responses do not line up.
        auto target = "/echo/" + std::to_string(number) + "?" + std::string(number % 17, 'x');
        connection_manager::request_type request(method, target, 11);
        request.set("X-Number", std::to_string(number));
        if (method == http::verb::post)
            request.body() = "content";
        auto told = [this, method, target](const result<connection_manager::response_type>& outcome) {
            ++answered_;
            const auto wanted = method == http::verb::head
                                    ? std::string()
                                    : std::string(http::to_string(method)) + " " + target;
            if (outcome && outcome->result() == http::status::ok && (*outcome)["X-Echo"] == target &&
                outcome->body() == wanted)
                ++matched_;
            else if (first_problem_.empty())
                first_problem_ = target + " got " + (outcome ? outcome->body() : outcome.error().describe());
            start_next();
        };
        manager_.try_send(request)(std::move(told));
    }

    asio::io_context& context_;
    connection_manager& manager_;
    std::size_t started_ = 0;
    std::size_t answered_ = 0;
    std::size_t matched_ = 0;
    std::string first_problem_;
};

void try_against(const interop::server_process& server) {
    asio::io_context context;
    connection_manager manager(
        context, server.origin(),
        manager_options{}.ca_pem(server.ca_pem()).max_connections(4).pipeline_depth(8));
    message_load calls(context, manager);
    calls.run(64);
    CHECK_MESSAGE(calls.matched() == messages, calls.first_problem());
    const auto stats = manager.stats();
    CHECK(stats.deepest_pipeline == 8);
    CHECK(stats.requests_sent >= messages);
    CHECK(stats.calls_failed == 0);
    CHECK(support::at_rest(stats));
}

} // namespace

TEST_CASE("nginx: 10,000 requests in Beast's types at depth 8, HEAD and POST among them") {
    const auto nginx = find("nginx");
    if (!nginx.empty())
        try_against(interop::nginx_process(nginx, 1'000'000));
}

TEST_CASE("HAProxy: 10,000 requests in Beast's types at depth 8, HEAD and POST among them") {
    const auto nginx = find("nginx");
    const auto haproxy = find("haproxy");
    if (nginx.empty() || haproxy.empty())
        return;
    const interop::nginx_process behind(nginx, 1'000'000);
    try_against(interop::haproxy_process(haproxy, behind));
}
